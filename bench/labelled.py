"""Texts with known personal data, in one shape: hand-written chats and the licensed sets beside the project.

A chat file holds one message per line (a line break in it is written \\n), personal data as ⟦LABEL|surface⟧; `@ speakers: A, B`
begins a conversation, `#` a comment.
"""

import csv
import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
CHATS = Path(__file__).resolve().parent / "chats"
MARK = re.compile(r"⟦([A-Z_]+)\|(.+?)⟧", re.S)
KOPII = {
    "PERSON": "PERSON",
    "PHONE": "PHONE",
    "ADDRESS": "ADDRESS",
    "EMAIL": "EMAIL",
    "RRN": "RRN",
    "ACCOUNT": "ACCOUNT",
    "DT_BIRTH": "BIRTHDATE",
    "BUSINESS_REG": "BRN",
    "VEHICLE": "PLATE",
    "POSTAL_CODE": "ADDRESS",
    "CARD": "CARD",
    "IP": "IP",
    "DRIVER_LICENSE": "DRIVER",
    "PASSPORT": "PASSPORT",
    "FRN": "FRN",
}
"""Types of kopii_generated_eval that Malmoi masks; its others (position, age, height …) are not personal data by themselves."""


@dataclass(frozen=True, slots=True)
class Gold:
    start: int
    end: int
    label: str


@dataclass(frozen=True, slots=True)
class Labelled:
    """One text, where its personal data stands, and who speaks in its conversation."""

    text: str
    gold: tuple[Gold, ...]
    chat: int
    speakers: tuple[str, ...] = ()


def read_chat_file(path: Path) -> list[Labelled]:
    """All messages of a marked chat file, in order."""
    rows: list[Labelled] = []
    speakers: tuple[str, ...] = ()
    chat = 0
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("@ speakers:"):
            speakers = tuple(name.strip() for name in line.partition(":")[2].split(",") if name.strip())
            chat += 1
        elif line.strip() and not line.startswith("#"):
            text, gold = unmarked(line.replace("\\n", "\n"))
            rows.append(Labelled(text, gold, chat, speakers))
    return rows


def unmarked(marked: str) -> tuple[str, tuple[Gold, ...]]:
    """The text without its marks, and the marks as spans of it."""
    pieces, gold, at, length = [], [], 0, 0
    for mark in MARK.finditer(marked):
        before = marked[at : mark.start()]
        length += len(before)
        gold.append(Gold(length, length + len(mark[2]), mark[1]))
        pieces += [before, mark[2]]
        length += len(mark[2])
        at = mark.end()
    return "".join([*pieces, marked[at:]]), tuple(gold)


def read_kopii(shared: Path = SHARED) -> list[Labelled]:
    """540 generated letters and forms. Labels carry no offsets: every occurrence of a labelled text counts."""
    with gzip.open(shared / "kopii_generated_eval.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [_document(number, json.loads(line)) for number, line in enumerate(lines)]


def _document(number: int, row: dict) -> Labelled:
    spans: list[Gold] = []
    wanted = [(KOPII[p["type"]], p["text"]) for p in row["pii"] if p["type"] in KOPII]
    for label, surface in sorted(set(wanted), key=lambda pair: -len(pair[1])):
        for found in re.finditer(re.escape(surface), row["text"]):
            if all(found.end() <= g.start or g.end <= found.start() for g in spans):
                spans.append(Gold(found.start(), found.end(), label))
    return Labelled(row["text"], tuple(sorted(spans, key=lambda g: g.start)), number)


def read_klue_people(shared: Path = SHARED) -> list[Labelled]:
    """5,000 sentences with their PS (person) entities. Public figures count as people there."""
    with gzip.open(shared / "klue_ner_dev.tsv.gz", "rt", encoding="utf-8") as file:
        blocks = [block for block in file.read().split("\n\n") if "## klue-ner" in block]
    rows = []
    for number, block in enumerate(blocks):
        pairs = [line.split("\t") for line in block.split("\n") if "\t" in line and not line.startswith("##")]
        text = "".join(pair[0] for pair in pairs)
        rows.append(Labelled(text, tuple(_people([pair[1] for pair in pairs])), number))
    return rows


def _people(tags: list[str]) -> Iterator[Gold]:
    start = None
    for at, tag in enumerate([*tags, "O"]):
        if start is not None and tag != "I-PS":
            yield Gold(start, at, "PERSON")
            start = None
        if tag == "B-PS":
            start = at


def read_harmless(shared: Path = SHARED) -> dict[str, list[str]]:
    """Texts in which (nearly) nothing is personal, by set. Comments name celebrities, which a masker may take for people."""
    with gzip.open(shared / "songys_chatbot.csv.gz", "rt", encoding="utf-8", newline="") as file:
        songys = list(csv.DictReader(file))
    with gzip.open(shared / "kocohub_unlabeled.txt.gz", "rt", encoding="utf-8") as file:
        comments = file.read().split("\n")[:-1]
    with gzip.open(shared / "ko_docs_react.txt.gz", "rt", encoding="utf-8") as file:
        docs = file.read().split("\n")[:-1]
    return {"songys questions": [row["Q"] for row in songys], "kocohub comments": comments, "react docs": docs[:3000]}
