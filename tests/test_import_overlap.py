"""Re-exports of one chat: every message once, renamed people offered, what was decided before kept."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import UserError
from engine.privacy.apply import mask_source
from engine.privacy.correct import add_word, keep_here
from engine.sources.overlap import Overlap, merge_streams
from engine.sources.reader import Record
from engine.store.forget import forget_source, forget_speaker
from engine.store.lineage import lineage
from engine.store.open import open_store
from engine.store.replace import merge_speakers
from engine.store.sources import get_source, get_speakers
from tests.importing import Hands, at, bring, desktop, leftovers, mobile, sources, stored, write

TALK = [(m, "가온" if m % 2 else "나리", f"{m}번째 말") for m in range(12)]


def test_a_newer_export_is_merged_and_nothing_is_doubled(fresh_store, tmp_path):
    old = bring(fresh_store, write(tmp_path / "a" / "KakaoTalkChats.txt", mobile("나리", *TALK[:8])), me="가온")
    new = bring(fresh_store, write(tmp_path / "b" / "KakaoTalkChats.txt", mobile("나리", *TALK)))
    assert new["merged"] == {"source": old["source_id"], "added": 4, "common": 8}
    assert stored(fresh_store) == [(at(m), who, text) for m, who, text in TALK]
    assert sources(fresh_store) == [new["source_id"]]
    assert (new["records"], new["me"], new["renamed"]) == (12, "가온", {})


def test_what_the_newer_export_lacks_is_kept_where_it_stood(fresh_store, tmp_path):
    bring(fresh_store, write(tmp_path / "a.txt", mobile("나리", *TALK)), me="가온")
    fewer = [*TALK[2:5], *TALK[6:], (20, "가온", "나중 말")]
    bring(fresh_store, write(tmp_path / "b.txt", mobile("나리", *fewer)))
    assert [text for _, _, text in stored(fresh_store)] == [*(text for *_, text in TALK), "나중 말"]


def test_an_older_export_with_nothing_new_stores_nothing(fresh_store, tmp_path):
    new = bring(fresh_store, write(tmp_path / "b.txt", mobile("나리", *TALK)), me="가온")
    before = leftovers(fresh_store)
    old = bring(fresh_store, write(tmp_path / "a.txt", mobile("나리", *TALK[:8])))
    assert old["source_id"] == new["source_id"] and leftovers(fresh_store) == before
    assert any("모두 들어" in warning for warning in old["warnings"])


def test_an_earlier_beginning_is_merged_too(fresh_store, tmp_path):
    bring(fresh_store, write(tmp_path / "b.txt", mobile("나리", *TALK[5:])), me="가온")
    bring(fresh_store, write(tmp_path / "a.txt", mobile("나리", *TALK[:9])))
    assert [text for _, _, text in stored(fresh_store)] == [text for *_, text in TALK]


def test_equal_words_of_a_minute_are_counted_not_collapsed(fresh_store, tmp_path):
    old = [(0, "나리", "네"), (0, "나리", "네"), (1, "가온", "응"), (2, "가온", "그래"), (3, "나리", "좋아")]
    new = [
        (0, "나리", "네"),
        (1, "가온", "응"),
        (1, "가온", "응"),
        (2, "가온", "그래"),
        (3, "나리", "좋아"),
        (4, "나리", "끝"),
    ]
    bring(fresh_store, write(tmp_path / "a.txt", mobile("나리", *old)), me="가온")
    bring(fresh_store, write(tmp_path / "b.txt", mobile("나리", *new)))
    assert [text for _, _, text in stored(fresh_store)] == ["네", "네", "응", "응", "그래", "좋아", "끝"]


def test_another_chat_of_the_same_evening_is_another_source(fresh_store, tmp_path):
    bring(fresh_store, write(tmp_path / "a.txt", mobile("나리", *TALK)), me="가온")
    other = [(m, "가온" if m % 2 else "다솜", f"{m}번째 딴말") for m in range(12)]
    told = bring(fresh_store, write(tmp_path / "b.txt", mobile("다솜", *other)))
    assert "merged" not in told and len(sources(fresh_store)) == 2


def test_the_export_of_another_client_is_told_and_not_merged(fresh_store, tmp_path):
    old = bring(fresh_store, write(tmp_path / "a.txt", mobile("나리", *TALK)), me="가온")
    told = bring(fresh_store, write(tmp_path / "b.txt", desktop("나리", 30, *TALK)))
    assert "merged" not in told and len(sources(fresh_store)) == 2
    assert any(old["source_id"] in warning and "두 번" in warning for warning in told["warnings"])
    both = bring(fresh_store, tmp_path / "a.txt", tmp_path / "b.txt")
    assert both["records"] == 12


def test_a_word_in_common_makes_no_chat(fresh_store, tmp_path):
    for name, said in (("a.txt", "뭐 해"), ("b.txt", "어디야")):
        bring(fresh_store, write(tmp_path / name, mobile("나리", (0, "가온", "안녕"), (1, "나리", said))), me="가온")
    assert len(sources(fresh_store)) == 2


def test_nobody_is_offered_a_name_that_was_merged_away(fresh_store, tmp_path):
    bring(fresh_store, write(tmp_path / "a.txt", mobile("나리", *TALK)), me="가온")
    renamed = [(m, "나리♥" if who == "나리" else who, text) for m, who, text in TALK]
    bring(fresh_store, write(tmp_path / "b.txt", mobile("나리♥", *renamed, (30, "나리♥", "또"))))
    with open_store(fresh_store) as db:
        source = get_source(db, "latest")
        merge_speakers(db, source["id"], "나리♥", "나리")
        report = get_source(db, "latest")["report"]
    assert report["renamed"] == report["renamed_evidence"] == {}
    assert report["speakers"].keys() == {"가온", "나리"}


def test_a_renamed_person_is_offered_and_merged_on_the_owner_s_word(fresh_store, tmp_path):
    bring(fresh_store, write(tmp_path / "a.txt", mobile("나리", *TALK[:8])), me="가온")
    renamed = [(m, "나리♥" if who == "나리" else who, text) for m, who, text in TALK]
    told = bring(fresh_store, write(tmp_path / "b.txt", mobile("나리♥", *renamed)))
    assert (told["renamed"], told["renamed_evidence"]) == ({"나리": "나리♥"}, {"나리": 4})
    assert told["speakers"] == {"가온": 6, "나리": 4, "나리♥": 2}  # not without the owner
    assert not any("나리" in warning for warning in told["warnings"])
    with open_store(fresh_store) as db:
        assert merge_speakers(db, told["source_id"], "나리", "나리♥") == 4
        assert get_speakers(db, told["source_id"]) == {
            "가온": 6,
            "나리♥": 6,
            "나리": 0,
        }  # its name is still to be hidden
        report = get_source(db, told["source_id"])["report"]
        assert report["speakers"] == {"가온": 6, "나리♥": 6} and report["renamed"] == {}
        with pytest.raises(UserError, match="말한 사람"):
            merge_speakers(db, told["source_id"], "나리", "나리♥")
    again = bring(fresh_store, write(tmp_path / "c.txt", mobile("나리♥", *renamed, (30, "나리♥", "또"))))
    assert again["speakers"] == {"나리♥": 7, "가온": 6} and again["merged_names"] == {"나리": "나리♥"}


def test_forgetting_somebody_takes_both_names_out_of_the_report(fresh_store, tmp_path):
    renamed = [(m, "나리♥" if who == "나리" else who, text) for m, who, text in TALK]
    bring(fresh_store, write(tmp_path / "a.txt", mobile("나리", *TALK[:8], (9, "다솜", "나도"))), me="가온")
    (tmp_path / "나리").mkdir()
    write(tmp_path / "나리" / "메모.txt", "우유")
    write(tmp_path / "나리" / "b.txt", mobile("나리♥", *renamed))
    told = bring(fresh_store, tmp_path / "나리")
    assert told["renamed"] and any("나리" in warning for warning in told["warnings"])
    with open_store(fresh_store) as db:
        forget_speaker(db, "나리♥", lambda text: text.replace("나리♥", "…"))
        forget_speaker(db, "나리", lambda text: text.replace("나리", "…"))
        source = get_source(db, told["source_id"])
        assert "나리" not in str(source) and "나리" not in str(get_speakers(db, source["id"]))


def test_me_goes_along_when_two_names_become_one(fresh_store, tmp_path):
    told = bring(fresh_store, write(tmp_path / "a.txt", mobile("나리", *TALK, (20, "가온2", "나야"))), me="가온")
    with open_store(fresh_store) as db:
        merge_speakers(db, told["source_id"], "가온", "가온2")
        assert get_source(db, told["source_id"])["me"] == "가온2"


def test_several_overlapping_files_at_once_are_one_chat(fresh_store, tmp_path):
    files = [
        write(tmp_path / name, mobile("나리", *TALK[a:b]))
        for name, a, b in (("x.txt", 0, 6), ("y.txt", 4, 10), ("z.txt", 8, 12))
    ]
    told = bring(fresh_store, *files, me="가온")
    assert stored(fresh_store) == [(at(m), who, text) for m, who, text in TALK]
    assert told["records"] == 12 and "merged" not in told


def test_rows_of_frozen_datasets_stay_and_forgetting_takes_the_older_export_along(fresh_store, tmp_path):
    old = bring(fresh_store, write(tmp_path / "a.txt", mobile("나리", *TALK[:8])), me="가온")["source_id"]
    with open_store(fresh_store) as db:
        db.execute(
            "INSERT INTO rows (recipe, source_id, record_first, record_last, split_group, messages_json, target, meta_json, fingerprint, "
            "created_at) SELECT 'persona', ?, min(id), max(id), 'g', '[]', 't', '{}', 'f', 'now' FROM records",
            [old],
        )
        db.conn.commit()
    new = bring(fresh_store, write(tmp_path / "b.txt", mobile("나리", *TALK)))["source_id"]
    assert sources(fresh_store) == [new]
    with open_store(fresh_store) as db:
        assert db.execute("SELECT count(*) FROM rows WHERE source_id = ?", [old]).fetchone() == (1,)
        assert {"kind": "source", "id": old} in lineage(db, new)["ancestors"]
        assert forget_source(db, new)["rows"] == 1
    assert leftovers(fresh_store) == 0


def test_what_the_owner_decided_about_masks_goes_along(fresh_store, tmp_path):
    talk = [*TALK, (12, "나리", "도깨비한테 010-1234-5678로 전화해"), (13, "가온", "010-1234-5678 맞아?")]
    old = bring(fresh_store, write(tmp_path / "a.txt", mobile("나리", *talk)), me="가온")["source_id"]
    mask_source(Hands(fresh_store), old)
    with open_store(fresh_store) as db:
        add_word(db, "도깨비", "PERSON", old)
        kept = db.execute("SELECT min(id) FROM masks WHERE label = 'PHONE'").fetchone()[0]
        keep_here(db, kept)
    new = bring(fresh_store, write(tmp_path / "b.txt", mobile("나리", *talk, (20, "나리", "도깨비 또 왔어"))))[
        "source_id"
    ]
    mask_source(Hands(fresh_store), new)
    with open_store(fresh_store) as db:
        sql = (
            "SELECT m.label, m.state, r.text FROM masks m JOIN records r ON r.id = m.record_id WHERE r.source_id = ? "
            "AND (m.label = 'PHONE' OR m.decided_by = 'owner') ORDER BY r.seq, m.start"
        )
        found = [(label, state, text[:5]) for label, state, text in db.execute(sql, [new])]
    assert found == [
        ("PERSON", "applied", "도깨비한테"),
        ("PHONE", "rejected", "도깨비한테"),
        ("PHONE", "applied", "010-1"),
        ("PERSON", "applied", "도깨비 또"),
    ]


def record(minute: int, text: str, speaker: str | None = "가온") -> Record:
    return Record(f"2026-05-30T13:{minute:02d}", speaker, "text", text)


def merged(old: list[Record], new: list[Record]) -> list[Record]:
    return list(merge_streams(old, new, Overlap()))


def test_a_deletion_seen_only_later_stands_beside_what_was_said() -> None:
    gone = Record("2026-05-30T13:01", "나리", "deleted", "삭제된 메시지입니다.")
    old = [record(0, "앞"), record(1, "말", "나리"), record(2, "뒤")]
    assert merged(old, [record(0, "앞"), gone, record(2, "뒤")]) == [old[0], old[1], gone, old[2]]


def test_a_merge_reads_a_minute_at_a_time() -> None:
    taken = []

    def endless():  # type: ignore[no-untyped-def]
        for number in range(10_000):
            taken.append(number)
            yield record(number % 60, "말") if number < 60 else Record(f"2026-06-01T{number:05d}", "가온", "text", "말")

    stream = merge_streams(endless(), [record(0, "말")], Overlap())
    next(stream)
    assert len(taken) < 10


MINUTES = st.lists(st.lists(st.tuples(st.sampled_from("가나다"), st.sampled_from(["네", "응", "ㅋㅋ", "말"])), min_size=1, max_size=4), min_size=1, max_size=12)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(MINUTES, st.data())
def test_two_exports_that_overlap_or_touch_are_the_whole_chat(minutes, data) -> None:  # type: ignore[no-untyped-def]
    chat = [[record(number, text, who) for who, text in said] for number, said in enumerate(minutes)]
    cut = st.integers(0, len(chat))
    late, early = sorted((data.draw(cut), data.draw(cut)))
    old = [one for group in chat[:early] for one in group]
    new = [Record(r.at, f"{r.speaker}2", r.kind, r.text) for group in chat[late:] for r in group]
    overlap = Overlap()
    both = list(merge_streams(old, new, overlap)) if data.draw(st.booleans()) else merged(new, old)
    assert [(r.at, r.text) for r in both] == [(r.at, r.text) for group in chat for r in group]
    assert all(new == f"{old}2" for old, (new, _) in overlap.renamed().items())


@settings(max_examples=200, deadline=None)
@given(MINUTES, st.randoms(use_true_random=False))
def test_no_message_of_either_export_is_lost_and_none_is_doubled(minutes, random) -> None:  # type: ignore[no-untyped-def]
    chat = [record(number, text, who) for number, said in enumerate(minutes) for who, text in said]
    old, new = ([one for one in chat if random.random() < 0.7] for _ in range(2))
    both = Counter((r.at, r.text) for r in merged(old, new))
    assert both == Counter((r.at, r.text) for r in old) | Counter((r.at, r.text) for r in new)


def test_times_that_step_back_lose_nothing() -> None:
    old = [record(5, "하나"), record(3, "둘"), record(6, "셋")]
    assert merged(old, old) == old
    assert merged(old, [*old, record(1, "넷")]) == [*old, record(1, "넷")]
