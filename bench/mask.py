"""What masking finds, what it leaves, what it spoils, and how fast: per label, beside ko-pii in the same run.

Run as: python bench/mask.py [--chats FILE …] [--show LABEL|harmless] [--quick] [--no-peer] [--ner MODEL]
Needs the licensed sets in ../shared/data where they are measured, and `pip install ko-pii==1.22.15` for the peer.
Leaked: the share of a label's characters that no span of any label covers. Found: spans of that label touching it.
"""

import argparse
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.labelled import CHATS, KOPII, SHARED, Labelled, read_chat_file, read_harmless, read_klue_people, read_kopii
from engine.privacy.evidence import Evidence
from engine.privacy.labels import Span, Tagger
from engine.privacy.masking import Masker
from engine.privacy.normalise import fold
from engine.privacy.taggers import default_taggers

Finder = Callable[[Sequence[str], Sequence[str]], list[list[Span]]]
"""(texts of one chat, speakers) → spans of every text."""


def ours(taggers: Sequence[Tagger]) -> Finder:
    """As `mask --in` does it with these taggers (without any, by rules alone): evidence over all texts of the chat first."""

    def find(texts: Sequence[str], speakers: Sequence[str]) -> list[list[Span]]:
        evidence = Evidence()
        evidence.add(fold(text).text for text in texts)
        return Masker(speakers, taggers=taggers, found=evidence.names()).find(texts)

    return find


def ko_pii() -> Finder | None:
    """The peer, or None where it is not installed."""
    try:
        from ko_pii import detect_all
    except ImportError:
        return None

    def find(texts: Sequence[str], speakers: Sequence[str]) -> list[list[Span]]:
        del speakers  # it has no such thing
        return [
            [
                Span(s.start, s.end, KOPII.get(s.label, s.label))
                for s in detect_all(text)
                if s.label in KOPII or s.label == "URL"
            ]
            for text in texts
        ]

    return find


def measure(rows: Sequence[Labelled], find: Finder) -> tuple[dict[str, Counter], int, int, list[tuple]]:
    """Counts per label, harmless rows, how many of them changed, and every miss and false hit."""
    counts: dict[str, Counter] = defaultdict(Counter)
    harmless = changed = 0
    wrong: list[tuple] = []
    for (_, speakers), group in groupby(rows, key=lambda row: (row.chat, row.speakers)):
        chat = list(group)
        for row, spans in zip(chat, find([r.text for r in chat], speakers), strict=True):
            harmless += not row.gold
            changed += not row.gold and bool(spans)
            _count(row, spans, counts, wrong)
    return counts, harmless, changed, wrong


def _count(row: Labelled, spans: Sequence[Span], counts: dict[str, Counter], wrong: list[tuple]) -> None:
    covered = {at for span in spans for at in range(span.start, span.end)}
    for gold in row.gold:
        here = counts[gold.label]
        left = sum(at not in covered and not row.text[at].isspace() for at in range(gold.start, gold.end))
        same = [s for s in spans if s.label == gold.label and s.start < gold.end and gold.start < s.end]
        exact = any((s.start, s.end) == (gold.start, gold.end) for s in same)
        size = sum(not ch.isspace() for ch in row.text[gold.start : gold.end])
        here.update(gold=1, found=bool(same), exact=exact, chars=size, leaked=left, open=left > 0)
        if left or not same:
            wrong.append(("missed", gold.label, row.text[gold.start : gold.end], row.text))
    for span in spans:
        hit = any(g.label == span.label and g.start < span.end and span.start < g.end for g in row.gold)
        any_hit = any(g.start < span.end and span.start < g.end for g in row.gold)
        counts[span.label].update(spans=1, true=hit, false=not any_hit)
        if not any_hit:
            kind = "false" if row.gold else "harmless"
            wrong.append((kind, span.label, row.text[span.start : span.end], row.text))


def table(title: str, measured: tuple[dict[str, Counter], int, int, list[tuple]]) -> None:
    """Per label as Markdown."""
    counts, harmless, changed, _ = measured
    print(f"\n### {title}\n")
    print(
        "| label | gold | found | exact | leaked characters | spans | precision |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    )
    for label, c in sorted(counts.items(), key=lambda pair: -pair[1]["gold"]):
        share = [_percent(c[a], c[b]) for a, b in (("found", "gold"), ("exact", "gold"), ("leaked", "chars"))]
        print(f"| {label} | {c['gold']} | {' | '.join(share)} | {c['spans']} | {_percent(c['true'], c['spans'])} |")
    if harmless:
        print(f"\nHarmless rows changed: {changed} of {harmless} ({_percent(changed, harmless)}).")


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "–"


def show(title: str, wrong: Sequence[tuple], what: str) -> None:
    """Single errors, for whoever works on the rules."""
    for kind, label, surface, text in wrong:
        if what in (label, kind):
            print(f"{title} {kind} {label} «{surface}» in: {text[:160]!r}")


def harmless_rates(finders: dict[str, Finder]) -> None:
    """How many rows without personal data each masker changes."""
    print(
        "\n### Harmless rows changed\n\n| set | rows | "
        + " | ".join(finders)
        + " |\n| --- | ---: |"
        + " ---: |" * len(finders)
    )
    for name, texts in read_harmless().items():
        shares = [_percent(sum(map(bool, find(texts, ()))), len(texts)) for find in finders.values()]
        print(f"| {name} | {len(texts)} | {' | '.join(shares)} |")


def speed(finders: dict[str, Finder], rows: Sequence[Labelled]) -> None:
    """Characters per CPU second on one core, in turn, on the same chat lines."""
    texts = [row.text for row in rows]
    size = sum(len(text.encode()) for text in texts)
    best: dict[str, float] = {}
    for find in finders.values():
        find(texts[:20], ())  # tables and models are loaded once
    for _ in range(3):
        for name, find in finders.items():
            began = time.process_time()
            find(texts, ())
            best[name] = max(best.get(name, 0.0), size / (time.process_time() - began) / 1e6)
    print("\n### Speed, one core, best of three\n\n| | MB a second |\n| --- | ---: |")
    for name, rate in best.items():
        print(f"| {name} | {rate:.2f} |")
    if "ko-pii" in best:
        print(f"\n{best['Malmoi'] / best['ko-pii']:.1f} times ko-pii.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chats", nargs="*", type=Path, default=sorted(CHATS.glob("*.txt")))
    parser.add_argument("--show", default="", help="a label, missed, false or harmless: print those errors")
    parser.add_argument("--quick", action="store_true", help="the chat files only")
    parser.add_argument("--no-peer", action="store_true")
    parser.add_argument(
        "--ner", default="", help="a token classifier beside the shipped tagger: folder or cached hub model"
    )
    asked = parser.parse_args()
    peer = None if asked.no_peer else ko_pii()
    finders: dict[str, Finder] = {
        "Malmoi": ours(default_taggers(asked.ner)),
        "Malmoi, rules alone": ours([]),
        **({"ko-pii": peer} if peer else {}),
    }
    sets = {path.stem: read_chat_file(path) for path in asked.chats}
    if not asked.quick and SHARED.is_dir():
        sets |= {"kopii_generated_eval": read_kopii(), "KLUE people": read_klue_people()}
    for title, rows in sets.items():
        for name, find in finders.items():
            measured = measure(rows, find)
            table(f"{title}, {name}", measured)
            if asked.show and name == "Malmoi":
                show(title, measured[3], asked.show)
    if not asked.quick and SHARED.is_dir():
        harmless_rates(finders)
    if sets:
        speed(finders, [row for rows in sets.values() for row in rows])


if __name__ == "__main__":
    main()
