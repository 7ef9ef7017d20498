"""Long articles cut at 항, else 호, else 목, lines, sentences, so that no piece is over a limit. It knows no tokenizer: the caller counts.

Every piece is meant to stand under its article's heading, which the limit leaves room for; pieces cut at 호 carry the words that
lead to them.
"""

import re
from collections.abc import Callable, Sequence

Count = Callable[[str], int]
"""The tokens of a text."""
CIRCLED = "①-⑳㉑-㉟"
_STEPS = (
    re.compile(rf"(?:^|\n)\s*(?=[{CIRCLED}])|(?<=[.다음\])])\s+(?=[{CIRCLED}]\s?\S)"),
    re.compile(r"\n\s*(?=\(?\d{1,2}[.)]\s)|(?<=[.다음\])])\s+(?=\d{1,2}\.\s?[가-힣])"),
    re.compile(r"\n\s*(?=[가나다라마바사아자차카타파하][.)]\s)"),
    re.compile(r"\n+"),
    re.compile(r"(?<=[다요음함임됨]\.)\s+|(?<=[.!?])\s+"),
)
"""항 ①, 호 1., 목 가., lines, sentences."""
ITEMS = (1, 2)
"""Steps whose parts need the words before the first of them."""
MOST_LETTERS = 8
"""Letters per token above which a text is not even counted: Korean has one to three."""
LEAD_SHARE = 3
"""A lead longer than this part of the limit is not repeated."""


def fit(heading: str, body: str, limit: int, count: Count) -> list[str]:
    """The whole texts of an article's pieces, each its heading and a part of the body, in order; one when it fits.

    Pieces are filled as far as they go. Nothing of the body is lost but the spaces at the cuts.
    """
    lead = f"{heading}\n" if heading else ""
    if len(body) <= MOST_LETTERS * limit and count(lead + body) <= limit:
        return [(lead + body).strip("\n")]
    room = max(8, limit - count(lead))
    return [(lead + part).strip("\n") for part in _cut(body, room, count, 0)]


def _cut(body: str, room: int, count: Count, step: int) -> list[str]:
    for at in range(step, len(_STEPS)):
        parts = [part.strip() for part in _STEPS[at].split(body) if part and part.strip()]
        if len(parts) > 1:
            lead = _lead(parts, at, room, count)
            return _filled(parts, "\n" if at < 4 else " ", lead, room, count, at)
    return _by_length(body, room, count)


def _lead(parts: Sequence[str], step: int, room: int, count: Count) -> str:
    """The words before the first item, which each later piece repeats; "" when the first part is an item itself."""
    if step not in ITEMS or re.match(r"\(?\d{1,2}[.)]|[가-하][.)]", parts[0]) or count(parts[0]) * LEAD_SHARE > room:
        return ""
    return parts[0]


def _filled(parts: Sequence[str], joint: str, lead: str, room: int, count: Count, step: int) -> list[str]:
    """Parts joined as long as they fit; one that does not fit alone is cut further."""
    done: list[str] = []
    held: list[str] = []
    size, lead_size = 0, count(lead) + 1 if lead else 0
    for part in parts:
        needs = count(part) + 1
        again = lead_size if done else 0
        if held and size + needs > room:
            done.append(joint.join(held))
            held, size = ([lead] if lead else []), lead_size
            again = lead_size
        if needs + again > room:
            if held and held != [lead]:
                done.append(joint.join(held))
            start = f"{lead}{joint}" if lead and done and part != lead else ""
            done += [start + piece for piece in _cut(part, max(8, room - (lead_size if start else 0)), count, step + 1)]
            held, size = [], 0
            continue
        held.append(part)
        size += needs
    if held and held != [lead]:
        done.append(joint.join(held))
    elif held and not done:
        done.append(lead)
    return done


def _by_length(text: str, room: int, count: Count) -> list[str]:
    """Text without any joint, cut at spaces near the limit, else anywhere."""
    pieces: list[str] = []
    at = 0
    while at < len(text):
        letters = min(len(text) - at, MOST_LETTERS * room)
        while letters > 1 and (size := count(text[at : at + letters])) > room:
            letters = max(1, min(letters - 1, letters * room // size))
        end = at + letters
        space = text.rfind(" ", at + letters // 2, end) if end < len(text) else -1
        end = space if space > at else end
        pieces.append(text[at:end].strip())
        at = end
    return [piece for piece in pieces if piece]
