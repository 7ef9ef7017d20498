"""What is wrong with an answer whatever the clauses say: tails, foreign scripts, repetition, a cut-off end.

A topic break without a known phrase needs the clauses and is found in judge.py. It knows no language but Korean: a quotation
that stands in question or clause is never foreign.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from engine.ground.folding import fold
from engine.ground.morphs import Morph, morphs
from engine.ground.sentences import sentences
from engine.ground.verdict import Kind

MOST_READ = 20_000
"""Code points that are looked at: an answer longer than this has shown its flaws before."""
TAIL_PHRASES = ("이번에 새로 나온", "Este es", "Ich möchte", "이번엔", "이번에")
"""Stop phrases of the owner's trials."""
_ECHO = re.compile(
    r"#{2,}\s*(?:지시|입력|출력|질문|답변|응답|Instruction|Input|Output|Response)|\[보험약관\]|<\|[a-z_]+\|>|<(?:/?s|eos|bos|pad|unk)>|\[/?INST\]"
    r"|(?:^|[\n.!?]\s*)(?:질문|답변|사용자|고객|상담원|Q|A|User|Assistant|Human|System)\s?\d*\s?[::]\s?(?=\S)",
)
_AD = re.compile(
    r"https?://|www\.|\b[\w-]{1,30}\.(?:com|co\.kr|net|kr)\b|지금\s?(?:바로\s?)?(?:가입|전화|신청|클릭|상담|구매|다운|확인|만나)|(?:무료|특가|할인|이벤트|쿠폰|경품|사은품|프로모션|혜택)[^.!?\n]{0,15}(?:받으세요|드립니다|드려요|놓치지|만나|신청|진행|참여)"
    r"|구독|좋아요[^가-힣]|팔로우|블로그|유튜브|채널|기자|앱을?\s?(?:다운|설치)|지금\s?바로|놓치지\s?마|친구\s?추가|재택\s?(?:부업|알바)|대출\s?(?:상담|가능)"
)
_SCRIPTS = re.compile(
    r"[\u3040-\u30ff]+|[\u0400-\u04ff]+|[\u0600-\u06ff]+|[\u0e00-\u0e7f]+|[\u0900-\u097f]+|[\u0590-\u05ff]+|[\u0370-\u03ff]{2,}|[\u3400-\u4dbf\u4e00-\u9fff]+"
)
_LATIN = re.compile(r"[A-Za-zÀ-ÖØ-öø-ÿ][A-Za-zÀ-ÖØ-öø-ÿ'’-]*(?:\s+[A-Za-zÀ-ÖØ-öø-ÿ'’-]+)*")
_ABBREVIATION = re.compile(
    r"^[A-Z0-9&/-]{1,6}$|^(?:MRI|CT|PET|ICU|FAX|ARS|vs|km|cm|kg|App|app|PC|No|SMS|email|e-mail|E-mail)$"
)


@dataclass(frozen=True, slots=True)
class Flaw:
    """One span of the answer that is wrong in form."""

    start: int
    end: int
    kind: Kind


def find_flaws(answer: str, shown: str, ended: bool | None) -> list[Flaw]:
    """Every flaw; `shown` is question and clauses together: what stands there is nobody's invention. `ended`: the end token came."""
    answer = answer[:MOST_READ]
    found = [*_echoes(answer, shown), *_foreign(answer, shown), *_repeated(answer)]
    cut = cut_off_at(answer, ended)
    if cut is not None and not any(flaw.end >= len(answer.rstrip()) for flaw in found):
        found.append(Flaw(cut, len(answer), "cut_off"))
    return found


def _echoes(answer: str, shown: str) -> list[Flaw]:
    """From a tail phrase, an echo of the prompt or an advertisement to the end."""
    starts = [match.start() for match in _ECHO.finditer(answer)]
    spans = sentences(answer)
    for number, (start, end) in enumerate(spans):
        sentence = answer[start:end]
        opening = any(sentence.startswith(phrase) for phrase in TAIL_PHRASES) and not any(
            phrase in shown for phrase in TAIL_PHRASES if sentence.startswith(phrase)
        )
        advert = _AD.search(sentence)
        if (opening and number) or (advert and advert.group() not in shown):
            starts.append(start)
    starts += [at for phrase in TAIL_PHRASES[:3] if phrase not in shown and (at := answer.find(phrase)) >= 0]
    return [Flaw(min(starts), len(answer.rstrip()), "tail")] if starts else []


