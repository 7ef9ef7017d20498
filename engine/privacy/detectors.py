"""All detectors in their order of certainty, behind cheap gates. It finds; it does not replace.

A hit is blanked out of the working copy, so that a later detector cannot read a part of it: a phone number inside a
sentence about accounts stays a phone number, a given name inside a street stays a street.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from engine.privacy import accounts, addresses, birthdates, first_look, numbers, vehicles, web
from engine.privacy.asked import question_of
from engine.privacy.chains import straight
from engine.privacy.labels import Span, Tagger
from engine.privacy.name_fields import TITLE_SIGN
from engine.privacy.names import NameMatcher, default_matcher
from engine.privacy.normalise import Folded, fold
from engine.privacy.numbers import Hit
from engine.privacy.policy import DEFAULT, MaskPolicy

Detector = Callable[[str], Iterator[Hit]]

_DIGIT = re.compile(r"\d")
# Seven digits with no more than signs or a spoken dash between, or digits before a masked rest.
_LONG = re.compile(
    r"\d(?:(?:(?:[^\d가-힣]{0,7}|[ ]?[에의다대하짝작빼마슬바땡점쩜뒷][^\d]{0,4})\d){6}|[ -]?[*xX●○•#]{4})"
)
_SAID_UNIT = "[공영일이삼사오육륙칠팔구십]"
_SAID_SHORT = re.compile(
    "|".join(
        rf"{word}.{{0,20}}{_SAID_UNIT}{{2}}" for word in ("여권", "생년월일", "생일", "번호판", "차 ?번호", "민증")
    )
    + rf"|월 ?{_SAID_UNIT}{{1,3}} ?일 ?생|(?<![가-힣]){_SAID_UNIT}{{4}}(?![가-힣]{{3}})"
    rf"|{_SAID_UNIT}백? ?[가-힣](?:다시|[ 에의])*{_SAID_UNIT}{{4}}"  # 사십사가사사사사: a plate without a space
)
_ASCII = re.compile(r"[0-9A-Za-z@]|골[뱅벵]이")
_LATIN = re.compile(r"[A-Za-z0-9]{2}")

_LONG_NUMBERS: tuple[Detector, ...] = (
    numbers.rrn,
    numbers.card,
    numbers.phone,
    numbers.driver,
    numbers.brn,
    accounts.account,
    numbers.passport,
)


_NAMES, _NUMBERS = first_look.NAMED | first_look.SIGN, first_look.SIGN | first_look.DIGIT | first_look.ID


class _Working:
    """The text with every hit blanked, and the hits."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.hits: list[Hit] = []

    def claim(self, found: Iterable[Hit]) -> None:
        """Take what does not touch an earlier hit."""
        hits = list(found)
        if not hits:
            return
        pieces, at = [], 0
        for start, end, label, confidence in sorted(hits, key=lambda hit: (hit[0], -hit[1])):
            if at <= start < end and "\0" not in self.text[start:end]:
                pieces += [self.text[at:start], "\0" * (end - start)]
                self.hits.append((start, end, label, confidence))
                at = end
        if pieces:
            self.text = "".join([*pieces, self.text[at:]])


def detect(text: str, names: NameMatcher | None = None, seen: int = first_look.EVERYTHING) -> list[Hit]:
    """Hits in folded text, sorted, not overlapping. `seen`: what a first look saw in it."""
    work = _Working(text)
    if seen & first_look.SIGN or seen & first_look.UNITS >= first_look.MANY:
        if _ASCII.search(text):
            _claim_ascii(work)
        else:
            _claim_hangul(work)
    else:
        if seen & first_look.DIGIT:
            _claim_numbers(work)
        if seen & first_look.ID:
            _claim_handles(work)
    if work.hits or _may_name(text, seen):
        for hit in (names or default_matcher()).find(work.text):
            work.hits.append((hit.start, hit.end, "PERSON", hit.confidence))
    return sorted(work.hits) if work.hits else []


def _may_name(text: str, seen: int) -> bool:
    return seen & _NAMES != 0 or (seen & first_look.TITLED != 0 and TITLE_SIGN.search(text) is not None)


def _claim_hangul(work: _Working) -> None:
    if addresses.LIVES_SIGN.search(work.text):
        work.claim(addresses.address(work.text))
    _claim_straight(work, said=True)
    if _SAID_SHORT.search(work.text):
        _claim_said_short(work)


def _claim_ascii(work: _Working) -> None:
    if "@" in work.text or _LATIN.search(work.text) or web.EMAIL_SIGN.search(work.text):
        _claim_web(work)
    _claim_straight(work, said=True)
    if _SAID_SHORT.search(work.text):
        _claim_said_short(work)
    if _DIGIT.search(work.text):
        _claim_numbers(work)
    elif addresses.LIVES_SIGN.search(work.text):
        work.claim(addresses.address(work.text))
    _claim_handles(work)


def _claim_handles(work: _Working) -> None:
    if first_look.ID_LIKE.search(work.text) and web.HANDLE_SIGN.search(work.text):
        work.claim(web.handle(work.text))


def _claim_web(work: _Working) -> None:
    if first_look.LINK_SIGN.search(work.text):
        work.claim(web.url_token(work.text))
    if web.EMAIL_SIGN.search(work.text):
        work.claim(web.email(work.text))


