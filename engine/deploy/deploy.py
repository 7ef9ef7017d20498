"""From a run to a bundle that may leave: made, looked through, compared, measured, recorded. It sends nothing anywhere."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.compress.hosts import APP_MB
from engine.deploy.audit.audit import AuditSettings, audit_model, require_audited, require_passed
from engine.deploy.bundle import BundleSettings, make_bundle
from engine.deploy.engines import engine_of
from engine.deploy.parity import parity_of, prompts_of
from engine.deploy.planning import hardware_of, require_card_room, require_room
from engine.deploy.running import ask_bundle
from engine.deploy.targets import TARGETS, fit
from engine.hardware import cards
from engine.serve.choose import Model, choose_model
from engine.store.deployments import add_deployment
from engine.store.open import open_store

TOKENS = 48
"""Of the longest answer, where the model and its bundle are compared."""
FIRST = 3
"""Prompts asked to measure with."""
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
    """Make the bundle in `out`, measure its memory, look it through, hold its answers against the model's, record it.

    A red audit without the owner's reason leaves no bundle. Raises UserError then, for a host that cannot hold the model (told before
    anything is converted), for what `make_bundle` raises, and when the bundle does not answer.
    """
    with open_store(store) as db:
        model = choose_model(db, run)
    engine_of(model, settings.engine, settings.gpu, target)
    if settings.gpu:
        require_card_room(store, model, target, override)
    elif close := require_room(store, model, target, settings.engine, override):
        told(close)
    made = make_bundle(store, model, target, out, settings, told)
    try:
        told("켜 봅니다 / it is started")
        measured = _measured(store, model, made.folder)
        memory = round(measured["peak_mb"] * MIB + APP_MB, 1)
        # without a card here the weights lay in this machine's own memory, where on the Space they will not
        there = None if settings.gpu and not cards() else memory
        told("살펴봅니다 / it is looked through")
        closely = AuditSettings(memory_mb=there)
        audit = audit_model(store, model, folder=made.folder, target=target, settings=closely, told=told)
        require_passed(store, audit, override)
        told("답을 견줍니다 / answers are compared")
        parity = parity_of(store, model, made.folder, new_tokens=TOKENS, told=told).as_json()
        with open_store(store) as db:
            require_audited(db, made.folder)  # it was asked since
    except BaseException:
        shutil.rmtree(made.folder, ignore_errors=True)
        raise
    verdict = fit(TARGETS[target], there, made.size_mb)
    deployment = None
    if made.run_id:
        with open_store(store) as db:
            deployment = add_deployment(
                db, made.run_id, target, made.size_mb, memory, made.engine, audit.as_json(), parity, made.sources, model=made.model,
                folder=str(made.folder), fits=verdict.level != "no", override=override,
            )  # fmt: skip
    return {
        "deployment_id": deployment, "bundle": str(made.folder), "target": target, "engine": made.engine, "size_mb": made.size_mb, "invitations": made.invitations,
        "memory_mb": memory, "load_s": measured["load_s"], "first_token_s": measured["first_token_s"], "fits": verdict.level,
        "fit": {"ko": verdict.ko, "en": verdict.en}, "audit": audit.verdict, "findings": audit.as_json()["findings"], "parity": parity,
    } | ({"gpu": _card(store, model)} if settings.gpu else {})  # fmt: skip


def _card(store: Path, model: Model) -> dict[str, Any] | None:
    """{vram_mb, hardware}, estimated."""
    found = hardware_of(store, model)
    return {"vram_mb": found.vram_mb, "hardware": found.hardware.name if found.hardware else None} if found else None


def _measured(store: Path, model: Model, folder: Path) -> dict[str, float]:
    """{load_s, first_token_s, peak_mb} of the bundle, its window's memory taken at once when it loads."""
    with open_store(store) as db:
        prompts = prompts_of(db, model, FIRST)
    return ask_bundle(folder, prompts, {"temperature": 0.0, "max_new_tokens": TOKENS})[1]
