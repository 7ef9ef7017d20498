"""Answers and clauses as text with marked spans. Everything in them comes from data and is escaped; colour never speaks alone."""

from collections.abc import Mapping, Sequence
from html import escape
from itertools import pairwise
from typing import Any

from ui import policy
from ui.frame import t

WORST = (
    "contradicted",
    "should_have_refused",
    "unsupported",
    "foreign_script",
    "tail",
    "repetition",
    "cut_off",
    "refused_wrongly",
    "undecided",
    "refused_correctly",
    "supported",
)
"""Where claims overlap the first of these is drawn."""
LOOKS = {
    "contradicted": "bad",
    "should_have_refused": "bad",
    "unsupported": "doubt",
    "refused_wrongly": "doubt",
    "undecided": "open",
    "supported": "good",
    "refused_correctly": "good",
}
"""Kind to its look; what is wrong in form (tail, foreign script …) looks `form`."""
Claim = Mapping[str, Any]


def joined(claims: Sequence[Claim], text: str) -> list[Claim]:
    """Claims in order; neighbours that were judged alike, with nothing but space between them, are one."""
    found: list[Claim] = []
    for claim in claims:
        last = found[-1] if found else None
        alike = last and all(last[name] == claim[name] for name in ("kind", "reason_ko", "evidence", "context_index"))
        if last and alike and not text[last["end"] : claim["start"]].strip():
            found[-1] = {**last, "end": max(last["end"], claim["end"])}
        else:
            found.append(claim)
    return found


def answer(text: str, claims: Sequence[Claim]) -> str:
    """HTML of an answer: each claim marked, with its kind in words and its number in the list of reasons."""
    known = [(number, claim) for number, claim in enumerate(claims, 1) if _fits(claim, text)]
    if not known:
        return f'<p class="said">{_lines(text)}</p>'
    cuts = sorted({0, len(text), *(end for _, claim in known for end in (claim["start"], claim["end"]))})
    parts = [_piece(text[a:b], [one for one in known if one[1]["start"] <= a and b <= one[1]["end"]], b)
             for a, b in pairwise(cuts)]  # fmt: skip
    return f'<p class="said">{"".join(parts)}</p>'


def _fits(claim: Claim, text: str) -> bool:
    return 0 <= claim["start"] < claim["end"] <= len(text)


def _piece(text: str, over: Sequence[tuple[int, Claim]], end: int) -> str:
    if not over:
        return _lines(text)
    number, claim = min(over, key=lambda one: _rank(one[1]["kind"]))
    kind = claim["kind"]
    # the tag stands where its claim ends
    tag = f"<span class='tag'>{escape(policy.kind_name(kind))} {number}</span>" if claim["end"] == end else ""
    return f'<span class="claim {look(kind)}">{_lines(text)}{tag}</span>'


def _rank(kind: str) -> int:
    return WORST.index(kind) if kind in WORST else len(WORST)


def look(kind: str) -> str:
    """The class of a kind's colours and lines."""
    return LOOKS.get(kind, "form")


def clause(text: str, quotes: Sequence[str]) -> str:
    """HTML of a clause with the words that claims were judged by underlined where they stand."""
    spans = sorted((at, at + len(words)) for words in quotes if words and (at := text.find(words)) >= 0)
    parts, done = [], 0
    for start, end in spans:
        if start >= done:
            parts += [_lines(text[done:start]), f'<span class="quote">{_lines(text[start:end])}</span>']
            done = end
    return f'<p class="clause">{"".join(parts)}{_lines(text[done:])}</p>'


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br>")


def legend() -> str:
    """What the marks mean, in words."""
    shown = (("good", "supported"), ("bad", "contradicted"), ("doubt", "unsupported"), ("form", "form"))
    marks = "".join(
        f'<span class="claim {look_}">{escape(t(f"policy.legend.{kind}"))}</span> ' for look_, kind in shown
    )
    return f'<p class="legend">{marks}</p>'
