"""Which columns of a table hold a question, its choices and the right one: guessed by name, and correctable. It reads no file."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from engine.errors import UserError
from engine.sources.choices import split_choices, stripped

MCQA_FIELDS = ("question", "answer", "choices", "explanation", "specialty", "group", "id")
"""What a question with choices is made of; a mapping says which column holds each. `choices`: one column, or the names of several
joined by `+`."""
NAMES: dict[str, tuple[str, ...]] = {
    "question": ("question", "질문", "문제", "문항", "stem", "q", "물음", "questiontext", "문제내용", "prompt", "query"),
    "answer": ("answer", "정답", "answerindex", "answeridx", "answerid", "label", "correct", "correctanswer", "correctoption", "답", "정답번호", "답안", "gold",
               "target", "cop", "key", "answerkey", "solutionindex"),
    "choices": ("choices", "options", "보기", "선택지", "선지", "candidates", "답가지", "choice", "option", "endings"),
    "explanation": ("explanation", "해설", "풀이", "설명", "rationale", "exp", "solution", "근거", "reason"),
    "specialty": ("specialty", "과목", "진료과", "분야", "subject", "subjectname", "category", "department", "domain", "topic", "전문과"),
    "group": ("group", "묶음", "groupid", "passageid", "documentid", "지문번호"),
    "id": ("id", "번호", "qid", "questionid", "no", "순번", "index", "idx"),
}  # fmt: skip
"""Names that columns are known by, likeliest first; compared without case, spaces and signs."""
_NUMBERED = re.compile(
    r"^(?:보기|선택지|선지|답가지|choice|option|opt|op|ending|a|c)?(?:\()?([0-9]|10|[a-j]|[①-⑩]|[가나다라마])(?:번|\))?$",
    re.I,
)
"""A column that holds one choice: `보기1`, `option_a`, `opa`, `A`, `①`, `1`."""
JOINT = "+"


def guess_columns(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Field to column for the fields that were found, by name; `choices` may be several columns, joined by `+`."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    plain = {column: _plain(column) for column in columns}
    found: dict[str, str] = {}
    several = _several(columns)
    for field in MCQA_FIELDS:
        if field == "choices" and several:
            found[field] = JOINT.join(several)
            continue
        named = (column for name in NAMES[field] for column, told in plain.items() if told == name)
        taken = {*found.values(), *several}
        column = next((one for one in named if one not in taken), None)
        if column is not None:
            found[field] = column
    return {field: found[field] for field in MCQA_FIELDS if field in found}


def _several(columns: Sequence[str]) -> list[str]:
    """Columns that hold a choice each, in the order of the table; they share a name but for their number or letter."""
    families: dict[str, list[str]] = {}
    for column in columns:
        plain = re.sub(r"[\s_\-.]+", "", column)
        if told := _NUMBERED.match(plain):
            kind = "1" if told[1].isdigit() else "a" if told[1].isascii() else "가"  # ① is a digit, too
            families.setdefault(plain[: told.start(1)].casefold() + kind, []).append(column)
    best = max(families.values(), key=len, default=[])
    return best if len(best) > 1 else []


def merged_columns(
    guess: Mapping[str, str], given: Mapping[str, str], rows: Sequence[Mapping[str, Any]]
) -> dict[str, str]:
    """The guess with what was told put over it; an empty column takes a field out. Raises UserError for a column that is not there."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    for field, named in given.items():
        for column in named.split(JOINT) if named and named not in columns else ():
            if column not in columns:
                listed = ", ".join(name[:40] for name in columns[:20]) or "-"
                raise UserError(
                    f"--map의 {field}에 적은 '{column}' 열이 없습니다. 있는 열: {listed}. 보기가 여러 열이면 choices=열1+열2+열3 으로 쓰세요.",
                    f"There is no column '{column}', which --map gives for {field}. Columns: {listed}. Choices in several columns are "
                    "written choices=A+B+C.",
                )
    told = {**{f: c for f, c in guess.items() if f not in given and c not in given.values()}, **given}
    return {field: told[field] for field in MCQA_FIELDS if told.get(field)}


def choices_in(row: Mapping[str, Any], column: str | None, question: str) -> tuple[str, list[str]]:
    """(question, choices without their marks) of a row: from a list, from several columns, or from the question's own text."""
    if column is None:
        return split_choices(question)
    if column not in row and JOINT in column:
        found = [as_cell(row.get(one)) for one in column.split(JOINT)]
        while found and not found[-1]:  # tables of five leave the fifth empty for questions of four
            found.pop()
    else:
        found = _listed(row.get(column))
    return question.strip(), stripped(found) if all(found) else []


def _listed(given: Any) -> list[str]:
    """The choices of one cell: a list, an object of them, either as JSON, or a text with a mark before each."""
    if isinstance(given, str) and given.lstrip()[:1] in ("[", "{"):
        try:
            given = json.loads(given)
        except (ValueError, RecursionError):
            given = _quoted(given)
    if isinstance(given, dict):
        inner = given.get("text")
        given = inner if isinstance(inner, list) else list(given.values())
    if isinstance(given, list):
        return [as_cell(one.get("text") if isinstance(one, dict) else one) for one in given]
    text = as_cell(given)
    found = split_choices(f"?\n{text}", 2)[1]
    return found or [one.strip() for one in re.split(r"\n|\||;", text) if one.strip()]


def _quoted(text: str) -> Any:
    """A list as Python prints it."""
    import ast

    try:
        found = ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return text
    return found if isinstance(found, list | dict) else text


def as_cell(value: Any) -> str:
    """A cell as text; whole numbers without their `.0`, lists and objects as nothing."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold()
