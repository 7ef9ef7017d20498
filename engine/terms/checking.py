"""An answer's claims (X의 증상은 Y, Z는 X에 안전하다) against what a dictionary knows. It uses no model.

It says something only where the dictionary covers what is claimed: a relation is called unknown when the head has others of the
kind and the tail is a thing that stands in such relations; everything else passes. A flag is a reason to look, no verdict.
"""

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from engine.terms.model import IS_A, Flag, Mention
from engine.terms.sentences import sentences

if TYPE_CHECKING:
    from engine.terms.dictionary import Dictionary

_WORDS = {
    "symptom": r"증상|증세|징후",
    "cause": r"원인|위험\s?인자|위험\s?요인",
    "treatment": r"치료제|치료약|치료\s?약물|치료법|치료\s?방법|치료",
    "test": r"진단\s?검사|검사법|검사|진단법",
    "complication": r"합병증|후유증",
    "contraindication": r"금기증|금기\s?약물|금기약|금기",
}
_RELATION = re.compile("|".join(f"(?P<{name}>{words})" for name, words in _WORDS.items()))
_OF = re.compile(
    r"(?:의|에서|에|은|는|이|가|\s?환자의|\s?환자에서)?\s*(?:(?:주요|대표적인|대표적|흔한|가장\s흔한|전형적인|주된|일반적인|초기|중요한|직접적인|일차|기본)\s*)*"
)
_TOPIC = re.compile(r"\s?(?:은|는|이|가|도|또한|역시)\s*(?:[가-힣]{1,6}(?:적인|한|히|게|로)\s)?\s*")
_LISTS = re.compile(r"\s?(?:으로는|로는|으로|로|에는|들은|에|은|는|이란|이|가|:|에\s관해)\s*")
_IS = re.compile(
    r"\s?(?:이다|입니다|이에요|예요|이며|이고|이자|이므로|으로\s?(?:쓰|사용|알려|꼽|분류)|로\s?(?:쓰|사용|알려|꼽|분류)|에\s?(?:쓰|사용|이용|효과)|의?\s?(?:중|가운데|하나|일종)|중\s?하나)"
)
_IS_NOT = re.compile(r"\s?(?:이|가|은|는)?\s?(?:아니|아닙|아닌|아녜)")
_NOT = re.compile(
    r"(?:하|되|이|나타나|쓰|생기|있)?지(?:는|도)?\s?(?:않|못)|아니[라다며고]|아닙니다|없(?:다|습|어|으며|고)|안\s?(?:씁니다|쓴다|쓰)"
)
_SAFE = re.compile(
    r"안전(?:하(?!지)|합|한|히)|문제\s?(?:가\s)?없|괜찮(?!지)|(?:사용|복용|투여|처방|먹|써)(?:해|어)?도\s?(?:됩|된|되|좋|무방)|써도\s?(?:됩|된|되|좋)|부담\s?없이"
)
_FORBIDDEN = re.compile(
    r"금기|금지|금하|피해야|피하|삼가|(?:하|쓰|먹)면\s?안|쓰지\s?(?:않|말)|(?:사용|복용|투여)하지\s?(?:않|말|못)"
)
_GIVEN = re.compile(
    r"\s?(?:을|를|이|가|은|는|으로|로|등을|등으로|등이)\s?[^.]{0,20}?(?:치료|투여|복용|사용|처방|쓴다|씁니다|쓰입|쓰인|효과)"
)
_FOR = re.compile(
    r"\s?(?:환자)?(?:에게는|에게|에는|에서는|에서|에|은|는|을|를|의\s치료에는|의\s치료에|일\s때|이\s있으면)?\s"
)
_TURN = re.compile(r"하지만|그러나|반면|지만|으나|다만|대신|달리|비해|보다는|아니라|감별|구별|예방|제외")
"""Behind or around these words something else is said than a plain relation."""
_CAREFUL = re.compile(r"신중|주의|상의|상담|경우에\s?따라|드물|일부|수\s?있|논란|저용량|의사의|감시|모니터")
"""An answer that takes care claims no plain safety or ban."""
_ASKED = re.compile(r"[?？]\s*$|까요\.?\s*$|나요\.?\s*$")
_NEAR = frozenset({"symptom", "complication", "cause"})
"""Relations that books tell apart in different ways: chest pain is a symptom here, a complication there."""
SAFE = "safe"
ITEMS = 12
"""Tails of one claim that are looked at."""


