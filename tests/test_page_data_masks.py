"""The owner corrects masks: what stays, what comes back, and what a later masking makes of it."""

import json
from pathlib import Path

import pytest

from engine.cli.app import main
from engine.curate.freeze import build_dataset
from engine.curate.row import Row
from engine.curate.view import source_view
from engine.errors import UserError
from engine.privacy.apply import mask_source
from engine.privacy.correct import (
    add_word,
    count_word,
    hide_here,
    keep_here,
    keep_value,
    label_named,
    list_decisions,
    undo_value,
    value_behind,
)
from engine.privacy.preview import read_preview
from engine.store.jobs import Work, enqueue
from engine.store.masks import Look, read_look
from engine.store.open import open_store
from engine.store.sources import get_source
from tests.test_store import add_chat

CHAT = [
    ("가온", "민수랑 밥 먹었어 010-1234-5678로 전화해"),
    ("나리", "도깨비가 그러는데 민수랑 온대"),
    ("가온", "박도깨비 말이지 ㅋㅋ 도깨비 도깨비"),
    ("나리", "고객센터 번호는 010-1234-5678 아니고 [이름_9] 이래"),
    ("가온", "가온아 안녕"),
]


class Hands(Work):
    """A worker without a job row."""

    def stop_asked(self) -> str | None:
        return None


def mask(store: Path, source: str) -> dict:
    return mask_source(Hands(store, "job-hand", "token"), source)


@pytest.fixture
def source(fresh_store: Path) -> str:
    with open_store(fresh_store) as db:
        source = add_chat(db, CHAT)
    mask(fresh_store, source)
    return source


def masked(db, source: str) -> list[str]:
    return [record.text for record in source_view(db, get_source(db, source), "가온").records]


def counts(db, source: str) -> dict[str, int]:
    return get_source(db, source)["mask_report"]["counts"]


def mask_ids(db, word: str) -> list[int]:
    sql = 'SELECT m.id FROM masks m JOIN records r ON r.id = m.record_id WHERE substr(r.text, m.start + 1, m."end" - m.start) = ?'
    return [row[0] for row in db.execute(sql, [word]).fetchall()]


def value(db, word: str) -> tuple[str, str]:
    return db.execute("SELECT label, value_key FROM masks WHERE id = ?", [mask_ids(db, word)[0]]).fetchone()


def test_a_place_that_is_shown_again_stays_shown_after_masking_anew(fresh_store, source):
    with open_store(fresh_store) as db:
        before = counts(db, source)
        keep_here(db, mask_ids(db, "010-1234-5678")[0])
        assert counts(db, source) == {**before, "PHONE": 1}
    mask(fresh_store, source)
    with open_store(fresh_store) as db:
        assert "010-1234-5678" in masked(db, source)[0] and "010-1234-5678" not in masked(db, source)[3]
        assert counts(db, source) == {**before, "PHONE": 1} and len(mask_ids(db, "010-1234-5678")) == 2
        hide_here(db, mask_ids(db, "010-1234-5678")[0])
        assert counts(db, source) == before and "010-1234-5678" not in "".join(masked(db, source))


def test_a_value_shown_everywhere_is_shown_in_sources_that_come_later(fresh_store, source):
    with open_store(fresh_store) as db:
        assert keep_value(db, *value(db, "010-1234-5678")) == 2
        assert "PHONE" not in counts(db, source)
        later = add_chat(db, CHAT, "later.txt")
    mask(fresh_store, source)
    mask(fresh_store, later)
    with open_store(fresh_store) as db:
        assert all("010-1234-5678" in masked(db, id_)[0] for id_ in (source, later))
        assert undo_value(db, *value(db, "010-1234-5678")) == 4
        assert not any("010-1234-5678" in text for id_ in (source, later) for text in masked(db, id_))
        assert counts(db, source)["PHONE"] == counts(db, later)["PHONE"] == 2 and list_decisions(db) == []


