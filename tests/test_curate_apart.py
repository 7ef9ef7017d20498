"""Rows made in a process of their own are the rows made in this one: same words, same order, same dataset."""

import os
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from engine.curate import pairs, view
from engine.curate.freeze import build_dataset
from engine.curate.options import PersonaOptions
from engine.curate.pairs import PairMaker, build_pairs
from engine.curate.row import Row, message_json
from engine.curate.view import source_view
from engine.korean.normalise import STEPS, line_normaliser, normaliser
from engine.pool import Workers
from engine.privacy.apply import mask_source
from engine.privacy.style import set_style
from engine.store.consent import Roles
from engine.store.datasets import get_dataset
from engine.store.jobs import Work
from engine.store.open import all_rows, new_id, open_store
from engine.store.sources import add_records, finish_source, get_source, start_source
from tests.curate_chats import HER, ME, long_chat

OTHERS = [
    "010-2345-6789로 전화해",
    "[이름_1] 왔어",
    "  두  칸 ",
    "줄\n\n\n바꿈",
    "😂 웃겨…",
    "ㅋㅋㅋㅋ",
    "누나\u200b야",
    "그래",
]
STYLES: tuple[dict[str, Any], ...] = (
    {},
    {"max_rows": 50},
    {"media": "token", "max_rows": 0},
    {"style": "instruction", "system": '"나"는 가온', "max_rows": 0},
    {"polite_share": 0.5, "max_rows": 60},
    {"normalise": ()},
    {"context_turns": 0, "silence_minutes": 6},
)


class Here(Work):
    """A job that nobody stops."""

    def stop_asked(self) -> str | None:
        return None


