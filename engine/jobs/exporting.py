"""What leaves for the hub or for other programs: bundles go up, a run's files are written or pushed with their card. Pages and commands
call the same; nothing here is a token, which the worker takes from the keys when it needs it.
"""

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from sqlite_utils import Database

from engine.config import require_new_folder
from engine.deploy.audit.audit import require_audited
from engine.deploy.audit.finding import Audit
from engine.deploy.audit.leaving import audit_files
from engine.deploy.push import push_folder, push_space, require_push
from engine.errors import Stopped, UserError
from engine.jobs.queue import submit
from engine.serve.choose import Model, choose_model
from engine.store.datasets import get_dataset
from engine.store.deployments import get_deployment, note_address, refuse_handing
from engine.store.jobs import Work
from engine.store.open import open_store
from engine.store.sources import licences_of

Kind = Literal["adapter", "merged", "int8", "gguf"]
Told = Callable[[str], None]
TARGET = "hf-space"
"""The place that takes uploads."""


def launch_upload(store: Path, deployment: str, repo: str, private: bool) -> str:
    """Queue the upload of a bundle; returns the job. Raises UserError for what would stop it: see `require_upload`."""
    require_push(repo)
    with open_store(store) as db:
        found = get_deployment(db, deployment)
        require_upload(db, found)
    return submit(store, "upload", {"deployment_id": found["id"], "repo": repo, "private": private})


def require_upload(db: Database, deployment: Mapping[str, Any]) -> None:
    """Raises UserError for a bundle that may not leave, is for another place, or is no longer what its audit looked at."""
    refuse_handing(deployment)
    name, folder = deployment["id"], Path(deployment["folder"] or "")
    if deployment["target"] != TARGET:
        raise UserError(
            f"{name}은(는) {deployment['target']}에 올릴 꾸러미라서 허깅페이스에 올릴 수 없습니다. --target {TARGET}으로 꾸리세요.",
            f"{name} is a bundle for {deployment['target']} and cannot go to Hugging Face. Make one with --target {TARGET}.",
        )
    if not deployment["folder"] or not folder.is_dir():
        raise UserError(
            f"꾸러미의 폴더 '{folder}'이(가) 없습니다. 옮겼다면 제자리에 돌려놓고, 지웠다면 다시 꾸리세요.",
            f"The bundle's folder '{folder}' is not there. Put it back if it was moved, or make the bundle again.",
        )
    if deployment["audit"].get("audit_id"):
        require_audited(db, folder)


def run_upload(work: Work, args: Mapping[str, Any]) -> dict[str, Any]:
    """args: deployment_id, repo, private."""
    return upload_bundle(work.store, args["deployment_id"], args["repo"], args["private"], _telling(work))


def upload_bundle(store: Path, deployment: str, repo: str, private: bool, told: Told) -> dict[str, Any]:
    """Put a bundle up as a Space; its address is noted for everybody who has none yet. Returns {deployment_id, url, repo, commit, private}.

    Raises UserError for what `require_upload` and `push_space` raise.
    """
    told("올릴 폴더가 점검한 그대로인지 봅니다 / the folder is compared with what was audited")
    with open_store(store) as db:
        found = get_deployment(db, deployment)
        require_upload(db, found)
    size = f"{found['size_mb']:,.0f} MB"
    told(f"허깅페이스에 올립니다({size}) / it is uploaded to Hugging Face ({size})")
    done = push_space(Path(found["folder"]), repo, private=private)
    with open_store(store) as db:
        note_address(db, found["id"], done["url"])
    told("올렸습니다 / uploaded")
    return {"deployment_id": found["id"], **done}


def _telling(work: Work) -> Told:
    def told(line: str) -> None:
        work.log(line)
        if work.stop_asked():
            raise Stopped

    return told


