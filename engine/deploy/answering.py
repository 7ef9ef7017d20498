"""`python answer.py --in q.jsonl --out a.jsonl`: a bundle answers a file of questions with nothing but what is in it.

It is a bundle's check of itself and its half of the comparison with the model that it was made from.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from engine.curate.row import Message
from engine.deploy.opened import decoding_of, item_of, open_bundle, open_parts, way_in
from engine.errors import UserError
from engine.serve.backend import Backend
from engine.serve.batch import answer_row
from engine.serve.decoding import Decoding
from engine.serve.measure import peak_mb
from engine.serve.questions import read_questions
from engine.serve.read import read_as
from engine.serve.way import PLAIN, answers_or_instead

HELLO: dict[str, Any] = {"id": "hello", "question": "안녕하세요?"}


def main(folder: Path, arguments: Sequence[str] | None = None) -> int:
    """Exit code: 0 done, 2 something that can be mended, told in a line."""
    given = _parser().parse_args(arguments)
    try:
        _answer(folder, given)
    except UserError as error:
        print(f"{error.ko}\n{error.en}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--in",
        dest="asked",
        type=Path,
        help="JSONL: {id, question} | {id, turns} | {id, messages}, or the recipe's own fields",
    )
    parser.add_argument("--out", dest="out", type=Path, help="JSONL: {id, answer, raw, tokens, read}")
    parser.add_argument("--settings", default="{}", help='JSON, e.g. {"temperature": 0}')
    parser.add_argument("--measure", type=Path, help="JSON: {load_s, first_token_s, peak_mb}, of this program alone")
    return parser


def _answer(folder: Path, given: argparse.Namespace) -> None:
    bundled = open_bundle(folder)
    decoding = _decoding(decoding_of(bundled), given.settings)
    way, read = way_in(bundled)
    ask = item_of(bundled)
    rows = read_questions(given.asked, ask) if given.asked else [(HELLO, ask(HELLO))]
    began = time.perf_counter()
    opened, tokenizer = open_parts(bundled)
    with closing(opened) as backend:
        loaded = time.perf_counter() - began
        made: list[dict[str, Any]] = []
        for item, asked in rows:
            whole = "messages" in item
            one = answers_or_instead([backend], [[asked.messages]], decoding, PLAIN if whole else way)[0]
            row = answer_row(item, asked, one, None if whole else read)
            made.append(
                {**row, "tokens": one.new_tokens, "read": read_as(backend, tokenizer, asked.messages, decoding)}
            )
        first = rows[0][1].messages
        if given.measure:
            took = {"load_s": round(loaded, 3), **_measured(backend, first, decoding)}
            given.measure.write_text(json.dumps(took), encoding="utf-8")
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in made)
    if given.out:
        _write(given.out, lines)
    else:
        sys.stdout.write(lines)


def _write(out: Path, lines: str) -> None:
    try:
        out.write_text(lines, encoding="utf-8")
    except OSError as error:
        raise UserError(
            f"--out에 온 {out}에 쓸 수 없습니다({type(error).__name__}). 있는 폴더 안의 파일 이름을 주세요.",
            f"{out} of --out cannot be written ({type(error).__name__}). Name a file in a folder that exists.",
        ) from error


def _measured(backend: Backend, asked: Sequence[Message], decoding: Decoding) -> dict[str, float]:
    """Seconds to the first token of an answer, and the most MiB that this program ever held."""
    began = time.perf_counter()
    with closing(backend.stream(asked, decoding)) as pieces:  # type: ignore[type-var]  # all backends of a bundle are generators
        next(iter(pieces), "")
    return {"first_token_s": round(time.perf_counter() - began, 4), "peak_mb": peak_mb()}


def _decoding(usual: Decoding, settings: str) -> Decoding:
    try:
        return Decoding.model_validate({**usual.model_dump(), **json.loads(settings)})
    except (ValueError, TypeError) as error:
        raise UserError(
            f'--settings를 읽을 수 없습니다({type(error).__name__}). {{"temperature": 0}}처럼 쓰세요.',
            f'--settings cannot be read ({type(error).__name__}). Write it like {{"temperature": 0}}.',
        ) from error
