"""A suite's metrics for answers made elsewhere: two JSONL files in, numbers out. Needs no model and no store."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

from engine.curate.row import Message
from engine.errors import UserError
from engine.evaluate.compare import Summary, floors_of, summarise, with_floors
from engine.evaluate.suite import Answer, Item, Suite, SuiteContext

REFERENCE_FIELDS = ("reference", "answer", "output", "reply")
PROMPT_FIELDS = ("turns", "messages")
LOSS_METRICS = frozenset({"loss", "perplexity_per_syllable"})
"""They need the model itself, so a file of answers has none."""


def score_files(
    suite: Suite, src: Path, pred: Path, train_targets: frozenset[str] = frozenset(), seed: int = 0
) -> dict[str, Any]:
    """Metrics with intervals for the rows `{id, answer}` of `pred` against the rows `{id, reference}` of `src`.

    A row of `src` without a prediction counts as an empty answer and in `missing`; a prediction for no row counts in
    `unknown`. Metrics that could not be judged for any answer have value null and n 0. Raises UserError with the line
    number for a row that cannot be read, and when no id of the two files agrees.
    """
    items = [_item(suite, src, line, row) for line, row in _rows(src)]
    said = {row["id"]: _answer(suite, pred, line, row) for line, row in _rows(pred)}
    names = {item.name for item in items}
    if not names & said.keys():
        _no_common_id(src, pred)
    answers = [Answer(said.get(item.name, ""), said.get(item.name, ""), 0) for item in items]
    summary = summarise(suite, items, {"pred": answers}, SuiteContext(train_targets), seed)
    return {
        "suite": suite.name,
        "suite_version": suite.version,
        "metrics": _metrics(summary),
        "rows": len(items),
        "missing": len(names - said.keys()),
        "unknown": len(said.keys() - names),
        "method": summary.method,
        **floors_of(summary),
    }


def _metrics(summary: Summary) -> dict[str, Any]:
    found = with_floors(summary.scores["pred"], summary)
    return {name: score for name, score in found.items() if name not in LOSS_METRICS}


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """(1-based line, row) of every line that is not blank; `id` is text and unlike every id before."""
    seen: dict[str, int] = {}
    for line, content in enumerate(_read(path).split("\n"), start=1):
        if not content.strip():
            continue
        row = _parse(path, line, content)
        row["id"] = _id(path, line, row)
        if row["id"] in seen:
            _bad(path, line, f"id가 {seen[row['id']]}번째 줄과 같습니다", f"its id is that of line {seen[row['id']]}")
        seen[row["id"]] = line
        yield line, row
    if not seen:
        raise UserError(
            f"{path.name}에 행이 없어 채점할 수 없습니다. 한 줄에 JSON 하나씩 들어 있는 파일을 주세요.",
            f"{path.name} holds no rows, so nothing can be scored. Give a file with one JSON object per line.",
        )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UserError(
            f"{path} 파일을 읽을 수 없습니다({error.strerror}). 경로를 확인하세요.",
            f"{path} cannot be read ({error.strerror}). Check the path.",
        ) from None
    except UnicodeDecodeError as error:
        raise UserError(
            f"{path.name}의 {error.start}번째 바이트가 UTF-8이 아니라 읽을 수 없습니다. UTF-8로 저장해 다시 주세요.",
            f"Byte {error.start} of {path.name} is not UTF-8, so it cannot be read. Save it as UTF-8 and try again.",
        ) from None


def _parse(path: Path, line: int, content: str) -> dict[str, Any]:
    try:
        row = json.loads(content)
    except (json.JSONDecodeError, RecursionError):
        _bad(path, line, "JSON이 아닙니다", "it is not JSON")
    if not isinstance(row, dict):
        _bad(path, line, "JSON 객체({…})가 아닙니다", "it is not a JSON object ({…})")
    return row


def _id(path: Path, line: int, row: Mapping[str, Any]) -> str:
    value = row.get("id")
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        _bad(path, line, "id(글자나 정수)가 없습니다", "it has no id (text or a whole number)")
    return str(value)


def _item(suite: Suite, path: Path, line: int, row: Mapping[str, Any]) -> Item:
    group = row.get("group")
    meta = {"group": str(group)} if group is not None else {}
    if suite.meta is not None:
        try:
            meta |= suite.meta(row)
        except (KeyError, TypeError) as error:
            field = error.args[0]
            _bad(
                path,
                line,
                f"{suite.name} 채점에 쓸 {field} 값이 없습니다",
                f"it has no {field}, which {suite.name} needs",
            )
        except ValueError as error:
            _bad(path, line, f"본보기 답이 깨졌습니다({error})", f"its reference is broken ({error})")
    return Item(row["id"], _messages(path, line, row), _reference(suite, path, line, row, meta), meta=meta)


def _answer(suite: Suite, path: Path, line: int, row: Mapping[str, Any]) -> str:
    """What was answered; an object or a list as its JSON text where the suite's answers are JSON."""
    if suite.answers_json and isinstance(row.get("answer"), dict | list):
        try:
            return _whole(json.dumps(row["answer"], ensure_ascii=False))
        except RecursionError:
            _bad(path, line, "답이 너무 깊게 겹쳐 있습니다", "its answer is nested too deep")
    return _text(path, line, row, ("answer",))


