"""Does an answer hold what the reference says? Amounts, periods, yes or no, telling words. It knows nothing of clauses.

Rules, not understanding: every amount of the reference must stand in the answer, whatever its spelling (30만원 = 300,000원); with no
amount, half of its telling words must; and both must say yes or both no.
"""

import re

from engine.ground.numbers import Amount, read_amounts
from engine.korean.morphemes import pieces_of
from engine.retrieve.terms import flat, words

GROUNDS = frozenset({"article", "paragraph", "item", "chapter"})
"""Where it stands is no fact of the answer: a model need not cite."""
ENOUGH_WORDS = 0.5
"""Share of the reference's telling words that an answer without amounts must hold."""
_NO = re.compile(r"않|없|못\s?(?:하|받)|안\s?(?:되|됩|돼)|아니|아닙|제외|면책|불가|거절")


def holds_key_facts(question: str, reference: str, answer: str) -> bool:
    """Whether `answer` says the key facts of `reference`. What the question itself says is no fact of the answer."""
    if bool(_NO.search(reference)) != bool(_NO.search(answer)):
        return False
    wanted = _facts(question, reference)
    if wanted:
        said = read_amounts(answer)
        return all(any(fact.same(other) for other in said) for fact in wanted)
    telling = _words(reference) - _words(question) or _words(reference)
    return not telling or len(telling & _words(answer)) >= ENOUGH_WORDS * len(telling)


def _facts(question: str, reference: str) -> list[Amount]:
    asked = read_amounts(question)
    amounts = (amount for amount in read_amounts(reference) if amount.dimension not in GROUNDS)
    return [amount for amount in amounts if not any(amount.same(other) for other in asked)]


def _words(text: str) -> set[str]:
    return set(words(pieces_of(flat(text))))