def _foreign(answer: str, shown: str) -> list[Flaw]:
    found = [
        Flaw(m.start(), m.end(), "foreign_script")
        for m in _SCRIPTS.finditer(answer)
        if m.group() not in shown and (len(m.group()) > 1 or _in_word(answer, m.start(), m.end()))
    ]
    known = shown.casefold()
    for match in _LATIN.finditer(answer):
        words = [w for w in match.group().split() if not _ABBREVIATION.match(w) and w.casefold() not in known]
        if len(words) >= 2 or any(len(word) >= 4 and not word.isupper() for word in words):
            found.append(Flaw(match.start(), match.end(), "foreign_script"))
    return [_as_tail(answer, flaw) for flaw in found]


def _as_tail(answer: str, flaw: Flaw) -> Flaw:
    """A whole sentence in another language behind a Korean one is a tail; words of one inside a sentence are not."""
    for start, end in sentences(answer)[1:]:
        if start <= flaw.start < end and not re.search(r"[가-힣]", answer[start:end]):
            return Flaw(start, end, "tail")
    return flaw


def _in_word(text: str, start: int, end: int) -> bool:
    """A single ideograph is let pass in brackets and alone (前, 後); inside a Korean word or a sum it is a slip: 7万원."""
    return bool(re.match(r"[가-힣\d]", text[end : end + 1])) or bool(re.search(r"[가-힣\d]$", text[:start][-1:]))


_LEADING = re.compile(
    r"^(?:즉|다시\s?말해서?|정리하면|요약하면|결국|말하자면|한마디로|또한|따라서|그러므로|그래서|그러니까|결론적으로)[,\s]+"
)


def _repeated(answer: str) -> list[Flaw]:
    spans = sentences(answer)
    said = [re.sub(r"\W", "", _LEADING.sub("", answer[start:end])) for start, end in spans]
    for number, text in enumerate(said):
        if len(text) >= 6 and text in said[:number]:
            return [Flaw(*spans[number], "repetition")]
    words = [(m.group(), m.start(), m.end()) for m in re.finditer(r"\S+", answer)]
    return _run(words) or _grams(words)


def _run(words: list[tuple[str, int, int]]) -> list[Flaw]:
    """One to five words said three times in a row (one word of a single syllable: five times)."""
    forms = [re.sub(r"[^\w%]", "", word) for word, _, _ in words]
    for size in range(1, 6):
        times = 5 if size == 1 else 3
        for at in range(len(forms) - size + 1):
            piece = forms[at : at + size]
            enough = 3 if size == 1 and len(piece[0]) > 1 else times
            if any(piece) and all(forms[at + size * k : at + size * (k + 1)] == piece for k in range(1, enough)):
                return [Flaw(words[at][1], words[-1][2], "repetition")]
    return []


def _grams(words: list[tuple[str, int, int]]) -> list[Flaw]:
    """Five words that come back three times, or one string of letters that repeats without spaces."""
    grams = Counter(tuple(word for word, _, _ in words[at : at + 5]) for at in range(len(words) - 4))
    for gram, times in grams.items():
        if times >= 3:
            at = next(i for i in range(len(words)) if tuple(w for w, _, _ in words[i : i + 5]) == gram)
            return [Flaw(words[at][1], words[-1][2], "repetition")]
    for word, start, end in words:
        if (again := re.search(r"([가-힣]{2,12}?)\1{2,}|([가-힣])\2{4,}", word[:2000])) is not None:
            return [Flaw(start + again.start(), min(end, start + again.end()), "repetition")]
    return []


