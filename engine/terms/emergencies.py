"""Emergencies that somebody tells of in everyday Korean: rules on the letters of a sentence. It knows no model and gives no advice.

Each rule is what standard triage teaching calls a red flag. A sentence counts when it tells of something now: not when it denies it, looks
back on something over, supposes it, or asks what a book says ("심근경색의 증상은?", "55세 남자가 … 가장 적절한 검사는?").
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.terms.emergency_rules import RULES, Rule
from engine.terms.folding import Folded, fold
from engine.terms.model import RedFlag
from engine.terms.sentences import sentences

if TYPE_CHECKING:
    from engine.terms.linking import Linker

_EXAM = re.compile(
    r"내원하|내원했|가장\s?(?:적절|적합|옳)|옳은\s?것|옳지\s?않은|다음\s?중|처치로|고르시오|고르세요|시행할\s?(?:검사|처치)|진단은\s*\?"
)
_CASE = re.compile(r"\d+세\s?(?:된\s?)?(?:남|여|환)")
"""How exams and textbooks put a case: by what they ask, or by somebody's age in plain style, as nobody speaks to a doctor."""
_SPOKEN = re.compile(r"(?:요|니다|니까|죠|네|어|해)[.!?~…ㅠㅜ\s]*(?:$|\n)|요[.!?~,]")
_NEAR = re.compile(
    r"제가|저는|저희|나는|내가|우리|아버지|어머니|아빠|엄마|남편|아내|와이프|할머니|할아버지|아들|딸이|친구가|동생이|언니|오빠|누나|형이|어떡|살려|도와"
)
_OURS = re.compile(
    r"제가|저는|저희|나는|내가|우리|아버지|어머니|아빠|엄마|남편|아내|와이프|할머니|할아버지|아들|딸|아기|아이가|친구가|동생|형이|누나|언니|오빠|지금|갑자기|어떡|살려|도와"
)
"""Words of somebody who tells of themselves or of somebody near."""
_BOOK = re.compile(
    r"(?:증상|원인|치료|정의|종류|특징|기전|예방|차이|뜻|의미|진단|기준|응급처치|대처|방법|이유|합병증|병명)(?:에는|이란|란|은|는|이|가|을|를|법|법은|에대해|에대해서)*(?:요|무엇|뭐|뭔|어떤|어떻게|알려|설명|말해|궁금|있나|있을|인가|뭘|[?？]|$)|"
    r"(?:이란|란|이라는게|이라는것은)(?:무엇|뭐|어떤)|예방하려면|예방하기|막으려면|무엇인가요|무엇입니까|무슨병|어떤병|어떤질환|왜생기|설명해|(?:다|라)고(?:들었|하던데|알고있)|다던데|다면서|공부|시험|강의|논문|드라마|소설|영화|뉴스|책에"
)
"""Questions about what is known, and stories."""
_NOW = re.compile(
    r"(?:아파|아픕|저려|저립|나요|와요|나와|났어|왔어|이에요|예요|같아|어요|아요|습니다|ㅂ니다|해요|합니다|돼요|됩니다|거든|는데|있어|싶어|먹었|삼켰|쓰러)"
)
_OVER = re.compile(
    r"(?:작년|재작년|예전|옛날|어릴때|어렸을때|학생때|\d+년전|몇년전|\d+개월전|\d+달전|몇달전|지난해|한때|과거)[^?]{0,60}(?:었|았|했|였|됐|렸|졌|겼|적이|적은)|(?:었|았|했|렸|났|왔)(?:었)?다가?(?:지금은|이제는|이젠|요즘은|오늘은)?[^?]{0,10}"
    r"(?:괜찮|나았|나아|멀쩡|가라앉|사라졌|없어졌|좋아졌|멈췄|그쳤)|(?:지금은|이제는|이젠|이제)(?:다)?(?:괜찮|나았|멀쩡|없어|안아|사라|가라앉|좋아)|은적이있|ㄴ적이|던적이|완치|나은지|적이있(?:었|습|어|는데지금)"
)
_IF = re.compile(
    r"만약|만일|혹시라도|(?:으면|하면|나면|오면|지면|되면|프면|리면|들면|이면|다면|키면|먹으면|거나하면)(?:어떻게|어떡|무엇|뭐|뭘|어디|119|병원|바로|즉시|응급|위험|안되|안돼|큰일|좋|해야|어쩌|죽|왜)|(?:때|경우)(?:에는|에|는|엔)?(?:어떻게|무엇|뭘|뭐|응급|119|병원에가|해야)|(?:할까봐|올까봐|날까봐|면어쩌)"
)
_NONE = re.compile(
    r"^(?:[가-힣]?(?:지|진|지는|지도|질)(?:는|를)?(?:않|못)|[픈은는한된난운던]?(?:증상|증세|통증|느낌|현상|것|건|게|거|적|일|편|정도|감각|생각|마음|기미)*(?:같은것)?(?:은|는|이|가|도|을|를|진)?"
    r"(?:전혀|별로|아예|아직|특별히|요즘은|한번도|거의|다행히)*(?:없(?!어서못)|않|아니|아닙|아녜|못느|안나|안느|안생|안아|안보))"
)
"""Denial right behind what was found: 가슴 통증은 없어요."""
_NONE_BEFORE = re.compile(r"(?:안|않고|없이|전혀안)$")
_LIST_NONE = re.compile(
    r"^[가-힣]{0,2}?(?:거나|이나|나|도|또는|,|하고|과|와|및|이랑)(?:(?!있|는데|지만|나요|어서|해서|면서|아요)[^.!?]){0,24}?(?:지는않|지않|지도않|없(?!애)|아닙|아니에)"
)
"""Denial of a list: 흉통이나 호흡곤란은 없습니다."""


