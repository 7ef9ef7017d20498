"""Corrections of masks taken back and made again: after restarts, after masking anew, across windows; and the counts of values."""

import itertools
import json
import random
import shutil
from pathlib import Path

import pytest

from engine.cli.app import main
from engine.errors import UserError
from engine.privacy.correct import (
    accept_value,
    add_word,
    add_words,
    hide_here,
    keep_here,
    keep_value,
    list_decisions,
    undo_value,
)
from engine.privacy.segments import segments, stretch
from engine.privacy.undo import list_steps, next_redo, next_undo, redo_last, undo_last
from engine.privacy.values import examples, list_values, next_doubtful
from engine.store import migrate
from engine.store.forget import forget_speaker
from engine.store.mask_values import count_doubtful, hidden_places
from engine.store.masks import Look, add_decided_masks, read_look
from engine.store.open import open_store
from engine.store.settings import get_setting, set_setting
from engine.store.sources import add_mask_numbers
from tests.test_page_data_masks import CHAT, counts, mask, mask_ids, masked, value
from tests.test_store import add_chat

DOUBTFUL = [
    *CHAT,
    ("나리", "박 부장님이 또 불렀어"),
    ("가온", "박 부장님은 왜 또 그래"),
    ("나리", "최 과장님도 왔대"),
]


@pytest.fixture
def source(fresh_store: Path) -> str:
    with open_store(fresh_store) as db:
        source = add_chat(db, DOUBTFUL)
    mask(fresh_store, source)
    return source


def state(db) -> tuple:
    """Everything that corrections change."""
    sql = (
        'SELECT record_id, start, "end", label, placeholder, confidence, state, decided_by FROM masks '
        "ORDER BY record_id, start, confidence, state"
    )
    decided = "SELECT label, value_key, what, place FROM mask_decisions ORDER BY 1, 2, 3, 4"
    tallies = "SELECT * FROM mask_tallies ORDER BY 1, 2, 3"
    reports = "SELECT id, mask_report_json ->> '$.counts' FROM sources ORDER BY 1"
    return tuple(tuple(db.execute(one).fetchall()) for one in (sql, decided, tallies, reports))


def settle(found: tuple) -> tuple:
    """Without the order of counts, and without zeros."""
    return (*found[:3], tuple((id_, json.dumps(json.loads(text), sort_keys=True)) for id_, text in found[3]))


ACTS = {
    "keep_here": lambda db, source: keep_here(db, mask_ids(db, "010-1234-5678")[0]),
    "keep": lambda db, source: keep_value(db, *value(db, "010-1234-5678"), source),
    "add": lambda db, source: add_word(db, "도깨비", "PERSON", source, source),
    "add everywhere": lambda db, source: add_word(db, "도깨비", "PERSON", None, source),
    "a longer word": lambda db, source: add_word(db, "민수랑 밥", "ADDRESS", source, source),
    "several": lambda db, source: add_words(db, ["도깨비", "고객센터"], "PERSON", source, source),
    "accept": lambda db, source: accept_value(db, *value(db, "박"), source),
}


@pytest.mark.parametrize("act", ACTS)
def test_undo_gives_everything_back_and_redo_makes_it_again(fresh_store, source, act):
    with open_store(fresh_store) as db:
        other = add_chat(db, CHAT, "other.txt")
    mask(fresh_store, other)
    with open_store(fresh_store) as db:
        before = settle(state(db))
        ACTS[act](db, source)
        after = settle(state(db))
        assert before != after
    with open_store(fresh_store) as db:  # another visit
        undo_last(db, source)
        assert settle(state(db)) == before and next_undo(db, source) is None
    with open_store(fresh_store) as db:
        redo_last(db, source)
        assert settle(state(db)) == after and next_redo(db, source) is None


@pytest.mark.parametrize("act", ACTS)
def test_undo_after_masking_anew_and_in_sources_that_came_later_leaves_no_trace(fresh_store, source, act):
    with open_store(fresh_store) as db:
        before = masked(db, source)
        ACTS[act](db, source)
        after = masked(db, source)
        later = add_chat(db, DOUBTFUL, "later.txt")
    mask(fresh_store, later)
    mask(fresh_store, source)
    with open_store(fresh_store) as db:
        assert masked(db, source) == after
        undo_last(db, source)
        assert masked(db, source) == masked(db, later) == before and not list_decisions(db)
    mask(fresh_store, source)
    with open_store(fresh_store) as db:
        assert masked(db, source) == before
        redo_last(db, source)
        assert masked(db, source) == after


def test_any_row_of_corrections_is_walked_back_and_forth(fresh_store, source):
    rng = random.Random(0)
    with open_store(fresh_store) as db:
        seen = [settle(state(db))]
        for name in itertools.chain(rng.sample(list(ACTS), len(ACTS)), ["hide", "undo"]):
            try:
                if name == "hide":
                    hide_here(db, mask_ids(db, "010-1234-5678")[0])
                elif name == "undo":
                    undo_value(db, *value(db, "박"), source)
                else:
                    ACTS[name](db, source)
            except UserError:
                continue  # the order makes some of them impossible, such as showing what is shown
            seen.append(settle(state(db)))
        assert len(seen) > 6
        for expected in seen[-2::-1]:
            undo_last(db, source)
            assert settle(state(db)) == expected
        for expected in seen[1:]:
            redo_last(db, source)
            assert settle(state(db)) == expected