def launch_export(store: Path, run: str, kind: Kind, wish: Mapping[str, Any]) -> str:
    """Queue writing a run's files; returns the job. wish: {out} for a folder here, {repo, private} for the hub; optional: allowed (why
    personal data in what it learned from may stay), override (why a red audit may leave).

    Raises UserError for a model that is none of this store, a folder with something in it, and what would stop an upload.
    """
    with open_store(store) as db:
        model = choose_model(db, run)
        if wish.get("repo"):
            require_push(wish["repo"])
            card_of(db, model, kind, wish.get("allowed"))
        else:
            require_new_folder(Path(wish["out"]))
    kept = {name: value for name, value in wish.items() if value is not None}
    return submit(store, "export", {"run": model.name, "kind": kind, **kept})


def run_export(work: Work, args: Mapping[str, Any]) -> dict[str, Any]:
    """args: run, kind, and the wish as of `launch_export`."""
    told = _telling(work)
    with open_store(work.store) as db:
        model = choose_model(db, args["run"])
    if "repo" not in args:
        return export_files(work.store, model, args["kind"], Path(args["out"]), args.get("override"), told)
    with open_store(work.store) as db:
        card = card_of(db, model, args["kind"], args.get("allowed"))
    return push_model(work.store, model, args["kind"], card, args["repo"], args["private"], args.get("override"), told)


def export_files(
    store: Path, model: Model, kind: Kind, folder: Path, override: str | None, told: Told, card: str | None = None
) -> dict[str, Any]:
    """Write a model for other programs into a new folder, audited before anybody has it: a red verdict without a reason leaves none.

    Returns {run, as, folder, files, size_mb, audit, findings}. Raises UserError for what `export_model` and `audit_files` raise.
    """
    from engine.serve.exporting import export_model

    told("파일을 씁니다 / its files are written")
    files = export_model(store, model, kind, folder)
    try:
        if card is not None:
            (folder / "README.md").write_text(card, encoding="utf-8")
        told("나가도 되는지 살핍니다 / it is looked through")
        audit: Audit = audit_files(store, model, folder, override, told)
    except BaseException:
        for path in [*files, folder / "README.md"]:
            path.unlink(missing_ok=True)
        raise
    size = sum(path.stat().st_size for path in files) / 1024**2
    return {
        "run": model.name, "model": model.name, "as": kind, "folder": str(folder), "files": [str(path) for path in files],
        "size_mb": round(size, 2), "audit": audit.verdict, "findings": audit.as_json()["findings"],
    }  # fmt: skip


def push_model(
    store: Path, model: Model, kind: Kind, card: str, repo: str, private: bool, override: str | None, told: Told
) -> dict[str, Any]:
    """The same into the hub, with a card as README; nothing stays here. Returns what `export_files` does and {url, repo, commit, private}."""
    with tempfile.TemporaryDirectory(prefix="malmoi-push-") as top:
        made = export_files(store, model, kind, Path(top, "model"), override, told, card)
        told(f"허브에 올립니다({made['size_mb']:,.0f} MB) / it is uploaded ({made['size_mb']:,.0f} MB)")
        done = push_folder(Path(top, "model"), repo, private=private, message=f"{model.name}, {kind}")
    left = {name: value for name, value in made.items() if name not in ("folder", "files")}
    return {**left, **done}


def card_of(db: Database, model: Model, kind: str, allowed: str | None) -> str:
    """The model card. Raises UserError for a model without a run, and where personal data is left in what it learned from."""
    from engine.privacy.gate import require_clean_dataset, require_clean_text
    from engine.reports.card import model_card

    if model.run is None:
        raise UserError(
            f"{model.name}은(는) 여기서 학습한 모델이 아니라서 카드를 쓸 수 없습니다. 학습 id를 주세요.",
            f"{model.name} was not trained here, so no card can be written. Give the id of a run.",
        )
    found: dict[str, Any] | None = get_dataset(db, model.run["dataset_id"]) if model.run["dataset_id"] else None
    verdict = require_clean_dataset(db, found, "export", allowed) if found else None
    sources = found["sources"] if found else []
    notes = "\n".join(licences_of(db, sources).values())  # all of a card that are not our own words and figures
    require_clean_text(db, notes, sources, "report", model.run["id"], allowed)
    return model_card(db, model.run["id"], kind, verdict.hits if verdict else None)
