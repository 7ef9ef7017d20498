"""Answer a file of questions. It knows nothing of recipes beyond the prompt function it is given."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from engine.errors import UserError
from engine.serve.asked import Asked
from engine.serve.backend import Backend
from engine.serve.decoding import Decoding
from engine.serve.members import opened
from engine.serve.way import PLAIN, Way, answers

BATCH = 16
Prompt = Callable[[Mapping[str, Any]], Asked]
Read = Callable[[Mapping[str, Any], str], Mapping[str, Any]]


def answer_file(
    openers: Sequence[Callable[[], Backend]],
    src: Path,
    out: TextIO,
    prompts: Sequence[Prompt],
    decoding: Decoding,
    way: Way = PLAIN,
    read: Read | None = None,
) -> int:
    """Write {id, answer, raw} for every question of a JSONL file, and `retrieved`, the chunk ids of the clauses it was shown,
    best first, where clauses are looked up; what `read` makes of (question, answer); `shortened` where the prompt lost something to
    the model's window. Returns the number of rows. Several models (an opener and a prompt each) answer together.

    The whole file is checked before a model is loaded. Raises UserError naming the line that cannot be read.
    """
    questions = [read_questions(src, prompt) for prompt in prompts]
    with opened(openers) as backends:
        for start in range(0, len(questions[0]), BATCH):
            batch = [own[start : start + BATCH] for own in questions]
            generated = answers(backends, [[asked.messages for _, asked in own] for own in batch], decoding, way)
            for (item, asked), made in zip(batch[0], generated, strict=True):
                row = {"id": item["id"], "answer": made.text, "raw": made.raw, **_retrieved(asked)}
                row |= read(item, made.text) if read else {}
                row |= {"shortened": True} if made.shortened else {}
                out.write(json.dumps(row, ensure_ascii=False) + "\n")
    return len(questions[0])


def _retrieved(asked: Asked) -> dict[str, list[str]]:
    return {} if asked.found is None else {"retrieved": [clause.chunk_id for clause in asked.found]}


def read_questions(src: Path, prompt: Prompt) -> list[tuple[dict[str, Any], Asked]]:
    """(question, prompt) of every line; each question has an id."""
    try:
        lines = src.read_text(encoding="utf-8-sig").split("\n")
    except FileNotFoundError as error:
        raise UserError(
            f"질문 파일이 없습니다: {src}. 경로를 확인하세요.", f"There is no such file: {src}. Check the path."
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"질문 파일 {src.name}을(를) 읽을 수 없습니다({type(error).__name__}). UTF-8 JSONL 파일인지 확인하세요.",
            f"The questions {src.name} cannot be read ({type(error).__name__}). It must be a UTF-8 JSONL file.",
        ) from error
    found = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            found.append(_question(line, f"{src.name} {number}번째 줄", f"Line {number} of {src.name}", prompt))
    return found


def _question(line: str, ko: str, en: str, prompt: Prompt) -> tuple[dict[str, Any], Asked]:
    """(question, prompt) of one line; ko, en: where it stands."""
    try:
        item = json.loads(line)
        asked = prompt(item)
        for message in asked.messages:
            message["content"].encode("utf-8")  # a lone surrogate is nothing a tokenizer takes
        return {**item, "id": item["id"]}, asked
    except UserError as error:
        raise UserError(f"{ko}: {error.ko}", f"{en}: {error.en}") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UserError(
            f"{ko}을 질문으로 읽을 수 없습니다({_wrong(error)}). id와 레시피가 바라는 칸이 있는 JSON인지 확인하세요.",
            f"{en} is no question ({_wrong(error)}). It must be JSON with an id and the fields the recipe expects.",
        ) from error


def _wrong(error: Exception) -> str:
    """The error's kind, and the field that is missing; no other error's text, which could hold what was asked."""
    return type(error).__name__ + (f" {error}" if isinstance(error, KeyError) else "")
