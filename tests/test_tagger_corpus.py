"""Generated chat: the same everywhere, and labelled where the names and addresses are."""

import random

import numpy as np
import pytest

from engine.models.tagger_corpus import grammar, people, places, sample
from engine.models.tagger_corpus.grammar import B_ADDRESS, B_PERSON, I_ADDRESS, I_PERSON, Writer, frames, render
from engine.models.tagger_train import shard
from engine.privacy.tagger.encode import symbols


def surfaces(text: str, labels: list[int], begin: int) -> list[str]:
    """The labelled spans of one kind."""
    found: list[str] = []
    for ch, label in zip(text, labels, strict=True):
        if label == begin:
            found.append(ch)
        elif label == begin + 1:
            found[-1] += ch
    return found


def test_a_seed_gives_the_same_lines() -> None:
    first, again, other = shard(3, 300), shard(3, 300), shard(4, 300)
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert len(first[0]) != len(other[0]) or (first[0] != other[0]).any()


def test_every_template_can_be_rendered_with_and_without_people() -> None:
    rng = random.Random(1)
    for kind in ("person", "address", "plain"):
        for lines in frames(kind).values():
            for line in lines:
                for slots in (sample.PERSONAL, sample.HARMLESS):
                    out = Writer()
                    render(line, slots, out, rng)
                    assert len(out.chars) == len(out.labels)
                    assert slots is sample.PERSONAL or not any(out.labels), line


def test_a_continuation_follows_only_its_own_beginning() -> None:
    rng = random.Random(2)
    for _ in range(3000):
        text, labels = sample.sample(rng)
        assert len(text) == len(labels)
        for before, here in zip([0, *labels], labels, strict=False):
            assert here != I_PERSON or before in (B_PERSON, I_PERSON)
            assert here != I_ADDRESS or before in (B_ADDRESS, I_ADDRESS)


def test_the_marked_surface_is_the_name_without_suffix_particle_or_title(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "given_name", lambda rng: "지은")
    monkeypatch.setattr(people, "surname", lambda rng: "남궁")
    monkeypatch.setattr(people, "FOREIGN", ["지은"])
    monkeypatch.setattr(people, "initials", lambda name: name)
    rng = random.Random(3)
    for _ in range(2000):
        out = Writer()
        render("{F/이가} {T} {V} {N} {L}", sample.PERSONAL, out, rng)
        for surface in surfaces("".join(out.chars), out.labels, B_PERSON):
            assert surface.isascii() or not surface.strip(
                "남궁지은 김이박최정강조윤장임한오서신권황안송류전홍고문양손배백허유심노하곽성차주우"
            ), surface


def test_particles_agree_with_the_name() -> None:
    out = Writer()
    render("{N/이가} {N/이랑}", {"N": lambda out, rng: out.add("민수", "PERSON")}, out, random.Random(0))
    assert "".join(out.chars) == "민수가 민수랑"
    assert surfaces("".join(out.chars), out.labels, B_PERSON) == ["민수", "민수"]


def test_an_address_runs_from_its_first_to_its_last_word() -> None:
    rng = random.Random(4)
    for _ in range(500):
        out = Writer()
        places.address(out, rng)
        assert surfaces("".join(out.chars), out.labels, B_ADDRESS) == ["".join(out.chars)]


def test_a_template_that_is_no_template_is_refused() -> None:
    for broken in ("{a", "{N/모름}"):
        with pytest.raises(ValueError):
            grammar.compiled(broken)


def test_arrays_hold_what_the_lines_say() -> None:
    ids, labels, lengths = shard(5, 50)
    rng = random.Random(5)
    made = [sample.sample(rng) for _ in range(50)]
    assert lengths.tolist() == [min(160, len(text)) for text, _ in made]
    assert (ids == symbols("".join(text[:160] for text, _ in made))).all()
    assert labels.tolist() == [mark for _, marks in made for mark in marks[:160]]
    assert ids.dtype == np.uint16
