"""What lighter forms of one model cost and give: size, private memory, time to the first token, tokens a second; every engine in turns.

Run as: python bench/compress.py [--size 0.2 1.1] [--rounds 3] [--engines openvino gguf …] [--keep FOLDER]

Random Llamas (0.2 B: width 1024, 12 layers, 16 heads; 1.1 B: 2048, 22 layers, 32 heads over 8), 32,000 words untied, fp16 files. A prompt
of about 256 tokens, 64 tokens of answer. Only one model is in memory at a time. Prints a Markdown table and one JSON object; ratios are
over transformers in fp32 of the same run. Random weights tell nothing of quality: for that, `parity` and `eval` on a trained model.
"""

import argparse
import json
import sys
import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from engine.serve.measure import Measured, measure_all
from engine.store.open import open_store

SHAPES = {
    "0.2": {"hidden_size": 1024, "num_hidden_layers": 12, "num_attention_heads": 16, "num_key_value_heads": 16, "intermediate_size": 2816},
    "1.1": {"hidden_size": 2048, "num_hidden_layers": 22, "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 5632},
}  # fmt: skip
WORDS = 32_000
ENGINES = ("fp32", "bf16", "ctranslate2", "openvino", "openvino-int4", "gguf", "gguf-int4")
PROMPT = "보험 약관의 보상하지 않는 손해에 대하여 아래 조항을 읽고 물음에 답하십시오. 계약자는 사고가 생긴 것을 안 때에는 곧바로 알려야 합니다. "


def main() -> None:
    """Measure and print."""
    options = _options()
    told: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="compress-") as scratch:
        for size in options.size:
            found = _measure(size, Path(options.keep or scratch), options)
            told[size] = {name: asdict(one) for name, one in found.items()}
            print("\n".join(_table(size, found)), flush=True)
    print(json.dumps(told))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", nargs="+", choices=tuple(SHAPES), default=list(SHAPES))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, help="cores to use; all when not said")
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=list(ENGINES))
    parser.add_argument("--keep", help="a folder where models and their converted forms stay")
    return parser.parse_args()


def _measure(size: str, scratch: Path, options: argparse.Namespace) -> dict[str, Measured]:
    folder, store = scratch / f"llama-{size}", scratch / "store.db"
    with open_store(store):
        pass
    if not (folder / "config.json").is_file():
        _build(folder, SHAPES[size])
    prompt = [{"role": "user", "content": PROMPT * 4}]
    # fp32 and bf16 are one model's name with two precisions: the second is measured by a call of its own in each round
    rounds: dict[str, list[Measured]] = {engine: [] for engine in options.engines}
    for turn in range(options.rounds):
        for engine in options.engines:
            model = _model(engine, folder)
            dtype = engine if engine in ("fp32", "bf16") else None
            one = measure_all(store, [model], prompts=[prompt], rounds=1, threads=options.threads, dtype=dtype)[model]
            rounds[engine].append(one)
            print(f"{size} B, {turn + 1}: {engine} {one.tokens_per_second} tok/s", file=sys.stderr, flush=True)
    return {engine: _middle(figures) for engine, figures in rounds.items()}


def _model(engine: str, folder: Path) -> str:
    return f"base:{folder}" if engine in ("fp32", "bf16") else f"{engine}:base:{folder}"


def _middle(figures: list[Measured]) -> Measured:
    """The round in the middle by tokens a second, with how far the others lie from it."""
    ranked = sorted(figures, key=lambda one: one.tokens_per_second)
    middle = ranked[len(ranked) // 2]
    rates = [one.tokens_per_second for one in figures]
    spread = max(abs(rate - middle.tokens_per_second) for rate in rates) / middle.tokens_per_second
    return replace(middle, spread=round(spread, 3))


def _table(size: str, found: dict[str, Measured]) -> list[str]:
    """Markdown: figures beside ratios over fp32, whose weights would take four bytes each on a disk."""
    whole = found.get("fp32")
    lines = [
        f"### {size} B", "",
        "| engine | disk MiB | of fp32 | private MiB | of fp32 | first token s | tok/s | times fp32 | 64 tokens s | spread | tok/cpu s | times fp32 |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]  # fmt: skip
    for engine, one in found.items():
        disk = one.size_mb / ((one.parameters or 0) * 4 / 1024**2)
        memory = f"{one.private_mb / whole.private_mb:.0%}" if whole else ""
        times = f"{one.tokens_per_second / whole.tokens_per_second:.1f}" if whole else ""
        rate = one.tokens_per_cpu_second or 0.0
        by_cpu = f"{rate / whole.tokens_per_cpu_second:.1f}" if whole and whole.tokens_per_cpu_second else ""
        lines.append(
            f"| {engine} | {one.size_mb:,.0f} | {disk:.0%} | {one.private_mb:,.0f} | {memory} | {one.first_token_s:.2f} | "
            f"{one.tokens_per_second:.1f} | {times} | {one.answer_s:.2f} | ±{one.spread:.0%} | {rate:.1f} | {by_cpu} |"
        )
    return lines


def _build(folder: Path, shape: dict[str, int]) -> None:
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=WORDS, max_position_embeddings=2048, bos_token_id=0, eos_token_id=1, pad_token_id=2, **shape
    )
    with torch.device("cpu"):
        model = LlamaForCausalLM(config).half()
    model.save_pretrained(folder)
    _tokenizer().save_pretrained(folder)


def _tokenizer() -> Any:
    """Bytes, every Hangul syllable, and words that no text holds, up to 32,000."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    level = pre_tokenizers.ByteLevel(add_prefix_space=False)
    vocabulary = {
        name: at for at, name in enumerate(["<s>", "</s>", "<pad>", *sorted(pre_tokenizers.ByteLevel.alphabet())])
    }
    merges: list[tuple[str, str]] = []
    for code in range(0xAC00, 0xD7A4):
        one, two, three = level.pre_tokenize_str(chr(code))[0][0]
        for left, right in ((one, two), (one + two, three)):
            if left + right not in vocabulary:
                vocabulary[left + right] = len(vocabulary)
                merges.append((left, right))
    vocabulary |= {f"<|{at}|>": at for at in range(len(vocabulary), WORDS)}
    made = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    made.pre_tokenizer, made.decoder = level, decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=made, bos_token="<s>", eos_token="</s>", pad_token="<pad>")


if __name__ == "__main__":
    main()
