"""Rows of any shape become question, clause and answer: both styles of the policy recipe, prompts written out, chat messages.

It reads no file. What a row lacks stays empty: validation counts it later, under its own reason.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from engine.ground.refusals import is_refusal

Pair = dict[str, Any]
"""question, answer, clause, type, answerable, id: texts or None."""
WITH_CLAUSE = re.compile(r"^\s*\[\s*(?:보험\s*)?약관\s*\]\s*(.*?)\s*(?:^|\n)\s*\[?\s*질문\s*\]?\s*[::]\s*(.*)$", re.S)
"""Input of the RAG style: the clause, then the question."""
WRITTEN_OUT = re.compile(
    r"^\s*#{2,3}\s*(?:지시|명령어|Instruction)[^\n]*\n(.*?)(?:\n\s*#{2,3}\s*(?:입력|Input)[^\n]*\n(.*?))?"
    r"\n\s*#{2,3}\s*(?:출력|응답|Response|Output)[^\n]*\n?(.*)$",
    re.S | re.I,
)
"""A whole training text."""
ENDS = re.compile(
    r"(?:\s*(?:<\|(?:end_of_text|eot_id|im_end|endoftext|end|end_of_turn)\|>|</s>|<eos>|<end_of_turn>|\[EOS\]|<\|eos\|>))+\s*$"
)
"""End tokens that were written into an answer: the dataset appends the tokenizer's own."""
TYPES = {
    "fact": ("fact", "factual", "사실", "사실형", "팩트"),
    "scenario": ("scenario", "시나리오", "사례", "상황", "상황형", "사례형"),
    "easy": ("easy", "쉬운", "쉬움", "쉬운말", "초보", "일상", "쉬운질문", "이지"),
}
UNTYPED = "unknown"
_NO = {"false", "0", "no", "n", "아니오", "아니요", "불가", "불가능", "없음", "x", "거짓"}
_YES = {"true", "1", "yes", "y", "예", "네", "가능", "있음", "o", "참"}


def mapped_pair(row: Mapping[str, Any], mapping: Mapping[str, str], asked_in: str = "question") -> Pair:
    """The pair of a row by its mapping. asked_in "clause": the question stands in the clause's column, as in files whose
    instruction is the same for every row."""
    got = {field: as_text(row.get(column)) for field, column in mapping.items() if field != "answerable"}
    question, clause = got.get("question", ""), got.get("clause", "")
    for text, other in ((clause, question), (question, clause)):
        if found := WITH_CLAUSE.match(text):
            return _pair(row, mapping, got, found[2], found[1] or (other if text is question else ""))
    if asked_in == "clause" and clause:
        question, clause = clause, ""
    return _pair(row, mapping, got, question, clause)


def _pair(
    row: Mapping[str, Any], mapping: Mapping[str, str], got: Mapping[str, str], question: str, clause: str
) -> Pair:
    answer = ENDS.sub("", got.get("answer", "")).strip()
    column = mapping.get("answerable")
    told = _truth(row.get(column)) if column else None
    if told is not None and column and "impossible" in column.casefold():
        told = not told
    return {
        "question": question.strip(),
        "answer": answer,
        "clause": clause.strip() or None,
        "type": type_of(got.get("type", "")),
        "answerable": not is_refusal(answer) if told is None else told,
        "id": got.get("id", "").strip()[:200] or None,
    }


def as_text(value: Any) -> str:
    """A cell as text; a list of texts one under the other; of {"text": [...]} (SQuAD) the first."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, dict):
        inner = value.get("text", "")
        return as_text(inner[0] if isinstance(inner, list) and inner else inner)
    if isinstance(value, list):
        return "\n".join(filter(None, map(as_text, value)))
    return str(value)


def type_of(name: str) -> str:
    """fact, scenario or easy by any of their names; another name stays, without one it is `unknown`."""
    plain = re.sub(r"[\W_]+", "", name).casefold()
    return next((kind for kind, names in TYPES.items() if plain in names), name.strip().casefold()[:40] or UNTYPED)


def _truth(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    plain = str(value).strip().casefold() if value is not None else ""
    return True if plain in _YES else False if plain in _NO else None


def unfolded(row: Mapping[str, Any]) -> dict[str, Any] | None:
    """A row whose pair lies inside one column, as {instruction, input, output}: chat messages, or a training text written out."""
    talk = next(
        (
            row[name]
            for name in ("messages", "conversations", "conversation", "turns")
            if isinstance(row.get(name), list)
        ),
        None,
    )
    if talk is not None:
        return _of_talk(talk, row)
    text = next((row[name] for name in ("text", "prompt", "본문") if isinstance(row.get(name), str)), "")
    if found := WRITTEN_OUT.match(text):
        kept = {key: value for key, value in row.items() if key not in ("text", "본문")}
        answer = found[3].strip() or as_text(row.get("completion") or row.get("response"))
        return {**kept, "instruction": found[1].strip(), "input": (found[2] or "").strip(), "output": answer}
    return None


def _of_talk(talk: Sequence[Any], row: Mapping[str, Any]) -> dict[str, Any] | None:
    """The last answer, and what the user said before it; the system's words are the instruction."""
    turns = [
        (str(t.get("role") or t.get("from") or "").casefold(), as_text(t.get("content") or t.get("value")))
        for t in talk
        if isinstance(t, dict)
    ]
    answers = [at for at, (role, _) in enumerate(turns) if role in ("assistant", "gpt", "bot", "model")]
    if not answers:
        return None
    asked = [text for role, text in turns[: answers[-1]] if role in ("user", "human")]
    kept = {key: value for key, value in row.items() if not isinstance(value, list)}
    return {**kept, "instruction": asked[-1] if asked else "", "input": "", "output": turns[answers[-1]][1]}


def expanded(row: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows inside a row: SQuAD and AI Hub keep a text's questions under {"paragraphs": [{"context", "qas": […]}]}."""
    paragraphs = row.get("paragraphs")
    if not isinstance(paragraphs, list):
        return [row]
    found = []
    for paragraph in paragraphs:
        if isinstance(paragraph, dict) and isinstance(paragraph.get("qas"), list):
            found += [{**one, "context": paragraph.get("context")} for one in paragraph["qas"] if isinstance(one, dict)]
    return found or [row]


def asked_in_clause(rows: Sequence[Mapping[str, Any]], mapping: Mapping[str, str]) -> bool:
    """Whether the instruction is the same in all of several rows, so that the input must hold the question."""
    column, other = mapping.get("question"), mapping.get("clause")
    if not column or not other or len(rows) < 2:
        return False
    asked = {as_text(row.get(column)).strip() for row in rows}
    inputs = {as_text(row.get(other)).strip() for row in rows}
    return len(asked) == 1 and len(inputs) > 1 and not any(WITH_CLAUSE.match(text) for text in inputs)
