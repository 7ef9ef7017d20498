"""What HTTP costs beside a model in the same process, and what concurrent clients gain from common batches.

Run as: python bench/api.py [--rounds 3] [--tokens 24]
The same prompts are answered in turns, round by round: in this process, over HTTP by one client, by 4 and by 16 at once. Told are
ratios of one run; absolute times say something about the machine alone. Needs no run: the starter answers.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from openai import OpenAI

from engine.curate.row import Message
from engine.models.bases import resolve_base
from engine.serve.backend import Backend
from engine.serve.decoding import Decoding
from engine.serve.transformers_backend import open_backend
from tests.serving import running

MODEL = "base:starter"
CLIENTS = (1, 4, 16)
PROMPTS = [f"{place}에서 {what} 어때? {n}시에 보자." for n, (place, what) in enumerate(
    [(place, what) for place in ("학교", "공원", "시장", "역 앞") for what in ("점심", "산책", "구경", "커피")], 1)]  # fmt: skip


def here(backend: Backend, decoding: Decoding) -> tuple[list[str], list[float]]:
    """(answers, seconds to each first piece), one after the other in this process."""
    answers, firsts = [], []
    for prompt in PROMPTS:
        began, pieces = time.perf_counter(), backend.stream([Message(role="user", content=prompt)], decoding)
        first = next(pieces, "")
        firsts.append(time.perf_counter() - began)
        answers.append(first + "".join(pieces))
    return answers, firsts


def streamed(client: OpenAI, asked: dict[str, Any]) -> tuple[list[str], list[float]]:
    """The same over HTTP."""
    answers, firsts = [], []
    for prompt in PROMPTS:
        began, text = time.perf_counter(), ""
        for chunk in client.chat.completions.create(
            **asked, messages=[{"role": "user", "content": prompt}], stream=True
        ):
            piece = chunk.choices[0].delta.content or ""
            if piece and not text:
                firsts.append(time.perf_counter() - began)
            text += piece
        answers.append(text)
    return answers, firsts


def whole(client: OpenAI, asked: dict[str, Any], clients: int) -> list[str]:
    """Answers at once, `clients` requests in flight."""

    def one(prompt: str) -> str:
        told = client.chat.completions.create(**asked, messages=[{"role": "user", "content": prompt}])
        return told.choices[0].message.content or ""

    with ThreadPoolExecutor(clients) as pool:
        return list(pool.map(one, PROMPTS))


def timed(act: Callable[[], Sequence[str]], wanted: Sequence[str]) -> tuple[float, int]:
    """(seconds, answers that differ from those of this process)."""
    began = time.perf_counter()
    made = act()
    return time.perf_counter() - began, sum(a != b for a, b in zip(made, wanted, strict=True))


def measure(client: OpenAI, backend: Backend, rounds: int, tokens: int) -> dict[str, Any]:
    """Medians over rounds of what each way takes, as ratios to this process."""
    decoding = Decoding(max_new_tokens=tokens)
    asked: dict[str, Any] = {"model": MODEL, "max_tokens": tokens}
    own, firsts, over, differ = [], [], {n: [] for n in CLIENTS}, 0
    for _ in range(rounds):
        began = time.perf_counter()
        answers, first = here(backend, decoding)
        own.append(time.perf_counter() - began)
        streams, first_http = streamed(client, asked)
        firsts.append(statistics.median(first_http) / statistics.median(first))
        differ += sum(a != b for a, b in zip(streams, answers, strict=True))
        for clients in CLIENTS:
            seconds, wrong = timed(lambda n=clients: whole(client, asked, n), answers)
            over[clients].append(seconds)
            differ += wrong
    return {
        "prompts": len(PROMPTS),
        "rounds": rounds,
        "answers_that_differ": differ,
        "first_piece_http_to_here": round(statistics.median(firsts), 3),
        "requests_per_second_http_to_here": {
            n: round(statistics.median(a / b for a, b in zip(own, over[n], strict=True)), 2) for n in CLIENTS
        },
        "requests_per_second_here": round(len(PROMPTS) / statistics.median(own), 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tokens", type=int, default=24)
    given = parser.parse_args()
    backend = open_backend(resolve_base("starter"))
    words = (MODEL, "--max-concurrent", "16", "--per-minute", "100000")
    with tempfile.TemporaryDirectory() as folder, running(Path(folder), *words) as server:
        client = OpenAI(base_url=f"{server.url}/v1", api_key=server.key, max_retries=0)
        print(json.dumps(measure(client, backend, given.rounds, given.tokens), ensure_ascii=False))


if __name__ == "__main__":
    main()