def test_a_new_correction_ends_what_could_be_made_again(fresh_store, source):
    with open_store(fresh_store) as db:
        ACTS["keep"](db, source)
        undo_last(db, source)
        ACTS["add"](db, source)
        assert next_redo(db, source) is None
        undo_last(db, source)
        assert next_redo(db, source).action == "add"
        redo_last(db, source)
        with pytest.raises(UserError, match="다시 할 것이 없습니다"):
            redo_last(db, source)


def test_the_button_of_an_old_window_undoes_nothing_else(fresh_store, source):
    with open_store(fresh_store) as db:
        ACTS["keep"](db, source)
        shown = next_undo(db, source)
        ACTS["add"](db, source)
        with pytest.raises(UserError, match="다른 창"):
            undo_last(db, source, shown.id)
        assert len(list_decisions(db)) == 2


def test_undo_of_one_source_leaves_the_corrections_of_another(fresh_store, source):
    with open_store(fresh_store) as db:
        other = add_chat(db, CHAT, "other.txt")
    mask(fresh_store, other)
    with open_store(fresh_store) as db:
        add_word(db, "도깨비", "PERSON", other, other)
        assert next_undo(db, source) is None
        with pytest.raises(UserError, match="되돌릴 것이 없습니다"):
            undo_last(db, source)
        assert next_undo(db, other).word == "도깨비"


def test_the_log_says_what_when_and_what_was_undone_and_holds_no_words(fresh_store, source):
    with open_store(fresh_store) as db:
        ACTS["add"](db, source)
        ACTS["keep"](db, source)
        undo_last(db, source)
        keep, add = list_steps(db, source)
        assert (add.action, add.word, add.places, add.undone) == ("add", "도깨비", 4, False)
        assert (keep.action, keep.word, keep.undone) == ("keep", "010-1234-5678", True) and keep.at > add.at
        for table in ("mask_log", "mask_log_places", "mask_log_decisions", "mask_decisions", "mask_tallies"):
            kept = str(db.execute(f"SELECT * FROM {table}").fetchall())
            assert "도깨비" not in kept and "010-1234" not in kept


def test_what_cannot_be_done_leaves_no_line_in_the_log(fresh_store, source):
    with open_store(fresh_store) as db:
        with pytest.raises(UserError):
            add_word(db, "없는말이다", "PERSON", source)
        accept_value(db, *value(db, "박"), source)
        accept_value(db, *value(db, "박"), source)
        assert [step.action for step in list_steps(db, source)] == ["accept"]


def test_counts_follow_every_correction(fresh_store, source):
    def honest(db) -> None:
        places = hidden_places(db, source)
        by_label: dict[str, int] = {}
        for (label, _), n in places.items():
            by_label[label] = by_label.get(label, 0) + n
        sql = "SELECT label, count(*) FROM masks WHERE state = 'applied' GROUP BY label"
        assert by_label == counts(db, source) == dict(db.execute(sql).fetchall())

    with open_store(fresh_store) as db:
        honest(db)
        for act in ("keep", "add", "a longer word", "accept"):
            ACTS[act](db, source)
            honest(db)
        for _ in range(4):
            undo_last(db, source)
            honest(db)


def test_doubtful_names_come_first_by_frequency_and_do_not_come_back(fresh_store, source):
    with open_store(fresh_store) as db:
        assert count_doubtful(db, source) == (2, 3)
        first = next_doubtful(db, source)
        assert first.written == ["박"] and first.hidden == 2
        assert next_doubtful(db, source, [(first.label, first.value_key)]).written == ["최"]
        assert [shown.text for shown in examples(db, source, first)] == [DOUBTFUL[5][1], DOUBTFUL[6][1]]
        accept_value(db, first.label, first.value_key, source)
        second = next_doubtful(db, source)
        keep_value(db, second.label, second.value_key, source)
        assert next_doubtful(db, source) is None and count_doubtful(db, source) == (0, 0)
    mask(fresh_store, source)
    with open_store(fresh_store) as db:
        assert next_doubtful(db, source) is None
        assert "박" not in masked(db, source)[5] and "최 과장" in masked(db, source)[7]


def test_a_confirmed_value_that_is_shown_after_all_is_no_longer_confirmed(fresh_store, source):
    with open_store(fresh_store) as db:
        ACTS["accept"](db, source)
        keep_value(db, *value(db, "박"), source)
        assert [decision.what for decision in list_decisions(db)] == ["kept"]
        undo_last(db, source)
        assert [decision.what for decision in list_decisions(db)] == ["accepted"]