_HANGING = {
    "JKS",
    "JKO",
    "JKG",
    "JKC",
    "EC",
    "ETM",
    "EP",
    "XPN",
    "MM",
    "JC",
    "SP",
    "SSO",
    "MAJ",
    "SO",
    "VV",
    "VA",
    "VX",
    "XSV",
    "XSA",
    "VCP",
}
_HANGING_LONG = {"JX", "JKB", "SN", "NR", "MAG"}
_CLOSING = frozenset(
    "지급 보상 보장 가능 불가 불가능 제외 해당 포함 면제 적용 제출 필요 이내 이상 이하 미만 초과 한도 대상 없음 있음 인정 환급 원 것 예정 때문".split()
)
_LONG = 40
"""Code points: a phrase this long that ends in a noun without a point was cut, unless the noun closes telegrams (지급, 가능)."""
_SHORT = 14
"""Code points: an answer this short may end in a particle (30일까지) or a figure."""


def cut_off_at(answer: str, ended: bool | None) -> int | None:
    """Where the unfinished last sentence begins; None when the answer ends as a sentence or a phrase does."""
    spans = sentences(answer)
    if not spans:
        return None
    start, end = spans[-1]
    last = fold(answer[start:end])
    if re.search(r"[.!?。]['\")\]”’]*$|[)\]~♡^ㅎㅋ]$", last) and not last.endswith(("(", "[")):
        return start if _open_bracket(last) else None
    if ended is False or _HALF_ENDING.search(last):
        return start
    tokens = [m for m in morphs(last[-400:])]
    if not tokens:
        return None
    tag = tokens[-1].tag
    if tag == "JX" and tokens[-1].form == "요":
        return None
    if tag in _HANGING and not (tag == "EC" and _ends_like_sentence(last)):
        return start
    told = any(re.search(r"[다요죠]\s?[.!?]", answer[left:right]) for left, right in spans[:-1])
    if tag in ("NNG", "NNP", "SN", "XR") and _left_open(tokens, last):
        return start
    if told and tag not in ("EF", "ETN") and len(last) > _SHORT and not _ends_like_sentence(last):
        return start
    if tag in ("NNG", "NNB", "NNP", "SN", "MM") and len(answer.strip()) > _LONG and tokens[-1].form not in _CLOSING:
        return start
    return start if tag in _HANGING_LONG and len(answer.strip()) > _SHORT else None


_HALF_ENDING = re.compile(
    r"(?:[됩합습입립십줍킵납깁]니|\d\s?(?:영업|만|천|백|억)|드립|[가-힣]됩|[있없않였었했겠받]습|(?<![종복결조통연총화혼])(?<=[가-힣])합|[원일회년월번]입)$"
)
"""합, 드립, 있습: the first syllable of an ending without the rest."""


_OPENING = re.compile(r"^(?:또한|다만|그리고|그러나|따라서|단),?\s")


def _left_open(tokens: Sequence[Morph], last: str) -> bool:
    """Whether a joining ending (지급하고, …이며) or 또한 · 다만 opened a statement that has no predicate: 50만원을 지급하고, 입원."""
    if tokens[-1].form in _CLOSING:
        return False
    joints = [at for at, m in enumerate(tokens) if m.tag == "EC" and m.form in ("고", "며", "으며", "지만", "이며")]
    if not joints:
        return _OPENING.match(last) is not None and not any(m.tag[:1] == "V" or m.tag in ("XSV", "XSA") for m in tokens)
    rest = tokens[joints[-1] + 1 :]
    return len(rest) > 0 and not any(m.tag[:1] == "V" or m.tag in ("XSV", "XSA", "ETN") for m in rest)


def _open_bracket(text: str) -> bool:
    return text.count("(") > text.count(")") + 1


def _ends_like_sentence(text: str) -> bool:
    """Endings that Kiwi reads as connective though talk ends in them: 나와요 aside, 받아 · 되지 · 하거든 · 나오는데."""
    return re.search(r"(?:요|죠|거든|는데|잖아|네|어|아|지|해|돼|다|까|니)$", text) is not None and not re.search(
        r"(?:하지|되지|지지|받지|않아야|어야|면서|으며|하고)$", text
    )