@pytest.fixture
def source(fresh_store: Path) -> str:
    with open_store(fresh_store) as db:
        id_ = start_source(
            db, recipe="persona", kind="kakao", name="긴 대화.txt", fingerprint="f", size=1, job_id=new_id("job")
        )
        said = [
            (r.at, r.speaker, r.kind, OTHERS[r.id // 7 % len(OTHERS)] if r.id % 7 == 0 else r.text, None)
            for r in long_chat(1500)
        ]
        add_records(db, id_, 0, said)
        finish_source(db, id_, speakers={ME: 700, HER: 700}, report={}, me=ME)
    mask_source(Here(fresh_store, new_id("job"), "t"), id_)
    return id_


def apart(monkeypatch: pytest.MonkeyPatch, processes: int) -> None:
    monkeypatch.setattr(view, "WORTH", 10)
    monkeypatch.setattr(view, "WINDOW", 400)
    monkeypatch.setattr(pairs, "CHUNK", 64)
    monkeypatch.setattr(pairs, "spare", lambda worth: 1)
    monkeypatch.setattr(pairs, "Workers", lambda make, made, count: Workers(make, made, processes))


def read(store: Path, source: str, options: PersonaOptions, roles: Roles | None = None) -> list[tuple[Any, ...]]:
    with open_store(store) as db:
        return [plain(row) for row in build_pairs(source_view(db, get_source(db, source), ME, roles), options)]


def plain(row: Row) -> tuple[Any, ...]:
    said = row.messages_json or f"[{', '.join(map(message_json, row.messages))}]"
    return said, row.target, row.group, row.record_first, row.record_last, row.meta, row.dropped


@pytest.mark.parametrize("given", STYLES)
def test_rows_are_the_same_in_order_and_words(fresh_store, source, monkeypatch, given) -> None:
    options = PersonaOptions(**given)
    expected = read(fresh_store, source, options)
    apart(monkeypatch, 0)
    assert read(fresh_store, source, options) == expected and len(expected) > 100
    out = Roles(left_out=frozenset())
    assert read(fresh_store, source, options, out) == expected


def test_who_is_left_out_is_left_out_by_the_other_process_too(fresh_store, source, monkeypatch) -> None:
    with open_store(fresh_store) as db:
        db.execute("UPDATE records SET speaker = '다온', text = '바나나우유' WHERE seq % 9 = 0")
    roles = Roles(left_out=frozenset({"다온"}))
    expected = read(fresh_store, source, PersonaOptions(), roles)
    apart(monkeypatch, 0)
    found = read(fresh_store, source, PersonaOptions(), roles)
    assert found == expected and "바나나우유" not in str(found)


def fingerprint(store: Path, source: str) -> tuple[Any, ...]:
    options = PersonaOptions(max_rows=150)
    told = build_dataset(
        Here(store, new_id("job"), "t"), recipe="persona", style="chat", source_ids=[source], me=ME, must_mask=True,
        splits={"train": 0.8, "validation": 0.1, "test": 0.1}, options={}, build=lambda one: build_pairs(one, options), seed=0,
    )  # fmt: skip
    with open_store(store) as db:
        members = all_rows(
            db,
            "SELECT ord, row_id, split, dropped FROM dataset_rows WHERE dataset_id = ? ORDER BY ord",
            [told["dataset_id"]],
        )
        dataset = get_dataset(db, told["dataset_id"])
    return dataset["fingerprint"], dataset["counts"], dataset["dropped"], [tuple(one.values()) for one in members]


def test_one_process_or_two_freeze_the_same_dataset(fresh_store, source, monkeypatch) -> None:
    one = fingerprint(fresh_store, source)
    apart(monkeypatch, 1)
    assert fingerprint(fresh_store, source) == one


class Dying(PairMaker):
    """Is killed in its own process while it makes the third chunk."""

    def __init__(self, *made: Any) -> None:
        super().__init__(*made)
        self._home = os.environ.get("MALMOI_TEST_PARENT") == str(os.getpid())

    def chunk(self, number: int) -> list[Any]:
        if number == 2 and not self._home:
            os._exit(9)
        return super().chunk(number)


def test_when_the_other_process_is_killed_this_one_goes_on_where_it_was(fresh_store, source, monkeypatch) -> None:
    expected = read(fresh_store, source, PersonaOptions())
    apart(monkeypatch, 1)
    monkeypatch.setenv("MALMOI_TEST_PARENT", str(os.getpid()))
    monkeypatch.setattr(pairs, "PairMaker", Dying)
    assert read(fresh_store, source, PersonaOptions()) == expected


def test_pseudonyms_and_small_sources_stay_in_one_process(fresh_store, source, monkeypatch) -> None:
    with open_store(fresh_store) as db:
        assert source_view(db, get_source(db, source), ME).apart is None
        monkeypatch.setattr(view, "WORTH", 10)
        assert source_view(db, get_source(db, source), ME).apart is not None
        set_style(db, "pseudonym")
        assert source_view(db, get_source(db, source), ME).apart is None


def test_a_reader_that_stops_early_ends_the_other_process(fresh_store, source, monkeypatch) -> None:
    apart(monkeypatch, 1)
    with open_store(fresh_store) as db:
        rows = build_pairs(source_view(db, get_source(db, source), ME), PersonaOptions(max_rows=0))
        assert len(list(islice(rows, 5))) == 5
        rows.close()


@pytest.mark.parametrize(
    "steps", [(), ("unicode", "control", "invisible", "spaces"), ("emoji_none",), ("width", "laughter")]
)
def test_lines_are_evened_out_as_each_alone(steps) -> None:
    lines = [
        *OTHERS,
        "그냥 줄",
        "ＡＢ",
        "👨\u200d👩\u200d👧",
        "1\ufe0f\u20e3",
        "끝 ",
        "e\u0301",
        "",
        " ",
        "★☆",
        "\x07삐",
    ]
    tidy = normaliser(steps)
    together = line_normaliser(steps)
    for first in range(len(lines)):
        for last in range(first + 1, len(lines) + 1):
            part = lines[first:last]
            assert together(part) == [tidy(line).strip() for line in part]
    assert set(steps) <= set(STEPS)
