"""Question–answer pairs become rows of a style, each with its reason where it is left out, and in the split of its clause.

Nothing a row shows lies in two splits: neither its clause, nor the other clauses shown beside it, nor, in an unanswerable
row, the question, which mostly belongs to another clause.
"""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from engine.curate.policy_options import SPLITS, PolicyOptions
from engine.curate.policy_pairs import Clause, Material, Pair, read_material
from engine.curate.policy_prompt import policy_prompt
from engine.curate.policy_rules import reason_of
from engine.curate.policy_twins import question_key, twins
from engine.curate.row import Row, SourceView
from engine.curate.split import assign_splits
from engine.curate.versions import draw_split
from engine.errors import UserError

DRAWN = 7
"""Clauses among which one is chosen for an unanswerable question."""
MOST_COMPARED = 400
"""Clauses one is compared with for companions: 500 clauses take about a second."""


def build(source: SourceView, options: PolicyOptions) -> Iterator[Row]:
    """Rows of one source alone."""
    for _, rows in build_across([source], options, 0):
        yield from rows


def build_across(
    sources: Sequence[SourceView], options: PolicyOptions, seed: int
) -> Iterator[tuple[SourceView, Iterator[Row]]]:
    """Rows of each source, in file order; duplicates are looked for in all of them. seed: of the split by clause.

    With too few rows or clauses to split, rows bring no split; whoever freezes them says so.
    """
    material = read_material(sources)
    pairs = [pair for _, found in material.pairs for pair in found]
    reasons = _reasons(pairs, options)
    shown = Companions(material, pairs, reasons, options, seed)
    place = 0
    for source, found in material.pairs:
        rows = [shown.row(pair, reason) for pair, reason in zip(found, reasons[place:], strict=False)]
        place += len(found)
        yield source, iter(rows)


def _reasons(pairs: Sequence[Pair], options: PolicyOptions) -> list[str | None]:
    """Why each pair is left out. What fails a rule is no earlier twin: a good pair behind a broken one stays."""
    reasons = [
        reason_of(
            pair.question,
            pair.answer,
            pair.clause.text if pair.clause else None,
            pair.clause.key if pair.clause and pair.clause.record else None,
            pair.answerable,
            options,
        )
        for pair in pairs
    ]
    for answerable in (True, False):  # an unanswerable question may be the question of another clause
        left = [at for at, pair in enumerate(pairs) if not reasons[at] and pair.answerable == answerable]
        for at, (reason, _) in twins([pairs[at].question for at in left], options.near_duplicates).items():
            reasons[left[at]] = reason
    return reasons


class Companions:
    """Which split a pair lies in, and which clauses it shows."""

    def __init__(
        self,
        material: Material,
        pairs: Sequence[Pair],
        reasons: Sequence[str | None],
        options: PolicyOptions,
        seed: int,
    ) -> None:
        self._options = options
        self._asked = {
            question_key(pair.question): pair.clause
            for pair, reason in zip(pairs, reasons, strict=True)
            if pair.answerable and pair.clause and not reason
        }
        self._splits = _splits(material, pairs, reasons, seed)
        self._nearest: dict[str, list[Clause]] = {}
        self._by_split: dict[str, list[Clause]] = {}
        for clause in material.clauses.values():
            if split := self._splits.get(clause.family):
                self._by_split.setdefault(split, []).append(clause)

    def row(self, pair: Pair, reason: str | None) -> Row:
        """The row of a pair. An unanswerable question is asked of a clause in the split of the clause that answers it."""
        asked = self._asked.get(question_key(pair.question)) if not pair.answerable else None
        origin = pair.origin or asked
        clause = pair.clause
        if reason is None and origin and clause and self._split(origin) != self._split(clause):
            clause = self._other(pair, origin)
            reason = reason if clause else "no_partner"
        split = self._split(clause) if clause and not reason else None
        return self._made(pair, clause, split, reason)

    def _split(self, clause: Clause) -> str | None:
        return self._splits.get(clause.family)

    def _made(self, pair: Pair, clause: Clause | None, split: str | None, reason: str | None) -> Row:
        texts = self._shown(pair, clause, split) if clause else []
        row = Row(
            policy_prompt(pair.question, texts, self._options),
            pair.answer if pair.answerable else self._options.refusal,
            clause.family if clause else f"record {pair.record}",
            pair.record,
            pair.record,
        )
        row.meta = _meta(pair, clause)
        row.dropped, row.split = reason, split
        return row

    def _shown(self, pair: Pair, clause: Clause, split: str | None) -> list[str]:
        """The clause among others of its split, in an order drawn by the seed; alone in the simple style."""
        more = self._options.clauses_per_row - 1
        if self._options.style == "simple" or not more or split is None:
            return [clause.text]
        draw = random.Random(f"{self._options.seed} {pair.record}")
        texts = [clause.text, *(one.text for one in self._near(clause, split)[:more])]
        draw.shuffle(texts)
        return texts

    def _near(self, clause: Clause, split: str) -> list[Clause]:
        """Other clauses of the split, the likest first, as a retriever would bring them; none that says the same."""
        if clause.key not in self._nearest:
            among = [one for one in self._by_split[split] if one.family != clause.family]
            same = [one for one in among if (one.company, one.product) == (clause.company, clause.product)]
            words = set(clause.text.split())
            others = (same if len(same) >= self._options.clauses_per_row else among)[:MOST_COMPARED]
            self._nearest[clause.key] = sorted(others, key=lambda one: (-len(words & set(one.text.split())), one.key))[
                : self._options.clauses_per_row
            ]
        return self._nearest[clause.key]

    def _other(self, pair: Pair, origin: Clause) -> Clause | None:
        """Another clause of the origin's split to ask the question of: of some drawn by the seed the middling one in words
        shared, since the nearest may answer it after all and the farthest teaches nothing."""
        others = [one for one in self._by_split.get(self._split(origin) or "", []) if one.family != origin.family]
        if not others:
            return None
        draw = random.Random(f"{self._options.seed} {pair.record}")
        drawn = draw.sample(others, min(DRAWN, len(others)))
        asked = _runs(pair.question)
        return sorted(drawn, key=lambda one: (len(asked & _runs(one.text)), one.key))[len(drawn) // 2]


def _runs(text: str) -> set[str]:
    """Pairs of letters, blanks aside."""
    bare = "".join(text.split())
    return {bare[at : at + 2] for at in range(len(bare) - 1)}


def _splits(material: Material, pairs: Sequence[Pair], reasons: Sequence[str | None], seed: int) -> dict[str, str]:
    """The split of every family of clauses; empty when there are too few to split. Families are counted by answerable
    pairs alone, so that both styles hold out the same ones; those without any are drawn by hash."""
    kept = (pair for pair, reason in zip(pairs, reasons, strict=True) if pair.answerable and not reason)
    counts = Counter(pair.clause.family for pair in kept if pair.clause)
    try:
        found = assign_splits(counts, SPLITS, seed)
    except UserError:
        return {}
    families = {clause.family for clause in material.clauses.values()}
    return found | {family: draw_split(f"{seed}:{family}", SPLITS) for family in sorted(families - found.keys())}


def _meta(pair: Pair, clause: Clause | None) -> dict[str, Any]:
    meta: dict[str, Any] = {
        "question": pair.question,
        "type": pair.kind,
        "answerable": pair.answerable,
        "chunk": clause.record if clause else None,
        "chunk_id": clause.key if clause else None,
        "company": clause.company if clause else None,
        "product": clause.product if clause else None,
    }
    return meta | ({"as_given": pair.given} if pair.given and pair.answerable else {})
