"""Who did what, by a summary and by its dialogue: `민수는 표를 예매하기로 했다` where 지우 said `내가 표 예매할게`.

Rules over words and endings, made to be right when they call something wrong: a claim counts as wrong only when another speaker says
its words in the first person (or says them at all, for what somebody is said to have said) and the one it names says none of
them. It counts as right when the one named says most of its words. Everything else could not be judged, and is counted as such.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from engine.dialogue.turns import speakers_of, turns_of
from engine.evaluate.rouge import MARK
from engine.korean.morphemes import Piece, pieces_of_all

_TELLING = frozenset("NNG NNP SN SL XR VV VA".split())
_EMPTY_WORDS = frozenset(
    "하다 되다 있다 없다 보다 오다 가다 같다 말다 그렇다 이렇다 어떻다 말 이야기 얘기 대화 것 때 경우 일 생각 사람 오늘 지금 그때 정도 약속 결정 "
    "제안 부탁 권유 추천 요청 설명 질문 대답 답 답하다 묻다 말씀 조언 동의 계획 확인 안내 알리다 전하다 물어보다 권하다 정하다".split()
)
"""Words that tell nothing about who did it: they report, or everybody says them."""
_RECEIVES = frozenset(
    "듣다 알다 받다 받 배우다 따르다 동의 수락 거절 거절하다 승낙 응하다 감사 고맙다 확인 이해 공감 반대 사과 걱정 놀라다 축하 위로 답 답하다 대답 함께 같이 "
    "서로 모두 둘".split()
)
"""What one does about the words of another, or with him: they may well be said by the other."""
_ASKS = frozenset("묻다 물어보다 질문 문의".split())
_SAYS = frozenset("말 말하다 부탁 제안 권하다 권유 추천 조언 요청 설명 알리다 전하다 주장 조르다 당부".split())
_QUOTES = re.compile(r"(?:다|라|자|달라|으라|이라)(?:고|며|면서)$")
_WILL = re.compile(r"^(?:ᆯ게|을게|ᆯ게요|을게요|ᆯ래|을래|ᆯ래요|을래요|려고|으려고|려고요|으려고요|ᆯ려고)$")
_OF_ME = frozenset("나 내 저 제".split())
_OF_YOU = frozenset("너 네 니 당신 자네 너희 우리 저희 자기".split())
_GIVES = frozenset("주 드리 주다 드리다".split())

Verdict = Literal["right", "wrong", "unknown"]


@dataclass(frozen=True, slots=True)
class Claim:
    """What the summary says that one speaker did: [start, end) in code points of the summary."""

    start: int
    end: int
    speaker: str
    verdict: Verdict
    said_by: str | None = None
    """Who said it, where the claim is wrong."""
    turn: int | None = None
    """0-based turn of the dialogue that shows it."""


@dataclass(frozen=True, slots=True)
class _Said:
    """One sentence of a turn."""

    turn: int
    speaker: str | None
    words: frozenset[str]
    asks: bool
    own: bool
    """Whether it says what the speaker did or will do."""
    gives: bool


def claims_of(dialogue: str, answer: str) -> list[Claim]:
    """Every claim of the answer about one speaker, in order; none where fewer than two speakers are named."""
    speakers = speakers_of(dialogue)
    if len(speakers) < 2:
        return []
    pattern = _names_of(speakers)
    pieces = next(pieces_of_all([answer], whole=pattern))
    names = {name.casefold(): name for name in speakers}
    said = _said_in(dialogue, pattern)
    return [_judged(segment, names, said) for segment in _segments(pieces, names)]


def _judged(segment: "_Segment", names: dict[str, str], said: Sequence[_Said]) -> Claim:
    speaker = names[segment.pieces[0].form]
    start, end = segment.pieces[0].start, segment.pieces[-1].end
    telling = _words(segment.pieces[1:]) - names.keys() - _EMPTY_WORDS
    mine = telling & _all_words(one for one in said if one.speaker == speaker)
    others = telling & _all_words(one for one in said if one.speaker != speaker)
    if not segment.plain:
        return Claim(start, end, speaker, "unknown")
    shown = None if mine - others else _shown_by_another(segment, speaker, others - mine, len(others), said)
    if shown is not None:
        return Claim(start, end, speaker, "wrong", shown.speaker, shown.turn)
    only = mine - others
    own = any(one.own and one.words & only and len(one.words & mine) >= 2 for one in said if one.speaker == speaker)
    right = len(only) >= (1 if own else 2) and len(only) >= 2 * len(others - mine)
    return Claim(start, end, speaker, "right" if right else "unknown")


def _shown_by_another(
    segment: "_Segment", speaker: str, theirs: frozenset[str], known: int, said: Sequence[_Said]
) -> _Said | None:
    """The sentence by which another speaker is the one who did or said it. `theirs`: telling words that only others say, most of the
    `known` that the dialogue has."""
    forms = {piece.form for piece in segment.pieces}
    if forms & _RECEIVES or 5 * len(theirs) < 3 * known:
        return None
    reports, asks = _is_said(segment.pieces), bool(forms & _ASKS)
    best = max(
        (one for one in said if one.speaker not in (None, speaker)),
        key=lambda one: len(one.words & theirs),
        default=None,
    )
    if (
        reports
        and len(theirs) >= 2 + (known > len(theirs))
        and best
        and best.words & theirs
        and (best.asks or not asks)
    ):
        return best
    own = (one for one in said if one.speaker not in (None, speaker) and one.own and one.gives <= bool(forms & _GIVES))
    return None if reports else next((one for one in own if len(one.words & theirs) >= 2), None)


def _is_said(pieces: Sequence[Piece]) -> bool:
    """Whether the claim is about words: 말했다, 부탁했다, …다고 했다."""
    return any(piece.form in _ASKS | _SAYS or (piece.tag == "EC" and _QUOTES.search(piece.form)) for piece in pieces)


@dataclass(frozen=True, slots=True)
class _Segment:
    """From a speaker as the subject to the next subject, or the end of the sentence."""

    pieces: tuple[Piece, ...]
    plain: bool
    """Whether it is about this speaker alone."""


def _segments(pieces: Sequence[Piece], names: dict[str, str]) -> Iterator[_Segment]:
    starts = [at for at, piece in enumerate(pieces) if piece.form in names and _is_subject(pieces, at)]
    nested = False
    for at, following in pairwise([*starts, len(pieces)]):
        end = next((place for place in range(at, following) if pieces[place].tag == "SF"), following)
        inside = tuple(pieces[at:end])
        acts = any(piece.tag[0] == "V" or piece.tag.startswith("XS") for piece in inside)
        alone = not _is_joined(pieces[:at], names)
        others = any(
            piece.form in names and not _is_told(pieces, at + 1 + place) for place, piece in enumerate(inside[1:])
        )
        if acts:
            yield _Segment(inside, alone and not others and not nested)
        nested = not acts  # 지우는 민수가 추천한 식당을 예약했다: whose is what follows?


def _is_joined(before: Sequence[Piece], names: dict[str, str]) -> bool:
    """Whether the speaker is named together with what stands before: 지우와 민수는, 지우, 민수는."""
    if not before:
        return False
    last = before[-1]
    listed = last.tag == "SP" and len(before) > 1 and before[-2].form in names
    return listed or last.tag in ("JC", "MAJ") or last.form in ("와", "과", "랑", "하고")


def _is_subject(pieces: Sequence[Piece], at: int) -> bool:
    after = (piece for piece in pieces[at + 1 : at + 3] if piece.form not in ("씨", "님", "이") or piece.tag == "JKS")
    first = next(after, None)
    return first is not None and (first.tag == "JKS" or (first.tag == "JX" and first.form in ("은", "는", "ᆫ")))


def _is_told(pieces: Sequence[Piece], at: int) -> bool:
    return at + 1 < len(pieces) and pieces[at + 1].form in ("에게", "한테", "께")


def _words(pieces: Sequence[Piece]) -> frozenset[str]:
    return frozenset(piece.form for piece in pieces if piece.tag in _TELLING)


def _all_words(said: Iterable[_Said]) -> frozenset[str]:
    return frozenset().union(*(one.words for one in said))


def _names_of(speakers: Sequence[str]) -> re.Pattern[str]:
    if all(map(MARK.fullmatch, speakers)):
        return MARK
    names = "|".join(map(re.escape, sorted(speakers, key=len, reverse=True)))
    return re.compile(rf"(?<![가-힣A-Za-z\d])(?:{names})(?![A-Za-z\d])")


@lru_cache(maxsize=256)
def _said_in(dialogue: str, pattern: re.Pattern[str]) -> tuple[_Said, ...]:
    turns = turns_of(dialogue)
    analysed = pieces_of_all((turn.text for turn in turns), whole=pattern)
    found = []
    for at, (turn, pieces) in enumerate(zip(turns, analysed, strict=True)):
        for sentence in _sentences(pieces):
            found.append(_said(at, turn.speaker, sentence))
    return tuple(found)


def _sentences(pieces: Sequence[Piece]) -> Iterator[list[Piece]]:
    sentence: list[Piece] = []
    for piece in pieces:
        sentence.append(piece)
        if piece.tag == "SF":
            yield sentence
            sentence = []
    if sentence:
        yield sentence


def _said(turn: int, speaker: str | None, pieces: Sequence[Piece]) -> _Said:
    forms = {piece.form for piece in pieces}
    asks = "?" in forms
    pronouns = {piece.form for piece in pieces if piece.tag == "NP"}
    me = any(
        piece.tag == "NP" and piece.form in _OF_ME and following.tag in ("JKS", "JX")
        for piece, following in pairwise(pieces)
    )
    will = any(piece.tag in ("EF", "EC") and _WILL.match(piece.form) for piece in pieces)
    wants = any(piece.tag == "VX" and piece.form == "싶" for piece in pieces)
    honours = any(piece.tag == "EP" and piece.form in ("시", "으시") for piece in pieces)
    own = (me or will or wants) and not asks and not honours and not pronouns & _OF_YOU
    return _Said(turn, speaker, _words(pieces), asks, own, bool(forms & _GIVES))
