"""The sample medical material: enough of each kind, answers that stand where they say, places in balance, sums that come out."""

import ast
import json
import operator
import re
import subprocess
import sys
from collections import Counter

import pytest

from engine.config import SAMPLES
from engine.curate.medical_answer import last_number, says_it_is_no_diagnosis, sends_to_care
from engine.terms.shipped import shipped_dictionary

FOLDER = SAMPLES / "medical"
SUMS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}


def rows(name):
    return [json.loads(line) for line in (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def value(expression):
    def of(node):
        if isinstance(node, ast.BinOp):
            return SUMS[type(node.op)](of(node.left), of(node.right))
        assert isinstance(node, ast.Constant)
        return node.value

    return of(ast.parse(expression, mode="eval").body)


def test_there_is_enough_of_each_kind():
    questions, dialogues = rows("questions"), rows("dialogues")
    forms = Counter(one["form"] for one in questions)
    assert forms["mcqa"] >= 120 and forms["qa"] >= 30 and len({one["specialty"] for one in questions}) >= 8
    assert len(dialogues) >= 24 and sum(bool(one["red_flags"]) for one in dialogues) >= 8
    assert len(rows("maths")) >= 40 and len({one["group"] for one in rows("passages")}) >= 20
    every = [*questions, *dialogues, *rows("maths"), *rows("passages")]
    assert len({one["id"] for one in every}) == len(every) and all(one["licence"] and one["group"] for one in every)
    buckets = {"mcqa": "domain", "qa": "domain", "maths": "distil", "passage": "base", "interview": "base"}
    assert all(one["bucket"] == buckets[one["form"]] for one in every)


def test_right_choices_are_there_and_stand_in_every_place():
    asked = [one for one in rows("questions") if one["form"] == "mcqa"]
    for one in asked:
        assert 4 <= len(one["choices"]) <= 5 and len(set(one["choices"])) == len(one["choices"])
        assert 0 <= one["answer_index"] < len(one["choices"])
    places = Counter(one["answer_index"] for one in asked if len(one["choices"]) == 4)
    assert max(places.values()) - min(places.values()) <= 1
    assert len({one["question"] for one in asked}) == len(asked)


def test_no_question_is_told_from_its_longest_choice():
    """Else a model learns lengths instead of medicine."""
    asked = [one for one in rows("questions") if one["form"] == "mcqa"]
    longest = [len(max(one["choices"], key=len)) == len(one["choices"][one["answer_index"]]) for one in asked]
    assert sum(longest) / len(longest) < 0.55


@pytest.mark.parametrize("one", rows("maths"), ids=lambda one: one["id"])
def test_every_sum_comes_out(one):
    assert float(one["answer"]) == pytest.approx(value(one["expression"]))
    assert last_number(one["solution"]) == last_number(one["answer"])
    for left, right in re.findall(r"((?:\d+(?:\.\d+)? [×÷+-] )+\d+(?:\.\d+)?) = (\d+(?:\.\d+)?)", one["solution"]):
        assert value(left.replace("×", "*").replace("÷", "/")) == pytest.approx(float(right))


def test_answers_to_passages_stand_in_them():
    for one in rows("passages"):
        assert "".join(one["answer"].split()) in "".join(one["context"].split()), one["id"]


def test_counsellors_send_emergencies_to_care_and_no_others():
    for one in rows("dialogues"):
        said = one["turns"][-1]
        assert said["role"] == "assistant" and one["turns"][0]["role"] == "user"
        assert sends_to_care(said["content"]) == bool(one["red_flags"]), one["id"]
        assert says_it_is_no_diagnosis(said["content"]), one["id"]


def test_the_rules_find_the_red_flags_that_are_marked():
    rules = shipped_dictionary()
    for one in rows("dialogues"):
        told = "\n".join(turn["content"] for turn in one["turns"] if turn["role"] == "user")
        found = {flag.name for flag in rules.red_flags(told)}
        assert set(one["red_flags"]) <= found and bool(found) == bool(one["red_flags"]), (one["id"], found)


def test_open_answers_name_terms_and_contradict_nothing():
    rules = shipped_dictionary()
    answers = [one for one in rows("questions") if one["form"] == "qa"]
    assert sum(bool(rules.link(one["answer"])) for one in answers) >= 30
    flags = [(one["id"], flag) for one in answers for flag in rules.check(one["question"], one["answer"])]
    assert not [flag for flag in flags if flag[1].kind == "contradicted"]


def test_the_files_are_what_the_texts_say(tmp_path):
    before = {path.name: path.read_bytes() for path in FOLDER.glob("*.jsonl")}
    for path in [*FOLDER.glob("*.txt"), FOLDER / "make_sample.py"]:
        (tmp_path / path.name).write_bytes(path.read_bytes())
    subprocess.run([sys.executable, str(tmp_path / "make_sample.py")], check=True)
    assert {path.name: path.read_bytes() for path in tmp_path.glob("*.jsonl")} == before
