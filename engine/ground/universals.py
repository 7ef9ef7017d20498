"""Words that widen or narrow a statement: 언제든지, 조건 없이, 횟수 제한 없이; 에만, 반드시; 할 때마다. Said by the answer alone they
are claims of their own."""

import re

from engine.ground.folding import fold

_CLASSES = {
    "always": r"어떤\s?(?:경우|이유|사유|상황)에(?:도|서든|서도)|무조건|조건\s?없이|제한\s?없이|제한(?:이|은)?\s?없|무제한|언제든|언제나|항상|예외\s?없이|상관\s?없이|관계\s?없이|구분\s?없이|상관없|관계없|무관하게|따지지\s?않|모든\s?(?:경우|질병|사고|비용|암)|모두\s?동일|한도\s?없이|얼마든지|몇\s?번이든|누구나|누구든|동일하게|똑같이",
    "each": r"[는을ㄹ할될]\s?때\s?마다|[가-힣]+\s?시마다|번\s?마다|매번|여러\s?번|반복해서|횟수(?:에)?\s?(?:제한|상관|관계)",
    "at_once": r"즉시|곧바로|곧장|당일\s?(?:바로|부터)?|자동(?:으로|적)|별도(?:의)?\s?(?:신청|절차|심사|서류|청구|통지)\s?없이|심사\s?없이|서류\s?없이|신청\s?없이",
    "full": r"전액|전부|100\s?%|감액\s?없이|공제\s?없이|깎이지\s?않|줄지\s?않|그대로\s?(?:다\s?)?(?:받|지급)|모두\s?(?:받|지급|보상)",
    "only": r"(?:경우|때|사람|분|사고|질병|병원|기간|시)(?:에)?만|에\s?한(?:하여|해서?|정)|에\s?한함|만\s?(?:해당|가능|인정|보장|보상|지급)|뿐(?:이|입)|이어야만|해야만|여야만|만을\s",
    "must": r"반드시|필수|의무|꼭\s",
    "never": r"절대|결코|전혀\s|일절|일체",
}
CLASSES = {name: re.compile(pattern) for name, pattern in _CLASSES.items()}


def alone(said: str, shown: str) -> list[str]:
    """Classes that `said` uses and the clauses `shown` do not."""
    folded, clauses = fold(said), fold(shown)
    return [name for name, pattern in CLASSES.items() if pattern.search(folded) and not pattern.search(clauses)]