def _reference(suite: Suite, path: Path, line: int, row: Mapping[str, Any], meta: Mapping[str, Any]) -> str:
    """The first right answer of the suite's reading, else the row's own; what nothing answers has none."""
    if meta.get("references"):
        return _whole(meta["references"][0])
    judged = suite.meta is not None and row.get("answerable") is False
    bare = judged and not any(isinstance(row.get(field), str) for field in REFERENCE_FIELDS)
    return "" if bare else _text(path, line, row, REFERENCE_FIELDS)


def _text(path: Path, line: int, row: Mapping[str, Any], fields: tuple[str, ...]) -> str:
    """The first of `fields` that the row has."""
    for field in fields:
        if isinstance(row.get(field), str):
            return _whole(row[field])
    _bad(path, line, f"글자로 된 {' / '.join(fields)} 값이 없습니다", f"it has no text under {' / '.join(fields)}")


def _whole(text: str) -> str:
    """Lone surrogates, which no tokenizer takes, become question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _messages(path: Path, line: int, row: Mapping[str, Any]) -> tuple[Message, ...]:
    """The prompt: a list of texts, or of {role|speaker, content|text}. No metric reads it, so it may be absent."""
    turns: Any = next((row[field] for field in PROMPT_FIELDS if field in row), [])
    if not isinstance(turns, list) or not all(isinstance(turn, str | dict) for turn in turns):
        _bad(path, line, "turns(또는 messages)가 목록이 아닙니다", "its turns (or messages) are not a list of turns")
    return tuple(_message(turn) for turn in turns)


def _message(turn: str | Mapping[str, Any]) -> Message:
    if isinstance(turn, str):
        return Message(role="user", content=turn)
    role, content = turn.get("role", turn.get("speaker", "user")), turn.get("content", turn.get("text", ""))
    return Message(role=str(role), content=str(content))


def _bad(path: Path, line: int, ko: str, en: str) -> NoReturn:
    raise UserError(
        f"{path.name} {line}번째 줄을 쓸 수 없습니다: {ko}. 그 줄을 고쳐 다시 주세요.",
        f"Line {line} of {path.name} cannot be used: {en}. Mend that line and try again.",
    )


def _no_common_id(src: Path, pred: Path) -> NoReturn:
    raise UserError(
        f"{src.name}과 {pred.name}에 같은 id가 하나도 없어 짝지을 수 없습니다. 같은 문항의 답 파일인지 확인하세요.",
        f"No id of {src.name} occurs in {pred.name}, so nothing can be paired. Check that it answers the same items.",
    )