def _claim_straight(work: _Working, said: bool) -> None:
    """Long numbers in a disguise, read in a view where they are plain."""
    view = straight(work.text, said)
    if view is None:
        return
    plain = _Working(view.text)
    for detector in (*_LONG_NUMBERS, web.ip):
        plain.claim(detector(plain.text))
    work.claim((*view.original(start, end), label, confidence) for start, end, label, confidence in plain.hits)


def _claim_said_short(work: _Working) -> None:
    """Short numbers in words, after the word that names them."""
    for detector in (numbers.passport, birthdates.birthdate, vehicles.plate):
        work.claim(detector(work.text))


def _claim_numbers(work: _Working) -> None:
    if web.IP_SIGN.search(work.text):
        work.claim(web.ip(work.text))
    long = _LONG.search(work.text) is not None
    if long:
        _claim_long(work)
    before = len(work.hits)
    if birthdates.SIGN.search(work.text):
        work.claim(birthdates.birthdate(work.text))
    if vehicles.SIGN.search(work.text):
        work.claim(vehicles.plate(work.text))
    if addresses.SIGN.search(work.text) or addresses.LIVES_SIGN.search(work.text):
        work.claim(addresses.address(work.text))
    if long and len(work.hits) > before:
        _claim_long(work)  # what ends before a date, a plate or an address goes on no further: M12345678 90년생


def _claim_long(work: _Working) -> None:
    for detector in _LONG_NUMBERS:
        work.claim(detector(work.text))
    _claim_straight(work, said=True)
    _claim_straight(work, said=False)


def find_spans(text: str, names: NameMatcher | None = None, policy: MaskPolicy = DEFAULT) -> list[Span]:
    """Personal data in `text`: code points of the original, sorted, not overlapping. Without `names`, third parties only."""
    names = names or default_matcher()
    return _spans(text, names, names.look.of(text), policy)


def _spans(text: str, names: NameMatcher, seen: int, policy: MaskPolicy) -> list[Span]:
    if policy is DEFAULT and not _may_hold(text, seen):
        return []
    folded = fold(text)
    hits = detect(folded.text, names, seen)
    spans = _originals(folded, hits) if hits else []
    if policy is DEFAULT:
        return spans
    return with_others(spans, _originals(folded, _wider(folded.text, policy)))


def _may_hold(text: str, seen: int) -> bool:
    """Whether any detector could find something."""
    return seen & (_NUMBERS | _NAMES) != 0 or seen & first_look.UNITS >= first_look.MANY or _may_name(text, seen)


def _originals(folded: Folded, hits: Iterable[Hit]) -> list[Span]:
    spans: list[Span] = []
    for start, end, label, confidence in hits:
        at, to = folded.original(start, end)
        if not spans or at >= spans[-1].end:
            spans.append(Span(at, to, label, confidence))
    return spans


def _wider(text: str, policy: MaskPolicy) -> list[Hit]:
    """What only a policy masks. Imported late: most owners never ask for it."""
    work = _Working(text)
    if policy.company_lines:
        work.claim(numbers.public_line(text, "company"))
    if policy.crisis_lines:
        work.claim(numbers.public_line(work.text, "crisis"))
    if policy.quasi:
        from engine.privacy.quasi import quasi

        work.claim(quasi(work.text))
    return sorted(work.hits)


def find_all(
    texts: Sequence[str],
    names: NameMatcher | None = None,
    taggers: Sequence[Tagger] = (),
    policy: MaskPolicy = DEFAULT,
) -> list[list[Span]]:
    """`find_spans` of many texts of one chat, in order: taggers work in batches, and a bare number is read with the question
    before it. What a rule found outranks a tagger.

    Every different text is looked at once: a third of a chat is ㅋㅋ, 응 and the like.
    """
    names = names or default_matcher()
    looks = {text: names.look.of(text) for text in dict.fromkeys(texts)}
    least = first_look.FEW if policy is DEFAULT else 0
    each = {text: _spans(text, names, seen, policy) if seen >= least else [] for text, seen in looks.items()}
    found = [each[text] for text in texts]
    answers = {
        text
        for text, seen in looks.items()
        if seen >= first_look.FEW and _may_answer(seen) and all(span.label == "PERSON" for span in each[text])
    }
    for place, text in enumerate(texts) if answers else ():
        if text in answers and (word := question_of(texts, place)):
            found[place] = with_others(found[place], _answers(word, text, names))
    for tagger in taggers:
        tagged = dict(zip(each, tagger.tag(list(each), list(each.values())), strict=True))
        found = [with_others(spans, tagged[text]) for spans, text in zip(found, texts, strict=True)]
    return found


def _may_answer(seen: int) -> bool:
    """Whether a text could be no more than a number or an account's name."""
    return seen & _NUMBERS != 0 or seen & first_look.UNITS >= first_look.FEW


def _answers(word: str, text: str, names: NameMatcher | None) -> Iterator[Span]:
    """What `text` holds when it answers a question for `word`."""
    lent = len(word) + 1
    for span in find_spans(f"{word} {text}", names):
        if span.label != "PERSON" and span.start >= lent:
            yield Span(span.start - lent, span.end - lent, span.label, min(span.confidence, 0.7))


def with_others(spans: list[Span], others: Iterable[Span]) -> list[Span]:
    """`spans` and those of `others` that touch none of them, sorted."""
    free = [other for other in others if all(other.end <= span.start or span.end <= other.start for span in spans)]
    return sorted([*spans, *free], key=lambda span: span.start) if free else spans
