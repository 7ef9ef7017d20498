"""`python answer.py --in q.jsonl --out a.jsonl`: a bundle answers a file of questions with nothing but what is in it.

It is a bundle's check of itself and its half of the comparison with the model that it was made from.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from engine.curate.row import Message
from engine.deploy.opened import asking, decoding_of, open_bundle, open_parts
from engine.errors import UserError
from engine.serve.backend import Backend
from engine.serve.decoding import Decoding
from engine.serve.measure import peak_mb
from engine.serve.read import read_as

HELLO = "안녕하세요?"


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
    parser.add_argument("--in", dest="asked", type=Path, help="JSONL: {id, question} | {id, turns} | {id, messages}")
    parser.add_argument("--out", dest="out", type=Path, help="JSONL: {id, answer, raw, tokens, read}")
    parser.add_argument("--settings", default="{}", help='JSON, e.g. {"temperature": 0}')
    parser.add_argument("--measure", type=Path, help="JSON: {load_s, first_token_s, peak_mb}, of this program alone")
    return parser


def _answer(folder: Path, given: argparse.Namespace) -> None:
    bundled = open_bundle(folder)
    decoding = _decoding(decoding_of(bundled), given.settings)
    rows = list(_read(given.asked)) if given.asked else [{"id": "hello", "question": HELLO}]
    began = time.perf_counter()
    opened, tokenizer = open_parts(bundled)
    with closing(opened) as backend:
        loaded = time.perf_counter() - began
        shape, way = asking(bundled)
        made: list[dict[str, Any]] = []
        first: Sequence[Message] = []
        for row in rows:
            messages = _messages(row)
            asked = messages if "messages" in row else shape(messages).messages
            first = first or asked
            one = backend.generate([asked], decoding)[0]
            answer = way.finish(asked, one.text) if way.finish and "messages" not in row else one.text
            told = {"id": row.get("id"), "answer": answer, "raw": one.raw, "tokens": one.new_tokens}
            made.append({**told, "read": read_as(backend, tokenizer, asked, decoding)})
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


def _read(path: Path) -> Iterator[dict[str, Any]]:
    try:
        # not splitlines: U+2028 may stand inside a string of JSON
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeError) as error:
        raise UserError(
            f"{path.name}을(를) 읽을 수 없습니다({type(error).__name__}).",
            f"{path.name} cannot be read ({type(error).__name__}).",
        ) from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            _messages(row)
        except (ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
            raise UserError(
                f"{path.name} {number}번째 줄을 읽을 수 없습니다. {{id, question}}, {{id, turns}}, {{id, messages}} 가운데 하나여야 합니다.",
                f"Line {number} of {path.name} cannot be read. It must be one of {{id, question}}, {{id, turns}}, {{id, messages}}.",
            ) from error
        yield row


def _messages(row: dict[str, Any]) -> list[Message]:
    """`messages`: the whole prompt as it is shown to the model; else what a visitor would have said. Raises ValueError for nothing said."""
    if "question" in row:
        return [Message(role="user", content=str(row["question"]))]
    turns = row["messages"] if "messages" in row else row["turns"]
    if not turns:
        raise ValueError("turns")
    return [_message(turn) for turn in turns]


def _message(turn: dict[str, Any]) -> Message:
    """With what may be cut of it: a long prompt then loses the same words as where it was made."""
    told = Message(role=turn["role"], content=str(turn["content"]))
    if "cut" in turn:
        start, end = turn["cut"]
        told["cut"] = (int(start), int(end))
        if turn.get("middle"):
            told["middle"] = True
    return told
