"""The text of a policy cut by 편 장 관 절 조: sections with the way that leads to them. It counts no tokens and cuts no article.

Tables of contents are left out: lines that end in leaders or a page number, and three and more articles in a row without a text.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from engine.sources.clause import COMPANY
from engine.sources.headings import (
    CONTENTS,
    LEADERS,
    PARTS,
    Level,
    Place,
    Section,
    heading,
    is_listed,
    is_open,
    rules_name,
)

AHEAD = 8
"""Lines after the name of a set of clauses within which its 제1조, 제1관 or 제1장 must come."""
BARE_RUN = 3
"""Articles without a text in a row from which they are a table of contents."""
COVER_LETTERS = 120
TITLE_LINES = 60
"""Lines of a cover in which the product and the company are looked for."""


@dataclass(frozen=True, slots=True)
class Article:
    """One article, table or stretch of text, uncut."""

    crumbs: tuple[str, ...]
    """From the product down; the last is the article's own heading, where it has one."""
    heading: str
    """"" for text that stands under no article."""
    article: str | None
    level: Level
    lines: tuple[str, ...]
    line: int
    """Of the heading, from 1."""
    ahead: int = 0
    """Letters of the heading that stood on the first of `lines`."""


@dataclass(slots=True)
class Policy:
    """A whole file, cut."""

    articles: list[Article] = field(default_factory=list)
    product: str | None = None
    company: str | None = None
    contents: int = 0
    """Lines and headings of tables of contents that were left out."""


def cut_policy(lines: Sequence[str], name: str) -> Policy:
    """All articles in order. name: what the product is called when the text does not tell (the file's name)."""
    policy = Policy()
    sections = _without_contents(_sections(lines, policy), policy)
    policy.product = _product(sections, name)
    policy.company = _company(lines)
    policy.articles = list(_walk(sections, policy.product))
    return policy


def _sections(lines: Sequence[str], policy: Policy) -> list[Section]:
    found = [Section("text", "", 1)]
    place = Place()
    at = 0
    while at < len(lines):
        line, taken = lines[at], 1
        if at + 1 < len(lines) and len(lines[at + 1]) < 2_000 and is_open(line, lines[at + 1]):
            line, taken = f"{line.rstrip()} {lines[at + 1].strip()}", 2
        place.after = _after(lines, at + taken)
        section = heading(line, at + 1, place) if line.strip() else None
        if section is None and taken == 2:
            line, taken, place.after = lines[at], 1, _after(lines, at + 1)
        section = section or _rules(lines, at)
        if section is None and (CONTENTS.match(line) or _is_entry(line)):
            policy.contents += 1
        elif section is None:
            _add(found[-1].body, line.rstrip())
        elif not _is_repeated(section, found):
            found.append(section)
            place.level = section.level
            place.last = (
                section.number if section.level == "article" else place.last if section.level in PARTS else (0, 0)
            )
        place.before = line.strip()
        at += taken
    return found


def _add(body: list[str], line: str) -> None:
    """Empty lines in a row count once."""
    if line or (body and body[-1]):
        body.append(line)


def _after(lines: Sequence[str], at: int) -> str:
    return next((line.strip() for line in lines[at : at + 4] if line.strip()), "")


def _is_entry(line: str) -> bool:
    """A line of a table of contents: leaders, or a heading with a page number behind it."""
    if len(line) > 300 or not is_listed(line):
        return False
    text = line.rstrip("0123456789 \t")
    leads = text != line.rstrip() and sum(sign in LEADERS for sign in text[-8:]) >= 3
    return leads or re.match(r"[\s#*]{0,12}(?:제\s*\d+\s*[편장관절조]|\[?<?\s*별\s*표|부\s*칙)", line) is not None


def _is_repeated(section: Section, found: Sequence[Section]) -> bool:
    """A part's name that stands at the head of every page, or a table's: [별표 1] 장해분류표 (계속)."""
    if section.level == "annex":
        last = found[-1]
        return last.level == "annex" and not last.is_bare and _begun(section.title) == _begun(last.title)
    if section.level not in PARTS:
        return False
    same = next((old for old in reversed(found) if old.level in (section.level, "rules", "supplement")), None)
    return same is not None and same.level == section.level and same.title == section.title and not found[-1].is_bare


def _begun(title: str) -> str:
    return re.sub(r"[\s(\[<]*계속[\s)\]>]*$", "", title)


