"""The memory formula against counted tensors: one real training step of the shapes that reference/measured.md names, without a card.

Run as: python bench/memory.py [--quick] [--json] [--detail N]
`--quick` counts three layers of each shape instead of all. The first table says whether the counter itself can be
trusted: a plain transformers loop, whose peaks were measured on an H200, is counted too.
The last lines make the plan for 8B at 2,048 tokens on an 8 GB card.
"""

import argparse
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.counted import Device, count_plain, count_step
from engine.models.shapes import PUBLISHED, Shape
from engine.train.plan.changes import Ground, smallest_plan
from engine.train.plan.footprint import tensor_parts
from engine.train.plan.machine import Machine, card_of
from engine.train.settings import TrainSettings

CONFIGS: dict[str, dict[str, Any]] = {
    "llama-3-open-ko-8b": {"num_key_value_heads": 8, "max_position_embeddings": 8192, "tie_word_embeddings": False},
    "gemma-3-1b": {"num_key_value_heads": 1, "head_dim": 256, "max_position_embeddings": 32768},
    "polyglot-ko-1.3b": {"max_position_embeddings": 2048, "tie_word_embeddings": False},
}
HEADS = {"llama-3-open-ko-8b": 32, "gemma-3-1b": 4, "polyglot-ko-1.3b": 16}
CARD = {"gradient_checkpointing": "on", "optimizer": "paged_adamw_8bit"}
STEPS: list[tuple[str, int, Device, dict[str, Any]]] = [
    ("llama-3-open-ko-8b", 2048, "triton", {**CARD, "batch_size": 1}),
    ("llama-3-open-ko-8b", 2048, "torch", {**CARD, "batch_size": 1}),
    ("llama-3-open-ko-8b", 512, "triton", {**CARD, "batch_size": 2, "accumulation": 8}),
    ("gemma-3-1b", 1024, "triton", {**CARD, "batch_size": 4}),
    ("gemma-3-1b", 1024, "torch", {**CARD, "batch_size": 4}),
    ("gemma-3-1b", 512, "triton", {**CARD, "batch_size": 4, "gradient_checkpointing": "off"}),
    ("polyglot-ko-1.3b", 1024, "triton", {**CARD, "batch_size": 4}),
    ("polyglot-ko-1.3b", 1024, "triton", {**CARD, "batch_size": 4, "gradient_checkpointing": "off"}),
    ("polyglot-ko-1.3b", 512, "triton", {**CARD, "batch_size": 4, "packing": True}),
]
PLAIN = [  # base, tokens, rows, fp32 norms, head and embeddings, measured GB
    ("llama-3-open-ko-8b", 2048, 1, False, 8.92),
    ("llama-3-open-ko-8b", 2048, 1, True, 12.36),
    ("gemma-3-1b", 1024, 4, False, 13.27),
    ("polyglot-ko-1.3b", 1024, 4, False, 2.71),
]
NF4_ALONE = 5.37
"""GB of Llama-3-8B in nf4, measured."""
H200 = Machine("cuda", "H200", 140.0, 139.0, 16)


@dataclass(frozen=True)
class Line:
    base: str
    what: str
    counted_gb: float
    other_gb: float
    ratio: float


def config_of(base: str, layers: int = 0) -> Any:
    """A transformers configuration of a published shape, with fewer layers when asked."""
    from transformers import CONFIG_MAPPING

    shape = PUBLISHED[base]
    sizes = {"hidden_size": shape.hidden, "intermediate_size": shape.intermediate, "vocab_size": shape.vocabulary}
    heads = {"num_attention_heads": HEADS[base], "num_hidden_layers": layers or shape.layers}
    return CONFIG_MAPPING[shape.family](**sizes, **heads, **CONFIGS[base])


def shape_of_config(base: str, layers: int) -> Shape:
    from dataclasses import replace

    return replace(PUBLISHED[base], layers=layers or PUBLISHED[base].layers)


def steps(layers: int, detail: int) -> list[Line]:
    """Our trainer's step: formula over count."""
    found = []
    for base, tokens, device, given in STEPS:
        settings = TrainSettings(max_length=tokens, **given)
        counted = count_step(config_of(base, layers), settings, tokens, device=device, detailed=bool(detail))
        formula = sum(tensor_parts(shape_of_config(base, layers), settings, tokens, H200, device == "triton").values())
        what = f"{tokens} x {settings.batch_size}, {device}, checkpointing {settings.gradient_checkpointing}"
        what += ", packed" if settings.packing else ""
        found.append(Line(base, what, counted.peak_gb, formula, formula / counted.peak_gb))
        say(found[-1], "formula")
        for size, number, name in counted.largest[:detail]:
            print(f"    {size:.4f} GB in {number}: {name}", file=sys.stderr)
    return found


def plain() -> list[Line]:
    """A plain loop: count over what was measured on an H200."""
    found = []
    for base, tokens, rows, widened, measured in PLAIN:
        counted = count_plain(config_of(base), rows, tokens, widened=widened)
        what = f"{tokens} x {rows}" + (", fp32 norms, head and embeddings" if widened else "")
        found.append(Line(base, what, counted.peak_gb, measured, counted.peak_gb / measured))
        say(found[-1], "measured")
        if base.startswith("llama") and not widened:
            found.append(Line(base, "weights", counted.weights_gb, NF4_ALONE, counted.weights_gb / NF4_ALONE))
            say(found[-1], "measured")
    return found


def say(line: Line, other: str) -> None:
    print(
        f"{line.base:<20} {line.what:<46} counted {line.counted_gb:6.3f}  {other} {line.other_gb:6.3f}  ratio {line.ratio:.3f}",
        file=sys.stderr,
        flush=True,
    )


def eight_gigabytes() -> dict[str, Any]:
    """The plan for 8B at 2,048 tokens on a desktop's 8 GB card, from a preset that does not fit."""
    asked = TrainSettings(batch_size=2, max_length=2048)
    ground = Ground(PUBLISHED["llama-3-open-ko-8b"], 2048, card_of(8))
    plan, needed = smallest_plan(ground, asked)
    before = ground.needed(asked)
    told = " ".join(f"{name}={value}" for name, value in plan.items())
    print(f"8B, 2,048 x 2: {before:.2f} GB; {told}: {needed:.2f} of {ground.machine.free_gb:g} GB", file=sys.stderr)
    return {"asked_gb": before, "plan": plan, "needed_gb": needed, "free_gb": ground.machine.free_gb}


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--quick", action="store_true")
    asked.add_argument("--json", action="store_true")
    asked.add_argument("--detail", type=int, default=0)
    given = asked.parse_args()
    loops = [] if given.quick else plain()
    lines = steps(3 if given.quick else 0, given.detail)
    worst = max(abs(line.ratio - 1) for line in lines)
    print(f"worst error of the formula: {worst:.1%}", file=sys.stderr)
    told = {"plain": [asdict(line) for line in loops], "steps": [asdict(line) for line in lines], "worst": worst}
    told |= {"eight_gb": eight_gigabytes()}
    if given.json:
        print(json.dumps(told, ensure_ascii=False))


if __name__ == "__main__":
    main()
