"""A run into a capsule: masked rows, resolved settings, what it starts from, the code. It asks no gate; its caller did."""

import hmac
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from engine.errors import UserError
from engine.models.bases import ResolvedBase, base_hash, folder_of, resolve_base
from engine.store.blobs import read_blob
from engine.store.capsules import add_capsule
from engine.store.carried import artifact_facts, rows_to_carry
from engine.store.datasets import get_dataset
from engine.store.open import all_rows, new_id, now
from engine.store.runs import get_run
from engine.store.settings import capsule_key
from engine.train.capsule.code import code_digest, code_zip
from engine.train.capsule.file import add_file, add_json, add_lines, add_part, change_capsule, seal
from engine.train.environment import describe_environment
from engine.train.settings import NO_RUN

FORMAT = 1
MANIFEST, ROWS, CODE = "manifest.json", "rows.jsonl", "code.zip"
BASE, PARENTS = "base/", "parents/"


def store_mark(key: bytes) -> str:
    """Names a store without giving its key away."""
    return sha256(b"capsule mark" + key).hexdigest()[:16]


def mac_of(key: bytes, digest: str) -> str:
    """The store's code over a digest: nobody else can make it."""
    return hmac.new(key, digest.encode(), sha256).hexdigest()


def pack_run(
    db: Database, run_id: str, target: Path, *, with_base: bool = False, noted_path: str | None = None
) -> dict[str, Any]:
    """Write the run's capsule to `target`, which must not exist, and note it in the store; returns its row's facts.

    noted_path: where the owner will find it. Raises UserError when its base is a folder that is not here or changed.
    """
    run = get_run(db, run_id)
    base = resolve_base(run["base"])
    _refuse_base(run, base, with_base)
    manifest = _manifest(db, run, base, with_base)
    key = capsule_key(db)
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    try:
        with change_capsule(part) as conn:
            add_json(conn, "out", MANIFEST, manifest)
            add_lines(conn, "out", ROWS, rows_to_carry(db, run["dataset_id"]))
            add_part(conn, "out", CODE, [code_zip(base.name if base.source == "starter" else None)])
            for name, path in _base_files(base) if with_base else ():
                add_file(conn, "out", BASE + name, path)
            for name, pieces in _parent_files(db, manifest["parents"]):
                add_part(conn, "out", PARENTS + name, pieces)
            digest = seal(conn, "out")
            conn.execute(
                "UPDATE seals SET mac = ?, store = ? WHERE side = 'out'", [mac_of(key, digest), store_mark(key)]
            )
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    add_capsule(db, manifest["capsule"], run, noted_path, target.stat().st_size, digest)
    return {"capsule_id": manifest["capsule"], "run_id": run["id"], "bytes": target.stat().st_size, "digest": digest}


def _manifest(db: Database, run: dict[str, Any], base: ResolvedBase, with_base: bool) -> dict[str, Any]:
    """All that is to be known before training: nothing of the machine, of paths, speakers or sources."""
    dataset = get_dataset(db, run["dataset_id"])
    here = describe_environment()
    counts = {split: dataset["counts"][split] for split in ("train", "validation")}
    return {
        "format": FORMAT,
        "capsule": new_id("cap"),
        "made_at": now(),
        "run": {name: run[name] for name in ("id", "recipe", "preset", "settings", "origins")},
        "base": {
            "source": base.source,
            "name": Path(base.location).name if base.source == "folder" else base.name,
            "revision": base.revision or run["base_revision"],
            "hash": run["base_hash"] or base_hash(base),
            "carried": with_base,
        },
        "dataset": {name: dataset[name] for name in ("id", "recipe", "style", "fingerprint", "masked")}
        | {"counts": counts},
        "parents": _parents(db, run),
        "code": {"commit": here["code"], "digest": code_digest()},
        "python": here["python"],
        "libraries": here["libraries"],
    }


def _parents(db: Database, run: dict[str, Any]) -> list[dict[str, Any]]:
    """The runs whose models this one needs: the one it goes on from, and the reward model that scores it."""
    found = [_parent(db, run["from_run"], run["from_artifact"], begins=True)] if run["from_run"] else []
    reward = run["settings"].get("reward_run", NO_RUN)
    return [*found, _parent(db, reward, None, begins=False)] if reward != NO_RUN else found


def _parent(db: Database, run_id: str, artifact_id: str | None, begins: bool) -> dict[str, Any]:
    run = get_run(db, run_id)
    artifact_id = artifact_id or run["adapter_id"]
    if artifact_id is None:
        raise UserError(
            f"이 학습에 필요한 학습 {run_id}에 남은 모델이 없어 캡슐을 만들 수 없습니다. 그 학습이 끝난 뒤에 만드세요.",
            f"Run {run_id}, which this one needs, has no model yet, so no capsule can be made. Make it when that run is done.",
        )
    facts = {name: run[name] for name in ("id", "recipe", "preset", "settings", "origins")}
    return {**facts, "artifact": artifact_id, "begins": begins, **artifact_facts(db, artifact_id)}


def _parent_files(db: Database, parents: list[dict[str, Any]]) -> Iterator[tuple[str, Iterator[bytes]]]:
    sql = "SELECT path, sha256 FROM artifact_files WHERE artifact_id = ? ORDER BY path"
    for parent in parents:
        for file in all_rows(db, sql, [parent["artifact"]]):
            yield f"{parent['id']}/{file['path']}", read_blob(db, file["sha256"])


def _base_files(base: ResolvedBase) -> list[tuple[str, Path]]:
    """What loading reads of a base: configuration, tokenizer, weights as safetensors."""
    folder = Path(base.location)
    names = ("*.json", "*.safetensors", "*.jinja", "*.model", "merges.txt", "vocab.txt")
    found = {path for name in names for path in folder.glob(name) if path.is_file()}
    return [(path.name, path) for path in sorted(found)]


def _refuse_base(run: dict[str, Any], base: ResolvedBase, with_base: bool) -> None:
    if with_base and base.source != "folder":
        raise UserError(
            f"--with-base는 폴더에 있는 기반 모델에만 씁니다. {base.name}은(는) 받는 쪽에서 스스로 구합니다. --with-base를 빼세요.",
            f"--with-base is for bases in a folder. {base.name} is had at the other end anyway. Leave --with-base out.",
        )
    found = base_hash(base) if folder_of(base) else ""
    if run["base_hash"] and found and found != run["base_hash"]:
        raise UserError(
            f"기반 모델 {base.name}이(가) 이 학습을 만든 뒤 바뀌었습니다. 새로 학습을 정하고 그것으로 캡슐을 만드세요.",
            f"The base {base.name} changed since this run was made. Prepare a new run, and make a capsule of that.",
        )
