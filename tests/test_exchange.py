"""Datasets leave in the shapes that other trainers read, and come back equal: Alpaca, ShareGPT, OpenAI messages, Parquet."""

import json

import pytest

from engine.cli.app import main
from engine.curate.exchange import FORMS, line_of
from engine.errors import UserError
from engine.jobs.work import do_dataset, do_import
from engine.sources.detect import choose_reader
from engine.sources.reader import ReadReport
from engine.store.datasets import get_dataset, read_dataset, read_split
from engine.store.jobs import Work, claim_next, enqueue, finish_job
from engine.store.open import open_store

SYSTEM = {"role": "system", "content": "짧게 답하세요."}


def said(*texts):
    return [{"role": ("user", "assistant")[at % 2], "content": text} for at, text in enumerate(texts)]


TALKS = [
    {"messages": [SYSTEM, *said(f"{n}번 역은 어디예요?", f"{n}번 역은 강가에 있어요.", f"{n}번 역까지 몇 분?", f"{n + 3}분이요.")]}
    for n in range(12)
]  # fmt: skip


def work_of(store, kind, args):
    """As the job does, in this process."""
    with open_store(store) as db:
        job = enqueue(db, kind, args)
        claimed = claim_next(db, ["cpu"])
    try:
        done = {"import": do_import, "dataset": do_dataset}[kind]
        return done(Work(store, job, claimed["token"]), args)
    finally:
        with open_store(store) as db:
            finish_job(db, job, claimed["token"], "done", ending="done")


def brought(store, path, recipe="medical", kind=None):
    return work_of(store, "import", {"recipe": recipe, "files": [str(path)], "kind": kind, "me": None})


def built(store, *sources, recipe="medical", style="chat"):
    args = {"recipe": recipe, "sources": list(sources), "style": style, "me": None, "options": {}, "seed": 0}
    return work_of(store, "dataset", args)


def written(path, rows):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def kept(store, dataset):
    """Everything of a dataset that a model learns from or is judged on, cuts and all, by split."""
    with open_store(store) as db:
        found = {split: list(read_split(db, dataset, split)) for split in ("train", "validation", "test")}
    return {split: [(row["messages"], row["target"]) for row in rows] for split, rows in found.items()}


def told(capsys):
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def records(path, kind=None, kinds=()):
    report = ReadReport()
    return list(choose_reader(path, kind, kinds).read(path, report)), report


@pytest.mark.parametrize(
    ("recipe", "form"), [("policy", "openai"), ("summary", "sharegpt"), ("summary", "parquet"), ("patent", "alpaca")]
)
def test_what_leaves_comes_back_equal(tmp_path, fresh_store, capsys, recipe, form):
    style = {"policy": "rag", "summary": "instruction", "patent": "chat"}[recipe]
    made = built(fresh_store, recipe=recipe, style=style)
    before = kept(fresh_store, made["dataset_id"])
    assert all(before.values())
    out = tmp_path / "out"
    assert main(["dataset", "export", made["dataset_id"], "--as", form, "--out", str(out), "--json"]) == 0
    assert told(capsys)["rows"] == made["rows"]
    again = brought(fresh_store, out, recipe)
    back = built(fresh_store, again["source_id"], recipe=recipe, style=style)
    assert kept(fresh_store, back["dataset_id"]) == before and not back["dropped"]


@pytest.mark.parametrize("form", FORMS)
def test_the_library_of_the_trainers_reads_the_folder(tmp_path, fresh_store, capsys, form):
    import datasets

    source = brought(fresh_store, written(tmp_path / "talks.jsonl", TALKS))
    made = built(fresh_store, source["source_id"])
    assert main(["dataset", "export", "--as", form, "--out", str(tmp_path / "out"), "--json"]) == 0
    loaded = datasets.load_dataset(str(tmp_path / "out"), cache_dir=str(tmp_path / "cache"))
    assert {split: len(rows) for split, rows in loaded.items()} == {k: n for k, n in made["splits"].items() if n}
    first = loaded["train"][0]
    if form == "alpaca":
        assert first["system"] == "짧게 답하세요." and first["output"].endswith(("있어요.", "분이요."))
    else:
        turns = first["conversations"] if form == "sharegpt" else first["messages"]
        learned = [turn for turn in turns if turn.get("weight") == 1]
        assert len(learned) == 1 and turns[-1] == learned[0]


