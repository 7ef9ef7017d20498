"""Cases as the sources hold them, each with its reason where it is left out, and with the family of its claim. It makes no row."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.claims.verdict import Parsed, Verdict, risk_of, verdict_from
from engine.curate.families import families
from engine.curate.patent_options import PatentOptions
from engine.curate.policy_pairs import short_hash
from engine.curate.row import SourceRecord, SourceView
from engine.store.patents import CASE

SAME_CLAIM = 0.8
"""Claims that share so many letters are one invention in other words: held out together. Two claims of the samples share 0.4 at most."""
LABELS = ("risk_level", "comparisons", "decision_reason")


@dataclass(slots=True)
class Case:
    """A candidate for a row."""

    record: int
    claim: str
    product: str
    verdict: Verdict | None
    risk: str | None
    dropped: str | None
    name: str | None
    """The case's own id."""
    field: str | None
    family: str = ""


def read_cases(sources: Sequence[SourceView], options: PatentOptions) -> list[tuple[SourceView, list[Case]]]:
    """Cases by source in file order, families of nearly identical claims across all of them; what repeats a case is dropped."""
    found = [(source, [_case(r, options) for r in source.records if r.kind == CASE]) for source in sources]
    cases = [case for _, some in found for case in some]
    claims = list(dict.fromkeys(case.claim for case in cases))
    first = dict(zip(claims, families(claims, SAME_CLAIM), strict=True))
    seen: set[tuple[str, str]] = set()
    for case in cases:
        case.family = f"claim-{short_hash(claims[first[case.claim]])}"
        key = ("".join(case.claim.split()), "".join(case.product.split()))
        if case.dropped is None and key in seen:
            case.dropped = "duplicate"
        elif case.dropped is None:
            seen.add(key)
    return found


def _case(record: SourceRecord, options: PatentOptions) -> Case:
    meta = record.meta or {}
    claim, product = record.text.strip(), str(meta.get("product") or "").strip()
    parsed = verdict_from({key: meta[key] for key in LABELS if meta.get(key) is not None})
    return Case(
        record.id, claim, product, parsed.verdict, meta.get("risk_level"), _reason(claim, product, parsed, options),
        meta.get("id"), meta.get("field"),
    )  # fmt: skip


def _reason(claim: str, product: str, parsed: Parsed, options: PatentOptions) -> str | None:
    if not claim or not product:
        return "no_product" if claim else "no_claim"
    if parsed.verdict is None:
        return "no_label" if {f"missing:{key}" for key in LABELS} <= set(parsed.errors) else "broken_label"
    return "inconsistent_label" if options.inconsistent == "drop" and not consistent(parsed.verdict) else None


def consistent(verdict: Verdict) -> bool:
    """Whether the risk follows from the comparisons by the all-elements rule."""
    return risk_of(one.match for one in verdict.comparisons) == verdict.risk
