"""Answer a file of questions. It knows nothing of recipes beyond the prompt function it is given."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from engine.serve.asked import Asked
from engine.serve.backend import Backend, Generated
from engine.serve.decoding import Decoding
from engine.serve.members import opened
from engine.serve.questions import Prompt, read_questions
from engine.serve.way import PLAIN, Way, answers_or_instead

BATCH = 16
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
            prompts_now = [[asked.messages for _, asked in own] for own in batch]
            generated = answers_or_instead(backends, prompts_now, decoding, way)
            for (item, asked), made in zip(batch[0], generated, strict=True):
                row = answer_row(item, asked, made, read)
                out.write(json.dumps(row, ensure_ascii=False) + "\n")
    return len(questions[0])


def answer_row(item: Mapping[str, Any], asked: Asked, made: Generated, read: Read | None) -> dict[str, Any]:
    """One line of the answers, see `answer_file`."""
    row = {"id": item["id"], "answer": made.text, "raw": made.raw, **_retrieved(asked)}
    row |= read(item, made.text) if read else {}
    return row | ({"shortened": True} if made.shortened else {})


def _retrieved(asked: Asked) -> dict[str, list[str]]:
    return {} if asked.found is None else {"retrieved": [clause.chunk_id for clause in asked.found]}