def test_a_talk_gives_a_row_for_every_answer(tmp_path, fresh_store):
    talk = {"messages": [SYSTEM, *said("하나?", "1", "둘?", "2", "셋?", "3")]}
    talk["messages"][4]["weight"] = 0
    path = written(tmp_path / "one.jsonl", [talk, *TALKS])
    made = built(fresh_store, brought(fresh_store, path)["source_id"])
    with open_store(fresh_store) as db:
        rows = read_dataset(db, made["dataset_id"], limit=99)
    mine = [(len(row["messages"]), row["target"]) for row in rows if row["target"] in "123"]
    assert mine == [(2, "1"), (6, "3")], "the answer of weight 0 is shown and not learned"
    assert len({row["split"] for row in rows if row["target"] in "123"}) == 1, "one talk lies in one split"
    assert made["rows"] == 2 + 24


def test_tools_and_pictures_are_left_out_and_counted(tmp_path):
    call = {"role": "assistant", "content": None, "tool_calls": [{"id": "a", "function": {"name": "weather"}}]}
    result = {"role": "tool", "content": '{"비": 3}', "tool_call_id": "a"}
    picture = {
        "role": "user",
        "content": [{"type": "text", "text": "이 꽃 이름은?"}, {"type": "image_url", "image_url": {"url": "x"}}],
    }
    rows = [
        {"messages": [said("비 와?")[0], call, result, {"role": "assistant", "content": "네, 3시에 와요."}, *said("고마워", "뭘요")], "tools": [{}]},
        {"messages": [picture, {"role": "assistant", "content": "민들레예요."}]},
    ]  # fmt: skip
    found, report = records(written(tmp_path / "tools.jsonl", rows))
    turns = found[0].meta["turns"]
    assert [turn["content"] for turn in turns] == ["비 와?", "네, 3시에 와요.", "고마워", "뭘요"]
    assert [turn.get("weight") for turn in turns] == [None, 0, None, None], "what a tool said cannot be learned"
    assert found[1].meta["turns"][0]["content"] == "이 꽃 이름은?"
    assert report.facts["talks"] == {"tools": 2, "pictures": 1, "unweighted": 1} and len(report.warnings) == 3
    assert "비 와" not in json.dumps(report.warnings, ensure_ascii=False)


def test_shapes_are_told_apart_by_what_is_in_them(tmp_path):
    shapes = {
        "openai": {"messages": said("가?", "나")},
        "sharegpt": {"conversations": [{"from": "human", "value": "가?"}, {"from": "gpt", "value": "나"}]},
        "alpaca": {"instruction": "여자친구가 이렇게 말했어:", "input": "가?", "output": "나"},
    }
    for shape, row in shapes.items():
        path = written(tmp_path / f"{shape}.jsonl", [row])
        reader = choose_reader(path, None, ("kakao", "openai", "sharegpt", "alpaca"))
        assert reader.kind == shape
        assert [turn["content"] for turn in records(path, shape)[0][0].meta["turns"]][1] == "나"
    assert records(path, "alpaca")[0][0].text == "여자친구가 이렇게 말했어:\n가?\n나", (
        "the input stands behind the instruction"
    )


def test_a_recipes_own_tables_stay_its_own(tmp_path):
    path = written(tmp_path / "own.jsonl", [{"instruction": "암도 되나요?", "input": "제1조 …", "output": "됩니다."}])
    kinds = ("chunks", "clauses", "qa", "openai", "sharegpt", "alpaca")
    assert choose_reader(path, None, kinds).kind == "qa"
    assert choose_reader(path, "alpaca", kinds).kind == "alpaca"
    long = written(tmp_path / "long.jsonl", TALKS)
    assert choose_reader(long, None, kinds).kind == "openai", "a pair would lose the earlier turns"


