"""Patent cases become rows, each with its reason where it is left out; whole claims are held out, training rows alone are varied."""

from collections import Counter
from collections.abc import Iterator, Sequence

from engine.claims.verdict import to_json
from engine.curate.patent_cases import Case, read_cases
from engine.curate.patent_options import SPLITS, PatentOptions
from engine.curate.patent_prompt import patent_prompt
from engine.curate.patent_variants import Said, variants
from engine.curate.row import Row, SourceView
from engine.curate.stratified import stratified
from engine.errors import UserError


def build(source: SourceView, options: PatentOptions) -> Iterator[Row]:
    """Rows of one source alone."""
    for _, rows in build_across([source], options, 0):
        yield from rows


def build_across(
    sources: Sequence[SourceView], options: PatentOptions, seed: int
) -> Iterator[tuple[SourceView, Iterator[Row]]]:
    """Rows of each source in file order, a case before its variants; claims alike are looked for in all. seed: of the split.

    With too few cases or claims to split, rows bring no split and no variants; whoever freezes them says so.
    """
    found = read_cases(sources, options)
    splits, folds = _splits([case for _, cases in found for case in cases], options, seed)
    for source, cases in found:
        yield source, (row for case in cases for row in _rows(case, splits, folds, options))


def _rows(case: Case, splits: dict[str, str], folds: dict[str, str], options: PatentOptions) -> Iterator[Row]:
    split = splits.get(case.family) if not case.dropped else None
    said = Said(case.claim, case.product, case.verdict) if case.verdict else None
    more = variants(said, options) if said and split == "train" else []
    for variant, one in [("original", said), *more]:
        row = Row(
            patent_prompt(one.product if one else case.product, one.claim if one else case.claim, options),
            to_json(one.verdict) if one else "",
            case.family,
            case.record,
            case.record,
        )
        row.meta = {
            "claim": one.claim if one else case.claim,
            "product": one.product if one else case.product,
            "risk_level": one.verdict.risk if one else case.risk,
            "variant": variant,
            "group": case.family,
            **({"fold": int(folds[case.family])} if case.family in folds else {}),
            **{name: told for name, told in (("case", case.name), ("field", case.field)) if told},
        }
        row.dropped, row.split = case.dropped, split
        yield row


def _splits(cases: Sequence[Case], options: PatentOptions, seed: int) -> tuple[dict[str, str], dict[str, str]]:
    """(split, fold) of every family of claims. With folds the one held out is the test split, a part of the others validates."""
    labels: dict[str, Counter[str]] = {}
    for case in cases:
        if not case.dropped:
            labels.setdefault(case.family, Counter())[str(case.risk)] += 1
    if not options.folds:
        return stratified(labels, SPLITS, seed), {}
    folds = stratified(labels, {str(fold): 1.0 for fold in range(options.folds)}, seed)
    if not folds:
        raise UserError(
            f"쓸 수 있는 청구항이 {len(labels)}개뿐이라 {options.folds}겹으로 나눌 수 없습니다. 사건을 더 가져오거나 folds를 줄이세요.",
            f"Only {len(labels)} different claims can be used, too few for {options.folds} folds. Import more cases or lower folds.",
        )
    rest = {family: counts for family, counts in labels.items() if folds[family] != str(options.fold)}
    learned = stratified(rest, {"train": SPLITS["train"], "validation": SPLITS["validation"]}, seed)
    return {**learned, **{family: "test" for family in folds if family not in rest}}, folds
