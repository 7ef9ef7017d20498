"""From a run to a bundle that may leave: made, looked through, compared, measured, recorded. It sends nothing anywhere."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from engine.compress.hosts import APP_MB
from engine.curate.row import Message
from engine.deploy.audit.audit import audit_model, require_passed
from engine.deploy.bundle import Bundle, BundleSettings, make_bundle
from engine.deploy.planning import require_room
from engine.deploy.targets import TARGETS, fit
from engine.errors import UserError
from engine.models.loading import load_tokenizer
from engine.serve.choose import Model, choose_model, open_model, whole_parts
from engine.serve.converting import PROBES
from engine.serve.decoding import Decoding
from engine.serve.parity import first_difference
from engine.store.datasets import read_split
from engine.store.deployments import add_deployment
from engine.store.open import open_store

PROMPTS, TOKENS = 20, 48
"""Asked of the model and of its bundle, and the longest answer."""
MIB = 1024**2 / 1e6


def deploy(
    store: Path,
    run: str,
    target: str,
    out: Path,
    settings: BundleSettings,
    told: Callable[[str], None] = lambda line: None,
    *,
    override: str | None = None,
) -> dict[str, Any]:
    """Make the bundle in `out`, look it through, hold its answers against the model's, measure its memory, record it.

    A red audit without the owner's reason leaves no bundle. Raises UserError then, for a host that cannot hold the model (told before
    anything is converted), for what `make_bundle` raises, and when the bundle does not answer.
    """
    with open_store(store) as db:
        model = choose_model(db, run)
    if close := require_room(store, model, target, settings.engine, override):
        told(close)
    made = make_bundle(store, model, target, out, settings, told)
    try:
        told("살펴봅니다 / it is looked through")
        audit = audit_model(store, model, folder=made.folder, target=target, told=told)
        require_passed(store, audit, override)
        told("답을 견줍니다 / answers are compared")
        parity, measured = _tried(store, model, made)
    except BaseException:
        shutil.rmtree(made.folder, ignore_errors=True)
        raise
    memory = round(measured["peak_mb"] * MIB + APP_MB, 1)
    verdict = fit(TARGETS[target], memory, made.size_mb)
    deployment = None
    if made.run_id:
        with open_store(store) as db:
            deployment = add_deployment(
                db, made.run_id, target, made.size_mb, memory, made.engine, audit.as_json(), parity, made.sources, model=made.model,
                folder=str(made.folder), fits=verdict.level != "no", override=override,
            )  # fmt: skip
    return {
        "deployment_id": deployment, "bundle": str(made.folder), "target": target, "engine": made.engine, "size_mb": made.size_mb,
        "memory_mb": memory, "load_s": measured["load_s"], "first_token_s": measured["first_token_s"], "fits": verdict.level,
        "fit": {"ko": verdict.ko, "en": verdict.en}, "audit": audit.verdict, "findings": audit.as_json()["findings"], "parity": parity,
    }  # fmt: skip


def _tried(store: Path, model: Model, made: Bundle) -> tuple[dict[str, Any], dict[str, float]]:
    """({prompts, equal, first_difference}, {load_s, first_token_s, peak_mb}): the model and its bundle asked the same, greedily."""
    prompts = _prompts(store, model)
    settings = {
        "temperature": 0.0,
        "repetition_penalty": 1.0,
        "max_new_tokens": TOKENS,
        "stop": [],
        "no_repeat_ngram": 0,
    }
    answers, measured = ask_bundle(made.folder, prompts, settings)
    with closing(open_model(store, model)) as backend:
        wanted = [one.text for one in backend.generate(prompts, Decoding.model_validate(settings))]
    base, _ = whole_parts(store, model)
    tokenizer = load_tokenizer(base)
    cut = [
        tuple(list(tokenizer(text, add_special_tokens=False)["input_ids"]) for text in pair)
        for pair in zip(wanted, answers, strict=True)
    ]
    places = [first_difference(*pair) for pair in cut]
    apart = [(place, at) for at, place in enumerate(places) if place is not None]
    first = {"prompt": min(apart)[1], "token": min(apart)[0]} if apart else None
    return {"prompts": len(prompts), "equal": places.count(None), "first_difference": first}, measured


def _prompts(store: Path, model: Model) -> list[list[Message]]:
    """What the run was not taught first; a few shipped ones where it has no data here."""
    found: list[list[Message]] = []
    if model.run and model.run["dataset_id"]:
        with open_store(store) as db:
            for split in ("test", "validation", "train"):
                rows = read_split(db, model.run["dataset_id"], split)
                found += [row["messages"] for row in rows][: PROMPTS - len(found)]
    return found or [list(prompt) for prompt, _ in PROBES]


def ask_bundle(
    folder: Path, prompts: Sequence[Sequence[Message]], settings: dict[str, Any]
) -> tuple[list[str], dict[str, float]]:
    """(the bundle's own answers to whole prompts, what it took), in a process that sees nothing but the bundle.

    Raises UserError when it does not answer, with the last line that it said.
    """
    with tempfile.TemporaryDirectory(prefix="asking-") as scratch:
        asked, out, took = (Path(scratch) / name for name in ("q.jsonl", "a.jsonl", "took.json"))
        rows = [{"id": number, "messages": list(prompt)} for number, prompt in enumerate(prompts)]
        asked.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
        command = [sys.executable, "-I", "-B", str(folder / "answer.py"), "--in", str(asked), "--out", str(out)]
        command += ["--measure", str(took), "--settings", json.dumps(settings)]
        env = {**os.environ, "PYTHONUTF8": "1", "MALMOI_STORE": str(Path(scratch) / "visits.db")}
        done = subprocess.run(
            command,
            env=env,
            cwd=scratch,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        if done.returncode or not out.is_file():
            last = (done.stderr.strip().splitlines() or ["?"])[-1][:300]
            raise UserError(
                f"만든 묶음이 답하지 못했습니다(코드 {done.returncode}: {last}). 다른 --engine으로 만들어 보세요.",
                f"The bundle that was made did not answer (code {done.returncode}: {last}). Try another --engine.",
            )
        answers = [json.loads(line)["raw"] for line in out.read_text(encoding="utf-8").splitlines()]
        return [text.strip() for text in answers], json.loads(took.read_text(encoding="utf-8"))
