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
    """Questions with choices (`~`: which department, the wrong ones drawn among the others but those that a further cell names as fitting too) and, under the same group, open ones about the same fact. Places of answers come in turn, in a
    shuffled order, so that each is right as often as the others."""
    chance = random.Random(SEED)
    places: dict[int, list[int]] = {}
    for head, lines in blocks("questions.txt"):
        code, specialty = head.split(maxsplit=1)
        places_to_go = sorted({cells(line)[1] for line in lines if line[0] == "~"})
        asked = 0
        for line in lines:
            same = {"group": f"{code}-{asked + (line[0] != '='):02}", "bucket": "domain", "specialty": specialty}
            if line[0] == "=":
                question, answer = cells(line[1:])
                yield {"id": f"{same['group']}-open", "form": "qa", **same, "question": question, "answer": answer}
                continue
            asked += 1
            question, right, *wrong = cells(line)
            if line[0] == "~":
                question = f"{question[1:].strip()} 어느 과로 가나요?"
                wrong = chance.sample([place for place in places_to_go if place not in (right, *wrong)], 3)
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


NUMBERS = (2, 3, 4, 5, 6, 7, 8, 9, 10, 12)


def counted() -> Iterator[str]:
    """The same few problems with other numbers, as a school book repeats them."""
    for n in NUMBERS:
        yield f"{n}*3 | 알 | 약을 하루 3알씩 {n}일 먹으면 모두 몇 알인가요? | 하루 3알씩 {n}일이므로 3 × {n} = {3 * n}입니다."
        yield f"{n}*100 | mL | 100 mL짜리 물을 {n}번 마시면 모두 몇 mL인가요? | 100 × {n} = {100 * n}입니다."
        yield f"{20 + n}-{n} | 명 | 환자 {20 + n}명 가운데 {n}명이 집에 갔습니다. 남은 환자는 몇 명인가요? | {20 + n} - {n} = 20입니다."
        yield f"{30 + n}+{n} | 분 | {30 + n}분 걷고 {n}분 더 걸었습니다. 모두 몇 분 걸었나요? | {30 + n} + {n} = {30 + 2 * n}입니다."
        yield f"{n * 50}/{n} | mg | 약 {n * 50} mg을 {n}번에 똑같이 나누어 먹으면 한 번에 몇 mg인가요? | {n * 50} ÷ {n} = 50입니다."


def maths() -> Iterator[Row]:
    """Word problems; `expression` gives the answer, so that it can be checked."""
    lines = [*(HERE / "maths.txt").read_text(encoding="utf-8").splitlines(), *counted()]
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
