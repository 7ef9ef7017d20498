"""Policies as text, Markdown or PDF: cut by 편 장 관 절 조 into clauses with breadcrumbs. Tables of 별표 stay whole.

It reads no pictures and understands no table: a table's cells come in the order in which the file has them.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from engine.errors import UserError
from engine.korean.hangul import nfc
from engine.korean.joining import join_broken, usual_width
from engine.sources.articles import Article, Policy, cut_policy
from engine.sources.clause import JOINT, clause_record, type_in
from engine.sources.decoding import decode_head, read_blocks, split_records, survey_file
from engine.sources.fitting import Count, fit
from engine.sources.pdf import is_pdf, pdf_lines
from engine.sources.reader import ReadReport, Record

LONGEST = 512
"""Tokens of a clause. Three of them, a question and an answer fit into the 2,048 that the larger presets train with."""
TABLE_SHARE = 4
"""A 별표 stays whole up to this many times the limit: a table of 40 pages is no clause that a model can be shown."""
LARGEST = 64 << 20
"""Bytes of a text file."""
MOST_OF_NAME = 60
_ARTICLE = re.compile(r"^[\s#*]{0,8}제\s*\d{1,3}\s*조(?:\s*의\s*\d+)?\s*[(（\[【<〈]", re.M)
_WORDS = re.compile(r"약관|보험|계약자|피보험자|부칙|별표")
_HTML = re.compile(r"^\s*(?:<!doctype html|<html|<\?xml)", re.I)
NO_ARTICLES = (
    "조(제1조 …)를 찾지 못해 문단으로 나눴습니다. 약관 본문이 맞는지 확인해 주세요. / No article (제1조 …) was found, so the text was cut "
    "into paragraphs. Check that it is a policy."
)
CONTENTS = "목차로 보이는 {0:,}줄을 뺐습니다. / {0:,} lines of a table of contents were left out."


def letters_as_tokens(text: str) -> int:
    """Tokens guessed at two letters each, where no tokenizer is at hand."""
    return (len(text) + 1) // 2


class ClausesReader:
    """Clauses of a text, a Markdown file or a PDF."""

    kind = "clauses"

    def __init__(self, longest: int = LONGEST, count: Count = letters_as_tokens) -> None:
        """longest: tokens of a clause, as `count` counts them; longer articles are cut at 항."""
        self.longest, self.count = longest, count

    def recognises(self, path: Path, head: bytes) -> bool:
        if is_pdf(head):
            return True
        text = decode_head(head)
        if text is None or text.lstrip("\ufeff \r\n\t")[:1] in ("{", "[") or _HTML.match(text):
            return False
        found = len(_ARTICLE.findall(text.replace("\r\n", "\n").replace("\r", "\n")))
        return found >= 2 or (found == 1 and _WORDS.search(text) is not None)

    def read(self, path: Path, report: ReadReport) -> Iterator[Record]:
        """Clauses in file order. Raises UserError for a PDF that cannot be read, and for HTML."""
        with path.open("rb") as file:
            pdf = is_pdf(file.read(1024))
        if pdf:
            report.shape = report.encoding = "pdf"
            lines = pdf_lines(path, report)
        else:
            lines = _text_lines(path, report)
        policy = cut_policy(lines, nfc(path.stem))
        if policy.contents:
            report.warnings.append(CONTENTS.format(policy.contents))
        if not any(article.article for article in policy.articles):
            report.warnings.append(NO_ARTICLES)
        yield from self._records(policy, nfc(path.stem)[:MOST_OF_NAME], path.name, usual_width(lines) if pdf else 0)

    def _records(self, policy: Policy, stem: str, source: str, width: int) -> Iterator[Record]:
        number = 0
        for article in policy.articles:
            for text in self._pieces(article, width):
                number += 1
                yield clause_record(
                    text,
                    chunk_id=f"{stem}-{number:04d}",
                    company=policy.company,
                    product=policy.product,
                    policy_type=type_in(" ".join(article.crumbs)) or type_in(policy.product),
                    breadcrumbs=JOINT.join(article.crumbs),
                    article=article.article,
                    source=nfc(source),
                )

    def _pieces(self, article: Article, width: int) -> list[str]:
        """The article's texts, each under its heading and within the limit."""
        table = article.level == "annex"
        lines = join_broken(article.lines, width, article.ahead) if width and not table else list(article.lines)
        body = "\n".join(lines).strip("\n")
        limit = self.longest * (TABLE_SHARE if table else 1)
        return [text for text in fit(article.heading, body, limit, self.count) if text.strip()]


def _text_lines(path: Path, report: ReadReport) -> list[str]:
    if path.stat().st_size > LARGEST:
        raise UserError(
            f"'{path.name}'은(는) {path.stat().st_size / 1e6:,.0f} MB입니다(약관 글은 최대 {LARGEST >> 20} MB). 나누어 주세요.",
            f"'{path.name}' has {path.stat().st_size / 1e6:,.0f} MB (clause texts: at most {LARGEST >> 20} MB). Split it.",
        )
    survey = survey_file(path)
    report.encoding, report.shape = (
        survey.encoding,
        "markdown" if path.suffix.lower() in (".md", ".markdown") else "text",
    )
    errors = "replace" if survey.broken else "strict"
    lines = [line.lstrip("\ufeff") for line in split_records(read_blocks(path, survey.encoding, errors), at_crlf=False)]
    if lines and _HTML.match("\n".join(lines[:5])):
        raise UserError(
            f"'{path.name}'은(는) 웹 문서(HTML)입니다. 브라우저에서 열어 PDF로 인쇄하거나 글을 txt로 저장해 주세요.",
            f"'{path.name}' is a web page (HTML). Open it in a browser and print it as PDF, or save its text as txt.",
        )
    return lines
