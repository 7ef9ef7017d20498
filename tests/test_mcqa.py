"""Tables of questions with choices: every layout, every way to name the right one, and nothing guessed where it cannot be told."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import UserError
from engine.sources.choices import first_number, place_of, split_choices
from engine.sources.columns import parse_mapping
from engine.sources.detect import choose_reader
from engine.sources.mcqa import McqaReader
from engine.sources.mcqa_columns import MCQA_FIELDS
from engine.sources.reader import ReadReport, Record

CHOICES = ["가슴", "배", "머리", "다리"]


def save(folder: Path, rows: Any, name: str = "rows") -> Path:
    path = folder / name
    path.write_text(rows if isinstance(rows, str) else json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    return path


def read(path: Path, **mapping: str) -> tuple[list[Record], ReadReport]:
    report = ReadReport()
    return list(McqaReader(mapping).read(path, report)), report


def metas(path: Path, **mapping: str) -> list[dict[str, Any]]:
    return [record.meta or {} for record in read(path, **mapping)[0]]


@pytest.mark.parametrize(
    "rows",
    [
        "번호,문제,보기1,보기2,보기3,보기4,정답\n1,심장은 어디에?,가슴,배,머리,다리,1\n2,간은 어디에?,가슴,배,머리,다리,4\n",
        "문제\t1\t2\t3\t4\t정답\n심장은 어디에?\t가슴\t배\t머리\t다리\t1\n간은 어디에?\t가슴\t배\t머리\t다리\t4\n",
        "question,A,B,C,D,answer\n심장은 어디에?,가슴,배,머리,다리,A\n간은 어디에?,가슴,배,머리,다리,D\n",
        "question,opa,opb,opc,opd,cop\n심장은 어디에?,가슴,배,머리,다리,0\n간은 어디에?,가슴,배,머리,다리,3\n",
        "질문,①,②,③,④,정답\n심장은 어디에?,가슴,배,머리,다리,①\n간은 어디에?,가슴,배,머리,다리,④\n",
        [{"question": "심장은 어디에?", "choices": CHOICES, "answer_index": 0}, {"question": "간은 어디에?", "choices": CHOICES, "answer_index": 3}],
        [{"question": "심장은 어디에?", "choices": {"text": CHOICES, "label": list("ABCD")}, "answer": "A"}, {"question": "간은 어디에?",
          "choices": {"text": CHOICES, "label": list("ABCD")}, "answer": "D"}],
        [{"question": "심장은 어디에?", "options": dict(zip("ABCD", CHOICES, strict=True)), "answer": "A"},
         {"question": "간은 어디에?", "options": dict(zip("ABCD", CHOICES, strict=True)), "answer": "D"}],
        [{"question": "심장은 어디에?", "choices": str(CHOICES), "answer": "가슴"}, {"question": "간은 어디에?", "choices": str(CHOICES), "answer": "다리"}],
        [{"문제": "심장은 어디에?", "보기": "1) 가슴 2) 배 3) 머리 4) 다리", "정답": "1번"}, {"문제": "간은 어디에?", "보기": "① 가슴 ② 배 ③ 머리 ④ 다리", "정답": "정답: 4)"}],
        [{"문제": "심장은 어디에?", "보기": ["1. 가슴", "2. 배", "3. 머리", "4. 다리"], "정답": "1. 가슴"}, {"문제": "간은 어디에?", "보기": CHOICES, "정답": "(D)"}],
    ],
)  # fmt: skip
def test_layouts(tmp_path, rows):
    path = save(tmp_path, rows)
    assert choose_reader(path, None, ("aihub", "mcqa", "qa")).kind == "mcqa"
    found = metas(path)
    assert [meta["choices"] for meta in found] == [CHOICES, CHOICES]
    assert [meta["answer_index"] for meta in found] == [0, 3]
    assert found[0]["question"] == "심장은 어디에?" and found[1]["answer"] == "다리"
    assert found[0]["form"] == "mcqa" and found[0]["bucket"] == "domain"


def test_parquet(tmp_path):
    import pyarrow
    import pyarrow.parquet

    table = pyarrow.table({"question": ["심장은?", "간은?"], "choices": [CHOICES, CHOICES], "answer": [1, 4]})
    pyarrow.parquet.write_table(table, tmp_path / "rows.parquet")
    assert [meta["answer_index"] for meta in metas(tmp_path / "rows.parquet")] == [0, 3]


def table(*answers: object, head: str = "정답") -> str:
    rows = [f"문제 {n}은?,가슴,배,머리,다리,{answer}" for n, answer in enumerate(answers)]
    return "\n".join([f"문제,보기1,보기2,보기3,보기4,{head}", *rows, ""])


@pytest.mark.parametrize(
    ("answers", "head", "places", "warned"),
    [
        ((1, 4, 2), "정답", [0, 3, 1], False),
        ((0, 3, 2), "정답", [0, 3, 2], False),
        ((1, 3, 2), "정답", [0, 2, 1], True),
        ((1, 3, 2), "answer_idx", [1, 3, 2], True),
        (("A", "다리", "②"), "정답", [0, 3, 1], False),
        (("1.0", "4.0", "2"), "정답", [0, 3, 1], False),
    ],
)
def test_counting_from_0_or_1_is_told_over_the_whole_file(tmp_path, answers, head, places, warned):
    records, report = read(save(tmp_path, table(*answers, head=head)))
    assert [(record.meta or {})["answer_index"] for record in records] == places
    assert any("0부터인지 1부터인지" in warning for warning in report.warnings) is warned


def test_a_number_both_ways_is_warned_of_and_what_is_no_choice_is_not_understood(tmp_path):
    records, report = read(save(tmp_path, table(0, 4, 4, 9, "")))
    assert [record.kind for record in records] == ["other", "mcqa", "mcqa", "other", "mcqa"]
    assert report.unparsed == 2 and report.unparsed_samples == [2, 5]
    assert report.facts["questions"] == {"wrong_answer": 2, "no_answer": 1}
    assert any("0부터인지" in warning for warning in report.warnings)
    assert (records[4].meta or {})["answer_index"] is None


def test_questions_of_four_and_of_five_choices_in_one_table(tmp_path):
    rows = "문제,1,2,3,4,5,정답\n가?,ㄱ,ㄴ,ㄷ,ㄹ,ㅁ,5\n나?,ㄱ,ㄴ,ㄷ,ㄹ,,4\n다?,ㄱ,,ㄷ,ㄹ,,4\n"
    records, report = read(save(tmp_path, rows))
    assert [len((record.meta or {}).get("choices", [])) for record in records] == [5, 4, 0]
    assert report.facts["questions"] == {"no_choices": 1}


def test_a_choice_that_is_a_number_is_known_by_its_words(tmp_path):
    rows = [{"question": "심장은 몇 칸?", "choices": ["2", "3", "4", "5"], "answer": "4"}]
    assert metas(save(tmp_path, rows))[0]["answer_index"] == 2


def test_explanations_specialties_and_ids_are_kept(tmp_path):
    rows = "id,과목,문제,보기1,보기2,정답,해설\n7,내과,심장은?,가슴,배,1,가슴 안에 있다\n8,안과,눈은?,배,머리,2,\n"
    first, second = metas(save(tmp_path, rows))
    assert (first["id"], first["specialty"], first["solution"]) == ("7", "내과", "가슴 안에 있다")
    assert "solution" not in second


def test_columns_are_told_where_names_say_nothing(tmp_path):
    path = save(tmp_path, "x,p,q2,r,y\n심장은?,가슴,배,머리,1\n간은?,가슴,배,머리,3\n")
    with pytest.raises(UserError, match="--map question"):
        read(path)
    mapping = parse_mapping("question=x,choices=p+q2+r,answer=y", MCQA_FIELDS)
    assert [meta["answer_index"] for meta in metas(path, **mapping)] == [0, 2]
    assert McqaReader(mapping).look(path).sample[0]["choices"] == "가슴 / 배 / 머리"
    with pytest.raises(UserError, match="zzz"):
        read(path, question="x", choices="p+zzz", answer="y")


def test_questions_with_answers_but_no_choices_are_not_taken(tmp_path):
    path = save(tmp_path, [{"question": "심장은 어디에 있나요?", "answer": "가슴에 있습니다."}])
    assert choose_reader(path, None, ("aihub", "mcqa", "qa")).kind == "qa"


def test_a_table_without_any_choices_is_refused_in_words(tmp_path):
    with pytest.raises(UserError, match="--as qa"):
        read(save(tmp_path, "질문,답변\n심장은 어디에 있나요?,가슴에 있습니다.\n"))


@pytest.mark.parametrize(
    ("text", "stem", "choices"),
    [
        ("먼저 할 것은? 1) 물 2) 불 3) 흙", "먼저 할 것은?", ["물", "불", "흙"]),
        ("먼저 할 것은?\n① 물\n② 불\n③ 흙", "먼저 할 것은?", ["물", "불", "흙"]),
        ("먼저 할 것은?\n(1) 물 (2) 불 (3) 흙", "먼저 할 것은?", ["물", "불", "흙"]),
        ("먼저 할 것은?\nA. 물\nB. 불\nC. 1.5배", "먼저 할 것은?", ["물", "불", "1.5배"]),
        ("혈압이 1.5배 오르고 2.5배 내렸다. 까닭은?", "혈압이 1.5배 오르고 2.5배 내렸다. 까닭은?", []),
        ("1) 물 2) 불 3) 흙", "1) 물 2) 불 3) 흙", []),
    ],
)
def test_choices_behind_a_question(text, stem, choices):
    assert split_choices(text) == (stem, choices)


@pytest.mark.parametrize(
    ("given", "place"),
    [(1, 0), ("2", 1), ("③", 2), ("d", 3), ("3번", 2), ("정답은 2) 배", 1), ("다.", 2), ("보기 4", 3), ("다리", 3), (9, None), (0, None), ("", None),
     (None, None), (True, None), ("심장", None), ("Answer: B", 1), (2.0, 1), (2.5, None)],
)  # fmt: skip
def test_ways_to_name_a_choice(given, place):
    assert place_of(given, CHOICES) == place


@given(st.lists(st.tuples(st.integers(-3, 12), st.integers(2, 6)), max_size=30), st.booleans())
def test_first_number_is_one_of_two(told, named):
    assert first_number(told, named)[0] in (0, 1)


@given(st.text(max_size=60))
def test_any_text_is_taken_apart_without_loss_of_its_question(text):
    stem, choices = split_choices(text)
    assert stem in text and all(choice in text for choice in choices)
