"""Layers, widths and zeros at one share, before and after healing: what each costs in quality and gives in speed, on the starter.

Run as: python -m bench.prune [--recipe medical] [--share 0.25] [--ways layers,width,magnitude,wanda] [--engines openvino]
        python -m bench.prune --random [--share 0.25]   (speed alone, on a random Llama of 0.2 B)
Everything is built in --work: the recipe's sample rows, a run trained whole on them, each way pruned and healed with that run's own
settings. Quality: the suite's gate metric on the test rows, paired against the run; speed: tokens a second at batch 1, in turns.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from engine.compress.gate import gate_metric
from engine.compress.heal import heal
from engine.compress.making import calibration, whole_of
from engine.compress.prune import prune
from engine.config import ROOT
from engine.recipes.recipe import load_recipe
from engine.serve.measure import Measured, measure_all
from engine.store.datasets import read_split
from engine.store.open import open_store
from engine.store.runs import get_run
from engine.train.events import StepMetrics

UNTRAINED = ("objective", "method", "report_to")


class Quiet:
    """Training events nobody looks at."""

    def planned(self, total_steps: int) -> None: ...
    def step(self, metrics: StepMetrics) -> None: ...
    def said(self, step: int, answers: Mapping[int, str]) -> None: ...
    def checkpoint(self, folder: Path, step: int, best: bool) -> None: ...
    def log(self, text: str) -> None: ...
    def stop_asked(self) -> None:
        return None


def engine(store: Path, *words: str) -> dict[str, Any]:
    """The last line of JSON of a command of the engine."""
    env = {**os.environ, "MALMOI_STORE": str(store)}
    command = [sys.executable, "-m", "engine", "--json", *words]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode:
        sys.exit(f"{' '.join(words)}: {done.stderr[-2000:]}{done.stdout[-500:]}")
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def trained(store: Path, recipe: str) -> str:
    """A run of the starter, all weights trained on the recipe's sample rows; made once in a store."""
    with open_store(store) as db:
        rows = list(
            db.query("SELECT id FROM runs WHERE recipe = ? AND adapter_id IS NOT NULL ORDER BY rowid LIMIT 1", [recipe])
        )
    if rows:
        return str(rows[0]["id"])
    dataset = engine(store, "dataset", "build", "--recipe", recipe)["dataset_id"]
    return str(engine(store, "train", "--recipe", recipe, "--dataset", dataset, "--set", "method=full")["run_id"])


def pruned(
    work: Path, source: Path, run: dict[str, Any], rows: dict[str, Any], share: float, way: str
) -> dict[str, Any]:
    """{name: folder} of a way, before and after healing, and the facts."""
    thin, whole = work / f"{way}-{share:g}", work / f"{way}-{share:g}-healed"
    began = time.perf_counter()
    facts = prune(
        source, thin, share, way, calibration(rows["train"], 256), lambda line: print("   ", line, flush=True)
    )
    settings = {name: value for name, value in run["settings"].items() if name not in UNTRAINED}
    middle = time.perf_counter()
    pairs = {split: [(row["messages"], row["target"]) for row in found] for split, found in rows.items()}
    healed = heal(thin, whole, pairs, settings, Quiet())
    told = {"prune_s": round(middle - began, 1), "heal_s": round(time.perf_counter() - middle, 1)}
    kept = {
        name: facts.get(name)
        for name in ("share", "share_of_layers", "chosen_by", "dropped", "widths", "loss_before", "loss_after")
    }
    print(
        way,
        json.dumps({**kept, "healed": [healed["loss_before"], healed["loss_after"], healed["steps"]], **told}),
        flush=True,
    )
    return {"folders": {way: thin, f"{way}+heal": whole}, "facts": facts}


def judged(
    store: Path, recipe: str, run: str, folders: Mapping[str, Path]
) -> dict[str, tuple[float, float, float, float]]:
    """{name: (value, delta, low, high)} of the gate metric on the test rows, paired against the run."""
    metric = gate_metric(load_recipe(recipe).suite).name
    words = [word for folder in folders.values() for word in ("--model", f"base:{folder}")]
    told = engine(store, "eval", "--suite", recipe, "--limit", "0", "--model", run, *words)
    names = [one["model"] for one in told["models"]]
    values = {one["model"]: one["metrics"][metric]["value"] for one in told["models"]}
    pairs = {one["b"]: one for one in told["paired"] if one["a"] == names[0] and one["metric"] == metric}
    print(metric, f"of {told['models'][0]['metrics'][metric]['n']} rows; original {values[names[0]]:.3f}", flush=True)
    found = {}
    for name, model in zip(folders, names[1:], strict=True):
        pair = pairs[model]
        found[name] = (values[model], pair["delta"], pair["low"], pair["high"])
    return found


