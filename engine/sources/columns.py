"""Which column of somebody's table is the question, which the answer: guessed by name, then by what stands in it, and correctable.

It knows no language model and reads no file. A guess is a proposal: it is shown before anything is stored.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from rapidfuzz import process

from engine.errors import UserError

FIELDS = ("question", "answer", "clause", "type", "id", "answerable")
"""What a question-answer pair is made of; a mapping says which column holds each."""
NAMES: dict[str, tuple[str, ...]] = {
    "question": ("question", "질문", "query", "q", "물음", "문의", "질의", "prompt", "user", "instruction", "문제", "questions", "질문내용", "문의내용"),
    "answer": ("answer", "답변", "답", "a", "response", "output", "completion", "assistant", "reply", "응답", "정답", "대답", "회신", "answers", "답변내용",
               "target", "label_text"),
    "clause": ("clause", "약관", "조항", "context", "근거", "본문", "passage", "document", "text", "input", "지문", "내용", "약관내용", "근거조항", "contexts"),
    "type": ("type", "유형", "질문유형", "question_type", "qa_type", "종류", "분류", "category", "qtype"),
    "id": ("id", "번호", "qid", "question_id", "순번", "no", "idx", "index", "번호id"),
    "answerable": ("answerable", "답변가능", "답변가능여부", "is_answerable", "has_answer", "답가능", "impossible", "is_impossible"),
}  # fmt: skip
"""Names that columns are known by, likeliest first; compared without case, spaces and signs."""
CLEARLY = 4
"""Letters that a known name must have to count where it is only a part of a column's name."""
ASKS = re.compile(r"[?？]\s*$|(?:나요|까요|가요|인가|은요|는지|습니까|니까|ㄴ가요|주세요|알려줘|뭐야|되나)[.?？]?\s*$")
"""The end of a question."""


def guess_mapping(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Field to column, for the fields that were found. rows: a few, to look at what stands in the columns.

    Names decide; where they leave the question or the answer open, the texts do: questions end as questions do, and an answer is
    the longer of what remains.
    """
    plain = {column: _plain(column) for column in columns}
    found: dict[str, str] = {}
    for exact in (True, False):
        for field in FIELDS:
            if field not in found:
                column = _named(field, plain, set(found.values()), exact)
                if column is not None:
                    found[field] = column
    _by_content(found, columns, rows)
    return {field: found[field] for field in FIELDS if field in found}


def _named(field: str, plain: Mapping[str, str], taken: set[str], exact: bool) -> str | None:
    for name in NAMES[field]:
        wanted = _plain(name)
        for column, told in plain.items():
            if column in taken:
                continue
            if told == wanted or (
                not exact and len(wanted) >= (2 if not wanted.isascii() else CLEARLY) and wanted in told
            ):
                return column
    return None


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold()


def _by_content(found: dict[str, str], columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    free = [c for c in columns if c not in found.values() and _mean_length(c, rows) >= 5]
    if "question" not in found and free:
        asking = max(free, key=lambda column: _asking(column, rows))
        if _asking(asking, rows) >= 0.5:
            found["question"] = asking
            free.remove(asking)
    if "answer" not in found and "question" in found and free:
        found["answer"] = max(free, key=lambda column: _mean_length(column, rows))


def _texts(column: str, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    return [row[column] for row in rows if isinstance(row.get(column), str) and row[column].strip()]


def _mean_length(column: str, rows: Sequence[Mapping[str, Any]]) -> float:
    texts = _texts(column, rows)
    return sum(map(len, texts)) / len(texts) if texts else 0.0


def _asking(column: str, rows: Sequence[Mapping[str, Any]]) -> float:
    texts = _texts(column, rows)
    return sum(ASKS.search(text) is not None for text in texts) / len(texts) if texts else 0.0


def parse_mapping(given: str, fields: Sequence[str] = FIELDS) -> dict[str, str]:
    """`question=질문,answer=답변` as a mapping; an empty column takes a field out. Raises UserError for a field that is not in `fields`."""
    one, other = fields[:2]
    found: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in given.split(","))):
        field, sign, column = part.partition("=")
        if not sign or field.strip() not in fields:
            raise UserError(
                f"--map의 '{part}'을(를) 읽을 수 없습니다. `칸=열`로 쓰세요. 쓸 수 있는 칸: {', '.join(fields)}. 예: --map {one}=열1,{other}=열2",
                f"'{part}' in --map cannot be read. Write FIELD=COLUMN with a field of {', '.join(fields)}, such as --map "
                f"{one}=A,{other}=B.",
            )
        found[field.strip()] = column.strip()
    return found


def merged(guess: Mapping[str, str], given: Mapping[str, str], columns: Sequence[str]) -> dict[str, str]:
    """The guess with what was told put over it. Raises UserError for a column that is not there."""
    refuse_unknown(given, columns)
    kept = {field: column for field, column in guess.items() if field not in given and column not in given.values()}
    told = {**kept, **{field: column for field, column in given.items() if column}}
    return {field: told[field] for field in FIELDS if field in told}


def refuse_unknown(given: Mapping[str, str], columns: Sequence[str]) -> None:
    """Raise UserError for a mapping to a column that is not there."""
    for column in filter(None, given.values()):
        if column not in columns:
            raise _no_column(column, columns)


def require_pair(mapping: Mapping[str, str], columns: Sequence[str], name: str) -> None:
    """Raise UserError for a mapping without a question or without an answer."""
    missing = [field for field in ("question", "answer") if field not in mapping]
    if missing:
        raise UserError(
            f"'{name}'에서 {', '.join(missing)}에 해당하는 열을 찾지 못했습니다(있는 열: {_listed(columns)}). --map question=열,answer=열 로 알려 주세요.",
            f"No column of '{name}' could be told to be {' and '.join(missing)} (columns: {_listed(columns)}). Say which with --map "
            "question=COLUMN,answer=COLUMN.",
        )


def _no_column(column: str, columns: Sequence[str]) -> UserError:
    near = process.extractOne(column, list(columns), score_cutoff=60)
    meant_ko = f" '{near[0]}'을(를) 말씀하신 건가요?" if near else ""
    meant_en = f" Did you mean '{near[0]}'?" if near else ""
    return UserError(
        f"'{column}'(이)라는 열이 없습니다(있는 열: {_listed(columns)}).{meant_ko} --map을 고쳐 주세요.",
        f"There is no column '{column}' (columns: {_listed(columns)}).{meant_en} Correct --map.",
    )


def _listed(columns: Sequence[str]) -> str:
    shown = ", ".join(column[:40] for column in columns[:20])
    return shown + (" …" if len(columns) > 20 else "")