class Claim(NamedTuple):
    """What a sentence says of two mentions. relation: one of RELATIONS, or `safe`."""

    head: Mention
    relation: str
    tail: Mention
    denied: bool
    careful: bool


def check_answer(terms: "Dictionary", question: str, answer: str) -> list[Flag]:
    """Flags in the order of the answer, each claim once."""
    found: dict[Flag, None] = {}
    for claim in claims_in(terms, question, answer):
        if flag := _judged(terms, claim):
            found[flag] = None
    return sorted(found, key=lambda flag: (flag.start, flag.end))


def claims_in(terms: "Dictionary", question: str, answer: str) -> Iterator[Claim]:
    """Claims of an answer between mentions that mean one term each."""
    mentions = [mention for mention in terms.link(answer) if not mention.candidates]
    spoken = False
    for start, end in sentences(answer):
        here = [mention for mention in mentions if start <= mention.start and mention.end <= end]
        text = answer[:end]
        if not here or _ASKED.search(text[start:]):
            continue
        claims = list(_of_sentence(text, start, here))
        if not claims and not spoken and not _RELATION.search(text, start):
            claims = list(_of_question(terms, question, text, start, here))
        spoken = True
        yield from claims


def _of_sentence(text: str, start: int, here: Sequence[Mention]) -> Iterator[Claim]:
    for place, head in enumerate(here):
        gap = _OF.match(text, head.end)
        named = _RELATION.match(text, gap.end()) if gap else None
        if named and named.lastgroup:
            yield from _around(text, start, here, place, named.lastgroup, named.end())
    if len(here) > 1:
        yield from _of_verbs(text, start, here)


def _around(text: str, start: int, here: Sequence[Mention], place: int, relation: str, end: int) -> Iterator[Claim]:
    """`Y는 X의 증상이다` looks back, `X의 증상은 Y, Z` looks on; X is here[place]."""
    head = here[place]
    denied = _IS_NOT.match(text, end) is not None
    if denied or _IS.match(text, end):
        if place and _topic(text, here[place - 1], head):
            denied = denied or _NOT.search(text, end) is not None
            yield Claim(head, relation, here[place - 1], denied, _is_careful(text, start))
    elif lists := _LISTS.match(text, end):
        yield from _listed(text, here[place + 1 :], head, relation, lists.end())


def _topic(text: str, tail: Mention, head: Mention) -> bool:
    return _TOPIC.fullmatch(text, tail.end, head.start) is not None


def _listed(text: str, behind: Sequence[Mention], head: Mention, relation: str, begin: int) -> Iterator[Claim]:
    rest = text[begin:]
    if _TURN.search(rest) or _RELATION.search(_without(rest, behind, begin)):
        return  # more than one thing is said
    denied = _NOT.search(rest) is not None
    for tail in behind[:ITEMS]:
        if tail.start >= begin:
            yield Claim(head, relation, tail, denied, _CAREFUL.search(rest) is not None)


def _without(rest: str, behind: Sequence[Mention], begin: int) -> str:
    """The text with its mentions blanked: 혈액 검사 is a term, no second relation; nor is 치료 behind a list of drugs."""
    kept = list(rest)
    for mention in behind:
        kept[max(0, mention.start - begin) : mention.end - begin] = " " * (mention.end - max(begin, mention.start))
    return re.sub(
        r"(?:치료|검사|증상|진단)(?:를|을|가|이|에|로|으로)?\s?(?:하|합|한|할|해|시행|사용|쓰|있|도움|나타|포함|이뤄|이루어)",
        "",
        "".join(kept),
    )


