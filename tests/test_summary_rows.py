"""Dialogues become rows: instructions multiply training alone, one dialogue lies in one split, masks reach the summaries."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from importing import Hands

from engine.curate.row import SourceRecord, SourceView
from engine.curate.summary_options import TEMPLATES, SummaryOptions
from engine.curate.summary_prompt import shown_dialogue, tidied_answer
from engine.curate.summary_rows import build, build_across
from engine.curate.view import source_view
from engine.errors import UserError
from engine.jobs.work import do_dataset
from engine.recipes.preferring import imported_opinions
from engine.recipes.recipe import load_recipe
from engine.sources.ingest import ingest
from engine.store.datasets import read_dataset
from engine.store.open import open_store
from engine.store.preferences import count_preferences
from engine.store.sources import get_source

RECIPE = load_recipe("summary")
THINGS = "우산 자전거 수박 달력 기차표 화분 냄비 안경 피아노 망원경 고구마 텐트 지도 연필 장갑 나침반 북어 솥뚜껑 도장 병풍".split()


def talk(at: int) -> str:
    thing = THINGS[at % len(THINGS)]
    return f"#Person1#: {thing} {at}개를 어디에 두었어?\n#Person2#: {thing}라면 {at + 3}층 창고 {at * 7}번 칸에 넣었지.\n#Person1#: 알았어."


def view(rows: list[tuple[str, list[str]]], id_: str = "src-a", first: int = 0) -> SourceView:
    records = [
        SourceRecord(
            first + at, None, None, "dialogue", text, {"summaries": list(summaries), "id": f"d{at}", "topic": None}
        )
        for at, (text, summaries) in enumerate(rows)
    ]
    return SourceView(id_, "dialogue", None, {}, records)


def made(rows: list[tuple[str, list[str]]], **options: Any) -> list[Any]:
    return list(build(view(rows), SummaryOptions(**options)))


MANY = [(talk(at), [f"#Person2#가 {THINGS[at]}을 {at + 3}층에 두었다."]) for at in range(20)]


def test_training_alone_is_multiplied():
    rows = made(MANY)
    counts = Counter((row.group, row.split) for row in rows)
    assert {split for _, split in counts} == {"train", "validation", "test"}
    assert all(count == (len(TEMPLATES) if split == "train" else 1) for (_, split), count in counts.items())
    one = [row for row in rows if row.group == next(group for group, split in counts if split == "train")]
    assert [row.messages[-1]["content"].split("\n")[0] for row in one] == list(TEMPLATES)
    held_out = [row for row in rows if row.split != "train"]
    assert all(row.meta["template"] == 0 and row.messages[-1]["content"].startswith(TEMPLATES[0]) for row in held_out)
    assert len(made(MANY, augment=False)) == len(MANY)
    assert len(made(MANY, style="plain")) == len(MANY)


def test_styles_of_prompts():
    chat, instruction, plain = (made(MANY, style=style)[0].messages for style in ("chat", "instruction", "plain"))
    assert [message["role"] for message in chat] == ["system", "user"]
    assert instruction[0]["role"] == "raw"
    assert (
        instruction[0]["content"] == f"### Instruction:\n{TEMPLATES[0]}\n\n### Input:\n{MANY[0][0]}\n\n### Response:\n"
    )
    assert plain[0]["content"] == MANY[0][0]
    assert {shown_dialogue(messages) for messages in (chat, instruction, plain)} == {MANY[0][0]}
    assert tidied_answer(chat, "#Person1#는 간다. #Pers") == "#Person1#은 간다."


def test_copies_are_one_dialogue_and_near_copies_one_group():
    near = MANY[1][0].replace("알았어", "그래 알았어")
    rows = made([*MANY, (MANY[0][0] + " ", ["다른 사람이 쓴 요약이다."]), (near, ["가까운 사본의 요약이다."])])
    copy = [row for row in rows if row.dropped == "duplicate_dialogue"]
    assert len(copy) == 1
    kept = [row for row in rows if row.record_first == 0]
    assert kept[0].meta["references"] == [MANY[0][1][0], "다른 사람이 쓴 요약이다."]
    assert {row.target for row in kept} <= set(kept[0].meta["references"])
    twin = next(row for row in rows if row.record_first == 21)
    original = next(row for row in rows if row.record_first == 1)
    assert (twin.group, twin.split) == (original.group, original.split) and twin.dropped is None
    splits: dict[str, set[str | None]] = {}
    for row in rows:
        splits.setdefault(row.group, set()).add(row.split if not row.dropped else None)
    assert all(len(found - {None}) <= 1 for found in splits.values())


def test_copies_are_found_across_sources():
    found = list(build_across([view(MANY), view(MANY[:3], "src-b", 100)], SummaryOptions(), 0))
    assert [row.dropped for row in found[1][1]] == ["duplicate_dialogue"] * 3


def test_what_teaches_nothing_is_dropped_with_its_reason():
    rows = made(
        [
            *MANY,
            (talk(30), []),
            (talk(31), ["짧다"]),
            ("#Person1#: 응\n#Person2#: 네", ["대화보다 훨씬 더 긴 요약" * 3]),
        ]
    )
    assert [row.dropped for row in rows[-3:]] == ["no_summary", "summary_short", "summary_longer"]
    assert all(row.split is None for row in rows[-3:])


def test_long_dialogues_are_cut_and_told():
    long = "\n".join(f"#Person{at % 2 + 1}#: {at}번째 말입니다." for at in range(3000))
    row = made([*MANY, (long, ["아주 긴 이야기를 했다."])], max_characters=1000)[-1]
    assert (
        row.meta["turns_left_out"] > 2900 and len(row.messages[-1]["content"]) < 1200 and row.meta["dialogue"] == long
    )
    assert RECIPE.prompt({"dialogue": long}, SummaryOptions())[-1].get("middle")
    with pytest.raises(UserError, match="비어"):
        RECIPE.prompt({"dialogue": " "}, SummaryOptions())
    with pytest.raises(KeyError):
        RECIPE.prompt({"question": "응"}, SummaryOptions())


def bring(store: Path, rows: list[dict[str, Any]], name: str) -> dict[str, Any]:
    file = store.parent / name
    file.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return ingest(Hands(store), recipe="summary", kinds=RECIPE.reads, files=[file], kind=None, me=None)


def test_masks_reach_the_summaries_and_leave_tokens_alone(fresh_store):
    from engine.privacy.apply import mask_source

    said = "김지우: 제 번호는 010-2345-6789예요. #PhoneNumber#은 회사 번호고요.\n박민호: 네, 알겠습니다."
    told = bring(
        fresh_store, [{"dialogue": said, "summary": "김지우가 010-2345-6789와 #PhoneNumber#를 알려 주었다."}], "a"
    )
    mask_source(Hands(fresh_store), told["source_id"])
    with open_store(fresh_store) as db:
        record = next(iter(source_view(db, get_source(db, told["source_id"]), None).records))
    summary = (record.meta or {})["summaries"][0]
    for text in (record.text, summary):
        assert "010" not in text and "김지우" not in text and "#PhoneNumber#" in text
    assert "[전화번호_1]" in record.text and "[전화번호_1]" in summary and "[이름_1]" in summary


def test_rated_summaries_from_a_file_become_pairs_and_ratings(fresh_store):
    rows = [
        {"id": at, "dialogue": text, "summary": f"{told[0]}{' 아니다.' * bad}", "rating": 1 if bad else 5}
        for at, (text, told) in enumerate(MANY)
        for bad in (0, 1)
    ]
    rows += [
        {"dialogue": talk(40), "chosen": "고른 요약이다.", "rejected": "버린 요약이다."},
        {"dialogue": talk(41), "summary": "그저 그렇다.", "rating": 3},
    ]
    rows += [{"summary": "물은 것이 없다.", "rating": 5}]
    told = bring(fresh_store, rows[:40], "rated")
    assert told["kind"] == "preferences" and told["records"] == 40
    more = bring(fresh_store, rows[40:41], "pairs")
    last = ingest(
        Hands(fresh_store),
        recipe="summary",
        kinds=RECIPE.reads,
        files=[_saved(fresh_store, rows[41:])],
        kind="preferences",
        me=None,
    )
    assert (more["kind"], last["unparsed"], last["preferences"]) == ("preferences", 1, {"no_prompt": 1, "neutral": 1})
    args = {"recipe": "summary", "sources": [], "style": "pairs", "options": {}, "seed": 0, "me": None}
    with open_store(fresh_store) as db:
        assert count_preferences(db, "summary")["imported"] == 42
        assert len(imported_opinions(db, RECIPE)) == 42
    pairs = do_dataset(Hands(fresh_store, "job-pairs"), args)
    assert pairs["rows"] == 21
    rated = do_dataset(Hands(fresh_store, "job-rated"), {**args, "style": "ratings"})
    assert rated["dropped"] == {"neutral": 1} and rated["rows"] == 42
    with open_store(fresh_store) as db:
        row = read_dataset(db, pairs["dataset_id"])[0]
    assert row["messages"][-1]["content"].startswith(TEMPLATES[0]) and row["meta"]["rejected"]


def _saved(store: Path, rows: list[dict[str, Any]]) -> Path:
    path = store.parent / "more"
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return path


def test_a_window_takes_lines_of_the_middle():
    from engine.models.bases import resolve_base
    from engine.models.loading import load_tokenizer
    from engine.models.template import decode_answer, encode_prompt, is_shortened

    long = "\n".join(f"#Person{at % 2 + 1}#: {at}번째 말입니다." for at in range(3000))
    tokenizer, messages = load_tokenizer(resolve_base("starter")), RECIPE.prompt({"dialogue": long}, SummaryOptions())
    ids = encode_prompt(tokenizer, messages, 400)
    shown = decode_answer(tokenizer, ids)
    said = [line for line in shown.split("\n") if line.startswith("#Person")]
    assert len(ids) <= 400 and is_shortened(tokenizer, messages, 400) and set(said) <= set(long.split("\n"))
    assert (
        TEMPLATES[0] in shown
        and said[0] == "#Person1#: 0번째 말입니다."
        and said[-1].startswith("#Person2#: 2999번째 말입니다.")
    )
    assert not is_shortened(tokenizer, RECIPE.prompt({"dialogue": MANY[0][0]}, SummaryOptions()), 400)
