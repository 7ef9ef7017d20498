"""Answers in a JSON Lines file and their verdicts in another: {id, question, context, answer} → {id, label, kind, evidence, claims}."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from engine.errors import UserError
from engine.ground.verdict import Verdict

Judge = Callable[[str, list[str], str, bool | None, bool | None], Verdict]
"""(question, context, answer, answerable, ended) → verdict."""


@dataclass(frozen=True, slots=True)
class Row:
    """One answer to judge; `answerable` and `ended` where the file knows them."""

    id: str | int
    question: str
    context: list[str]
    answer: str
    answerable: bool | None
    ended: bool | None


def judge_file(source: Path, target: Path, judge: Judge) -> dict[str, Any]:
    """Judge every row of `source` into `target`. Returns counts {rows, labels, kinds}. Raises UserError with the line at fault."""
    rows = list(read_rows(source))
    if source.resolve() == target.resolve():
        raise UserError(
            f"--in과 --out이 같은 파일({source.name})입니다. 답이 지워지지 않게 다른 이름으로 쓰세요.",
            f"--in and --out are the same file ({source.name}). Give another name, or the answers would be lost.",
        )
    labels: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    try:
        with target.open("w", encoding="utf-8", newline="\n") as out:
            for row in rows:
                verdict = judge(row.question, row.context, row.answer, row.answerable, row.ended)
                labels[verdict.label] += 1
                kinds[verdict.kind] += 1
                out.write(json.dumps(told(row.id, verdict), ensure_ascii=False) + "\n")
    except OSError as error:
        raise UserError(
            f"{target.name}에 쓸 수 없습니다({error.strerror}). 폴더가 있는지, 쓸 수 있는지 보세요.",
            f"Cannot write {target.name} ({error.strerror}). Check that its folder exists and can be written.",
        ) from error
    return {"rows": len(rows), "labels": dict(labels), "kinds": dict(kinds)}


def told(row_id: str | int, verdict: Verdict) -> dict[str, Any]:
    """The verdict as the command line contract writes it."""
    return {
        "id": row_id,
        "label": verdict.label,
        "kind": verdict.kind,
        "evidence": verdict.evidence,
        "reason_ko": verdict.reason_ko,
        "reason_en": verdict.reason_en,
        "claims": [asdict(claim) for claim in verdict.claims],
    }


def read_rows(source: Path) -> Iterator[Row]:
    """Rows of the file in order; empty lines are passed over. Raises UserError naming the line, never quoting it."""
    try:
        text = source.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise UserError(
            f"{source.name}을(를) 읽을 수 없습니다({error.strerror}). 경로를 확인하세요.",
            f"Cannot read {source.name} ({error.strerror}). Check the path.",
        ) from error
    except UnicodeDecodeError as error:
        line = source.read_bytes()[: error.start].count(b"\n") + 1
        raise _bad(source, line, "UTF-8이 아닌 글자가 있습니다", "it is not UTF-8") from error
    for number, line_text in enumerate(text.split("\n"), 1):
        if line_text.strip():
            yield _row(source, number, line_text)


def _row(source: Path, number: int, line: str) -> Row:
    try:
        found = json.loads(line)
    except (json.JSONDecodeError, RecursionError) as error:
        raise _bad(source, number, "JSON이 아닙니다", "it is no JSON") from error
    if not isinstance(found, dict):
        raise _bad(source, number, "JSON 객체가 아닙니다", "it is no JSON object")
    missing = [key for key in ("id", "question", "context", "answer") if key not in found]
    if missing:
        names = ", ".join(missing)
        raise _bad(source, number, f"{names} 항목이 없습니다", f"{names} is missing")
    if not isinstance(found["id"], str | int):
        raise _bad(source, number, "id가 글이나 수가 아닙니다", "id is neither text nor a number")
    for key in ("question", "answer"):
        if not isinstance(found[key], str):
            raise _bad(source, number, f"{key}이(가) 글이 아닙니다", f"{key} is no text")
    context = [found["context"]] if isinstance(found["context"], str) else found["context"]
    if not isinstance(context, list) or not all(isinstance(text, str) for text in context):
        raise _bad(source, number, "context가 글의 목록이 아닙니다", "context is no list of texts")
    answerable, ended = (_flag(source, number, found, key) for key in ("answerable", "ended"))
    return Row(found["id"], found["question"], context, found["answer"], answerable, ended)


def _flag(source: Path, number: int, found: dict[str, Any], key: str) -> bool | None:
    value = found.get(key)
    if value is not None and not isinstance(value, bool):
        raise _bad(
            source, number, f"{key}이(가) true, false, null 가운데 하나가 아닙니다", f"{key} is not true, false or null"
        )
    return value


def _bad(source: Path, number: int, ko: str, en: str) -> UserError:
    shape = '{"id": …, "question": "…", "context": ["…"], "answer": "…"}'
    return UserError(
        f"{source.name}의 {number:,}번째 줄: {ko}. 한 줄에 {shape} 하나씩 쓰세요.",
        f"Line {number:,} of {source.name}: {en}. Write one {shape} per line.",
    )
