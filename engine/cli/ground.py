"""`ground`: verdicts on answers that stand in a file."""

import time
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.app import app, tell

JudgeOption = Annotated[str, typer.Option("--judge", help="rules, nli:MODEL, http:URL#MODEL.")]


@app.command()
def ground(
    source: Annotated[
        Path, typer.Option("--in", help="{id, question, context, answer}, 한 줄에 하나. / One per line.")
    ],
    target: Annotated[
        Path, typer.Option("--out", help="{id, label, kind, evidence, claims}. / Verdicts, one per line.")
    ],
    judge: JudgeOption = "rules",
) -> None:
    """답이 보여 준 약관에 근거하는지 판단합니다. / Judge whether answers are grounded in the clauses shown."""
    from engine.evaluate.judges.choose import choose_judge
    from engine.ground.files import judge_file

    begun = time.monotonic()
    counts = judge_file(source, target, choose_judge(judge))
    seconds = round(time.monotonic() - begun, 2)
    line = ", ".join(f"{label} {n:,}" for label, n in counts["labels"].items()) or "-"
    tell({**counts, "seconds": seconds}, f"{counts['rows']:,}개 답을 판단했습니다: {line} ({seconds} s)")
