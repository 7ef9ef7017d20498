"""Files that compare models, made elsewhere (`comparison_results*.json`): which field is what is guessed and told.

Read are JSON and JSONL: rows with an answer per model beside the question (`v1_answer`, or `v1` holding text or an object),
rows with `answers` by model or a list of them, one row per answer with its `model`, and a list of rows per model. It judges
nothing.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.errors import UserError

Row = Mapping[str, Any]
QUESTION = ("question", "query", "instruction", "user_question", "prompt", "input", "질문", "q")
CONTEXTS = (
    "contexts context retrieved retrieved_contexts retrieved_docs retrieved_clauses documents docs clauses clause chunks chunk "
    "passages passage source_text reference_context 조항 약관 근거"
).split()
REFERENCE = (
    "reference reference_answer ground_truth ground_truth_answer gold gold_answer expected expected_answer correct_answer "
    "target label_answer 정답 모범답안"
).split()
KIND = ("type", "question_type", "category", "kind", "유형")
ANSWERABLE = ("answerable", "is_answerable")
ANSWER = ("answer", "response", "output", "text", "prediction", "generated", "result", "content", "답변", "응답")
VERDICT = (
    "is_hallucination hallucination hallucinated is_hallucinated hallucination_label has_hallucination label verdict judgement "
    "judgment 환각 판정"
).split()
MODEL = ("model", "model_name", "name", "모델")
MANY = ("answers", "responses", "outputs", "models", "predictions", "답변들")
ROWS = ("results", "comparisons", "comparison", "data", "items", "examples", "details", "rows", "questions")
_WRONG = frozenset(
    "hallucination hallucinated wrong incorrect bad fail unsupported contradicted 환각 환각있음 오답".split()
)
_RIGHT = frozenset("grounded ok correct good pass supported right nohallucination 정상 환각없음 정답".split())
_YES, _NO = frozenset("true yes y 1 o 있음 예".split()), frozenset("false no n 0 x none 없음 아니오 아니요".split())
"""Say something only beside a question: yes to "hallucination?" is wrong. O and X under a plain verdict are right and wrong."""
MOST_BYTES = 200_000_000


@dataclass(slots=True)
class Compared:
    """One question with what each model said; `wrong`: the file's own verdict, None where it gives none."""

    question: str
    contexts: tuple[str, ...] = ()
    reference: str = ""
    kind: str | None = None
    answerable: bool | None = None
    answers: dict[str, str] = field(default_factory=dict)
    wrong: dict[str, bool | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ComparisonFile:
    """What was read. `mapping`: role to the field it was read from; `unused`: fields that were not read, with counts."""

    items: list[Compared]
    models: tuple[str, ...]
    mapping: dict[str, str]
    unused: dict[str, int]
    skipped: int
    """Rows without a question or without any answer."""


def read_comparison(path: Path, told: Mapping[str, str] | None = None) -> ComparisonFile:
    """Read a file. told: role (`question`, `contexts`, `reference`, or a model's name) to the field that holds it.

    Raises UserError for what is no JSON or JSONL, and where no question or no model's answer is found.
    """
    reader = _Reader(dict(told or {}))
    for row, model in _rows(_parsed(path), path):
        reader.take(row, model)
    items = [item for item in reader.items.values() if item.answers]
    if not items:
        raise _nothing(path, reader)
    models = tuple(dict.fromkeys(model for item in items for model in item.answers))
    unused = Counter({name: n for name, n in reader.seen.items() if name not in reader.used})
    skipped = reader.skipped + len(reader.items) - len(items)
    return ComparisonFile(items, models, reader.mapping, dict(unused.most_common(20)), skipped)


def _parsed(path: Path) -> Any:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise _unreadable(path, f"> {MOST_BYTES // 1_000_000} MB")
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise UserError(
            f"파일이 없습니다: {path}. 경로를 확인하세요.", f"There is no such file: {path}. Check the path."
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, type(error).__name__) from error
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    try:
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    except (ValueError, RecursionError) as error:
        raise _unreadable(path, type(error).__name__) from error


def _unreadable(path: Path, what: str) -> UserError:
    return UserError(
        f"{path.name} 파일을 비교 결과로 읽을 수 없습니다({what}). UTF-8 JSON 또는 JSONL 파일을 주세요.",
        f"{path.name} cannot be read as comparison results ({what}). Give a UTF-8 JSON or JSONL file.",
    )


def _nothing(path: Path, reader: "_Reader") -> UserError:
    seen = ", ".join(list(reader.seen)[:12]) or "-"
    return UserError(
        f"{path.name}에서 질문과 모델의 답을 찾지 못했습니다. 있는 칸: {seen}. --map question=칸 --map v1=칸처럼 알려 주세요.",
        f"No question with a model's answer was found in {path.name}. Its fields: {seen}. Say which is which with "
        "--map question=FIELD --map v1=FIELD.",
    )


def _rows(found: Any, path: Path) -> Iterator[tuple[Row, str | None]]:
    """Rows, and the model all answers of a row are by where rows stand under its name."""
    if isinstance(found, list):
        yield from ((row, None) for row in found if isinstance(row, dict))
        return
    if not isinstance(found, dict):
        raise _unreadable(path, type(found).__name__)
    inside = next((found[name] for name in ROWS if isinstance(found.get(name), list | dict)), None)
    if isinstance(inside, list) and any(isinstance(row, dict) for row in inside):
        yield from ((row, None) for row in inside if isinstance(row, dict))
        return
    lists = inside if isinstance(inside, dict) else found
    by_model = {name: rows for name, rows in lists.items() if isinstance(rows, list) and _are_rows(rows)}
    for name, rows in by_model.items():
        yield from ((row, str(name)) for row in rows)
    if not by_model:
        yield found, None


def _are_rows(rows: Sequence[Any]) -> bool:
    return bool(rows) and all(isinstance(row, dict) and _first(row, QUESTION) for row in rows)


def _first(row: Row, names: Sequence[str]) -> str | None:
    lower = {str(key).lower(): str(key) for key in row}
    return next((lower[name] for name in names if name in lower and row[lower[name]] not in (None, "")), None)


class _Reader:
    """Takes rows in; one item per question and contexts."""

    def __init__(self, told: dict[str, str]) -> None:
        self.told = told
        self.items: dict[tuple[str, tuple[str, ...]], Compared] = {}
        self.mapping: dict[str, str] = {}
        self.seen, self.used = Counter[str](), set[str]()
        self.taken: set[str] = set()
        """Fields of the row at hand that hold something else than answers."""
        self.skipped = 0

    def take(self, row: Row, model: str | None) -> None:
        self.seen.update(map(str, row))
        self.taken = set()
        question = self._value(row, "question", QUESTION)
        if not isinstance(question, str) or not question.strip():
            self.skipped += 1
            return
        contexts = tuple(_texts(self._value(row, "contexts", CONTEXTS)))
        item = self.items.setdefault((question.strip(), contexts if model is None else ()), Compared(question.strip()))
        item.contexts = item.contexts or contexts
        reference = self._value(row, "reference", REFERENCE)
        item.reference = item.reference or (reference if isinstance(reference, str) else "")
        kind, answerable = self._value(row, "type", KIND), self._value(row, "answerable", ANSWERABLE)
        item.kind = item.kind or (kind if isinstance(kind, str) else None)
        item.answerable = answerable if isinstance(answerable, bool) else item.answerable
        for name, text, wrong in self._answers(row, model):
            item.answers[name] = text
            item.wrong[name] = wrong

    def _value(self, row: Row, role: str, names: Sequence[str]) -> Any:
        name = self.told.get(role) or _first(row, names)
        if name is None or name not in row:
            return None
        self.mapping.setdefault(role, name)
        self.used.add(name)
        self.taken.add(name)
        return row[name]

    def _answers(self, row: Row, model: str | None) -> Iterator[tuple[str, str, bool | None]]:
        by = _first(row, MODEL)
        one = model or (str(row[by]) if by and isinstance(row[by], str) else None)
        if one is not None:
            said = _answer_of(row)
            if said is not None:
                self.used |= {by} if by else set()
                self.used |= {name for name in (_first(row, ANSWER), _first(row, VERDICT)) if name}
                self.mapping.setdefault(one, _first(row, ANSWER) or "-")
                yield one, said, _verdict_of(row)
            return
        yield from self._beside(row)

    def _beside(self, row: Row) -> Iterator[tuple[str, str, bool | None]]:
        """Answers that stand in the question's own row, under the models' names."""
        for name in MANY:
            if isinstance(row.get(name), list | dict):
                self.used.add(name)
                self.taken.add(name)
                yield from self._listed(row[name], name)
        chosen = {
            key: role for role, key in self.told.items() if role not in ("question", "contexts", "reference", "type")
        }
        for key, value in row.items():
            if key in self.taken and key not in chosen:
                continue
            found = chosen.get(key) or _model_in(str(key), value)
            text = _answer_of(value) if isinstance(value, dict) else value
            if found and isinstance(text, str):
                self.used.add(key)
                self.mapping.setdefault(found, key)
                yield found, text, self._verdict_beside(row, found, value)

    def _listed(self, many: Any, name: str) -> Iterator[tuple[str, str, bool | None]]:
        pairs = many.items() if isinstance(many, dict) else ((None, one) for one in many if isinstance(one, dict))
        for model, one in pairs:
            said = _answer_of(one) if isinstance(one, dict) else one
            by = (
                model if model is not None else next((one[key] for key in MODEL if isinstance(one.get(key), str)), None)
            )
            if isinstance(said, str) and by:
                self.mapping.setdefault(str(by), name)
                yield str(by), said, _verdict_of(one) if isinstance(one, dict) else None

    def _verdict_beside(self, row: Row, model: str, value: Any) -> bool | None:
        if isinstance(value, dict) and _verdict_of(value) is not None:
            return _verdict_of(value)
        for key, said in row.items():
            low = str(key).lower()
            if low.startswith(model.lower()) and any(
                low == f"{model.lower()}{sep}{v}" for sep in "_-. " for v in VERDICT
            ):
                self.used.add(key)
                return _wrong(low, said)
        name = next((name for name in VERDICT if isinstance(row.get(name), dict)), None)
        if name is None:
            return None
        self.used.add(name)
        return _wrong(name, row[name].get(model))


_NAMED = re.compile(rf"^(?P<model>.+?)[_\-. ]?(?:{'|'.join(ANSWER)})$", re.IGNORECASE)
_NAMED_AFTER = re.compile(rf"^(?:{'|'.join(ANSWER)})[_\-. ](?P<model>.+)$", re.IGNORECASE)
_ONE = (
    r"(?:base|original|pretrained|fine[_-]?tuned|tuned|q?lora|adapter|model|simple|rag|sft|v?\d+|기본|원본|학습|모델)"
)
_PLAIN_MODEL = re.compile(rf"(?!\d+$){_ONE}(?:[_\-. ]?{_ONE})*", re.IGNORECASE)
"""Names that models are given in such files: base, v1, v2_rag, lora-v2."""
_NO_MODEL = frozenset(
    "question query user reference expected gold correct target ground_truth context retrieved source the".split()
)


def _model_in(key: str, value: Any) -> str | None:
    """The model whose answer a field holds, by the field's name; None for any other field."""
    if (isinstance(value, dict) and _answer_of(value) is None) or not isinstance(value, str | dict):
        return None
    for pattern in (_NAMED, _NAMED_AFTER):
        if (found := pattern.match(key)) and (name := found["model"].strip("_-. ").lower()) and name not in _NO_MODEL:
            return found["model"].strip("_-. ")
    return key if _PLAIN_MODEL.fullmatch(key) else None


def _answer_of(row: Row) -> str | None:
    name = _first(row, ANSWER)
    return row[name] if name is not None and isinstance(row[name], str) else None


def _verdict_of(row: Row) -> bool | None:
    name = next((key for key in row if str(key).lower() in VERDICT), None)
    return _wrong(str(name), row[name]) if name is not None else None


def _wrong(name: str, said: Any) -> bool | None:
    """Whether a verdict under that name says that the answer is hallucinated; None where that is not plain."""
    asks = "halluc" in name.lower() or "환각" in name
    word = re.sub(r"[\s_\-]", "", str(said)).lower() if isinstance(said, str | bool | int) else ""
    if word in _WRONG or word in _RIGHT:
        return word in _WRONG
    if word in ("o", "x") and not asks:
        return word == "x"
    return word in _YES if asks and word in _YES | _NO else None


def _texts(found: Any) -> Iterator[str]:
    """Texts of clauses: a string, a list, or objects that hold one."""
    if isinstance(found, str) and found.strip():
        yield found
    elif isinstance(found, dict):
        name = _first(found, ("text", "content", "page_content", "clause", "chunk", "조항"))
        yield from _texts(found[name]) if name else ()
    elif isinstance(found, list):
        for one in found:
            yield from _texts(one)