def test_values_are_listed_by_frequency_with_their_spellings(fresh_store, source):
    with open_store(fresh_store) as db:
        found = list_values(db, source)
        assert [v.places for v in found] == sorted((v.places for v in found), reverse=True)
        phone = next(v for v in found if v.label == "PHONE")
        assert (phone.written, phone.places, phone.level) == (["010-1234-5678"], 2, "sure")
        assert {v.label for v in list_values(db, source, ["PHONE"])} == {"PHONE"}
        assert [v.written for v in list_values(db, source, levels=["doubtful"])] == [["박"], ["최"]]
        assert list_values(db, source, skip=1)[0] == found[1]
        keep_here(db, mask_ids(db, "010-1234-5678")[0])
        phone = next(v for v in list_values(db, source) if v.label == "PHONE")
        assert (phone.hidden, phone.places) == (1, 2)


@pytest.mark.parametrize(
    ("look", "seqs"),
    [
        (Look(levels=("doubtful",)), [5, 6, 7]),
        (Look(levels=("sure",), labels=("PHONE",)), [0, 3]),
        (Look(levels=("doubtful", "sure"), speaker="나리"), [3, 5, 7]),
        (Look(levels=("doubtful",), words="부장님"), [5, 6]),
    ],
)
def test_messages_are_filtered_by_how_sure_their_masks_are(fresh_store, source, look, seqs):
    with open_store(fresh_store) as db:
        assert [row["seq"] for row in read_look(db, source, look)] == seqs


def test_forgetting_a_speaker_takes_the_log_and_the_counts_along(fresh_store, source):
    with open_store(fresh_store) as db:
        ACTS["add everywhere"](db, source)
        forget_speaker(db, "나리", lambda text: text.replace("나리", "…"))
        assert next_undo(db, source) is None
        assert not db.execute("SELECT 1 FROM mask_log_places").fetchall()
        hidden = dict(
            db.execute("SELECT label, sum(hidden) FROM mask_tallies GROUP BY 1 HAVING sum(hidden)").fetchall()
        )
        assert hidden == dict(
            db.execute("SELECT label, count(*) FROM masks WHERE state = 'applied' GROUP BY 1").fetchall()
        )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("도깨비가 왔어", ["도깨비", "가", "왔어"]),
        ("지은이가 민수랑 밥", ["지은", "이가", "민수", "랑", "밥"]),
        ("우리 집에서, 내일!", ["우리", "집에서", "내일"]),
        ("call 010-1234 ㅋㅋ", ["call", "010", "1234", "ㅋㅋ"]),
        (" ~!  ", []),
    ],
)
def test_a_message_is_cut_into_words_to_click(text, words):
    found = segments(text)
    assert [text[start:end] for start, end in found] == words
    assert stretch(text, found[:2]).startswith("".join(words[:1]))


def test_neighbouring_words_join_to_what_stands_there():
    text = "번호는 010 - 1234 야"
    found = segments(text)
    assert stretch(text, [found[4 - 1], found[2]]) == "010 - 1234"


def test_the_command_undoes_redoes_accepts_and_lists(fresh_store, source, capsys):
    def command(*words: str, status: int = 0) -> dict:
        assert main(["mask", source, *words, "--json"]) == status
        return json.loads(capsys.readouterr().out.splitlines()[-1])

    before = get_now(fresh_store, source)
    listed = command("--doubtful")
    assert listed["values"] == 2 and "박" not in json.dumps(listed, ensure_ascii=False)
    command("--accept", listed["doubtful"][0]["placeholder"])
    assert command("--doubtful")["values"] == 1
    command("--undo-last")
    command("--keep", "[전화번호_1]")
    assert command("--undo-last")["counts"] == before
    assert "PHONE" not in command("--redo")["counts"]
    assert "error" in command("--redo", status=2)


def get_now(store: Path, source: str) -> dict:
    with open_store(store) as db:
        return counts(db, source)


def test_an_older_store_keeps_its_decisions_and_counts_its_masks(fresh_store, tmp_path, monkeypatch):
    old = tmp_path / "schema"
    old.mkdir()
    for path in sorted(migrate.SCHEMA.glob("000[1-3]_*.sql")):
        shutil.copy(path, old)
    with monkeypatch.context() as patch:
        patch.setattr(migrate, "SCHEMA", old)
        with open_store(fresh_store) as db:
            source = add_chat(db, CHAT)
            record = db.execute("SELECT min(id) FROM records").fetchone()[0]
            for number, (state, by) in enumerate([("applied", "rule"), ("rejected", "owner"), ("rejected", "rule")], 1):
                mask_ = (record, number, number + 1, "PERSON", f"[이름_{number}]", f"k{number}", 0.6, state, by)
                add_decided_masks(db, [mask_])
                add_mask_numbers(db, [("PERSON", f"k{number}", number)])
            set_setting(db, "mask_kept", [["PERSON", "k2"]])
            set_setting(db, "mask_added", [["PERSON", "k1", source], ["PERSON", "k3", "*"]])
    with open_store(fresh_store) as db:
        found = {(decision.what, decision.value_key, decision.where) for decision in list_decisions(db)}
        assert found == {("kept", "k2", "*"), ("added", "k1", source), ("added", "k3", "*")}
        assert [(v.value_key, v.hidden, v.places) for v in list_values(db, source)] == [("k1", 1, 1), ("k2", 0, 1)]
        assert get_setting(db, "mask_kept") is None and count_doubtful(db, source) == (1, 1)
