"""The shipped sample policy: its files come from its words, hold together, and stayed out of the starter's corpus."""

import json
import re
import runpy
import shutil
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from engine.models.starter import STARTER_DIR
from engine.models.starter_corpus.mix import documents
from engine.models.starter_corpus.retrieved import POLICY_REFUSAL

FOLDER = STARTER_DIR.parent / "data" / "policy"


def lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FOLDER / name).read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def chunks() -> dict[str, dict[str, Any]]:
    return {row["chunk_id"]: row for row in lines("chunked_data.jsonl")}


@pytest.fixture(scope="module")
def pairs() -> list[dict[str, Any]]:
    return lines("qa_pairs.jsonl")


def test_the_words_make_exactly_these_files(tmp_path: Path) -> None:
    work = tmp_path / "data" / "policy"
    work.mkdir(parents=True)
    for name in ("make_sample.py", "topics.txt", "own_topics.txt"):
        shutil.copy(FOLDER / name, work / name)
    shutil.copytree(STARTER_DIR, tmp_path / "model")
    runpy.run_path(str(work / "make_sample.py"), run_name="__main__")
    for name in ("chunked_data.jsonl", "qa_pairs.jsonl"):
        assert (work / name).read_bytes() == (FOLDER / name).read_bytes()


def test_three_clauses_and_their_question_fit_the_starter(chunks: dict[str, dict[str, Any]]) -> None:
    assert 150 <= len(chunks) <= 200
    assert len({chunk["metadata"]["product"] for chunk in chunks.values()}) == 2
    assert max(chunk["metadata"]["token_count"] for chunk in chunks.values()) <= 110


def test_every_number_of_an_answer_stands_in_its_clause(
    chunks: dict[str, dict[str, Any]], pairs: list[dict[str, Any]]
) -> None:
    for row in pairs:
        if row["answerable"]:
            text = chunks[row["chunk_id"]]["text"]
            assert all(number in text for number in re.findall(r"\d[\d,.]*\d|\d", row["answer"])), row
            assert row["answer"].rsplit(" (", 1)[1][:-1] in text
            assert not row["answer"].startswith(POLICY_REFUSAL[:3])


def test_a_fifth_cannot_be_answered_and_no_question_comes_twice(pairs: list[dict[str, Any]]) -> None:
    unanswerable = [row for row in pairs if not row["answerable"]]
    assert 0.15 < len(unanswerable) / len(pairs) < 0.27
    assert {row["answer"] for row in unanswerable} == {POLICY_REFUSAL}
    assert len({row["question"] for row in pairs}) == len(pairs)
    assert {row["type"] for row in pairs} == {"fact", "scenario", "easy"}


def test_the_other_product_answers_the_same_question_differently(pairs: list[dict[str, Any]]) -> None:
    """Swapped products are a real trap: most of what both hold has other values."""
    by_topic: dict[str, set[str]] = {}
    for row in pairs:
        bare = re.sub(r"온새미 건강보험|푸른길 운전자보험", "", row["question"])
        if row["answerable"]:
            by_topic.setdefault(re.sub(r"\W", "", bare)[-12:], set()).add(row["answer"].rsplit(" (", 1)[0])
    assert sum(len(answers) > 1 for answers in by_topic.values()) > 60


def bare(text: str) -> str:
    return re.sub(r"\W", "", text)


def test_the_starter_was_not_pretrained_on_the_samples_sentences(
    chunks: dict[str, dict[str, Any]], pairs: list[dict[str, Any]]
) -> None:
    corpus = bare("\n".join("".join(text for _, text in document) for document in islice(documents(5), 8_000)))
    said = [part for chunk in chunks.values() for part in re.split(r"(?<=[.?])\s", chunk["text"].split("\n")[1])]
    asked = [re.sub(r"온새미 건강보험|푸른길 운전자보험", "", row["question"]) for row in pairs]
    held = [row["answer"].rsplit(" (", 1)[0] for row in pairs if row["answerable"]]
    found = [text for text in said + asked if len(bare(text)) > 9 and bare(text) in corpus]
    assert not found
    assert "온새미" not in corpus and "푸른길" not in corpus and "다온손해" not in corpus
    assert sum(bare(text) in corpus for text in held) < 0.05 * len(
        held
    )  # short answers may coincide: "기한은 15일입니다."