def test_an_added_word_is_hidden_under_one_number_and_remembered(fresh_store, source):
    with open_store(fresh_store) as db:
        before = counts(db, source)
        assert count_word(db, "도깨비", source) == 4
        assert add_word(db, "도깨비", "PERSON", source) == 4
        texts = masked(db, source)
        number = texts[1].partition("]")[0] + "]"
        assert number.startswith("[이름_") and "도깨비" not in "".join(texts)
        assert texts[2].count(number) == 3
        assert counts(db, source)["PERSON"] >= before.get("PERSON", 0) + 3
    for _ in range(2):
        told = mask(fresh_store, source)
        with open_store(fresh_store) as db:
            assert masked(db, source) == texts and told["counts"] == counts(db, source)
            assert db.execute("SELECT count(*) FROM masks WHERE decided_by = 'owner'").fetchone()[0] == 4
    with open_store(fresh_store) as db:
        (decision,) = list_decisions(db)
        assert (decision.what, decision.word, decision.where) == ("added", "도깨비", source)
        undo_value(db, decision.label, decision.value_key)
        assert counts(db, source) == before and list_decisions(db) == []


def test_a_longer_word_covers_what_a_rule_hid_inside_it_and_gives_it_back(fresh_store, source):
    with open_store(fresh_store) as db:
        before = masked(db, source)
        add_word(db, "민수랑 밥", "PERSON", source)
        assert masked(db, source)[0].startswith("[이름_") and "밥" not in masked(db, source)[0]
    mask(fresh_store, source)
    with open_store(fresh_store) as db:
        (decision,) = list_decisions(db)
        undo_value(db, decision.label, decision.value_key)
        assert masked(db, source) == before


def test_a_word_added_everywhere_is_hidden_in_a_source_that_comes_later(fresh_store, source):
    with open_store(fresh_store) as db:
        add_word(db, "도깨비", "PERSON", None)
        own = add_chat(db, CHAT, "later.txt")
    mask(fresh_store, own)
    with open_store(fresh_store) as db:
        assert masked(db, own) == masked(db, source)


def test_a_word_of_one_source_is_not_hidden_in_another(fresh_store, source):
    with open_store(fresh_store) as db:
        add_word(db, "도깨비", "PERSON", source)
        other = add_chat(db, CHAT, "other.txt")
    mask(fresh_store, other)
    with open_store(fresh_store) as db:
        assert "도깨비" in "".join(masked(db, other))


def test_an_added_place_can_be_shown_again_alone(fresh_store, source):
    with open_store(fresh_store) as db:
        add_word(db, "도깨비", "PERSON", source)
        keep_here(db, mask_ids(db, "도깨비")[0])
        before = masked(db, source)
        assert "".join(before).count("도깨비") == 1
    mask(fresh_store, source)
    with open_store(fresh_store) as db:
        assert masked(db, source) == before


@pytest.mark.parametrize("word", ["", " ", "가", "[이름_1]", "없는말이다"])
def test_a_word_that_cannot_be_hidden_is_refused_in_words_and_changes_nothing(fresh_store, source, word):
    with open_store(fresh_store) as db:
        before = db.execute("SELECT * FROM masks").fetchall()
        with pytest.raises(UserError):
            add_word(db, word, "PERSON", source)
        assert db.execute("SELECT * FROM masks").fetchall() == before and list_decisions(db) == []


def test_the_word_itself_is_kept_nowhere_but_in_the_records(fresh_store, source):
    with open_store(fresh_store) as db:
        add_word(db, "도깨비", "PERSON", None)
        assert not db.execute("SELECT 1 FROM settings WHERE value_json LIKE '%도깨비%'").fetchall()


def test_a_second_window_is_told_that_the_place_changed(fresh_store, source):
    with open_store(fresh_store) as db:
        place = mask_ids(db, "010-1234-5678")[0]
        keep_here(db, place)
        with pytest.raises(UserError, match="바뀌었습니다"):
            keep_here(db, place)
        with pytest.raises(UserError, match="더는 없습니다"):
            keep_here(db, 10**9)


def test_nothing_is_corrected_while_a_job_masks(fresh_store, source):
    with open_store(fresh_store) as db:
        job = enqueue(db, "mask", {"source": source})
        db.execute("UPDATE jobs SET state = 'running' WHERE id = ?", [job])
        with pytest.raises(UserError, match="돌고"):
            keep_here(db, mask_ids(db, "010-1234-5678")[0])
        with pytest.raises(UserError, match="돌고"):
            add_word(db, "도깨비", "PERSON", source)


