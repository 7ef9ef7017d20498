"""Pairs and ratings leave in the shapes that other trainers read and come back equal; a bad answer is never learned as a good one."""

import json

import pytest

from engine.cli.app import main
from engine.curate.exchange import FORMS
from engine.sources.talk_shapes import judged_in
from engine.store.datasets import read_split
from engine.store.open import open_store
from tests.test_exchange import SYSTEM, brought, built, records, said, told, written

ASKED = [
    {"question": f"{n}번 특약은 무엇을 보장하나요?", "clauses": [f"제{n}조(보장) 회사는 입원 {n}일째부터 돈을 준다.\n② 통원은 뺀다."]} for n in range(1, 13)
]  # fmt: skip
PAIRS = [
    {**one, "chosen": f" 입원 {n}일째부터요.\n(제{n}조)", "rejected": "모든 것을 보장합니다. "}
    for n, one in enumerate(ASKED, 1)
]
RATED = [
    {**one, "answer": f"{text} {n}일째부터", "rating": stars} for n, one in enumerate(ASKED, 1) for text, stars in (("입원", 5), ("아무 때나", 1))
]  # fmt: skip
TALKS = [
    {"prompt": [SYSTEM, *said(f"{n}번 역은?", "강가요.", "몇 분?")], "chosen": f"{n}분이요.", "rejected": "몰라요."}
    for n in range(12)
]


def kept(store, dataset):
    """All that a row of preferences is, by split."""
    with open_store(store) as db:
        found = {split: list(read_split(db, dataset, split)) for split in ("train", "validation", "test")}
    judged = ("rejected", "rating")
    return {
        split: [(row["messages"], row["target"], {name: row["meta"].get(name) for name in judged}) for row in rows]
        for split, rows in found.items()
    }


WAYS = [
    *(("pairs", PAIRS, "policy", form) for form in FORMS),
    *(("ratings", RATED, "policy", form) for form in ("alpaca", "sharegpt", "parquet")),
    *(("pairs", TALKS, "medical", form) for form in ("alpaca", "openai")),
]


@pytest.mark.parametrize(("style", "rows", "recipe", "form"), WAYS)
def test_preferences_come_back_equal(tmp_path, fresh_store, capsys, style, rows, recipe, form):
    source = brought(fresh_store, written(tmp_path / "judged.jsonl", rows), recipe)
    made = built(fresh_store, source["source_id"], recipe=recipe, style=style)
    before = kept(fresh_store, made["dataset_id"])
    assert sum(map(len, before.values())) == len(rows)
    out = tmp_path / "out"
    assert main(["dataset", "export", made["dataset_id"], "--as", form, "--out", str(out), "--json"]) == 0
    assert told(capsys)["rows"] == len(rows)
    again = brought(fresh_store, out, recipe)
    assert again["kind"] == "preferences"
    back = built(fresh_store, again["source_id"], recipe=recipe, style=style)
    assert kept(fresh_store, back["dataset_id"]) == before and not back["dropped"]


def test_the_shapes_of_llama_factory_and_trl_are_read_to_the_letter():
    asked = said("가?", "나", "다?")
    alpaca = {
        "instruction": "다?",
        "input": "라",
        "system": "짧게",
        "history": [["가?", "나"]],
        "chosen": "네 ",
        "rejected": "아니요",
    }
    share = {
        "conversations": [{"from": "human", "value": "가?"}, {"from": "gpt", "value": "나"}, {"from": "human", "value": "다?"}],
        "chosen": {"from": "gpt", "value": "네 "},
        "rejected": {"from": "gpt", "value": "아니요"},
    }  # fmt: skip
    trl = {
        "prompt": asked,
        "chosen": [{"role": "assistant", "content": "네 "}],
        "rejected": [{"role": "assistant", "content": "아니요"}],
    }
    for row, words in (
        (alpaca, ["짧게", "가?", "나", "다?\n라"]),
        (share, ["가?", "나", "다?"]),
        (trl, ["가?", "나", "다?"]),
    ):
        found = judged_in({**row, "malmoi": {}})
        assert found and (found.answer, found.rejected, found.liked) == ("네 ", "아니요", None)
        assert [turn["content"] for turn in found.talk.turns] == words
    for row in (
        {"instruction": "가?", "input": "", "output": "나", "kto_tag": False},
        {"conversations": [{"from": "human", "value": "가?"}, {"from": "gpt", "value": "나"}], "kto_tag": False},
        {"prompt": "가?", "completion": "나", "label": False},
    ):
        found = judged_in(row)
        assert found and (found.answer, found.rejected, found.liked) == ("나", None, False)
        assert [turn["content"] for turn in found.talk.turns] == ["가?"]


def test_a_bad_answer_is_no_lesson_even_where_its_file_is_read_as_talks(tmp_path):
    rows = [
        {"conversations": [{"from": "human", "value": f"{n}?"}, {"from": "gpt", "value": "나쁜 답" if n % 2 else "좋은 답"}], "kto_tag": not n % 2}
        for n in range(4)
    ]  # fmt: skip
    found, report = records(written(tmp_path / "kto.jsonl", rows), "sharegpt")
    assert [one.kind for one in found] == ["talk", "other"] * 2
    assert report.facts["talks"]["disliked"] == 2 and "preferences" in report.warnings[0]


BROKEN = [
    {"conversations": [{"from": "human", "value": "가?"}], "chosen": None, "rejected": []},
    {"conversations": [], "kto_tag": True},
    {"instruction": 3, "output": "x", "kto_tag": True},
    {"instruction": "", "output": "", "kto_tag": True},
    {
        "prompt": [{"role": "user", "content": "가", "cut": [[]]}],
        "chosen": [3],
        "rejected": {"value": {}},
    },
    {"prompt": [{"role": None}], "completion": 3, "label": True},
    {"instruction": "a", "history": 7, "system": [], "chosen": {}, "rejected": 0, "malmoi": {"cuts": 3}},
    {
        "conversations": [{"from": "gpt", "value": "먼저"}],
        "kto_tag": "true",
        "malmoi": {"raw": True, "group": {}},
    },
]


def test_what_is_broken_ends_in_no_traceback(tmp_path, fresh_store):
    source = brought(fresh_store, written(tmp_path / "bad.jsonl", [*BROKEN, *TALKS]), "medical", "preferences")
    made = built(fresh_store, source["source_id"], style="pairs")
    assert made["rows"] == len(TALKS)
    json.dumps([judged_in(row) for row in BROKEN], default=str)
