"""Mask a JSONL file row by row, with placeholders or pseudonyms, with a vault or without.

It knows nothing of the store; the result appears only when every row is done. Rows are looked through in blocks, by two
processes when there are many; numbers are given in file order by one.
"""

import json
import secrets
import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from engine.errors import UserError
from engine.pool import Workers, spare
from engine.privacy.canonical import key_of
from engine.privacy.evidence import Evidence
from engine.privacy.labels import Span, Style
from engine.privacy.masking import Masker
from engine.privacy.normalise import fold
from engine.privacy.policy import DEFAULT, MaskPolicy
from engine.privacy.spans import apply_spans
from engine.privacy.taggers import default_taggers
from engine.sources.whole_file import whole_file

if TYPE_CHECKING:
    from engine.privacy.vault import FileVault

Block = tuple[int, list[bytes], list[bytes]]
"""(number of the first line, a few lines before it, lines as they stand in the file)"""
LEAD = 8
"""Lines before a block that are read with it, for a message may be told by those before it."""
BLOCK_BYTES = 1 << 20
WORTH_BYTES = 4 << 20
"""Size of a file from which on a second process pays."""


def mask_file(
    src: Path,
    dst: Path,
    speakers: Sequence[str],
    style: Style = "placeholder",
    vault: "FileVault | None" = None,
    policy: MaskPolicy = DEFAULT,
    ner: str = "",
) -> dict[str, Any]:
    """Rows {id, text} → rows {id, masked, spans: [{start, end, label, placeholder}]}; returns {rows, spans, seconds}.

    The file is read once for names that only the whole of it gives away, then masked.
    style: pseudonyms read it once more, so that none is a value that comes later. vault: gets what leads back to every text.
    ner: a token classifier that reads beside the shipped tagger.
    UserError when the file is missing, a line is no such row (named), or `dst` is no place for a file; then nothing is
    written.
    """
    began = time.monotonic()
    rows = spans = 0
    _require_file(src)
    count = spare(src.stat().st_size >= WORTH_BYTES)
    with Workers(BlockMasker, (speakers, policy, vault is not None, ner), count) as workers:
        names = _names(workers, src)
        if style == "pseudonym":
            writer: _Placed = _Styled(speakers, names, vault, _all_rows(workers, src, names))
        else:
            writer = _Placed(speakers, names, vault)
        with whole_file(dst) as out:
            for row in _all_rows(workers, src, names):
                out.write(row if isinstance(row, str) else writer.line(rows, row))
                rows, spans = rows + 1, spans + (0 if isinstance(row, str) else len(row.spans))
            if vault:
                vault.finish(writer.values)
    return {"rows": rows, "spans": spans, "seconds": round(time.monotonic() - began, 3)}


class FoundRow(NamedTuple):
    """A row, what is hidden in it, and the one spelling of each of those values (secret)."""

    id: Any
    text: str
    spans: list[Span]
    values: list[str]


class BlockMasker:
    """Looks through blocks of rows; built once in each process."""

    def __init__(self, speakers: Sequence[str], policy: MaskPolicy, whole: bool, ner: str = "") -> None:
        """whole: rows in which nothing is hidden come back as rows too, not as the line to write. ner: see `default_taggers`."""
        self.speakers, self.names, self.policy, self.whole = speakers, dict[str, float](), policy, whole
        self.taggers = default_taggers(ner)
        self.masker = Masker(speakers, taggers=self.taggers, policy=policy)

    def gather(self, block: Block) -> Evidence:
        """What a block says about names: to be put together before any row is masked."""
        first, _, lines = block
        evidence = Evidence()
        evidence.add(fold(_parsed(line, number, "text")["text"]).text for number, line in _numbered(lines, first))
        return evidence

    def find(self, block: Block, names: dict[str, float]) -> list[FoundRow | str]:
        """Every row of a block. names: those that the whole file gives away. Raises UserError for a line that is no row."""
        if names != self.names:
            self.names = names
            self.masker = Masker(self.speakers, taggers=self.taggers, found=names, policy=self.policy)
        first, before, lines = block
        lead = [_parsed(line, number, "text")["text"] for number, line in _numbered(before, first - len(before))]
        rows = [_parsed(line, number, "text") for number, line in _numbered(lines, first)]
        spans = self.masker.find([*lead, *(row["text"] for row in rows)])[len(lead) :]
        return [self._found(row["id"], row["text"], found) for row, found in zip(rows, spans, strict=True)]

    def _found(self, row_id: Any, text: str, spans: list[Span]) -> FoundRow | str:
        if not spans and not self.whole:
            return _line(row_id, apply_spans(text, []), [])
        return FoundRow(row_id, text, spans, [self.masker.value(text, span) for span in spans])


def gather_block(masker: BlockMasker, block: Block) -> Evidence:
    """`BlockMasker.gather` as a function that other processes can be told to call."""
    return masker.gather(block)


def find_in_block(masker: BlockMasker, asked: tuple[Block, dict[str, float]]) -> list[FoundRow | str]:
    """`BlockMasker.find`, likewise."""
    return masker.find(*asked)


