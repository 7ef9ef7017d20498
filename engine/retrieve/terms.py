"""Text to search terms: content morphemes and character n-grams. It knows nothing of ranking."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine.korean.morphemes import Piece
from engine.retrieve.concepts import asked_ideas, table_mark, written_ideas

RULES = f"2-{table_mark()}"
"""Changes when text is cut otherwise: clauses indexed by other rules are indexed anew."""
TITLE = 2
"""How often an idea of the title counts beside once for standing in the clause."""
_ARTICLE = re.compile(r"\s*(?:\[[^\]]*\]\s*)?제\s?\d+\s?조(?:의\s?\d+)?\s*[(\[【]([^)\]】]{1,60})")
_NAMED = re.compile(r"조(?:의\s?\d+)?\s*[(\[【]")
_RUN = re.compile(r"[0-9a-z가-힣一-鿿]+")
EMPTY = frozenset(
    "것 수 때 경우 하다 되다 있다 없다 나다 나오다 이다 아니다 같다 않다 말다 보다 주다 받다 얼마 뭐 무엇 언제 어디 누구 어떻다 어떠하다 "
    "이렇다 그렇다 저렇다 궁금 궁금하다 알다 알리다 가능 가능하다 좋다 내다 들다 가다 오다 싶다 모르다 혹시 정도 질문 해당 약관 가입자 고객 기준 말씀 문의 상담 부탁 걸 거 말하다 뜻하다 일".split()
)
"""Words a question is put with, and words that stand in every clause: they say nothing of what is asked."""


def flat(text: str) -> str:
    """NFKC, small letters: the form that terms are cut from. Never longer than 10 times the text."""
    return unicodedata.normalize("NFKC", text).casefold()


def headings_of(meta: Mapping[str, Any]) -> str:
    """Where a clause stands: its breadcrumbs, and its article when they do not end with it."""
    crumbs, article = str(meta.get("breadcrumbs") or ""), str(meta.get("article") or "")
    return crumbs if not article or article in crumbs else f"{crumbs} > {article}".removeprefix(" > ")


def words(pieces: Iterable[Piece]) -> list[str]:
    """Morphemes as search terms, in order, empty ones left out."""
    return [term for piece in pieces if _tells(piece) for term in _RUN.findall(piece.form)]


def _tells(piece: Piece) -> bool:
    return piece.has_content and piece.form not in EMPTY


def grams(text: str) -> list[str]:
    """2- and 3-grams of every run of letters, in order."""
    return [run[at : at + n] for run in _RUN.findall(text) for n in (2, 3) for at in range(len(run) - n + 1)]


def question_grams(text: str, pieces: Sequence[Piece]) -> list[str]:
    """n-grams of the question's content alone: its endings would find whatever is put in the same tone."""
    kept = [" "] * len(text)
    for piece in pieces:
        if _tells(piece):
            kept[piece.start : piece.end] = text[piece.start : piece.end]
    return list(dict.fromkeys(grams("".join(kept))))


def question_terms(text: str, pieces: Sequence[Piece]) -> list[str]:
    """Words and ideas of a question, each once."""
    return list(dict.fromkeys([*words(pieces), *asked_ideas(text, {piece.form for piece in pieces})]))


def title_of(headings: str, text: str) -> str:
    """What a clause is about in its own words: the last of its headings, else the words in brackets after its article number."""
    last = headings.rpartition(" > ")[2]
    found = None if _NAMED.search(last) else _ARTICLE.match(text)
    return found[1] if found else last


def clause_ideas(text: str, pieces: Iterable[Piece], title: str, title_pieces: Iterable[Piece]) -> list[str]:
    """Ideas of a clause, each once; those of its title more often, because bm25 counts how often a term stands there."""
    own = written_ideas(text, {piece.form for piece in pieces if piece.has_content})
    return [*own, *written_ideas(title, {piece.form for piece in title_pieces if piece.has_content}) * TITLE]
