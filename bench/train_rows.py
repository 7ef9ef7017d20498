"""Rows to train on for the training bench: from the shipped samples and, where they are, the licensed sets of ../shared/data.

Nothing of the licensed sets is written anywhere.
"""

import csv
import gzip
import json
import random
import re
from collections.abc import Iterator
from itertools import groupby, pairwise
from pathlib import Path

from engine.config import SAMPLES
from engine.curate.policy_options import PolicyOptions
from engine.curate.policy_prompt import policy_prompt
from engine.curate.row import Message
from engine.models.starter_corpus.summaries import summary
from engine.train.data import PromptTarget

SHARED = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
ME = "한도윤"
SAID = re.compile(r"^\d{4}년 .+?, (?P<who>[^,:]+) : (?P<text>.+)$")


def chat_pairs(shared: bool = True) -> list[PromptTarget]:
    """KakaoTalk-length pairs: what the other said, what `ME` answered; with `shared`, those of songys beside them."""
    text = (SAMPLES / "persona" / "KakaoTalkChats.txt").read_text(encoding="utf-8-sig")
    lines = [found for line in text.splitlines() if (found := SAID.match(line))]
    turns = [(who, "\n".join(line["text"] for line in said)) for who, said in groupby(lines, lambda line: line["who"])]
    pairs = [_pair(theirs, mine) for (_, theirs), (who, mine) in pairwise(turns) if who == ME]
    return _shuffled([*pairs, *(_songys() if shared else ())])


def mixed_rows(shared: bool = True) -> list[PromptTarget]:
    """A third each: questions with one to three clauses, dialogues to sum up (`shared`: paragraphs with a question), chat."""
    long = _shuffled([*_policy(), *(_korquad() if shared else ())])
    middle = list(_summaries(len(long)))
    return _shuffled([*long, *middle, *chat_pairs(shared)[: len(long)]])


def _shuffled(rows: list[PromptTarget]) -> list[PromptTarget]:
    random.Random(0).shuffle(rows)
    return rows


def _pair(said: str, answer: str) -> PromptTarget:
    return [Message(role="user", content=said)], answer


def _songys() -> Iterator[PromptTarget]:
    path = SHARED / "songys_chatbot.csv.gz"
    if path.is_file():
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            yield from (_pair(row["Q"], row["A"]) for row in csv.DictReader(file))


def _korquad() -> Iterator[PromptTarget]:
    path = SHARED / "korquad_v1_dev.json.gz"
    if not path.is_file():
        return
    articles = json.loads(gzip.decompress(path.read_bytes()))["data"]
    for part in (part for article in articles for part in article["paragraphs"] if part["qas"]):
        asked = part["qas"][0]
        yield _pair(f"{part['context']}\n\n질문: {asked['question']}", asked["answers"][0]["text"])


def _policy() -> Iterator[PromptTarget]:
    folder, options = SAMPLES / "policy", PolicyOptions(frame="chat")
    clauses = [clause["text"] for clause in _json_lines(folder / "chunked_data.jsonl")]
    rng = random.Random(0)
    for pair in _json_lines(folder / "qa_pairs.jsonl"):
        yield policy_prompt(pair["question"], rng.sample(clauses, rng.randint(1, 3)), options), pair["answer"]


def _json_lines(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _summaries(count: int) -> Iterator[PromptTarget]:
    rng = random.Random(0)
    for _ in range(count):
        instruction, dialogue, told = summary(rng)
        yield _pair(f"{instruction}\n\n{dialogue}", told)
