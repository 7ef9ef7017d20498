"""What an import of clauses brought in: tokens as a base counts them, clauses that are the same or nearly, companies and products.

It judges nothing and takes nothing out: copies and near-copies are told, and curation keeps them on one side of the split.
"""

import json
import statistics
from collections import Counter
from collections.abc import Sequence
from typing import Any

from engine.errors import Stopped
from engine.korean.near import near_duplicates
from engine.models.counting import TokenCounter
from engine.store.clause_records import ClauseTuple, read_clauses, set_clause_report, set_tokens
from engine.store.jobs import Work
from engine.store.open import open_store

SHOWN = 20
"""Ids and pairs of ids kept in a report."""
MOST_NAMES = 50
"""Companies and products kept by name; the rest is one number."""
BATCH = 1_000
OTHERS = "…"


def survey_clauses(work: Work, source_id: str, base: str, longest: int) -> dict[str, Any]:
    """Count, compare, and keep the report with the source; returns it. Nothing but ids and numbers stands in it.

    base: whose tokenizer counts. longest: tokens above which a clause is told to be too long. Raises UserError when the
    base's tokenizer cannot be read, Stopped when the owner asks.
    """
    with open_store(work.store) as db:
        clauses = read_clauses(db, source_id)
    metas = [json.loads(meta) for _, _, meta in clauses]
    tokens = _count(work, clauses, TokenCounter(base))
    if work.stop_asked():
        raise Stopped
    ids = [str(meta["chunk_id"]) for meta in metas]
    found = {
        "base": base,
        "longest_allowed": longest,
        "tokens": _spread(tokens),
        "own_tokens": _own(metas, tokens),
        **_lengths(ids, tokens, longest),
        **_copies(ids, [text for _, text, _ in clauses]),
        "companies": _named(metas, "company"),
        "products": _named(metas, "product"),
        "policy_types": _named(metas, "policy_type"),
    }
    with open_store(work.store) as db:
        set_tokens(db, [(count, record_id) for count, (record_id, _, _) in zip(tokens, clauses, strict=True)])
        set_clause_report(db, source_id, found)
    return found


def _count(work: Work, clauses: Sequence[ClauseTuple], count: TokenCounter) -> list[int]:
    tokens: list[int] = []
    for start in range(0, len(clauses), BATCH):
        if work.stop_asked():
            raise Stopped
        tokens += [count(text) for _, text, _ in clauses[start : start + BATCH]]
        work.progress(what="clauses", done=len(tokens), total=len(clauses))
    return tokens


def _spread(tokens: Sequence[int]) -> dict[str, int]:
    ordered = sorted(tokens) or [0]
    return {
        "total": sum(tokens),
        "median": round(statistics.median(ordered)),
        "p95": ordered[int(0.95 * (len(ordered) - 1))],
        "longest": ordered[-1],
    }


def _own(metas: Sequence[dict[str, Any]], tokens: Sequence[int]) -> dict[str, Any] | None:
    """The file's own counts beside ours; None when it has none. `ratio`: ours divided by its own, over the same clauses."""
    both = [(meta["token_count"], count) for meta, count in zip(metas, tokens, strict=True) if meta.get("token_count")]
    if not both:
        return None
    own = sum(told for told, _ in both)
    return {"clauses": len(both), "total": own, "ratio": round(sum(count for _, count in both) / own, 3)}


def _lengths(ids: Sequence[str], tokens: Sequence[int], longest: int) -> dict[str, Any]:
    over = sorted(((count, id_) for id_, count in zip(ids, tokens, strict=True) if count > longest), reverse=True)
    return {"over_long": len(over), "over_long_ids": [[id_, count] for count, id_ in over[:SHOWN]]}


def _copies(ids: Sequence[str], texts: Sequence[str]) -> dict[str, Any]:
    """`identical`: clauses that say letter for letter what an earlier one says; `near_duplicates`: nearly so."""
    pairs = near_duplicates(texts)
    same = [(one, other) for one, other, shared in pairs if shared == 1.0]
    copies = {other for _, other in same}
    near = [pair for pair in pairs if pair[2] < 1.0 and pair[1] not in copies]
    return {
        "identical": len(copies),
        "identical_pairs": [[ids[one], ids[other]] for one, other in same[:SHOWN]],
        "near_duplicates": len({other for _, other, _ in near}),
        "near_pairs": [
            [ids[one], ids[other], shared] for one, other, shared in sorted(near, key=lambda p: -p[2])[:SHOWN]
        ],
    }


def _named(metas: Sequence[dict[str, Any]], field: str) -> dict[str, int]:
    """Name to clauses, most first; "" is without a name."""
    counted = Counter(str(meta.get(field) or "") for meta in metas).most_common()
    kept = dict(counted[:MOST_NAMES])
    rest = sum(n for _, n in counted[MOST_NAMES:])
    return kept | ({OTHERS: rest} if rest else {})


def told_of_clauses(found: dict[str, Any]) -> list[str]:
    """What an owner should know at once, a `Korean / English` line each, without a word of a clause."""
    told = []
    if found["over_long"]:
        n, base, most, longest = found["over_long"], found["base"], found["longest_allowed"], found["tokens"]["longest"]
        told.append(
            f"{base} 토크나이저로 {most:,}토큰이 넘는 조항이 {n:,}개 있습니다(가장 긴 것 {longest:,}). / {n:,} clauses have more than {most:,} tokens "
            f"as {base} counts them (the longest {longest:,})."
        )
    if n := found["identical"]:
        told.append(f"글이 같은 조항이 {n:,}개 있습니다. / {n:,} clauses say the same as another.")
    if n := found["near_duplicates"]:
        told.append(f"글이 거의 같은 조항이 {n:,}개 있습니다. / {n:,} clauses say nearly the same as another.")
    return told
