"""A bundle asked in a process of its own that sees nothing but the bundle, as on a host. It judges no answer."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from engine.curate.row import Message
from engine.errors import UserError

LONGEST_S = 1_800
"""Seconds that a bundle may take over all prompts."""


class Said(NamedTuple):
    """One answer."""

    text: str
    """As generated, no stop phrase applied."""
    read: str
    """Of the tokens that the prompt was to the model, see `read_as`; empty where it is not told."""


def about_bundle(bundle: Path) -> dict[str, Any]:
    """What bundle.json tells. Raises UserError for a folder that is no bundle."""
    try:
        told = json.loads((bundle / "bundle.json").read_text(encoding="utf-8"))
        return {**told, "engine": str(told["engine"])}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"'{bundle}'은(는) 묶음 폴더가 아닙니다(bundle.json을 읽을 수 없음). `deploy`가 만든 폴더를 주세요.",
            f"'{bundle}' is no folder of a bundle (its bundle.json cannot be read). Give a folder that `deploy` made.",
        ) from error


def ask_bundle(
    bundle: Path, prompts: Sequence[Sequence[Message]], settings: dict[str, Any]
) -> tuple[list[Said], dict[str, float]]:
    """(answers to whole prompts, {load_s, first_token_s, peak_mb}), with a store of its own, as on its first start.

    Raises UserError when it does not answer, with the last line that it said.
    """
    with tempfile.TemporaryDirectory(prefix="asking-") as scratch:
        asked, out, took = (Path(scratch) / name for name in ("asked.jsonl", "answers.jsonl", "took.json"))
        rows = (json.dumps({"id": at, "messages": list(one)}, ensure_ascii=False) for at, one in enumerate(prompts))
        asked.write_text("\n".join(rows), encoding="utf-8")
        command = [sys.executable, "-I", "-B", "-X", "utf8", str(bundle.resolve() / "answer.py")]
        command += ["--in", str(asked), "--out", str(out), "--measure", str(took), "--settings", json.dumps(settings)]
        _run(bundle, command, Path(scratch))
        if not (out.is_file() and took.is_file()):
            raise _silent(bundle, "?")
        told = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
        measured: dict[str, float] = json.loads(took.read_text(encoding="utf-8"))
        return [Said(str(one["raw"]), str(one.get("read", ""))) for one in told], measured


def _run(bundle: Path, command: Sequence[str], scratch: Path) -> None:
    try:
        done = subprocess.run(
            command, cwd=scratch, env={**os.environ, "MALMOI_STORE": str(scratch / "visits.db")}, capture_output=True,
            encoding="utf-8", errors="replace", timeout=LONGEST_S, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise _silent(bundle, f"{LONGEST_S} s") from None
    if done.returncode:
        raise _silent(bundle, (done.stderr.strip().splitlines() or ["?"])[-1][:300])


def _silent(bundle: Path, why: str) -> UserError:
    return UserError(
        f"묶음 '{bundle.name}'이(가) 답하지 않았습니다: {why}. 파일이 빠졌거나 바뀌었을 수 있습니다. `deploy`로 다시 만들거나 다른 --engine을 고르세요.",
        f"The bundle '{bundle.name}' did not answer: {why}. A file may be missing or altered. Make it again with `deploy`, or choose "
        "another --engine.",
    )