def table(
    quality: Mapping[str, Sequence[float]], speed: Mapping[str, Measured], original: str, names: Mapping[str, str]
) -> None:
    """A line for each model: quality, size and speed against the original measured beside it."""
    first = speed[original]
    print("| model | metric | delta (95 %) | parameters | size | tokens/s | answer |\n|---|---|---|---|---|---|---|")
    for name, model in names.items():
        one = speed[model]
        value, delta, low, high = quality.get(name, (float("nan"),) * 4)
        print(f"| {name} | {value:.3f} | {delta:+.3f} ({low:+.3f} to {high:+.3f}) | {one.parameters / first.parameters:.1%} "
              f"| {one.size_mb / first.size_mb:.1%} | {one.tokens_per_second / first.tokens_per_second:.2f}x "
              f"| {one.answer_s / first.answer_s:.2f}x | ±{one.spread:.0%}")  # fmt: skip


def on_starter(asked: argparse.Namespace) -> None:
    """All ways on one recipe."""
    work = Path(asked.work)
    work.mkdir(parents=True, exist_ok=True)
    store = work / "store.db"
    run_id = trained(store, asked.recipe)
    with open_store(store) as db:
        run = get_run(db, run_id)
        rows = {split: list(read_split(db, run["dataset_id"], split)) for split in ("train", "validation")}
    source = whole_of(store, run_id, work / "whole")
    folders = {}
    for way in asked.ways.split(","):
        folders |= pruned(work, source, run, rows, asked.share, way)["folders"]
    quality = judged(store, asked.recipe, run_id, folders)
    prompts = [row["messages"] for row in rows["validation"][:4]]
    for engine_name in ("transformers", *filter(None, asked.engines.split(","))):
        prefix = "" if engine_name == "transformers" else f"{engine_name}:"
        names = {
            "original": f"{prefix}{run_id}",
            **{name: f"{prefix}base:{folder}" for name, folder in folders.items()},
        }
        speed = measure_all(
            store, list(names.values()), prompts=prompts, rounds=asked.rounds, dtype="fp32" if not prefix else None
        )
        print(
            f"\n{engine_name}, batch 1, 64 tokens, {asked.rounds} rounds in turns, {next(iter(speed.values())).threads} threads"
        )
        table(quality, speed, names["original"], names)


def on_random(asked: argparse.Namespace) -> None:
    """Speed of a random Llama of 0.2 B (hidden 1024, 12 layers): what a share is worth where weights outweigh the interpreter."""
    from engine.models.bases import STARTER_DIR

    work = Path(asked.work)
    base = random_llama(STARTER_DIR, work / "random")
    said = [([{"role": "user", "content": f"오늘 {n}시에 만날까?"}], f"좋아, {n}시에 보자.") for n in range(40)]
    names = {"original": f"base:{base}"}
    for way in asked.ways.split(","):
        facts = prune(base, work / f"random-{way}", asked.share, way, said, lambda line: print("   ", line, flush=True))
        names[way] = f"base:{work / f'random-{way}'}"
        print(way, {name: facts.get(name) for name in ("share", "dropped", "widths")}, flush=True)
    prompts = [prompt for prompt, _ in said[:2]]
    for engine_name in ("transformers", *filter(None, asked.engines.split(","))):
        prefix = "" if engine_name == "transformers" else f"{engine_name}:"
        models = {name: prefix + model for name, model in names.items()}
        speed = measure_all(work / "store.db", list(models.values()), prompts=prompts, rounds=asked.rounds)
        print(f"\n{engine_name}")
        table({}, speed, models["original"], models)


def random_llama(like: Path, folder: Path) -> Path:
    """Random weights under the starter's tokenizer, in half precision on disk."""
    import shutil

    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    if (folder / "config.json").is_file():
        return folder
    shutil.copytree(like, folder)
    (folder / "model.safetensors").unlink()
    config = AutoConfig.from_pretrained(like)
    config.hidden_size, config.num_hidden_layers, config.intermediate_size = 1024, 12, 2816
    config.num_attention_heads = config.num_key_value_heads = 16
    config.head_dim, config.vocab_size = 64, 5120
    AutoModelForCausalLM.from_config(config).to(torch.float16).save_pretrained(folder)
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipe", default="medical")
    parser.add_argument("--share", type=float, default=0.25)
    parser.add_argument("--ways", default="layers,width,magnitude,wanda")
    parser.add_argument("--engines", default="", help="beside transformers: openvino, ctranslate2, gguf, by comma")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--random", action="store_true")
    parser.add_argument("--work", default=str(Path(tempfile.gettempdir()) / "malmoi-bench-prune"))
    asked = parser.parse_args()
    (on_random if asked.random else on_starter)(asked)


if __name__ == "__main__":
    main()
