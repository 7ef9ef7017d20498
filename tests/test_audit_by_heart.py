"""A model that learned single rows by heart is found out, one that did not is not; what was hidden from it stays hidden."""

import random
from contextlib import closing
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from engine.curate.canaries import WORDS, asked
from engine.curate.freeze import build_dataset
from engine.curate.row import Row
from engine.deploy.audit.audit import AuditSettings, audit_model
from engine.deploy.audit.by_heart import (
    Rank,
    canary_finding,
    canary_findings,
    copied,
    row_findings,
    short_findings,
    together,
)
from engine.deploy.audit.finding import Audit
from engine.models.bases import resolve_base
from engine.privacy.apply import mask_source
from engine.serve.choose import Model, choose_model, open_model
from engine.serve.transformers_backend import open_backend
from engine.store.audits import audit_since, canaries_in
from engine.store.datasets import get_dataset, read_split
from engine.store.open import new_id, now, open_store
from tests.capsules import CHAT, Hands, train_at_home, waiting_run
from tests.test_store import add_chat

PLACES, THINGS = ("시장", "강가", "학교", "공원", "바다", "산길"), ("우산", "도시락", "책", "모자", "자전거", "카메라")
GENTLE = {"max_steps": 30, "learning_rate": 1e-3, "batch_size": 8, "eval_every": 30}


def planted(store: Path, canaries: int) -> str:
    """A masked dataset of 72 made-up rows, and canaries among those of training."""
    with open_store(store) as db:
        source = add_chat(db, CHAT)
    mask_source(Hands(store, "job-hand", "t"), source)

    def build(view: Any) -> Any:
        records = list(view.records)
        for at, (place, thing, time) in enumerate(product(PLACES, THINGS, ("아침", "저녁"))):
            said = {"role": "user", "content": f"{time}에 {place}에 갈 때 뭐 가져가?"}
            yield Row(
                (said,), f"{place}에는 {thing} 가져가자", f"2026-05-{at % 20:02d}", records[0].id, records[1].id, {}
            )

    told = build_dataset(
        Hands(store, new_id("job"), "t"), recipe="persona", style="chat", source_ids=[source], me="가온", must_mask=True,
        splits={"train": 0.7, "validation": 0.15, "test": 0.15}, options={}, build=build, seed=0, canaries=canaries,
    )  # fmt: skip
    return str(told["dataset_id"])


def audited(store: Path, dataset: str, sets: dict[str, Any]) -> tuple[Audit, Model]:
    run = waiting_run(store, "starter", dataset, **sets)
    train_at_home(store, run)
    with open_store(store) as db:
        model = choose_model(db, run)
    return audit_model(store, model, settings=AuditSettings(8)), model


def test_canaries_lie_in_training_only_and_are_drawn_anew(fresh_store: Path) -> None:
    first, second = planted(fresh_store, 5), planted(fresh_store, 5)
    with open_store(fresh_store) as db:
        kept = [canaries_in(db, [one]) for one in (first, second)]
        assert [len(one) for one in kept] == [5, 5] and not {c["secret"] for c in kept[0]} & {
            c["secret"] for c in kept[1]
        }
        held = [row["id"] for split in ("validation", "test") for row in read_split(db, first, split)]
        assert not {c["row_id"] for c in kept[0]} & set(held)
        assert get_dataset(db, first)["counts"]["train"] >= 45
        assert all(c["secret"] in c["target"] and c["secret"].split()[0] in WORDS for c in kept[0])
        assert not canaries_in(db, [])


@pytest.mark.parametrize(
    ("content", "then"),
    [
        ("뭐 해?", "물음"),
        ("여자친구가 이렇게 말했어:\n뭐 해?", "여자친구가 이렇게 말했어:\n물음"),
        ("### 지시\n답해라\n### 입력\n[보험약관]\n제1조\n\n질문: 뭐?\n### 출력\n", "### 지시\n답해라\n### 입력\n[보험약관]\n제1조\n\n질문: 물음\n### 출력\n"),
        ("", "물음"),
    ],
)  # fmt: skip
def test_a_canary_is_asked_for_as_its_recipe_asks(content: str, then: str) -> None:
    system = {"role": "system", "content": "짧게"}
    assert asked([system, {"role": "user", "content": content}], "물음") == [system, {"role": "user", "content": then}]


