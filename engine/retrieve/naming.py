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
    "무배당 유배당 갱신형 비갱신형 해약환급금 미지급형 표준형 기본형 보통약관 특별약관 보험약관 주식회사 보험 "
    "우리 우리집 우리가족 우리아이 내차".split()
)
"""Parts of names that tell no product from another, or that are said of other things more often."""
KINDS = {
    "실손": ("실손보험", "실비보험", "실비", "실손"),
    "여행": ("여행자보험", "여행보험"),
    "어린이": ("어린이보험", "자녀보험", "아이보험", "태아보험"),
    "자동차": ("자동차보험", "차보험"),
    "운전자": ("운전자보험",),
    "반려": ("펫보험", "애견보험", "강아지보험", "고양이보험"),
    "펫": ("펫보험", "애견보험", "강아지보험", "고양이보험"),
    "치아": ("치아보험", "치과보험"),
    "화재": ("화재보험", "불보험"),
    "간병": ("간병보험", "치매보험"),
    "연금": ("연금보험", "연금저축"),
    "암": ("암보험",),
}
"""What people call a kind of insurance, by a word in the product's name."""
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
    """Names said with as many letters as any of them is, as a whole or in parts."""
    lengths = {name: max(_whole(name, said), _in_parts(name, said)) for name in names}
    longest = max(lengths.values(), default=0)
    return {name for name, length in lengths.items() if length == longest > 0}


def _whole(name: str, said: str) -> int:
    return max((len(alias) for alias in aliases(name) if alias in said), default=0)


def _in_parts(name: str, said: str) -> int:
    """Letters of a name said with words left out (가온 실비 for 가온 실속 실손의료비보험); 0: fewer than two words of it.

    One of them must be long enough for a name: 우리 and 가족 are said of other things too.
    """
    heard = [max((len(word) for word in part if word in said), default=0) for part in _words(name)]
    enough = max(heard, default=0) >= SHORTEST or any(word in said for word in _called(plain(name)))
    return sum(heard) if enough and sum(1 for length in heard if length) > 1 else 0


@lru_cache(maxsize=4096)
def _words(name: str) -> tuple[frozenset[str], ...]:
    """The telling words of a name, each as it stands, without 보험 at its end where enough is left, and as people call it."""
    parts = [plain(part) for part in _BRACKETS.sub(" ", name).split()]
    return tuple(
        frozenset({part, *_long(_shortened([part])), *_called(part)})
        for part in dict.fromkeys(parts)
        if len(part) > 1 and part not in GENERIC
    )


def _long(names: Iterable[str]) -> set[str]:
    return {name for name in names if len(name) >= SHORTEST}


def _called(name: str) -> set[str]:
    """Common names of the kinds of insurance a name speaks of."""
    return {alias for kind, called in KINDS.items() if kind in name for alias in called}


@lru_cache(maxsize=4096)
def aliases(name: str) -> frozenset[str]:
    """What people call it: the whole name, without what stands in brackets, its telling words, without 보험 at the end."""
    bare = _BRACKETS.sub(" ", name)
    parts = [plain(part) for part in bare.split()]
    telling = [part for part in parts if part not in GENERIC]
    whole = {plain(name), "".join(parts), "".join(telling), *telling}
    return frozenset((_long(whole | _shortened(whole)) | _called("".join(parts))) - GENERIC)


def _shortened(names: Iterable[str]) -> set[str]:
    return {_KIND.sub("", name) for name in names}
