"""Which side of an amount is meant: 3일 이내, 3일까지, 최대 3일 are above-bounded (+1); 3일 이상, 3일이 지나, 3일부터 below (−1)."""

import re

from engine.ground.folding import fold
from engine.ground.numbers import Amount

_UPPER = re.compile(
    r"^\s?(?:을|를|이|가|의|은|는)?\s?(?:이내|이하|까지|한도|안(?:에|으로|이|쪽)|내(?:에|로)|미만|못\s?미치|(?:이|을|를)?\s?(?:넘|초과하)지|이전|전(?:에|까지)|범위|(?:이|가)?\s?(?:안|덜)\s?(?:됐|된|되|지났|지난|넘)|(?:이|가)\s?되기\s?전|(?:이|가)?\s?지나지|도\s?(?:안|채)|밖에)"
)
_LOWER = re.compile(
    r"^\s?(?:을|를|이|가|은|는)?\s?(?:이상|초과(?!하지)|넘(?!지)|부터|이후|경과|지나(?!지)|지난|지났|뒤(?:에|부터)?|후(?:에|부터)?|째부터|보다\s?(?:많|크|길|높))"
)
_UPPER_BEFORE = re.compile(r"(?:최대|최고|많아야|길어야|늦어도)\s?$")
_LOWER_BEFORE = re.compile(r"(?:최소|최저|적어도)\s?(?:한\s?)?$")
_STRICT = re.compile(r"^\s?(?:을|를|이|가)?\s?(?:미만|초과(?!하지)|넘(?!지)|보다)")
_LOOSE = re.compile(r"^\s?(?:이상|이하|이내|까지)")


def side(text: str, amount: Amount) -> int:
    """+1, −1 or 0 without a bound. `amount` lies in `text`."""
    behind, before = fold(text[amount.end : amount.end + 14]), fold(text[max(0, amount.start - 6) : amount.start])
    if _UPPER.match(behind):
        return 1
    if _LOWER.match(behind):
        return -1
    return 1 if _UPPER_BEFORE.search(before) else -1 if _LOWER_BEFORE.search(before) else 0


def strictness(text: str, amount: Amount) -> int:
    """+1: the amount itself is outside (미만, 초과), −1: inside (이상, 이하, 이내), 0: not said."""
    behind = fold(text[amount.end : amount.end + 8])
    return 1 if _STRICT.match(behind) else -1 if _LOOSE.match(behind) else 0
