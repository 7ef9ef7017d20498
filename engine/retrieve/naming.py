"""Which companies and products a question or a filter names. It knows names as the clauses carry them, and no market."""

import re
from collections.abc import Collection, Iterable
from functools import lru_cache

from engine.korean.morphemes import pieces_of
from engine.retrieve.concepts import written_ideas
from engine.retrieve.terms import flat
from engine.store.clause_index import Names

_SIGN = re.compile(r"[^0-9a-z가-힣]+")
_BRACKETS = re.compile(r"[(\[{<][^)\]}>]*[)\]}>]")
_KIND = re.compile(r"(손해보험|생명보험|화재보험|생명|화재|손보|보험|약관)$")
GENERIC = frozenset(
    "무배당 유배당 갱신형 비갱신형 해약환급금 미지급형 표준형 기본형 보통약관 특별약관 보험약관 주식회사 보험".split()
)
"""Parts of names that tell no product from another."""
SHORTEST = 3
"""Syllables of the shortest name recognised in a question: shorter ones (우리, 대한) are everyday words too."""


def plain(name: str) -> str:
    """A name without spaces and signs."""
    return _SIGN.sub("", flat(name))


def matching(known: Names, company: str | None, product: str | None) -> Names | None:
    """The (company, product) a filter lets through; None: there is no filter. A clause that names none is not kept out."""
    if not company and not product:
        return None
    return [pair for pair in known if _agree(pair[0], company) and _agree(pair[1], product)]


def _agree(name: str, wanted: str | None) -> bool:
    if not name or not wanted:
        return True
    return plain(wanted) in plain(name) or plain(name) in plain(wanted)


def named_in(question: str, known: Names) -> Names | None:
    """The (company, product) the question names, by the longest name found in it, and those that go by no name.

    None: it names none, or all of them.
    """
    said = plain(question)
    products = _longest(said, {product for _, product in known if product})
    companies = _longest(said, {company for company, _ in known if company})
    if not products and not companies:
        return None
    kept = [p for p in known if _within(p[1], products) and _within(p[0], companies)]
    return kept if kept and len(kept) < len(known) else None


def meant_by(product: str, told: Collection[str]) -> bool:
    """Whether a product's name carries one of the ideas of a question."""
    return not _ideas(product).isdisjoint(told)


@lru_cache(maxsize=4096)
def _ideas(product: str) -> frozenset[str]:
    name = flat(product)
    return frozenset(written_ideas(name, {piece.form for piece in pieces_of(name)}))


def _within(name: str, named: set[str]) -> bool:
    return not named or not name or name in named


def _longest(said: str, names: set[str]) -> set[str]:
    """Names said with as many letters as any of them is."""
    lengths = {name: max((len(alias) for alias in aliases(name) if alias in said), default=0) for name in names}
    longest = max(lengths.values(), default=0)
    return {name for name, length in lengths.items() if length == longest > 0}


@lru_cache(maxsize=4096)
def aliases(name: str) -> frozenset[str]:
    """What people call it: the whole name, without what stands in brackets, its telling words, without 보험 at the end."""
    bare = _BRACKETS.sub(" ", name)
    parts = [plain(part) for part in bare.split()]
    telling = [part for part in parts if part not in GENERIC]
    whole = {plain(name), "".join(parts), "".join(telling), *telling}
    return frozenset(alias for alias in whole | _shortened(whole) if len(alias) >= SHORTEST and alias not in GENERIC)


def _shortened(names: Iterable[str]) -> set[str]:
    return {_KIND.sub("", name) for name in names}
