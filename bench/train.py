"""Our training against plain TRL 1.16: tokens of real text per second, peak memory, and the loss each ends with.

Run as: python bench/train.py [--steps 40] [--seeds 0 1 2] [--rows mixed chat] [--quantisation nf4] [--threads 1] [--json] [--write]
Both sides train the same encoded rows in the same order of turns, each try in a process of its own. On a shared processor the
processor's own seconds are counted (`--threads 1`), which other people's work does not lengthen.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import mean, median
from typing import Any

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "docs" / "benchmarks.md"
HEADING = "## Training against plain TRL"
SIDES = ("trl", "ours")


def measure(asked: dict[str, Any], threads: int) -> dict[str, Any]:
    """One side, once, in its own process."""
    environment = os.environ | {"OMP_NUM_THREADS": str(threads), "PYTHONUTF8": "1"}
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, str(HERE / "train_side.py"), json.dumps({**asked, "folder": folder})]
        done = subprocess.run(command, capture_output=True, env=environment, check=False)
    if done.returncode:
        raise SystemExit(done.stderr.decode("utf-8", "replace")[-3000:])
    found: dict[str, Any] = json.loads(done.stdout)
    return {**asked, **found}


def in_turns(given: argparse.Namespace) -> list[dict[str, Any]]:
    """Every side, kind of rows and seed, the sides in turns."""
    shared = {
        "base": given.base, "steps": given.steps, "batch": 8, "shared": not given.shipped_only, "rate": given.rate,
        "max_length": 512, "peer_fp32": given.peer_fp32, "quantisation": given.quantisation,
        "sets": dict(pair.split("=", 1) for pair in given.sets),
    }  # fmt: skip
    tries = []
    for seed in given.seeds:
        for rows in given.rows:
            for side in SIDES:
                tries.append(measure({"side": side, "rows": rows, "seed": seed, **shared}, given.threads))
                print(_line(tries[-1]), file=sys.stderr)
    return tries


def _line(found: dict[str, Any]) -> str:
    return (
        f"{found['side']:5} {found['rows']:6} seed {found['seed']}: {found['tokens_per_cpu_second']:.0f} tokens/CPU-s, "
        f"{found['tokens_per_second']:.0f} tokens/s, {found['peak_gb']:.2f} GB, loss {found['loss']:.3f}"
    )


def table(tries: list[dict[str, Any]], clock: str) -> str:
    """One line a kind of rows and side; speeds are medians over seeds, losses mean and range."""
    lines = [
        "| rows | side | tokens/s | ratio | peak GB | loss, mean | range |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for rows in dict.fromkeys(found["rows"] for found in tries):
        peer = _speed(tries, rows, "trl", clock)
        for side in SIDES:
            speed = _speed(tries, rows, side, clock)
            losses = [found["loss"] for found in _of(tries, rows, side)]
            peak = max(found["peak_gb"] for found in _of(tries, rows, side))
            lines.append(
                f"| {rows} | {side} | {speed:,.0f} | {speed / peer:.2f} | {peak:.2f} | {mean(losses):.3f} "
                f"| {min(losses):.3f}–{max(losses):.3f} |"
            )
    return "\n".join(lines)


def _of(tries: list[dict[str, Any]], rows: str, side: str) -> list[dict[str, Any]]:
    return [found for found in tries if (found["rows"], found["side"]) == (rows, side)]


def _speed(tries: list[dict[str, Any]], rows: str, side: str, clock: str) -> float:
    return median(found[clock] for found in _of(tries, rows, side))


def write(text: str) -> None:
    """Put the section into docs/benchmarks.md, in the place of the older one if there is one."""
    page = PAGE.read_text(encoding="utf-8")
    section = f"{HEADING}\n\n{text}\n"
    found = re.search(rf"^{re.escape(HEADING)}\n.*?(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    page = page[: found.start()] + section + "\n" + page[found.end() :] if found else f"{page.rstrip()}\n\n{section}"
    PAGE.write_text(page.rstrip() + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--rows", nargs="+", default=["mixed", "chat"])
    parser.add_argument("--base", default="starter")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--quantisation", choices=["nf4", "none"], default="nf4")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--sets", nargs="*", default=[], metavar="FIELD=VALUE", help="settings of our side")
    parser.add_argument(
        "--peer-fp32", action="store_true", help="TRL in fp32, for processors without bf16 of their own"
    )
    parser.add_argument("--shipped-only", action="store_true", help="without the sets of ../shared/data")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    tries = in_turns(given)
    found = table(tries, "tokens_per_cpu_second")
    print(json.dumps(tries) if given.json else found)
    if given.write:
        write(f"`python bench/train.py {' '.join(sys.argv[1:])}`\n\n{found}")


if __name__ == "__main__":
    main()
