"""Who is learned, shown or left out: what rows may hold then, what datasets remember, and what a refusal does to runs."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from engine.cli.app import main
from engine.curate.freeze import build_dataset, mine_in
from engine.curate.options import PersonaOptions
from engine.curate.pairs import build_pairs
from engine.curate.ready import obstacles
from engine.curate.row import LEFT_OUT, Row
from engine.curate.view import source_view
from engine.errors import UserError
from engine.jobs.launch import launch_run
from engine.recipes.recipe import load_recipe
from engine.store.consent import (
    Roles,
    built_with_other_roles,
    carry_notes,
    left_out_count,
    list_roles,
    rename_notes,
    roles_of,
    set_consent,
    set_role,
)
from engine.store.datasets import get_dataset
from engine.store.forget import forget_source, forget_speaker, preview_speaker
from engine.store.jobs import Work, enqueue
from engine.store.open import all_rows, open_store
from engine.store.runs import add_run
from engine.store.sources import add_records, finish_masks, finish_source, get_source, start_source

SECRET = "바나나우유"
"""Stands in every message of the one who is left out."""
GROUP = (
    "10:00 나리 저녁에 뭐 먹을까",
    "10:01 다온 바나나우유 어때",
    "10:02 가온 그건 음료잖아",
    "10:03 나리 그럼 파스타 먹자",
    "10:04 가온 좋아 파스타 먹자",
    "10:05 다온 나는 바나나우유",
    "10:06 가온 너는 늘 그거더라",
    "10:07 나리 몇 시에 만날까",
    "10:07 가온 여섯 시쯤 보자",
)


DAYS = ("", "하늘", "바다", "산", "들", "강", "숲", "길", "별")
"""Makes the words of each day their own."""


def add_group(db, lines: Sequence[str] = GROUP, name: str = "모임.txt", me: str | None = "가온", days: int = 1) -> str:
    source = start_source(db, recipe="persona", kind="kakao", name=name, fingerprint=name, size=1, job_id=f"job-{name}")
    said = [line.split(" ", 2) for line in lines]
    records = [
        (f"2026-05-{day + 1:02d}T{clock}", who, "text", f"{text} {DAYS[day]}".strip(), None)
        for day in range(days)
        for clock, who, text in said
    ]
    add_records(db, source, 0, records)
    counts: dict[str, int] = {}
    for _, who, *_ in records:
        counts[who] = counts.get(who, 0) + 1
    finish_source(db, source, me, counts, {"speakers": counts, "warnings": []})
    finish_masks(db, source, {"counts": {}, "residual": 0, "seconds": 0})
    return source


def rows_of(db, source_id: str, **options) -> list[Row]:
    source = get_source(db, source_id)
    view = source_view(db, source, source["me"], roles_of(db, source_id, source["me"]))
    return list(build_pairs(view, PersonaOptions(**{"max_rows": 0, "min_syllables": 0, **options})))


def kept(rows: list[Row]) -> list[tuple[list[str], str]]:
    return [([m["content"] for m in row.messages], row.target) for row in rows if row.dropped is None]


def build(store: Path, sources: list[str], me: str | None = None) -> dict:
    options = PersonaOptions(min_syllables=0, cap_per_phrase=1000)
    with open_store(store) as db:
        job = enqueue(db, "dataset", {"sources": sources})
    return build_dataset(
        Hands(store, job, "token"),
        recipe="persona",
        style="chat",
        source_ids=sources,
        me=me,
        must_mask=True,
        splits={"train": 0.8, "validation": 0.1, "test": 0.1},
        options=options.model_dump(mode="json"),
        build=lambda view: build_pairs(view, options),
        seed=0,
    )


class Hands(Work):
    """A worker without a job row."""

    def stop_asked(self) -> str | None:
        return None

    def progress(self, **facts: object) -> None:
        return None


def test_by_default_i_am_learned_and_others_are_shown(fresh_store):
    with open_store(fresh_store) as db:
        source = add_group(db)
        assert {one.name: one.role for one in list_roles(db, source, "가온")} == {
            "가온": "target",
            "나리": "context",
            "다온": "context",
        }
        assert any(SECRET in text for asked, _ in kept(rows_of(db, source)) for text in asked)


def test_a_left_out_speaker_is_a_gap_that_nothing_is_glued_over(fresh_store):
    with open_store(fresh_store) as db:
        source = add_group(db)
        set_role(db, source, "다온", "left_out")
        rows = rows_of(db, source)
    assert kept(rows) == [
        (["그럼 파스타 먹자"], "좋아 파스타 먹자"),
        (["몇 시에 만날까"], "여섯 시쯤 보자"),
    ]
    gaps = [(row.target, [m["content"] for m in row.messages]) for row in rows if row.dropped == "left_out"]
    assert gaps == [("", ["저녁에 뭐 먹을까"]), ("그건 음료잖아", []), ("너는 늘 그거더라", [])]
    assert SECRET not in str(rows)


def test_no_row_covers_a_record_of_somebody_left_out(fresh_store):
    with open_store(fresh_store) as db:
        source = add_group(db, days=9)
        set_role(db, source, "다온", "left_out")
        ranges = [(row.record_first, row.record_last) for row in rows_of(db, source, context_turns=32)]
        out = [r["id"] for r in all_rows(db, "SELECT id FROM records WHERE speaker = '다온'")]
        assert out and ranges and not [id_ for id_ in out for first, last in ranges if first <= id_ <= last]
        read = list(source_view(db, get_source(db, source), "가온", roles_of(db, source, "가온")).records)
    hidden = [record for record in read if record.kind == LEFT_OUT]
    assert len(hidden) == len(out) == 18 and all(not one.text and one.speaker is None for one in hidden)


def test_a_second_name_of_mine_is_learned_too(fresh_store):
    lines = (*GROUP[3:5], "11:00 나리 어디야 지금", "11:01 가온(새폰) 집에 가는 길이야")
    with open_store(fresh_store) as db:
        source = add_group(db, lines)
        assert [target for _, target in kept(rows_of(db, source))] == ["좋아 파스타 먹자"]
        set_role(db, source, "가온(새폰)", "target")
        assert [target for _, target in kept(rows_of(db, source))] == ["좋아 파스타 먹자", "집에 가는 길이야"]


def test_declining_leaves_out_and_says_so_in_other_sources_until_the_owner_decides(fresh_store):
    with open_store(fresh_store) as db:
        first, later = add_group(db), add_group(db, name="다시.txt")
        set_consent(db, first, "다온", "declined", "2026-05-02")
        roles = {one.name: one for one in list_roles(db, first, "가온")}
        assert roles["다온"].role == "left_out" and roles["다온"].consent_on == "2026-05-02"
        with pytest.raises(UserError, match="동의하지 않았습니다"):
            set_role(db, first, "다온", "context")
        again = {one.name: one for one in list_roles(db, later, "가온")}
        assert again["다온"].role == "left_out" and again["다온"].declined_elsewhere
        assert SECRET not in str(kept(rows_of(db, later)))
        set_role(db, later, "다온", "context")
        assert roles_of(db, later, "가온") == Roles(frozenset({"가온"}), frozenset())
        set_consent(db, first, "다온", "agreed")
        assert roles_of(db, first, "가온").left_out == frozenset()


@pytest.mark.parametrize(("name", "on", "said"), [("가온", None, "나입니다"), ("없음", None, "말하지 않습니다"), ("나리", "2999-01-01", "날짜"), ("나리", "어제", "날짜")])  # fmt: skip
def test_notes_that_cannot_be_are_refused(fresh_store, name, on, said):
    with open_store(fresh_store) as db:
        source = add_group(db)
        with pytest.raises(UserError, match=said):
            set_consent(db, source, name, "agreed", on)
        assert not all_rows(db, "SELECT * FROM consents")


def test_leaving_out_everybody_else_is_said_before_and_at_the_build(fresh_store):
    with open_store(fresh_store) as db:
        source = add_group(db)
        for name in ("나리", "다온"):
            set_role(db, source, name, "left_out")
        assert [one.kind for one in obstacles(db, [source], True)] == ["left_out"]
        with pytest.raises(UserError, match="모두를 빼기로"):
            rows_of(db, source)


def test_a_dataset_counts_and_remembers_and_says_when_roles_changed(fresh_store):
    with open_store(fresh_store) as db:
        source = add_group(db, days=6)
        set_role(db, source, "다온", "left_out")
    told = build(fresh_store, [source])
    with open_store(fresh_store) as db:
        assert told["left_out"] == left_out_count(db, source, roles_of(db, source, "가온")) == 12
        dataset = get_dataset(db, told["dataset_id"])
        assert dataset["roles"] == {source: {"target": ["가온"], "left_out": ["다온"]}} and not built_with_other_roles(
            db
        )
        texts = str(all_rows(db, "SELECT messages_json, target FROM rows"))
        assert SECRET not in texts and "파스타" in texts
        base = {"name": "starter", "revision": None, "hash": "x"}
        run = add_run(
            db, recipe="persona", dataset_id=dataset["id"], base=base, preset="quick", settings={}, origins={}
        )
        set_role(db, source, "다온", "context")
        set_consent(db, source, "나리", "declined")
        (found,) = built_with_other_roles(db, source)
        assert (found.dataset_id, found.runs) == (dataset["id"], [run])
        assert (found.now_left_out, found.now_used, found.declined) == (["나리"], ["다온"], ["나리"])


def test_nothing_is_trained_on_words_of_somebody_who_declined_since(fresh_store):
    with open_store(fresh_store) as db:
        source = add_group(db, days=6)
    told = build(fresh_store, [source])
    with open_store(fresh_store) as db:
        set_consent(db, source, "다온", "declined")
    with pytest.raises(UserError, match="동의하지 않은 사람"):
        launch_run(
            fresh_store,
            load_recipe("persona"),
            dataset_id=told["dataset_id"],
            base_name="starter",
            preset=None,
            sets={},
        )
    with open_store(fresh_store) as db:
        assert not all_rows(db, "SELECT id FROM runs") and not all_rows(db, "SELECT id FROM jobs WHERE kind = 'train'")


def test_one_person_under_two_names_in_two_exports(fresh_store):
    other = tuple(line.replace("가온", "회원님").replace("파스타", "냉면") for line in GROUP)
    with open_store(fresh_store) as db:
        first, second = add_group(db, days=4), add_group(db, other, "폰.txt", me="회원님", days=4)
        sources = [get_source(db, first), get_source(db, second)]
        assert mine_in(db, sources, None) == ["가온", "회원님"]
        assert mine_in(db, sources, "가온") == ["가온", "회원님"]
        assert mine_in(db, sources, "없는이") == ["없는이", "없는이"]
    told = build(fresh_store, [first, second], me="가온")
    with open_store(fresh_store) as db:
        sql = (
            "SELECT r.source_id, r.target FROM dataset_rows d JOIN rows r ON r.id = d.row_id WHERE d.split IS NOT NULL"
        )
        made = {(row["source_id"], row["target"]) for row in all_rows(db, sql)}
        roles = get_dataset(db, told["dataset_id"])["roles"]
    assert {(first, "좋아 파스타 먹자"), (second, "좋아 냉면 먹자")} <= made
    assert [roles[id_]["target"] for id_ in (first, second)] == [["가온"], ["회원님"]]


def test_forgetting_takes_the_name_out_of_notes_and_datasets(fresh_store):
    with open_store(fresh_store) as db:
        source = add_group(db, days=6)
        set_consent(db, source, "다온", "declined")
    told = build(fresh_store, [source])
    with open_store(fresh_store) as db:
        seen = preview_speaker(db, "다온")
        assert seen["datasets"] == [told["dataset_id"]] and seen["evaluations"] == seen["chats"] == []
        db.execute("UPDATE jobs SET state = 'done'")
        forget_speaker(db, "다온", lambda text: text)
        assert not all_rows(db, "SELECT * FROM consents")
        assert get_dataset(db, told["dataset_id"])["roles"] == {source: {"target": ["가온"], "left_out": []}}
        forget_source(db, source)
        assert get_dataset(db, told["dataset_id"])["roles"] == {}


def test_two_names_that_become_one_keep_the_stricter_note(fresh_store):
    with open_store(fresh_store) as db:
        source = add_group(db)
        set_consent(db, source, "다온", "declined", "2026-05-02")
        set_consent(db, source, "나리", "agreed")
        rename_notes(db, source, "다온", "나리")
        (note,) = all_rows(db, "SELECT name, consent, consent_on FROM consents")
        assert note == {"name": "나리", "consent": "declined", "consent_on": "2026-05-02"}


def test_a_newer_source_takes_the_notes_of_the_one_it_replaces(fresh_store):
    with open_store(fresh_store) as db:
        old, new = add_group(db), add_group(db, name="다시.txt")
        set_role(db, old, "다온", "left_out")
        set_consent(db, old, "나리", "agreed", "2026-05-02")
        set_consent(db, new, "나리", "declined", "2026-05-03")
        carry_notes(db, old, new)
        notes = {one.name: (one.role, one.consent, one.consent_on) for one in list_roles(db, new, "가온")}
        assert notes["다온"] == ("left_out", None, None) and notes["나리"] == ("left_out", "declined", "2026-05-03")


def test_the_command_shows_and_changes(fresh_store, capsys):
    with open_store(fresh_store) as db:
        source = add_group(db)
        other = add_group(db, name="둘.txt")

    def told(*words: str) -> dict:
        assert main(["speakers", source, *words, "--json"]) == 0
        return json.loads(capsys.readouterr().out.splitlines()[-1])

    assert [(one["name"], one["role"], one["share"]) for one in told()["people"]] == [
        ("가온", "target", 0.4444),
        ("나리", "context", 0.3333),
        ("다온", "context", 0.2222),
    ]
    found = told("--leave-out", "다온", "--consent", "나리=agreed:2026-04-30", "--everywhere")["people"]
    assert [(one["role"], one["consent"], one["consent_on"]) for one in found[1:]] == [
        ("context", "agreed", "2026-04-30"),
        ("left_out", None, None),
    ]
    with open_store(fresh_store) as db:
        assert roles_of(db, other, "가온").left_out == {"다온"}
    assert told("--me", "나리")["me"] == "나리"
    capsys.readouterr()
    for wrong in (("--consent", "나리=yes"), ("--leave-out", "없음"), ("--leave-out", "나리")):
        assert main(["speakers", source, *wrong]) == 2
    assert "Traceback" not in capsys.readouterr().err
