"""A value that was found once in a text is hidden wherever else it stands there, also without the words that gave it away.

It finds nothing by itself. "카뱅 3333-01-1234567로 보내. 3333-01-1234567 맞아?" names a bank only once.
"""

import re
from collections.abc import Iterator, Sequence

from engine.korean.hangul import syllable_count
from engine.privacy.labels import Span

SHORTEST = 5
"""Signs of a value that is looked for again; of a name, three syllables: shorter ones are parts of other words."""
_NAME_SYLLABLES = 3
_EDGES = (r"(?<![0-9A-Za-z])", r"(?![0-9A-Za-z])")


def with_repeats(text: str, spans: list[Span]) -> list[Span]:
    """`spans` and, with the same label, every further place of what they cover."""
    if not spans:
        return spans
    found = list(spans)
    for surface, span in {text[s.start : s.end]: s for s in spans if _is_looked_for(text, s)}.items():
        if text.count(surface) > 1:
            found += [Span(at, at + len(surface), span.label, span.confidence) for at in _free(text, surface, found)]
    return sorted(found, key=lambda span: span.start) if len(found) > len(spans) else spans


def _is_looked_for(text: str, span: Span) -> bool:
    if span.label == "PERSON":
        return syllable_count(text[span.start : span.end]) >= _NAME_SYLLABLES
    return span.end - span.start >= SHORTEST


def _free(text: str, surface: str, taken: Sequence[Span]) -> Iterator[int]:
    before = _EDGES[0] if surface[0].isascii() else ""
    after = _EDGES[1] if surface[-1].isascii() else ""
    places = list(taken)
    for found in re.finditer(f"{before}{re.escape(surface)}{after}", text):
        if all(found.end() <= span.start or span.end <= found.start() for span in places):
            yield found.start()
