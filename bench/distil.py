"""Does a student of half size keep what its teacher can, and is that the teacher's doing? Students cut from one teacher, trained for the
same steps with and without it, judged side by side on the recipe's held-out rows.

Run as: python -m bench.distil --store STORE --teacher RUN [--seeds 0 1] [--set max_steps=80]
"""

import argparse
import json
import os
import subprocess
import sys
from typing import Any

SHARES = {"alone": "0", "taught": "0.7"}
"""The teacher's share in the loss: none, and the usual one."""


def engine(store: str, *words: str) -> dict[str, Any]:
    """A command of the product; its JSON."""
    environment = {**os.environ, "MALMOI_STORE": store, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "engine", "--json", *words], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    return dict(json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", required=True)
    parser.add_argument("--teacher", required=True, help="a finished run")
    parser.add_argument("--recipe", default="summary")
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--keep", default="0.5")
    parser.add_argument("--metric", default="rouge1_morpheme")
    parser.add_argument("--set", dest="sets", action="append", default=[])
    asked = parser.parse_args()
    sets = [word for pair in asked.sets for word in ("--set", pair)]
    names: dict[str, str] = {asked.teacher: "teacher"}
    for seed in asked.seeds:
        for name, share in SHARES.items():
            made = engine(
                asked.store, "distil", "--recipe", asked.recipe, "--teacher", asked.teacher, "--keep", asked.keep,
                "--dataset", asked.dataset, "--set", f"teacher_share={share}", "--set", f"seed={seed}", *sets,
            )  # fmt: skip
            names[made["run_id"]] = f"{name}, seed {seed}"
            sizes = made["teacher_parameters"], made["student_parameters"]
            print(f"{names[made['run_id']]}: {made['run_id']}, {sizes[1] / sizes[0]:.3f} of the parameters, loss {made['eval_loss']:.3f}",
                  flush=True)  # fmt: skip
    models = [word for name in names for word in ("--model", name)]
    judged = engine(
        asked.store, "eval", "--suite", asked.recipe, *models, "--dataset", asked.dataset, "--limit", "0",
        "--settings", "temperature=0",
    )  # fmt: skip
    _table(judged, names, asked.metric)


def _table(judged: dict[str, Any], names: dict[str, str], metric: str) -> None:
    found = {names[one["model"]]: one["metrics"][metric] for one in judged["models"]}
    whole = found["teacher"]["value"]
    print(f"\n| model | {metric} | of the teacher | n |\n| --- | ---: | ---: | ---: |")
    for name, one in found.items():
        print(
            f"| {name} | {one['value']:.3f} [{one['low']:.3f}, {one['high']:.3f}] | {one['value'] / whole:.1%} | {one['n']} |"
        )


if __name__ == "__main__":
    main()