def emergencies_in(text: str, own: "Linker | None" = None) -> list[RedFlag]:
    """Red flags in the order of the text, each rule once: by the shipped rules, and by the names of the owner's terms."""
    spans = list(sentences(text))
    if _is_exam(text):
        return []
    folded = [fold(text[start:end]) for start, end in spans]
    telling = [_tells(one.letters) for one in folded]
    found: dict[str, RedFlag] = {}
    for place, (start, _) in enumerate(spans):
        if not telling[place]:
            continue
        for rule in RULES:
            if rule.name not in found and (hit := _hit(rule, folded, telling, place)):
                first, last = start + folded[place].starts[hit[0]], start + folded[place].ends[hit[1] - 1]
                found[rule.name] = RedFlag(rule.name, first, last, text[first:last])
        for flag in _own(text, spans[place], own):
            found.setdefault(flag.name, flag)
    return sorted(found.values(), key=lambda flag: (flag.start, flag.name))


def _is_exam(text: str) -> bool:
    case = _CASE.search(text) is not None and not _SPOKEN.search(text)
    return (case or _EXAM.search(text) is not None) and not _NEAR.search(text)


def _tells(letters: str) -> bool:
    """Whether a sentence tells of something that is so."""
    book = _BOOK.search(letters) is not None and not (_OURS.search(letters) and _NOW.search(letters))
    return not (book or _OVER.search(letters) or _IF.search(letters))


def _hit(rule: Rule, folded: list[Folded], telling: list[bool], place: int) -> tuple[int, int] | None:
    """Where the rule's first part stands in this sentence, its other parts in it or the next to it; (start, end) of its letters."""
    letters = folded[place].letters
    for found in rule.parts[0].finditer(letters):
        if _denied(letters, found.start(), found.end()) or (rule.unless and rule.unless.search(letters)):
            continue
        near = [
            letters,
            *(folded[at].letters for at in (place - 1, place + 1) if 0 <= at < len(folded) and telling[at]),
        ]
        if all(any(_said(part, text) for text in near) for part in rule.parts[1:]):
            return found.span()
    return None


def _said(part: re.Pattern[str], letters: str) -> bool:
    return any(not _denied(letters, found.start(), found.end()) for found in part.finditer(letters))


def _denied(letters: str, start: int, end: int) -> bool:
    after = letters[end:]
    denied = _NONE.match(after) or _LIST_NONE.match(after)
    return denied is not None or _NONE_BEFORE.search(letters[:start]) is not None


def _own(text: str, span: tuple[int, int], own: "Linker | None") -> Iterator[RedFlag]:
    """The owner's phrases in a sentence, not denied."""
    if own is None:
        return
    start, end = span
    for mention in own.link(text[start:end]):
        if not _denied(fold(text[start:end]).letters, 0, len(fold(text[start : start + mention.end]).letters)):
            name = next(term.name for term in own.terms if term.id == mention.term_id)
            yield RedFlag(name, start + mention.start, start + mention.end, mention.surface)