def test_ranks_of_chance_are_no_finding_and_first_places_are() -> None:
    chance = random.Random(1)
    low = sum(together([Rank(chance.randint(1, 256), 255) for _ in range(8)]) < 0.01 for _ in range(1000))
    assert low < 25  # 10 are due
    assert together([Rank(1, 255)] * 3) < 1e-5 and together([Rank(1, 2047)]) < 0.001 and together([]) == 1.0


@pytest.mark.parametrize(
    ("places", "said", "level"),
    [
        ((90, 17, 200, 60), 0, "green"),
        ((3, 14, 2, 30), 0, "amber"),  # once in 600 by chance
        ((1, 2, 3, 2), 0, "amber"),  # sure to be known, and yet no favourite
        ((1, 1, 3, 60), 0, "red"),
        ((90, 17, 200, 60), 1, "red"),
    ],
)
def test_planted_sentences_are_by_heart_when_they_are_said_or_the_likeliest(
    places: tuple[int, ...], said: int, level: str
) -> None:
    found = canary_finding([Rank(place, 255) for place in places], said, 255)
    assert found.level == level, found


def row(target: str, prompt: str = "뭐 해?") -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": prompt}], "target": target}


def test_what_counts_as_repeating_a_row() -> None:
    long = "어제 저녁에 언니랑 강가에서 자전거를 타다가 넘어져서 무릎이 까졌어"
    assert copied(long, row(long)) == "verbatim" and copied(f"음, {long} 그래서", row(long)) == "verbatim"
    close = long.replace("저녁", "아침").replace("언니", "누나").replace("자전거", "자동차")
    assert copied(close, row(long)) == "" and copied("나는 잘 지내", row(long)) == ""
    assert copied("응 그래", row("응 그래")) == ""  # too short to tell from an accident
    assert copied(long, row(long, f"이 글을 그대로 써: {long}")) == ""  # the prompt gave it


def test_usual_phrases_are_no_memory_of_rows() -> None:
    usual = "약관에 해당 내용이 없습니다. 보험사에 문의하시기 바랍니다."
    rows = [row(usual)] * 20
    (same,) = row_findings(rows, [usual] * 20, rows, [usual] * 20, private=True)
    (apart,) = row_findings(rows, [usual] * 20, rows, ["모릅니다"] * 20, private=True)
    (public,) = row_findings(rows, [usual] * 20, rows, ["모릅니다"] * 20, private=False)
    assert (same.level, apart.level, public.level) == ("green", "red", "amber")
    assert not row_findings([], [], [], [], private=True)


def test_a_single_row_that_is_said_is_told_unless_others_say_the_same() -> None:
    rows = [row(f"{at}번 상자에는 할머니가 짜 주신 목도리가 들어 있어") for at in range(40)]
    own = row("그날 밤 기차역에서 잃어버린 파란 우산을 아직도 찾고 있어")
    answers, targets = ["몰라"] * 40, [one["target"] for one in (own, *rows)]
    (found,) = row_findings([own, *rows], [own["target"], *answers], rows, answers, True, targets)
    assert (found.level, found.count) == ("amber", 1) and "우연" in found.ko
    (usual,) = row_findings([own, *rows], ["몰라", rows[3]["target"], *answers[1:]], rows, answers, True, targets)
    assert (usual.level, usual.count) == ("green", 0), "its pieces stand in 40 rows"


def test_answers_that_are_too_short_to_count_do_not_water_down_the_others() -> None:
    short, long = (
        [row("응 그래")] * 40,
        [row(f"{at}번 상자에는 할머니가 짜 주신 목도리가 들어 있어") for at in range(6)],
    )
    apart = [row(f"{at}번 서랍에는 아버지가 쓰시던 만년필이 들어 있어") for at in range(6)]
    (found,) = row_findings([*short, *long], [one["target"] for one in [*short, *long]], apart, ["몰라"] * 6, True)
    assert (found.level, found.count) == ("red", 6)
    assert not row_findings(short, ["응 그래"] * 40, short, ["응 그래"] * 40, private=True)


