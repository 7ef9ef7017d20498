"""Adapters made elsewhere become runs. It knows nothing of how they were trained."""

import tempfile
from pathlib import Path

from engine.errors import UserError
from engine.models.bases import base_hash, resolve_base
from engine.store.artifacts import save_artifact
from engine.store.open import open_store
from engine.store.runs import add_run, update_run

NEEDED = ("adapter_config.json", "adapter_model.safetensors")


def adopt_adapter(store: Path, folder: Path, base_name: str, recipe: str) -> tuple[str, str]:
    """Store a PEFT adapter folder as a run without a job; returns (run id, artifact id).

    Only the two files PEFT needs are taken. Raises UserError when one is missing (a pickled .bin is refused) or unreadable.
    """
    from safetensors import SafetensorError, safe_open

    missing = [name for name in NEEDED if not (folder / name).is_file()]
    if missing:
        raise UserError(
            f"{folder.name} 폴더에 {', '.join(missing)}이(가) 없습니다. PEFT가 safetensors로 저장한 어댑터 폴더를 주세요.",
            f"{folder.name} has no {', '.join(missing)}. Give a PEFT adapter folder saved as safetensors.",
        )
    try:
        with safe_open(folder / NEEDED[1], framework="np") as file:
            tensors = len(list(file.keys()))
    except (SafetensorError, OSError) as error:
        raise UserError(
            f"{NEEDED[1]} 파일을 열 수 없습니다({type(error).__name__}). 다시 복사하거나 다시 내보내세요.",
            f"{NEEDED[1]} cannot be opened ({type(error).__name__}). Copy or export it again.",
        ) from error
    base = resolve_base(base_name)
    with open_store(store) as db, tempfile.TemporaryDirectory() as copy:
        for name in NEEDED:
            (Path(copy) / name).write_bytes((folder / name).read_bytes())
        run_id = add_run(
            db,
            recipe=recipe,
            dataset_id=None,
            base={"name": base_name, "revision": base.revision, "hash": base_hash(base)},
            preset=None,
            settings={"quantisation": "nf4"},
            origins={},
        )
        artifact_id = save_artifact(
            db, Path(copy), "adapter", run_id, meta={"imported": folder.name, "tensors": tensors}
        )
        update_run(db, run_id, adapter_id=artifact_id)
    return run_id, artifact_id
