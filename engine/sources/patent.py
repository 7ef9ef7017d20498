"""Patent cases: a product, a claim, and what was judged of them; and claims alone, as pasted from a publication. It judges nothing.

One record per case: its text is the claim, its meta {product, risk_level, comparisons, decision_reason, id, field}. A case without a
label is kept, for it can be asked; a label nobody knows is kept beside it under `given`, and counted.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from engine.claims.numbered import numbered_claims, starts_a_claim
from engine.errors import UserError
from engine.sources.decoding import decode_head, read_blocks, survey_file
from engine.sources.patent_columns import case_in, flat, guess_columns, merged_columns
from engine.sources.qa import SHOWN, Guess
from engine.sources.reader import ReadReport, Record
from engine.sources.rows_of import first_table_rows, table_rows
from engine.sources.talk_shapes import OWN

CASE = "patent"
"""The kind of a record that is a case."""
LARGEST_TEXT = 64 << 20
"""Bytes of a file of pasted claims, which is read whole."""
TOLD = {
    "no_claim": "청구항이 없는 행 {0:,}개는 알아듣지 못한 줄로 남겼습니다. / {0:,} rows without a claim were kept as not understood.",
    "no_product": "제품 설명이 없는 사건이 {0:,}개 있습니다. 학습에는 들어가지 않습니다. / {0:,} cases have no product and train nothing.",
    "no_label": "판단이 없는 사건이 {0:,}개 있습니다. 학습에는 들어가지 않고 물어볼 수는 있습니다. / {0:,} cases have no verdict: they train nothing, but can be asked.",
    "part_of_a_label": "판단의 일부(위험도, 비교, 이유 가운데)가 빠진 사건이 {0:,}개 있습니다. 학습에는 들어가지 않습니다. / In {0:,} cases a part of the verdict is "
    "missing; they train nothing.",
    "unknown_risk": "알 수 없는 위험도가 적힌 사건이 {0:,}개 있습니다(높음, 애매, 낮음이 아님). / {0:,} cases have an unknown risk (not 높음, 애매, 낮음).",
    "unknown_match": "알 수 없는 일치 여부가 적힌 사건이 {0:,}개 있습니다(일치, 불일치, 불명확이 아님). / {0:,} cases have an unknown match (not 일치, 불일치, "
    "불명확).",
    "broken_comparisons": "구성요소 비교를 읽을 수 없는 사건이 {0:,}개 있습니다. / In {0:,} cases the comparisons cannot be read.",
    "mapped": "다른 이름으로 적힌 판단을 옮겨 읽은 사건이 {0:,}개 있습니다. / In {0:,} cases labels of other names were read as ours.",
    "repeated": "같은 제품과 청구항이 다시 나온 사건이 {0:,}개 있습니다. / {0:,} cases repeat a product and a claim.",
}  # fmt: skip
"""What is counted in a file, and how it is told."""


class PatentReader:
    """Rows with a product and a claim, or a text of numbered claims."""

    kind = "patent"

    def __init__(self, mapping: Mapping[str, str] | None = None) -> None:
        """mapping: field to column, put over what is guessed."""
        self.mapping = dict(mapping or {})

    def recognises(self, path: Path, head: bytes) -> bool:
        if starts_a_claim(decode_head(head) or ""):
            return True
        rows = first_table_rows(path, head)
        if any(OWN in row for row in rows):  # whole prompts that left from here
            return False
        found = guess_columns([flat(row) for row in rows])
        return "claim" in found and bool({"product", "risk_level"} & set(found))

    def read(self, path: Path, report: ReadReport) -> Iterator[Record]:
        """Cases in file order. Raises UserError when no column holds the claim."""
        if not first_table_rows(path) and (claims := _pasted(path, report)):
            yield from claims
            return
        mapping = self._fitted(path)
        report.facts["mapping"] = mapping
        counts, names, seen = Counter[str](), Counter[str](), set[int]()
        for number, row, line in table_rows(path, report):
            case, told = case_in(flat(row), mapping) if row is not None else ({}, [])
            counts.update({one.split(":")[0] for one in told})
            names.update(one for one in told if ":" in one)
            if not case.get("claim"):
                report.note_unparsed(number)
                yield Record(None, None, "other", line or json.dumps(row, ensure_ascii=False), row)
                continue
            key = hash((case["claim"], case["product"]))
            counts["repeated"] += key in seen
            seen.add(key)
            yield Record(None, None, CASE, case.pop("claim"), case)
        _tell(report, counts, names)

    def look(self, path: Path) -> Guess:
        """Columns, the mapping as it would be used, and the first cases. Raises UserError for a told column that is not there."""
        rows = [flat(row) for row in first_table_rows(path)]
        mapping = merged_columns(guess_columns(rows), self.mapping, rows)
        sample = [case_in(row, mapping)[0] for row in rows[:SHOWN]] if "claim" in mapping else []
        return Guess(list(dict.fromkeys(name for row in rows for name in row)), mapping, sample)

    def _fitted(self, path: Path) -> dict[str, str]:
        """Field to column. Raises UserError for a file without a claim, or a told column that is not there."""
        look = self.look(path)
        if "claim" not in look.mapping:
            columns = ", ".join(name[:40] for name in look.columns[:20]) or "-"
            raise UserError(
                f"'{path.name}'에서 청구항을 찾지 못했습니다(있는 열: {columns}). 표라면 --map claim=열,product=열 로 알려 주세요. 글이라면 청구항마다 "
                "【청구항 1】 같은 줄로 시작해야 합니다.",
                f"No claim was found in '{path.name}' (columns: {columns}). For a table say which with --map "
                "claim=COLUMN,product=COLUMN. In a text every claim begins with a line such as 【청구항 1】.",
            )
        return look.mapping


def _pasted(path: Path, report: ReadReport) -> list[Record]:
    """Claims of a text, one record each, and what stands before the first; empty for a text without any."""
    survey = survey_file(path)
    if path.stat().st_size > LARGEST_TEXT:
        raise UserError(
            f"'{path.name}' 파일은 {path.stat().st_size / 1e6:,.0f} MB라 청구항을 붙여 넣은 글로 보기에는 너무 큽니다(최대 {LARGEST_TEXT >> 20} MB). 나누어 주세요.",
            f"'{path.name}' has {path.stat().st_size / 1e6:,.0f} MB, too much for pasted claims (at most {LARGEST_TEXT >> 20} MB). "
            "Divide it.",
        )
    text = "".join(read_blocks(path, survey.encoding, "replace" if survey.broken else "strict")).lstrip("\ufeff")
    report.shape, report.encoding = "text", survey.encoding
    before, claims = numbered_claims(text)
    if not claims:
        return []
    _tell(report, Counter(no_product=len(claims), no_label=len(claims)), Counter())
    empty: dict[str, Any] = dict.fromkeys(("product", "risk_level", "comparisons", "decision_reason", "field"))
    found = [Record(None, None, CASE, body, {**empty, "id": f"{number}", "number": number}) for number, body in claims]
    return ([Record(None, None, "other", before)] if before else []) + found


def _tell(report: ReadReport, counts: Counter[str], names: Counter[str]) -> None:
    """Counts among the facts and as sentences; names of labels that were mapped, or are unknown, behind them."""
    report.facts["cases"] = {name: counts[name] for name in TOLD if counts[name]}
    for name, count in report.facts["cases"].items():
        which = ", ".join(
            f"{one.partition(':')[2]} {n:,}" for one, n in names.most_common() if one.startswith(f"{name}:")
        )
        report.warnings.append(TOLD[name].format(count) + (f" [{which[:300]}]" if which else ""))
