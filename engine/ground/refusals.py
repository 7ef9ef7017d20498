"""Sentences that say "the clauses do not tell": 약관에 해당 내용이 없습니다, 확인할 수 없습니다, 안내해 드리기 어렵습니다.

A clause that excludes (보상하지 않습니다, 보장 대상이 아닙니다) is no refusal. Knows Korean only.
"""

import re

from engine.ground.folding import fold
from engine.ground.sentences import sentences

REFUSALS = (
    "약관에 해당 내용이 없습니다.",
    "제공된 약관에는 그 내용이 나와 있지 않습니다.",
    "질문하신 내용은 약관에서 확인할 수 없습니다.",
    "주어진 조항만으로는 답변드리기 어렵습니다.",
)
_TEXT = r"(?:약관|조항|문서|규정|자료|본문|조문|지문|증권|안내문|설명서|(?:보여|올려|제공해?|주신|주어진|제시된|제공된|위의?|해당)\s?[가-힣]{0,6}\s?(?:내용|정보))"
_SAID = r"(?:나와|나오|적혀|쓰여|써|명시\S{0,3}|기재\S{0,3}|언급\S{0,3}|포함\S{0,3}|규정\S{0,3}|서술\S{0,3}|설명\S{0,3}|다루\S{0,2}|정해\S{0,2}|정하\S{0,2}|담겨|들어|실려|표시\S{0,3}|안내\S{0,3}|보이|찾아지|확인되|제시\S{0,3}|수록\S{0,3}|존재하)"
_NOT = (
    r"(?:\s?(?:있|져|되어\s?있)?지(?:는|도|가)?\s?(?:않|못|않은)|\s?(?:있|져)?질?\s?않|안\s?(?:나|돼|되|적|보|써|쓰))"
)
_PATTERNS = (
    rf"{_SAID}\s?(?:있|져\s?있|되어\s?있)?지(?:는|도|가)?\s?(?:않|못)",
    r"(?:안|않)\s?(?:나와|나오|적혀|보이|쓰여|써|들어)\s?(?:있|네|습|요|어|는|ㅂ)?",
    r"(?:해당|관련|그런|그|이|질문하신|문의하신|물어보신|말씀하신|언급된|명시된|정해진|구체적인|대한|관한|해당하는|관련된|적힌|규정된|상응하는|직접적인|찾는|찾으시는)[^.!?\n]{0,14}?(?:내용|정보|규정|조항|언급|설명|근거|문구|항목|기준|안내|말|것|사항|부분|얘기|이야기)[은는이가도을를]?\s?(?:전혀\s?|따로\s?|별도로\s?|현재\s?)?(?:없|찾을\s?수\s?없|찾지\s?못|확인(?:할\s?수\s?없|되지\s?않|이\s?(?:안|어렵|불가)))",
    rf"{_TEXT}[^.!?\n]{{0,40}}?(?:내용|정보|규정|조항|언급|설명|근거|문구|항목|기준|안내|말|사항|부분|얘기|이야기)[은는이가도]?\s?(?:전혀\s?|따로\s?|별도로\s?)?없",
    rf"{_TEXT}(?:에서?는?|만으로는?|으로는?|상으?로?는?|을\s?봐서는|만\s?봐서는)?[^.!?\n]{{0,40}}?(?:찾을\s?수\s?없|찾지\s?못|확인할\s?수\s?없|확인되지\s?않|확인이\s?(?:안|어렵|불가)|확인하기\s?어렵|알\s?수\s?없|알기\s?어렵|판단할\s?수\s?없|판단하기\s?어렵|답(?:변)?(?:할|드릴|해\s?드릴)?\s?수\s?(?:가\s?)?없|답(?:변)?(?:하기|드리기|해\s?드리기|이)\s?(?:는\s?)?어렵)",
    r"(?:답변|답|대답|안내|말씀|설명|확인)(?:은|을|이)?\s?(?:해\s?)?(?:드리기|하기|드릴\s?수|할\s?수|해\s?줄\s?수)(?:가|는|도)?\s?(?:어렵|없|힘들|곤란)",
    r"(?:확인할|알|찾을|판단할|알려\s?드릴|말씀드릴)\s?(?:수|길|방법)(?:는|가|이|도)?\s?없(?:습|어|네|는|다|음|을)",
    r"(?:찾지|확인하지)\s?못(?:했|하)|찾을\s?수가?\s?없|확인되지\s?않(?:습|아|는|은|음)",
    r"(?:잘\s?)?모르겠|알지\s?못합|모릅니다",
    r"(?:에\s?대(?:한|해서?는?)|에\s?관(?:한|해서?는?))[^.!?\n]{0,20}(?:언급|내용|규정|정보|설명|안내)[은는이가도]?\s?(?:전혀\s?|따로\s?)?없",
)
_REFUSING = re.compile("|".join(_PATTERNS))
_NOT_REFUSING = re.compile(
    r"알\s?수\s?없는|모르는|확인되지\s?않은\s?(?:질병|사고|경우)|(?:원인|출처|행방)[을를이가]?\s?(?:알|모)"
)
_POLITE = re.compile(
    r"고객\s?센터|상담|문의|연락|확인(?:해|하시|을|이|하)|죄송|안타깝|양해|감사|안녕|도움이|참고(?:해|하|로|만)|알려\s?주|추가\s?(?:자료|정보)|다른\s?(?:조항|약관|부분)|보험(?:사|회사)에|콜센터|담당|설계사|필요(?:합|해|하)|추측|정확한|궁금|더\s?필요|살펴|보내\s?주|올려\s?주|제공해\s?주"
)
_FIGURE = re.compile(r"\d")


def refuses(sentence: str) -> bool:
    """Whether this one sentence says that the clauses do not tell."""
    folded = fold(sentence)
    return _REFUSING.search(folded) is not None and _NOT_REFUSING.search(folded) is None


def is_refusal(text: str) -> bool:
    """Whether the answer as a whole refuses: a refusing sentence, and beside it nothing but politeness and advice to ask."""
    said = [text[start:end] for start, end in sentences(text)]
    refused = [refuses(sentence) for sentence in said]
    others = [sentence for sentence, refusing in zip(said, refused, strict=True) if not refusing]
    return any(refused) and all(_POLITE.search(sentence) and not _FIGURE.search(sentence) for sentence in others)


def is_polite(sentence: str) -> bool:
    """Whether the sentence asserts nothing of the clauses: greetings, advice to ask the company."""
    return _POLITE_ALONE.search(fold(sentence)) is not None


_POLITE_ALONE = re.compile(
    r"(?:고객\s?센터|상담(?:사|원)?|콜센터|담당자|설계사|보험사|보험회사)[^.!?\n]{0,20}(?:문의|연락|확인|상담)|죄송|안녕하|감사(?:합|드)|도움이\s?되|참고(?:해\s?주|하세|하시|만)|(?:궁금|필요)[^.!?\n]{0,14}(?:말씀|문의|알려|물어|연락)"
    r"|^\s*(?:네|예|아니요|아니오|맞아요|맞습니다|그렇습니다|그래요|음|아|물론입니다|물론이죠|좋은\s?질문)[,.!\s]*$|정확한\s?(?:내용|사항|것|건)[^.!?\n]{0,30}(?:확인|문의)|^\s*(?:질문에\s?)?(?:답변|안내)\s?(?:드리|해\s?드리)[^.!?\n]{0,10}$"
)