@pytest.mark.parametrize(
    "row",
    [
        {"messages": "no list"}, {"messages": []}, {"messages": [3]}, {"messages": [{"role": None, "content": None}]},
        {"messages": [{"role": "user", "content": {"a": 1}}]}, {"conversations": [{"from": 3, "value": []}]},
        {"instruction": None, "output": "x"}, {"instruction": "", "input": 3, "output": ""},
        {"instruction": "a", "output": "b", "history": ["x", [1], [1, 2]]}, {"prompt": 1, "completion": "x"},
        {"messages": [{"role": "assistant", "content": "먼저"}], "malmoi": {"cuts": [["x"], [9, 0, 0, 0], [0, 5, 2, 1], 7], "raw": 1, "group": []}},
        {"messages": [{"role": "user", "content": "a"}], "malmoi": 5, "split": ["x"]},
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["openai", "sharegpt", "alpaca"])
def test_what_is_no_talk_ends_in_no_traceback(tmp_path, row, kind):
    good = {"openai": TALKS[0], "sharegpt": {"conversations": [{"from": "human", "value": "가?"}, {"from": "gpt", "value": "나"}]},
            "alpaca": {"instruction": "가?", "output": "나"}}[kind]  # fmt: skip
    found, _ = records(written(tmp_path / "bad.jsonl", [row, good]), kind)
    assert len(found) == 2 and found[1].kind == "talk"
    try:
        records(written(tmp_path / "only.jsonl", [row]), kind)
    except UserError as error:
        assert kind in error.ko and kind in error.en


def test_alpaca_has_no_place_for_turns_out_of_order(tmp_path, fresh_store, capsys):
    odd = {"messages": [*said("가?", "나"), {"role": "assistant", "content": "덧붙임"}]}
    source = brought(fresh_store, written(tmp_path / "odd.jsonl", [odd, *TALKS]))
    made = built(fresh_store, source["source_id"])
    assert main(["dataset", "export", "--as", "alpaca", "--out", str(tmp_path / "a.jsonl"), "--json"]) == 0
    alpaca = told(capsys)
    assert alpaca["left_out"] == 1 and alpaca["rows"] == made["rows"] - 1 and "openai" in alpaca["warnings"][0]
    assert main(["dataset", "export", "--as", "openai", "--out", str(tmp_path / "o.json"), "--json"]) == 0
    assert told(capsys)["rows"] == made["rows"] == len(json.loads((tmp_path / "o.json").read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("form", "out"), [("parquet", "x.jsonl"), ("openai", "x.parquet"), ("alpaca", "full"), ("openai", "x.txt")]
)
def test_a_wrong_place_to_write_is_refused(tmp_path, fresh_store, capsys, form, out):
    built(fresh_store, brought(fresh_store, written(tmp_path / "t.jsonl", TALKS))["source_id"])
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("x", encoding="utf-8")
    assert main(["dataset", "export", "--as", form, "--out", str(tmp_path / out), "--json"]) == 2
    assert "error" in told(capsys) and not list(tmp_path.glob("x.*"))


def test_masked_words_leave_masked(tmp_path, fresh_store):
    """Of a recipe that must mask: what came in whole is refused unmasked, and holds no number afterwards."""
    rows = [{"conversations": [{"from": "human", "value": f"{n}번 가게 번호 알려줘"}, {"from": "gpt", "value": f"010-2345-67{n:02}로 걸어 봐"}]}
            for n in range(12)]  # fmt: skip
    path = written(tmp_path / "talk.jsonl", rows)
    source = brought(fresh_store, path, "persona")["source_id"]
    with pytest.raises(UserError, match="가리지 않았습니다"):
        built(fresh_store, source, recipe="persona")
    work_of_mask(fresh_store, source)
    made = built(fresh_store, source, recipe="persona")
    with open_store(fresh_store) as db:
        rows = read_dataset(db, made["dataset_id"], limit=99)
        assert get_dataset(db, made["dataset_id"])["masked"]
    assert len(rows) == 12 and not any("010-" in str(row) for row in rows)
    assert not any("010-" in str(line_of(row, form)) for row in rows for form in FORMS)


def work_of_mask(store, source):
    from engine.privacy.apply import mask_source

    with open_store(store) as db:
        job = enqueue(db, "mask", {"source": source})
        claimed = claim_next(db, ["cpu"])
    mask_source(Work(store, job, claimed["token"]), source)
    with open_store(store) as db:
        finish_job(db, job, claimed["token"], "done", ending="done")
