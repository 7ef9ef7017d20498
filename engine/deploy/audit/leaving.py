"""The audit of files that leave by `export` or `push`. It writes no file.

Of the same weights, what an earlier audit found by asking the model stands, and only the files and the licences are looked at anew. Who was never audited is asked fewer questions than a bundle is.
"""

from collections.abc import Callable
from pathlib import Path

from engine.deploy.audit.audit import AuditSettings, audit_model, require_passed
from engine.deploy.audit.finding import Audit, Finding
from engine.serve.choose import Model
from engine.store.audits import audit_since
from engine.store.open import open_store

QUICK = AuditSettings(prompts=16)
ASKED = ("canaries", "memorised", "masked")
"""Checks that ask the model."""


def audit_files(
    store: Path, model: Model, folder: Path, override: str | None, told: Callable[[str], None] = lambda _: None
) -> Audit:
    """Look at a model's files before they leave; recorded. override: the owner's reason for a red one, recorded too.

    Raises UserError for a red verdict without a reason.
    """
    audit = audit_model(store, model, folder=folder, settings=QUICK, told=told, asked=_earlier(store, model))
    require_passed(store, audit, override)
    return audit


def _earlier(store: Path, model: Model) -> list[Finding] | None:
    """What the newest audit of these weights found by asking; None where there is none."""
    with open_store(store) as db:
        audit = audit_since(db, model.name, model.adapter_id or model.whole_id) if model.run else None
    return [Finding(**one) for one in audit["findings"] if one["check"] in ASKED] or None if audit else None
