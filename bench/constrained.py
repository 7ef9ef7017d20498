"""What keeping to a JSON schema costs: the same prompts, model and number of tokens, free and constrained in turns.

Run as: python bench/constrained.py [--tokens 160] [--rounds 5] [--big]

The ratio is processor time, constrained over free, for the same number of tokens: the free answer is kept from ending before it has as
many as the constrained one took. One thread, so that a busy machine disturbs little.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from engine.claims.verdict import SCHEMA
from engine.models.bases import resolve_base
from engine.serve.decoding import Decoding
from engine.serve.transformers_backend import TransformersBackend, open_backend

ASKED = [
    "청구항 1: 제1 전극과 제2 전극을 포함하고 상기 전극 사이에 분리막이 있는 이차 전지. 제품: 전극 두 개와 세라믹 분리막이 있는 전지.",
    "청구항 2: 온도를 재는 감지부와 알림을 보내는 통신부를 포함하는 장치. 제품: 온도계와 알림 기능이 있는 주전자.",
    "청구항 3: 점착층, 기재층, 보호층을 차례로 포함하는 필름. 제품: 점착층과 기재층만 있는 필름.",
    "청구항 4: 손잡이와 날을 포함하는 칼. 제품: 손잡이와 접이식 날.",
]


def main() -> None:
    """Measure and print one JSON object."""
    import torch

    options = _options()
    torch.set_num_threads(1)
    told: dict[str, Any] = {"tokens": options.tokens, "rounds": options.rounds}
    told["starter"] = _measure(open_backend(resolve_base("starter"), quantisation="none", device="cpu"), options)
    if options.big:
        with tempfile.TemporaryDirectory() as folder:
            base = resolve_base(str(_big(Path(folder))))
            told["220M"] = _measure(open_backend(base, quantisation="none", device="cpu"), options)
    print(json.dumps(told, ensure_ascii=False))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tokens", type=int, default=160)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--big", action="store_true", help="also a random model of 220M parameters")
    return parser.parse_args()


def _big(folder: Path) -> Path:
    """A random Llama with the starter's tokenizer and the shape of a small published model, as in the comparison of engines."""
    import torch
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    tokenizer = AutoTokenizer.from_pretrained(Path(__file__).resolve().parent.parent / "starter" / "model")
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=32_000, hidden_size=1024, intermediate_size=2816, num_hidden_layers=12, num_attention_heads=16,
        max_position_embeddings=1024, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _measure(backend: TransformersBackend, options: argparse.Namespace) -> dict[str, Any]:
    """Ratios of every round, for one answer and for a batch."""
    ends, never = backend._ends, backend._never
    found: dict[str, Any] = {}
    for name, questions in {"one": ASKED[:1], "batch_of_4": ASKED}.items():
        asked = [[{"role": "user", "content": text}] for text in questions]
        constrained = Decoding(temperature=0.0, max_new_tokens=options.tokens, json_schema=SCHEMA)
        took = max(answer.new_tokens for answer in backend.generate(asked, constrained))
        free = Decoding(temperature=0.0, max_new_tokens=took)
        ratios = []
        for _ in range(options.rounds):
            json_ = _timed(backend, asked, constrained)
            backend._never = [*never, *ends]
            ratios.append(json_ / _timed(backend, asked, free))
            backend._never = never
        found[name] = {
            "tokens": took,
            "ratio": round(statistics.median(ratios), 3),
            "low": min(ratios),
            "high": max(ratios),
        }
    return found


def _timed(backend: TransformersBackend, asked: list[Any], decoding: Decoding) -> float:
    began = time.process_time()
    backend.generate(asked, decoding)
    return time.process_time() - began


if __name__ == "__main__":
    main()