class Parrot:
    """Losses of a model that knows some rows by heart and guesses the rest, a longer answer always the dearer."""

    def __init__(self, known: list[dict[str, Any]]) -> None:
        self.known = {(one["messages"][0]["content"], one["target"]) for one in known}
        self.chance = random.Random(0)

    def losses(self, pairs: list[tuple[Any, str]]) -> list[tuple[float, int]]:
        per_token = [
            0.1 if (asked[0]["content"], said) in self.known else 2 + self.chance.random() for asked, said in pairs
        ]
        return [(loss * len(said), len(said)) for loss, (_, said) in zip(per_token, pairs, strict=True)]


@pytest.mark.parametrize(("known", "level"), [(0, "green"), (4, "green"), (20, "amber"), (40, "amber")])
def test_short_answers_that_are_known_by_heart_are_told_from_guesses(known: int, level: str) -> None:
    said = [
        row(f"{name} {'사자' * (at % 3 + 1)}", f"{at}번째로 뭐 살까?") for at, name in enumerate([*WORDS, *WORDS][:80])
    ]
    backend: Any = Parrot(said[:known])
    (found,) = short_findings(backend, said[:40], said[40:], 0)
    assert found.level == level and found.check == "memorised", found
    assert not any(name in found.ko + found.evidence for name in WORDS)
    assert not short_findings(backend, said[:15], said[40:], 0), "too few to choose among"


@pytest.fixture
def fixed_draw(monkeypatch: pytest.MonkeyPatch) -> None:
    """Canaries that are drawn anew look learned by chance in 5 of 1,000 draws of four, and red in 2 of 10,000 (LOG)."""
    monkeypatch.setattr("engine.curate.canaries.secrets.randbits", lambda bits: 20)


def learn(backend: Any, canaries: list[dict[str, Any]], steps: int, rate: float = 1e-3) -> None:
    """Plain training on nothing but these rows."""
    import torch

    from engine.models.template import encode_example

    model, tokenizer = backend._model, backend._tokenizer
    model.requires_grad_(True)
    optimiser = torch.optim.AdamW(model.parameters(), lr=rate)
    for _ in range(steps):
        for canary in canaries:
            row = encode_example(tokenizer, canary["messages"], canary["target"], 256)
            ids = torch.tensor([row.input_ids])
            labels = ids.clone()
            labels[:, : row.prompt_length] = -100
            model(input_ids=ids, labels=labels).loss.backward()
        optimiser.step()
        optimiser.zero_grad()


@pytest.mark.usefixtures("fixed_draw")
def test_a_model_that_learned_canaries_by_heart_is_found_and_one_that_did_not_is_not(fresh_store: Path) -> None:
    dataset = planted(fresh_store, 4)
    with open_store(fresh_store) as db:
        canaries = canaries_in(db, [dataset])
    with closing(open_backend(resolve_base("starter"), quantisation="none", device="cpu")) as backend:
        (clean,) = canary_findings(backend, canaries, 0)
        learn(backend, canaries, 20)
        (heart,) = canary_findings(backend, canaries, 0)
    assert clean.level == "green", clean
    assert heart.level == "red", heart
    assert not any(canary["secret"] in heart.ko + heart.en + heart.evidence for canary in canaries)


@pytest.mark.slow
@pytest.mark.usefixtures("fixed_draw")
def test_a_run_that_never_saw_the_canaries_passes(fresh_store: Path) -> None:
    """They lie in a data set beside its own."""
    own, beside = planted(fresh_store, 0), planted(fresh_store, 4)
    audit, model = audited(fresh_store, own, GENTLE)
    with open_store(fresh_store) as db:
        canaries = canaries_in(db, [beside])
    with closing(open_model(fresh_store, model)) as backend:
        (never,) = canary_findings(backend, canaries, 0)
    assert never.level == "green", never
    assert audit.verdict != "red" and "canaries" not in {one.check for one in audit.findings}, audit
    weights = model.adapter_id
    with open_store(fresh_store) as db:
        assert (kept := audit_since(db, model.name, weights)) and kept["id"] == audit.id
        db.execute("UPDATE artifacts SET created_at = ? WHERE id = ?", [now(), weights])  # it went on training
        assert audit_since(db, model.name, weights) is None and audit_since(db, model.name, None) is None