def _of_verbs(text: str, start: int, here: Sequence[Mention]) -> Iterator[Claim]:
    """Of two mentions alone in a sentence: one is safe, banned or given for the other."""
    if len({mention.term_id for mention in here}) != 2 or _TURN.search(text, start):
        return
    head, tail = here[0], here[1]
    rest = text[tail.end :]
    careful = _is_careful(text, start)
    if _FORBIDDEN.search(rest):
        yield Claim(head, "contraindication", tail, _NOT.search(re.sub(_FORBIDDEN, "", rest)) is not None, careful)
    elif _SAFE.search(rest) and not _NOT.search(_SAFE.sub("", rest)):
        yield Claim(head, SAFE, tail, False, careful)
    elif _FOR.match(text, head.end) and _GIVEN.match(text, tail.end):
        yield Claim(head, "treatment", tail, _NOT.search(rest) is not None, careful)


def _of_question(terms: "Dictionary", question: str, text: str, start: int, here: Sequence[Mention]) -> Iterator[Claim]:
    """`가려움과 설사입니다.` behind `심근경색의 증상은?`."""
    asked = [mention for mention in terms.link(question) if not mention.candidates]
    if len(asked) != 1 or any(mention.term_id == asked[0].term_id for mention in here):
        return
    gap = _OF.match(question, asked[0].end)
    named = _RELATION.match(question, gap.end()) if gap else None
    if named and named.lastgroup and not _TURN.search(text, start):
        denied = _NOT.search(text, start) is not None
        for tail in here[:ITEMS]:
            head = asked[0]._replace(start=tail.start, end=tail.end)  # it stands in the question, not here
            yield Claim(head, named.lastgroup, tail, denied, _is_careful(text, start))


def _is_careful(text: str, start: int) -> bool:
    return _CAREFUL.search(text, start) is not None


def _judged(terms: "Dictionary", claim: Claim) -> Flag | None:
    head, tail = claim.head.term_id, claim.tail.term_id
    if head == tail:
        return None
    known = _between(terms, head, tail)
    banned = "contraindication" in known
    relation = claim.relation
    if relation == SAFE:
        return _flag(terms, claim, "contraindication") if banned and not claim.careful else None
    if claim.denied:
        return _flag(terms, claim, relation) if relation in known and not claim.careful else None
    if relation in known or (relation in _NEAR and known & _NEAR):
        return None
    if relation == "treatment" and banned:
        return _flag(terms, claim, "contraindication") if not claim.careful else None
    if relation == "contraindication" and "treatment" in known:
        return _flag(terms, claim, "treatment") if not claim.careful else None
    if _covers(terms, head, relation, tail):
        return Flag(
            "unknown_relation", terms.named(head), relation, terms.named(tail), claim.tail.start, claim.tail.end
        )
    return None


def _flag(terms: "Dictionary", claim: Claim, relation: str) -> Flag:
    """What the dictionary says instead: the relation that it holds between the two."""
    start, end = min(claim.head.start, claim.tail.start), max(claim.head.end, claim.tail.end)
    return Flag("contradicted", terms.named(claim.head.term_id), relation, terms.named(claim.tail.term_id), start, end)


def _between(terms: "Dictionary", head: str, tail: str) -> set[str]:
    """Relations known between two terms, or kinds of them. A ban holds both ways, and what causes leads to."""
    heads, tails = _kin(terms, head), _kin(terms, tail)
    found = set()
    for one in heads:
        for relation in terms.around.get(one, ()):
            if relation.head == one and relation.tail in tails:
                found.add(relation.relation)
            elif relation.tail == one and relation.head in tails:
                found |= {"contraindication"} & {relation.relation}
                found |= {"cause"} if relation.relation == "complication" else set()
                found |= {"complication"} if relation.relation == "cause" else set()
    return found


def _kin(terms: "Dictionary", id_: str) -> set[str]:
    """A term, what it is a kind of, and what is a kind of it."""
    around = (relation for relation in terms.around.get(id_, ()) if relation.relation == IS_A)
    return {id_, *(end for relation in around for end in (relation.head, relation.tail))}


def _covers(terms: "Dictionary", head: str, relation: str, tail: str) -> bool:
    """Whether the dictionary knows relations of this kind of the head, and the tail as something that stands in them."""
    if not any(one.relation == relation and one.head == head for one in terms.around.get(head, ())):
        return False
    kind = terms.by_id[tail].kind
    return tail in terms.tails_of(relation) or (bool(kind) and kind in terms.kinds_of(relation))
