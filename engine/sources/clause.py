"""What is known of a clause beside its text, and the ids of clauses kept apart. It reads no file.

Its `meta`: chunk_id, company, product, policy_type, breadcrumbs (joined with " > "), article ("제5조"), source, token_count (the
file's own).
"""

import re
from collections.abc import Iterator
from typing import Any

from engine.sources.reader import ReadReport, Record

CLAUSE = "chunk"
"""The kind of a record that is a clause."""
JOINT = " > "
ARTICLE = re.compile(r"제\s*(\d{1,4})\s*조(?:\s*의\s*(\d{1,3}))?(?!\s*(?:제\s*\d|에서|에\s|의\s|를|을|와|과|및))")
_PRODUCT = re.compile(r"보험|공제|특약|약관")
_PART = re.compile(r"^\s*제\s*\d+\s*[편장관절조]")
COMPANY = re.compile(
    r"([가-힣A-Za-z&]{1,12}(?:생명보험|손해보험|화재해상보험|해상보험|화재보험|생명|화재|손해보험|손보|해상|새마을금고|우체국|공제회))"
    r"(?=\s|\(주\)|주식회사|㈜|$|[^가-힣])"
)
TYPES = (
    "실손의료", "자동차", "운전자", "치아", "암", "간병", "치매", "상해", "질병", "건강", "여행", "화재", "배상책임", "종신", "정기",
    "연금", "저축", "어린이", "태아", "펫", "반려동물", "재물", "보증", "골프", "단체",
)  # fmt: skip
"""Kinds of insurance looked for in a product's name, the narrower first."""


def clause_record(text: str, **known: Any) -> Record:
    """A clause as a record; what is not known is None."""
    names = ("chunk_id", "company", "product", "policy_type", "breadcrumbs", "article", "source", "token_count")
    return Record(None, None, CLAUSE, text, {name: known.get(name) for name in names})


def article_name(number: str, branch: str | None) -> str:
    """("5", "2") → 제5조의2."""
    return f"제{int(number)}조" + (f"의{int(branch)}" if branch else "")


def article_in(crumbs: list[str], text: str) -> str | None:
    """The article that the last crumb naming one, else the beginning of the text, is of."""
    for crumb in reversed(crumbs):
        if found := ARTICLE.match(crumb.strip()):
            return article_name(found[1], found[2])
    found = ARTICLE.match(text.lstrip(" \t\n#*[(<【"))
    return article_name(found[1], found[2]) if found else None


def product_in(crumbs: list[str]) -> str | None:
    """The first crumb when it names a product and no part of one."""
    first = crumbs[0].strip() if crumbs else ""
    return first if first and _PRODUCT.search(first) and not _PART.match(first) else None


def type_in(name: str | None) -> str | None:
    """The kind of insurance that a product's name tells, or None."""
    return next((kind for kind in TYPES if kind in name), None) if name else None


AGAIN = (
    "조항 번호(chunk_id) {n:,}개가 겹칩니다. 글이 다르므로 둘 다 두고 뒤의 것에 번호를 붙였습니다(예: '{old}' → '{new}'). / "
    "{n:,} clause ids stand for two texts. Both are kept, the later under a new id (such as '{old}' → '{new}')."
)
SAME = "번호와 글이 모두 같은 조항 {n:,}개는 한 번만 저장했습니다. / {n:,} clauses with the same id and text were stored once."


class Apart:
    """Clauses with ids of their own: a second text under one id gets a new one, a clause that is there whole is left out."""

    def __init__(self) -> None:
        self.texts: dict[str, int] = {}
        self.renamed: list[tuple[str, str]] = []
        self.repeated = 0

    def records(self, found: Iterator[Record]) -> Iterator[Record]:
        """The records, clauses among them kept apart; in the same order, so that a second reading gives the same."""
        for record in found:
            if record.kind != CLAUSE or record.meta is None:
                yield record
                continue
            id_, mark = record.meta["chunk_id"], hash(record.text)
            if self.texts.get(id_) == mark:
                self.repeated += 1
            elif id_ in self.texts:
                yield from self._renamed(record, id_, mark)
            else:
                self.texts[id_] = mark
                yield record

    def _renamed(self, record: Record, id_: str, mark: int) -> Iterator[Record]:
        number = 2
        while (new := f"{id_}~{number}") in self.texts and self.texts[new] != mark:
            number += 1
        if new in self.texts:
            self.repeated += 1
            return
        self.texts[new] = mark
        self.renamed.append((id_, new))
        yield record._replace(meta={**(record.meta or {}), "chunk_id": new})

    def tell(self, report: ReadReport) -> None:
        """Write into the report what was found, with ids and no text."""
        report.facts["duplicates"] = len(self.renamed) + self.repeated
        report.facts["renamed_ids"] = [list(pair) for pair in self.renamed[:20]]
        if self.renamed:
            old, new = self.renamed[0]
            report.warnings.append(AGAIN.format(n=len(self.renamed), old=old[:60], new=new[:63]))
        if self.repeated:
            report.warnings.append(SAME.format(n=self.repeated))
