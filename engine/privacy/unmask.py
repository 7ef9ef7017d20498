"""Masked text back into what it was, with an open vault. It asks for no passphrase and knows no cipher.

Two ways back. A placeholder alone becomes its value as it was first written. Where that is not what stood there (another
spelling, a pseudonym, a placeholder somebody had typed), the vault holds the row's own pieces, found by the row's digest.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.privacy.files import masked_rows
from engine.privacy.labels import WORDS
from engine.privacy.spans import FORGED
from engine.privacy.vault import OpenedVault
from engine.sources.whole_file import whole_file

NUMBERED = re.compile(rf"\[(?:{'|'.join(WORDS.values())})_\d+\]")
Edit = tuple[int, int, str]
"""[start, end) in the masked text, and what stood there."""


def unmask_text(text: str, values: Mapping[str, str]) -> str:
    """`text` with every placeholder of `values` as it was first written; others stay."""
    return NUMBERED.sub(lambda found: values.get(found.group(), found.group()), text)


def edits_of(text: str, spans: Sequence[Mapping[str, Any]]) -> list[Edit]:
    """The way back from `apply_spans(text, spans)`, whatever was replaced or defused."""
    edits: list[Edit] = []
    at = written = 0
    for span in [*spans, None]:
        until = span["start"] if span else len(text)
        edits += [(m.start() - at + written, m.end() - at + written, m.group()) for m in _forged(text, at, until)]
        written += until - at
        if span:
            size = len(span["placeholder"])
            edits.append((written, written + size, text[until : span["end"]]))
            at, written = span["end"], written + size
    return edits


def _forged(text: str, start: int, end: int) -> Iterable[re.Match[str]]:
    return FORGED.finditer(text, start, end)


def applied(masked: str, edits: Sequence[Sequence[Any]]) -> str:
    """`masked` with its pieces put back."""
    pieces, at = [], 0
    for start, end, original in edits:
        pieces += [masked[at:start], original]
        at = end
    return "".join([*pieces, masked[at:]])


def digest_of(row_id: Any, masked: str) -> str:
    """What a row is recognised by."""
    told = json.dumps([row_id, masked])
    return hashlib.sha256(told.encode()).hexdigest()[:32]


class WayBack:
    """What a vault file knows of the rows: exact pieces by place, or by digest where rows were moved or left out."""

    def __init__(self, vault: OpenedVault) -> None:
        self.values: dict[str, str] = vault.values
        self._by_place = {number: (digest, edits) for number, digest, edits in vault.rows()}
        self._by_digest = {digest: edits for digest, edits in self._by_place.values()}

    def in_order(self, digests: Iterable[str]) -> bool:
        """Whether the file is still row for row the one that was written."""
        left = len(self._by_place)
        for number, digest in enumerate(digests):
            kept = self._by_place.get(number)
            if kept and kept[0] != digest:
                return False
            left -= kept is not None
        return left == 0

    def by_place(self, number: int, _: str) -> Sequence[Sequence[Any]] | None:
        """The pieces of the row at this place."""
        kept = self._by_place.get(number)
        return kept[1] if kept else None

    def by_digest(self, _: int, digest: str) -> Sequence[Sequence[Any]] | None:
        """The pieces of a row that reads like this."""
        return self._by_digest.get(digest)


def unmask_file(src: Path, dst: Path, vault: OpenedVault) -> dict[str, Any]:
    """Rows {id, masked} → {id, text} with the vault that was written beside them; returns {rows, restored, exact}.

    exact: whether the file is row for row what `mask` wrote, so that every text is what it was.
    """
    back = WayBack(vault)
    exact = back.in_order(digest_of(row["id"], row["masked"]) for row in masked_rows(src))
    find = back.by_place if exact else back.by_digest
    return {**_write(src, dst, back.values, find), "exact": exact}


def unmask_with(src: Path, dst: Path, values: Mapping[str, str]) -> dict[str, Any]:
    """The same with values alone, as the store's own vault has them: each as it was first written."""
    return {**_write(src, dst, values, lambda number, digest: None), "exact": False}


def _write(
    src: Path, dst: Path, values: Mapping[str, str], find: Callable[[int, str], Sequence[Sequence[Any]] | None]
) -> dict[str, Any]:
    count = restored = 0
    with whole_file(dst) as out:
        for number, row in enumerate(masked_rows(src)):
            edits = find(number, digest_of(row["id"], row["masked"]))
            text = unmask_text(row["masked"], values) if edits is None else applied(row["masked"], edits)
            out.write(json.dumps({"id": row["id"], "text": text}, ensure_ascii=False) + "\n")
            count, restored = count + 1, restored + (text != row["masked"])
    return {"rows": count, "restored": restored}