def _rules(lines: Sequence[str], at: int) -> Section | None:
    """The name of a set of clauses, when a first article or part follows soon."""
    name = rules_name(lines[at])
    if name is None:
        return None
    ahead = [line for line in lines[at + 1 : at + 1 + 3 * AHEAD] if line.strip()][:AHEAD]
    for line in ahead:
        if re.match(r"[\s#*_]*제\s*1\s*[편장관조](?!\d)", line):
            return Section("rules", name, at + 1)
        if re.match(r"[\s#*_]*제\s*\d+\s*[편장관절조]", line):
            return None
        if rules_name(line):  # a chapter of riders, in Markdown
            return Section("rules", name, at + 1) if lines[at].startswith("#") else None
    return None


def _without_contents(sections: list[Section], policy: Policy) -> list[Section]:
    """Without runs of articles that have no text."""
    kept: list[Section] = []
    run: list[Section] = []
    for section in sections:
        if section.is_bare and section.level != "text":
            run.append(section)
            continue
        kept += _end_run(run, policy)
        run = []
        kept.append(section)
    return [*kept, *_end_run(run, policy)]


def _end_run(run: list[Section], policy: Policy) -> list[Section]:
    if sum(section.level == "article" for section in run) < BARE_RUN:
        return run
    last = max(at for at, section in enumerate(run) if section.level in ("article", "annex", "supplement"))
    policy.contents += last + 1
    rules = next((section for section in run if section.level == "rules"), None)  # the cover's own name
    kept = run[last + 1 :]
    return kept if rules is None or any(section.level == "rules" for section in kept) else [rules, *kept]


def _product(sections: Sequence[Section], name: str) -> str | None:
    cover = [line for section in sections[:1] for line in section.body[:TITLE_LINES]]
    titles = [section.title for section in sections if section.level == "rules"]
    first = titles[:1] if titles and not re.search(r"특별\s?약관|특약", titles[0]) else []
    for line in [*first, *cover]:
        text = re.sub(r"^[\s#*\[<【「]+|[\s#*\]>】」]+$", "", line)
        text = re.sub(r"\s*(?:보통\s?약관|약관)$", "", text).strip()
        if 3 <= len(text) <= 50 and re.search(r"보험|공제|보장", text) and not _is_no_product(text):
            return text
    plain = re.sub(r"[_]+|\s+", " ", re.sub(r"(?:보통)?\s?약관$", "", name.replace("_", " ").strip())).strip(" -")
    return plain or None


def _is_no_product(text: str) -> bool:
    """A sentence, a company, or a general line of a cover."""
    return bool(
        re.search(
            r"[.,:?!]$|다\.?$|습니다|주식회사|㈜|\(주\)|안내|유의|목차|요약서|설명서|가이드|제\s*\d+\s*[관조]|^보험(?:약관|계약)?$",
            text,
        )
        or COMPANY.fullmatch(text)
    )


def _company(lines: Sequence[str]) -> str | None:
    """The insurer that the first lines name."""
    for line in lines[: 3 * TITLE_LINES]:
        if len(line) < 80 and (found := COMPANY.search(line)):
            return found[1]
    return None


def _walk(sections: Sequence[Section], product: str | None) -> Iterator[Article]:
    """Each section with text under the crumbs above it."""
    rules = ""
    parts: dict[Level, str] = {}
    for section in sections:
        if section.level in ("rules", "supplement"):
            rules = f"{rules}\0부칙" if section.level == "supplement" else _under(section.title, product)
            parts = {}
        elif section.level in PARTS:
            at = PARTS.index(section.level)
            parts = {level: title for level, title in parts.items() if PARTS.index(level) < at} | {
                section.level: section.title
            }
        above = [product or "", *rules.split("\0"), *(parts[level] for level in PARTS if level in parts)]
        own = section.title if section.level in ("article", "annex") else ""
        crumbs = tuple(part for part in ([product or "", own] if section.level == "annex" else [*above, own]) if part)
        if section.level == "article" or not (section.is_bare or _is_cover(section)):
            yield Article(crumbs, own, section.article, section.level, tuple(section.body), section.line, section.ahead)


def _is_cover(section: Section) -> bool:
    """A few words without a sentence before the first article: the product, the company, a date."""
    text = "".join(section.body)
    return section.level != "annex" and len(text) < COVER_LETTERS and not re.search(r"[다요]\.", text)


def _under(title: str, product: str | None) -> str:
    """The crumb for a set of clauses; none for the product's own."""
    plain = re.sub(r"\s*(?:보통\s?약관|약관)$", "", title).strip()
    return "" if plain in ("", product) or title in ("보통약관", "약관") else title