def test_what_the_owner_shows_is_not_dropped_from_a_dataset_as_left_over(fresh_store):
    def rows(view):
        yield from (
            Row(({"role": "user", "content": "응?"},), r.text, f"day {r.id}", r.id, r.id, {}) for r in view.records
        )

    with open_store(fresh_store) as db:
        source = add_chat(db, CHAT * 3)
    mask(fresh_store, source)
    with open_store(fresh_store) as db:
        keep_value(db, *value(db, "010-1234-5678"))
    told = build_dataset(
        Hands(fresh_store, "job-build", "t"), recipe="persona", style="chat", source_ids=[source], me="가온",
        must_mask=True, splits={"train": 0.6, "validation": 0.2, "test": 0.2}, options={}, build=rows, seed=0,
    )  # fmt: skip
    assert told["dropped"] == {} and told["rows"] == 15


def test_the_preview_joins_to_the_text_that_is_learned_from(fresh_store, source):
    with open_store(fresh_store) as db:
        keep_here(db, mask_ids(db, "010-1234-5678")[0])
        add_word(db, "도깨비", "PERSON", source)
        shown = read_preview(db, source, Look())
        assert ["".join(p.before for p in s.pieces) for s in shown] == [text for _, text in CHAT]
        assert ["".join(p.after for p in s.pieces) for s in shown] == masked(db, source)
        assert [p.before for p in shown[0].pieces if p.state == "kept"] == ["010-1234-5678"]
        assert "（이름_9）" in masked(db, source)[3]


@pytest.mark.parametrize(
    ("look", "seqs"),
    [
        (Look(), [0, 1, 2, 3, 4]),
        (Look(labels=("PHONE",)), [0, 3]),
        (Look(labels=("PHONE",), speaker="나리"), [3]),
        (Look(speaker="나리"), [1, 3]),
        (Look(words="밥"), [0]),
        (Look(words="번호"), [3]),
        (Look(words="도깨비"), [1, 2]),
        (Look(words="번호는", changed=True), [3]),
        (Look(words='"없" OR 말'), []),
        (Look(decided=True), []),
    ],
)
def test_the_preview_shows_what_is_asked_for_and_pages_both_ways(fresh_store, source, look, seqs):
    with open_store(fresh_store) as db:
        add_chat(db, CHAT, "another.txt")
        assert [row["seq"] for row in read_look(db, source, look)] == seqs
        forward, at = [], 0
        while page := read_look(db, source, look, at, limit=1):
            forward.append(page[0]["seq"])
            at = page[0]["id"] + 1
        assert forward == seqs
        back = read_look(db, source, look, at or 10**9, back=True, limit=2)
        assert [row["seq"] for row in back] == seqs[-2:]


def test_a_placeholder_names_its_value_and_a_label_its_kind(fresh_store, source):
    with open_store(fresh_store) as db:
        assert value_behind(db, "[전화번호_1]") == value_behind(db, "전화번호_1") == value(db, "010-1234-5678")
        for wrong in ("[전화번호_99]", "이름", "", "[아무개_1]"):
            with pytest.raises(UserError):
                value_behind(db, wrong)
    assert label_named("이름") == label_named("PERSON") == "PERSON"
    with pytest.raises(UserError):
        label_named("별명")


def command(capsys, *words: str, status: int = 0) -> dict:
    assert main(["mask", *words, "--json"]) == status
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_the_command_corrects_what_the_page_corrects(fresh_store, source, capsys):
    before = command(capsys, source, "--add", "도깨비=이름")["counts"]
    assert command(capsys, source, "--keep", "[전화번호_1]")["changed"] == 2
    with open_store(fresh_store) as db:
        assert {decision.what for decision in list_decisions(db)} == {"kept", "added"}
    assert command(capsys, source, "--undo", "전화번호_1")["counts"] == before
    for wrong in (("--add", "도깨비"), ("--add", "도깨비=별명"), ("--keep", "[이름_99]"), ("--undo", "x")):
        assert "error" in command(capsys, source, *wrong, status=2)
