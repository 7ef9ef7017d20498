"""`chunked_data.jsonl`: clauses that were cut before, one object each. It cuts nothing and counts nothing.

`{"chunk_id", "text", "metadata": {"source", "company", "breadcrumbs", "token_count", "policy_type"}}`; fields may be missing, lie
flat beside the text, or carry the names that other tools give them.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from engine.sources.clause import JOINT, article_in, clause_record, product_in, type_in
from engine.sources.columns import guess_mapping
from engine.sources.json_rows import first_rows, json_rows
from engine.sources.reader import ReadReport, Record

IDS = ("chunk_id", "chunkId", "chunk_no", "id")
TEXTS = ("text", "content", "page_content", "chunk", "chunk_text", "본문", "내용", "조항")
HOLDERS = ("metadata", "meta", "metadatas")
TELLING = ("chunk_id", "chunkId", "breadcrumbs", "policy_type", "token_count")
"""A text with one of these beside it, or in its metadata, is a clause."""
NAMES = {
    "company": ("company", "회사", "보험사", "보험회사", "insurer"),
    "product": ("product", "product_name", "상품", "상품명", "보험상품"),
    "policy_type": ("policy_type", "type", "보험종류", "보종", "category"),
    "breadcrumbs": ("breadcrumbs", "breadcrumb", "path", "headings", "목차", "위치"),
    "source": ("source", "file", "filename", "file_name", "출처"),
    "token_count": ("token_count", "tokens", "n_tokens"),
}
NO_ID = "번호(chunk_id)가 없는 조항 {0:,}개에는 줄 번호로 번호를 붙였습니다. / {0:,} clauses without an id were named by their line."
TOO_LONG = (
    "{0:,}자가 넘는 글 {1:,}개는 조항 하나로 보지 않고 알아듣지 못한 줄로 남겼습니다. 약관 전체라면 .txt로 두고 --as clauses로 가져오세요. / "
    "{1:,} texts of over {0:,} characters are no clauses. Bring a whole policy in as text with --as clauses."
)
LONGEST_TEXT = 100_000
"""Characters of one clause: 50 pages. A morpheme analysis of 30 million in one took over ten minutes."""
LONGEST_NAME = 300
"""Letters kept of an id, a company, a product …: more is no name."""


class ChunksReader:
    """Clauses of a JSON file."""

    kind = "chunks"

    def recognises(self, path: Path, head: bytes) -> bool:
        rows = first_rows(head)
        if any(_is_clause(row) for row in rows):
            return True
        start = head[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")  # one line longer than what is shown
        return not rows and start[:1] in (b"{", b"[") and b'"chunk_id"' in head and b'"text"' in head

    def read(self, path: Path, report: ReadReport) -> Iterator[Record]:
        """Clauses in file order; a row without a text is counted as not understood."""
        unnamed = too_long = 0
        for number, row, line in json_rows(path, report):
            text = _first(row, TEXTS) if row else None
            long = isinstance(text, str) and len(text) > LONGEST_TEXT
            too_long += long
            if row is None or long or not isinstance(text, str) or not text.strip():
                report.note_unparsed(number)
                yield Record(None, None, "other", line or (text if long else None) or f"{path.name}:{number}")
                continue
            record = _record(row, text, path, number)
            unnamed += _first(row, IDS, _beside(row)) is None
            yield record
        if too_long:
            report.warnings.append(TOO_LONG.format(LONGEST_TEXT, too_long))
        if unnamed:
            report.warnings.append(NO_ID.format(unnamed))


def _is_clause(row: Mapping[str, Any]) -> bool:
    if not isinstance(_first(row, TEXTS), str):
        return False
    if {"question", "answer"} <= set(guess_mapping(list(row), [row])):
        return False
    return any(name in row or name in _beside(row) for name in TELLING)


def _beside(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """The row's metadata, however it is called; empty when it has none."""
    return next((row[name] for name in HOLDERS if isinstance(row.get(name), dict)), {})


def _first(row: Mapping[str, Any], names: tuple[str, ...], more: Mapping[str, Any] | None = None) -> Any:
    """The first value that is there under one of the names, in the row or in `more`."""
    for place in (row, more or {}):
        for name in names:
            if place.get(name) not in (None, "", []):
                return place[name]
    return None


def _record(row: dict[str, Any], text: str, path: Path, number: int) -> Record:
    beside = _beside(row)
    known = {name: _first(beside, names, row) for name, names in NAMES.items()}
    crumbs = _crumbs(known["breadcrumbs"])
    product = _name(known["product"]) or product_in(crumbs)
    id_ = _first(row, IDS, beside)
    return clause_record(
        text.strip("\n"),
        chunk_id=_name(id_) or f"{path.stem[:80]}-{number}",
        company=_name(known["company"]),
        product=product,
        policy_type=_name(known["policy_type"]) or type_in(product),
        breadcrumbs=JOINT.join(crumbs),
        article=article_in(crumbs, text),
        source=_name(known["source"]),
        token_count=_whole(known["token_count"]),
    )


def _crumbs(found: Any) -> list[str]:
    """Breadcrumbs as a list, whether they came as one, or joined with > or /."""
    if isinstance(found, str):
        joint = next((sign for sign in (">", "›", "»", "→", " / ") if sign in found), None)
        found = found.split(joint) if joint else [found]
    if isinstance(found, dict):  # {"level1": …, "level2": …}
        found = list(found.values())
    if not isinstance(found, list):
        return []
    return [str(part).strip()[:LONGEST_NAME] for part in found if isinstance(part, str | int) and str(part).strip()]


def _name(found: Any) -> str | None:
    """A name or a number as text; None for anything else."""
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        return None
    return str(found).strip()[:LONGEST_NAME] or None


def _whole(found: Any) -> int | None:
    if isinstance(found, bool):
        return None
    if isinstance(found, str) and found.strip().isascii() and found.strip().isdigit() and len(found) < 10:
        return int(found)
    return int(found) if isinstance(found, int | float) and 0 <= found < 1e9 else None
