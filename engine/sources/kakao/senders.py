"""Who really speaks in a chat, learned before it is read: people whose lines were only pasted from another chat are not among them.

A pasted line looks like a message. What gives it away is its time: it lies before the messages around it, everything else of
that sender does too, and the time comes back afterwards.
"""

from collections.abc import Iterable, Iterator, Sequence

from engine.sources.kakao.desktop import DATE, MESSAGE
from engine.sources.kakao.mobile import Stamp
from engine.sources.kakao.stamps import clock_of, day_line, day_of

FEWEST = 2
"""People who speak in any chat: before they are found, nobody is a stranger."""


def regular_senders(said: Iterable[tuple[str, str]]) -> set[str]:
    """said: (at, sender) in file order. Returns all senders but those who were only quoted."""
    peak, forward, behind, back = "", set[str](), dict[str, str](), set[str]()
    for at, name in said:
        if at >= peak:
            peak = at
            forward.add(name)
            back.update(known for known, then in behind.items() if known not in back and at >= then)
        else:
            behind.setdefault(name, peak)
    quoted = {name for name in behind if name in back and name not in forward}
    return forward | behind.keys() if len(forward) < FEWEST else (forward | behind.keys()) - quoted


def desktop_lines(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(at, sender) of lines such as "[가온] [오후 11:58] 본문", days moving forward."""
    day = ""
    for line in lines:
        if line[:1] == "-" and (found := DATE.fullmatch(line)):
            day = max(day, day_line(found[1]) or "")
        elif match := MESSAGE.match(line):
            name, date, time = match.group("name", "date", "clock")
            clock = clock_of(time)
            if clock:
                yield f"{(day_of(date) if date else None) or day}T{clock}", name


def mobile_lines(lines: Sequence[str], stamps: Sequence[Stamp]) -> Iterator[tuple[str, str]]:
    """(at, sender) of lines such as "2026. 5. 30. 오후 11:58, 가온 : 본문"."""
    for line in lines:
        match = next((found for stamp in stamps if (found := stamp[0].match(line))), None)
        end = line.find(" : ", match.end()) if match else -1
        if match is None or end < 0:
            continue
        day_group, clock_group = next((stamp[1], stamp[2]) for stamp in stamps if stamp[0] is match.re)
        day, clock = day_of(match[day_group]), clock_of(match[clock_group])
        if day and clock:
            yield f"{day}T{clock}", line[match.end() : end]
