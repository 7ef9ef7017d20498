"""Writes the sample medical material from four text files: questions, dialogues, maths and passages, one JSON object per line.

Run as:  python starter/data/medical/make_sample.py
The same words give the same files. It knows nothing of the engine. General textbook facts, written for this project.
"""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SEED = 20261127
LICENCE = "Apache-2.0"
SPEAKERS = {"환자": "user", "상담": "assistant"}
Row = dict[str, Any]


def blocks(name: str) -> Iterator[tuple[str, list[str]]]:
    """(head without its mark, lines under it) of a text file whose heads begin with #."""
    head: str | None = None
    lines: list[str] = []
    for line in (HERE / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            if head is not None:
                yield head, lines
            head, lines = line[2:].strip(), []
        elif line.strip():
            lines.append(line.strip())
    if head is not None:
        yield head, lines


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("|")]


def questions() -> Iterator[Row]:
    """Questions with choices and, under the same group, open ones about the same fact. Places of answers come in turn, in a
    shuffled order, so that each is right as often as the others."""
    chance = random.Random(SEED)
    places: dict[int, list[int]] = {}
    for head, lines in blocks("questions.txt"):
        code, specialty = head.split(maxsplit=1)
        asked = 0
        for line in lines:
            same = {"group": f"{code}-{asked + (line[0] != '='):02}", "bucket": "domain", "specialty": specialty}
            if line[0] == "=":
                question, answer = cells(line[1:])
                yield {"id": f"{same['group']}-open", "form": "qa", **same, "question": question, "answer": answer}
                continue
            asked += 1
            question, right, *wrong = cells(line)
            left = places.setdefault(len(wrong) + 1, [])
            left.extend([] if left else chance.sample(range(len(wrong) + 1), len(wrong) + 1))
            place = left.pop()
            chance.shuffle(wrong)
            choices = [*wrong[:place], right, *wrong[place:]]
            yield {
                "id": same["group"], "form": "mcqa", **same, "question": question, "choices": choices, "answer_index": place,
            }  # fmt: skip


def dialogues() -> Iterator[Row]:
    """Counselling, the last turn the counsellor's; `red_flags` names what must be sent to emergency care at once."""
    for number, (head, lines) in enumerate(blocks("dialogues.txt"), 1):
        specialty, flag = cells(head)
        turns = [{"role": SPEAKERS[line[:2]], "content": line[3:].strip()} for line in lines]
        yield {
            "id": f"talk-{number:02}", "form": "interview", "group": f"talk-{number:02}", "bucket": "base", "specialty": specialty,
            "turns": turns, "red_flags": [flag] if flag else [],
        }  # fmt: skip


def maths() -> Iterator[Row]:
    """Word problems; `expression` gives the answer, so that it can be checked."""
    lines = (HERE / "maths.txt").read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, 1):
        expression, unit, question, steps = cells(line)
        answer = f"{round(eval(expression), 6):g}"  # our own file
        yield {
            "id": f"maths-{number:02}", "form": "maths", "group": f"maths-{number:02}", "bucket": "distil", "question": question,
            "solution": f"{steps} 답: {answer} {unit}", "answer": answer, "unit": unit, "expression": expression,
        }  # fmt: skip


def passages() -> Iterator[Row]:
    """Questions whose answer stands in the passage; those of one passage are one group."""
    for number, (specialty, lines) in enumerate(blocks("passages.txt"), 1):
        context = " ".join(line for line in lines if line[0] != "?")
        for place, line in enumerate([line for line in lines if line[0] == "?"], 1):
            question, answer = cells(line[1:])
            yield {
                "id": f"read-{number:02}-{place}", "form": "passage", "group": f"read-{number:02}", "bucket": "base",
                "specialty": specialty, "context": context, "question": question, "answer": answer,
            }  # fmt: skip


def main() -> None:
    """Write the four files."""
    for rows in (questions, dialogues, maths, passages):
        lines = [json.dumps({**row, "licence": LICENCE}, ensure_ascii=False) for row in rows()]
        (HERE / f"{rows.__name__}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
