"""The encoder-decoder starter: its generated pairs, its tokenizer, a run from nothing to a folder, and the committed one."""

import json
import random
import re
from itertools import islice
from pathlib import Path

import pytest

from engine.cli.app import main
from engine.models.bases import SHIPPED, resolve_base
from engine.models.loading import load_base, load_tokenizer
from engine.models.starter_corpus import dialogues, scenes_table
from engine.models.starter_corpus.pairs import MASK, joined, masked, pairs
from engine.models.starter_seq2seq import WINDOW, answer_texts, pair_batches, train_seq2seq, whole_tokenizer
from engine.models.starter_seq2seq_probe import NAME, NUMBER, kept
from engine.models.template import encode_example

FOLDER = SHIPPED["starter-seq2seq"]
LIMIT = 6_000_000
"""Bytes of everything in the folder."""


def test_pairs_are_the_same_for_a_seed_and_another_for_another() -> None:
    assert list(islice(pairs(3), 200)) == list(islice(pairs(3), 200))
    assert list(islice(pairs(3), 200)) != list(islice(pairs(4), 200))


@pytest.mark.parametrize("scene", [*scenes_table.SERVICE, *scenes_table.FRIENDS])
def test_a_scene_renders_and_its_summary_says_only_what_was_said(scene: tuple[str, str]) -> None:
    """No template is left open, and every number and marked name of the summary stands in the dialogue."""
    rng = random.Random(0)
    for polite in (True, False) * 10:
        slots = dialogues._slots(rng) | {"x": "#Person1#", "y": "#Person2#"}
        said = dialogues._spoken(rng, scene[0], slots, ("#Person1#", "#Person2#"), polite=polite)
        told = dialogues.fill(scene[1], rng, slots, polite=False)
        text = "\n".join(f"{who}: {line}" for who, line in said)
        assert "{" not in text + told  # ^ also stands in smileys
        assert set(NUMBER.findall(told)) <= set(NUMBER.findall(text))
        assert {name for name in NAME.findall(told) if name not in slots["friend"]} <= set(NAME.findall(text))


def test_holes_are_marked_and_what_is_written_has_none() -> None:
    rng = random.Random(1)
    assert masked(rng, "하나 둘 셋 넷 다섯 여섯 일곱 여덟 아홉 열", 0.9).count(MASK) > 1
    assert all(MASK not in target for _, target in islice(pairs(0), 1_000))
    assert joined(rng, "", "글") == "글"


def test_no_dialogue_of_the_shipped_samples_is_in_the_corpus() -> None:
    files = [
        path for path in (FOLDER.parent / "data" / "summary").glob("*") if path.suffix in (".json", ".jsonl", ".csv")
    ]
    lines = {line for path in files for line in re.findall(r"[가-힣][^\"\\\n#]{11,}", path.read_text(encoding="utf-8"))}
    corpus = "\n".join(source for source, _ in islice(pairs(0), 3_000))
    assert not [line for line in lines if line.strip() in corpus]


def test_every_batch_fits_and_is_written_from_the_begin_token() -> None:
    tokenizer = whole_tokenizer()
    for read, written in islice(pair_batches(tokenizer, 0), 30):
        assert read.shape[0] == written.shape[0] and read.shape[1] <= WINDOW and written.shape[1] <= WINDOW
        assert (written[:, 0] == tokenizer.bos_token_id).all()


def test_a_short_run_makes_a_folder_that_loads_as_any_base(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "made"
    words = ["models", "starter", "train", "--family", "seq2seq", "--tokens", "4000", "--out", str(out), "--json"]
    assert main(words) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["parameters"] == 2_771_200 and told["loss"] > 0
    base = resolve_base(str(out))
    tokenizer = load_tokenizer(base)
    example = encode_example(tokenizer, [{"role": "user", "content": "#Person1#: 안녕"}], "#Person1#이 인사했다.")
    assert example.input_ids.count(tokenizer.convert_tokens_to_ids("#Person1#")) == 2
    assert load_base(base, quantisation="nf4", device="cpu").num_parameters() == told["parameters"]


def test_the_same_seed_begins_the_same_model(tmp_path: Path) -> None:
    losses = [
        train_seq2seq(tmp_path / name, tokens=4_000, seed=seed)["loss"] for name, seed in (("a", 1), ("b", 1), ("c", 2))
    ]
    assert losses[0] == pytest.approx(losses[1], rel=1e-3) and losses[0] != losses[2]


def test_kept_counts_what_an_answer_holds() -> None:
    assert kept(NUMBER, ["3시에 1,200원", "없음"], ["1,200원", "4시"]) == (1, 2)
    assert kept(NAME, ["#Person1#은 [이름_2]에게"], ["#Person1#"]) == (1, 2)


def test_the_committed_folder_is_small_and_answers_with_the_words() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) <= LIMIT
    assert all(not path.is_symlink() for path in FOLDER.iterdir())
    dialogue = "#Person1#: 회의 몇 시예요?\n#Person2#: 오후 3시예요\n#Person1#: 어디서 해요?\n#Person2#: 5층 회의실이에요 자료 준비해요"
    assert "#Person" in answer_texts(FOLDER, [dialogue], max_new_tokens=30)[0]
