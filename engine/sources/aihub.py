"""Data sets of AI Hub: interviews, passages with questions, maths with worked solutions, medicine with choices and open.

One record per item; its meta is the item (engine/sources/aihub_items.py). Text of a file nobody understands is kept nowhere: its name is.
"""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.errors import UserError
from engine.sources.aihub_items import FORMS, Item, items_in
from engine.sources.decoding import decode_head, read_blocks, split_records
from engine.sources.json_rows import first_rows, json_rows
from engine.sources.reader import ReadReport, Record

AIHUB = "aihub"
MARK = '{"aihub_file": '
"""How the lines of a file begin that was gathered of a folder or zip."""
LONGEST_LICENCE = 300
UNPARSED = 50
"""Names of files that are told."""
SIGNS = (
    {"form", "bucket"}, {"form", "turns"}, {"qa_id", "q_type"}, {"disease_category", "intention"}, {"disease_category", "question"}, {"OCR_info"},
    {"learning_data_info"}, {"paragraph_speaker", "paragraph_text"},
)  # fmt: skip
"""Fields that only data of this kind has together: what a file is known by that was named to be nothing."""
NOTHING = "JSON {0:,}개는 모양을 알 수 없어 읽지 않았습니다(파일 이름은 보고에 있습니다). / {0:,} JSON values of unknown shape were not read; the report names their files."
BROKEN = "JSON이 아니거나 깨진 파일이 {0:,}개 있습니다. / {0:,} files are broken, or no JSON."
NO_NOTE = (
    "이용 조건을 적은 파일(LICENSE, 이용약관, README)을 찾지 못했습니다. AI Hub에서 받은 데이터는 AI Hub 이용정책을 따릅니다. / No licence note was found; data of AI "
    "Hub comes under its terms of use."
)
HINTS = (
    ("validation", ("validation", "/vl_", "/vs_", "valid/", "검증")),
    ("train", ("training", "/tl_", "/ts_", "train/", "학습")),
)


class AihubReader:
    """JSON of AI Hub, a file of it or what was gathered of a folder or zip."""

    kind = AIHUB

    def recognises(self, path: Path, head: bytes) -> bool:
        text = (decode_head(head) or "").lstrip("\ufeff").lstrip()
        if text.startswith(MARK):
            return True
        return any(_is_signed(row, 6) for row in first_rows(head, 5))

    def read(self, path: Path, report: ReadReport) -> Iterator[Record]:
        """Items in file order. Raises UserError when not one JSON value is understood."""
        forms, hints, unknown, values = Counter[str](), Counter[str](), Counter[str](), 0
        licences: Counter[str] = Counter()
        for number, file, value in _values(path, report):
            values += 1
            found = items_in(value, file) if value is not None else []
            hint = _hint(file)
            if not found:
                unknown[file] += 1
                report.note_unparsed(number)
                yield Record(None, None, "other", file)
            for item in found:
                forms[f"{item['form']}"] += 1
                hints[hint] += bool(hint)
                licences[str(item.get("licence") or "")[:LONGEST_LICENCE]] += 1
                yield _record(item, hint)
        if not forms:
            raise _nothing(path, values)
        report.shape = report.shape or "json"
        report.facts["licence"] = {name: name for name in licences if name}
        _tell(report, forms, hints, unknown)


def knows_any(gathered: Path) -> bool:
    """Whether one of the values gathered of a folder is of a shape that only data of this kind has."""
    return any(_is_signed(value, 6) for _, _, value in _values(gathered, ReadReport()))


def _values(path: Path, report: ReadReport) -> Iterator[tuple[int, str, Any]]:
    """(line, file it came from, JSON value); what was gathered beside them goes to the report."""
    with path.open("rb") as file:
        gathered = file.read(len(MARK)) == MARK.encode()
    if not gathered:
        yield from ((number, path.name, row) for number, row, _ in json_rows(path, report))
        return
    report.encoding = "utf-8"
    for number, line in enumerate(split_records(read_blocks(path, "utf-8", "strict"), at_crlf=False), 1):
        found = json.loads(line) if line else {"told": {}}
        if "told" in found:
            report.facts["gathered"] = found["told"]
        else:
            yield number, found["aihub_file"], found["item"]


def _record(item: Item, hint: str) -> Record:
    turns = item.get("turns")
    # All of an interview: what masking finds in a record's text is hidden in its meta, too.
    text = "\n".join(turn["content"] for turn in turns) if turns else item["question"]
    return Record(None, None, item["form"], text, {**item, **({"hint": hint} if hint else {})})


def _hint(file: str) -> str:
    """Which split the folders of AI Hub put a file into."""
    low = f"/{file.casefold()}"
    return next((name for name, words in HINTS if any(word in low for word in words)), "")


def _tell(report: ReadReport, forms: Counter[str], hints: Counter[str], unknown: Counter[str]) -> None:
    told = report.facts.pop("gathered", {})
    report.facts["forms"] = {name: forms[name] for name in FORMS if forms[name]}
    report.facts["hints"] = dict(+hints)
    report.facts["licence"] |= told.get("notes", {})
    names = [*dict.fromkeys([*unknown, *told.get("broken", ())])]
    report.facts["unparsed_files"] = names[:UNPARSED]
    report.facts["unparsed_file_count"] = len(names)
    if unknown:
        report.warnings.append(NOTHING.format(unknown.total()))
    if told.get("broken"):
        report.warnings.append(BROKEN.format(len(told["broken"])))
    if not report.facts["licence"]:
        report.warnings.append(NO_NOTE)


def _is_signed(value: Any, depth: int) -> bool:
    if isinstance(value, list):
        return any(_is_signed(one, depth - 1) for one in value[:3]) if depth else False
    if not isinstance(value, dict):
        return False
    if any(sign <= set(value) for sign in SIGNS):
        return True
    return bool(depth) and any(_is_signed(inner, depth - 1) for inner in value.values())


def _nothing(path: Path, values: int) -> UserError:
    return UserError(
        f"'{path.name}'의 JSON {values:,}개 가운데 아는 모양(문진, 지문, 수학 풀이, 객관식, 질의응답)이 하나도 없습니다. 라벨링데이터(TL, VL)인지 확인하고, "
        "질문과 답의 표라면 --as qa나 --as mcqa로 가져오세요. 아는 모양은 docs/aihub.md에 있습니다.",
        f"None of the {values:,} JSON values of '{path.name}' has a known shape (interview, passage, maths, multiple choice, question and "
        "answer). See that it is the label data (TL, VL); import a table of questions with --as qa or --as mcqa. docs/aihub.md lists the shapes.",
    )
