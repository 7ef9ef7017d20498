"""Patent cases become rows, each with its reason where it is left out; cases of one claim lie in one split."""

from collections.abc import Iterator, Sequence

from engine.claims.verdict import Parsed, Verdict, risk_of, to_json, verdict_from
from engine.curate.patent_options import PatentOptions
from engine.curate.patent_prompt import patent_prompt
from engine.curate.row import Row, SourceRecord, SourceView

CASE = "patent"
"""The kind of a record that is a case."""


def build(source: SourceView, options: PatentOptions) -> Iterator[Row]:
    """Rows of one source alone."""
    for _, rows in build_across([source], options, 0):
        yield from rows


def build_across(
    sources: Sequence[SourceView], options: PatentOptions, seed: int
) -> Iterator[tuple[SourceView, Iterator[Row]]]:
    """Rows of each source, in file order."""
    for source in sources:
        yield source, (_row(record, options) for record in source.records if record.kind == CASE)


def _row(record: SourceRecord, options: PatentOptions) -> Row:
    meta = record.meta or {}
    claim, product = record.text.strip(), str(meta.get("product") or "").strip()
    parsed = verdict_from({key: meta.get(key) for key in ("risk_level", "comparisons", "decision_reason")})
    row = Row(
        patent_prompt(product, claim, options),
        to_json(parsed.verdict) if parsed.verdict else "",
        claim,
        record.id,
        record.id,
    )
    row.meta = {"claim": claim, "product": product, "risk_level": meta.get("risk_level"), "variant": "original"}
    row.dropped = _reason(claim, product, parsed, options)
    return row


def _reason(claim: str, product: str, parsed: Parsed, options: PatentOptions) -> str | None:
    if not claim or not product:
        return "no_claim" if not claim else "no_product"
    if parsed.verdict is None:
        return "no_label" if "unknown_risk" in parsed.errors else "broken_label"
    return "inconsistent_label" if options.inconsistent == "drop" and not consistent(parsed.verdict) else None


def consistent(verdict: Verdict) -> bool:
    """Whether the risk follows from the comparisons by the all-elements rule."""
    return risk_of(one.match for one in verdict.comparisons) == verdict.risk