def _names(workers: Workers, src: Path) -> dict[str, float]:
    """Names that only the whole file gives away."""
    evidence = Evidence()
    for part in workers.map(gather_block, _blocks(src)):
        evidence.merge(part)
    return evidence.names()


def _all_rows(workers: Workers, src: Path, names: dict[str, float]) -> Iterator[FoundRow | str]:
    return chain.from_iterable(workers.map(find_in_block, ((block, names) for block in _blocks(src))))


def _line(row_id: Any, masked: str, spans: Sequence[dict[str, Any]]) -> str:
    return json.dumps({"id": row_id, "masked": masked, "spans": spans}, ensure_ascii=False) + "\n"


class _Placed:
    """Rows with placeholders, and what leads back from them."""

    def __init__(self, speakers: Sequence[str], names: dict[str, float], vault: "FileVault | None") -> None:
        self.masker = Masker(speakers, found=names)
        self.vault = vault
        self.values: dict[str, str] = {}

    def spans(self, row: FoundRow) -> list[dict[str, Any]]:
        """What stands where, as `apply_spans` takes it."""
        return [
            {"start": s.start, "end": s.end, "label": s.label, "placeholder": self.masker.placeholder(s.label, value)}
            for s, value in zip(row.spans, row.values, strict=True)
        ]

    def line(self, number: int, row: FoundRow) -> str:
        """The line to write."""
        placed = self.spans(row)
        text = apply_spans(row.text, placed)
        if self.vault:
            self._keep(self.vault, number, row, text, placed)
        return _line(row.id, text, placed)

    def _keep(self, vault: "FileVault", number: int, row: FoundRow, masked: str, placed: Any) -> None:
        from engine.privacy.unmask import digest_of, edits_of, unmask_text

        for span in placed:
            self.values.setdefault(span["placeholder"], row.text[span["start"] : span["end"]])
        if unmask_text(masked, self.values) != row.text:
            vault.add_row([number, digest_of(row.id, masked), edits_of(row.text, placed)])


class _Styled(_Placed):
    """Rows with pseudonyms, from a key that lives as long as this call: the file alone leads nowhere."""

    def __init__(
        self,
        speakers: Sequence[str],
        names: dict[str, float],
        vault: "FileVault | None",
        rows: Iterable[FoundRow | str],
    ) -> None:
        """rows: all of them, for the values that no pseudonym may be."""
        from engine.privacy.pseudonyms import Pseudonyms

        super().__init__(speakers, names, vault)
        key = secrets.token_bytes(32)
        found = (row for row in rows if isinstance(row, FoundRow))
        real = {(s.label, key_of(key, s.label, v)) for row in found for s, v in zip(row.spans, row.values, strict=True)}
        self.pseudonyms = Pseudonyms(key, self.masker.names, real)

    def spans(self, row: FoundRow) -> list[dict[str, Any]]:
        from engine.privacy.pseudonyms import restyled

        return restyled(row.text, super().spans(row), self.pseudonyms)


def masked_rows(src: Path) -> Iterator[dict[str, Any]]:
    """Rows {id, masked} of a file that `mask_file` wrote. Raises UserError as it does."""
    _require_file(src)
    yield from _rows(src, "masked")


def _require_file(src: Path) -> None:
    if not src.is_file():
        raise UserError(
            f"파일 {src}이(가) 없습니다. 한 줄에 {{id, text}} 하나씩 든 JSONL 파일을 주세요.",
            f"There is no file {src}. Give a JSONL file with one {{id, text}} per line.",
        )


def _rows(src: Path, text: str) -> Iterator[dict[str, Any]]:
    with src.open("rb") as lines:
        for number, line in _numbered(lines, 1):
            yield _parsed(line, number, text)


def _numbered(lines: Iterable[bytes], first: int) -> Iterator[tuple[int, bytes]]:
    return ((number, line) for number, line in enumerate(lines, first) if line.strip())


def _blocks(src: Path) -> Iterator[Block]:
    first, before = 1, list[bytes]()
    with src.open("rb") as file:
        while lines := file.readlines(BLOCK_BYTES):
            yield first, before, lines
            first, before = first + len(lines), lines[-LEAD:]


def _parsed(line: bytes, number: int, text: str) -> dict[str, Any]:
    try:
        row = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
    except (ValueError, RecursionError):  # RecursionError: lists within lists within lists
        row = None
    if not isinstance(row, dict) or not _is_row(row, text):
        raise UserError(
            f"{number}번째 줄이 {{id, {text}}} 형식의 UTF-8 JSON이 아니라서 읽을 수 없습니다. 그 줄을 고친 뒤 다시 실행하세요. 아무것도 쓰지 않았습니다.",
            f"Line {number} is not UTF-8 JSON of the form {{id, {text}}}, so it cannot be read. Mend that line and run again. Nothing was written.",
        )
    return row


def _is_row(row: dict[str, Any], text: str) -> bool:
    return "id" in row and not isinstance(row["id"], list | dict) and isinstance(row.get(text), str)
