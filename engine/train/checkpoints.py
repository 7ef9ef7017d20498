"""Is a checkpoint whole? Files are opened, nothing is unpickled. It knows nothing of runs or the store."""

import json
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

from engine.errors import UserError

PREFIX = "checkpoint-"
ADAPTER = "adapter_model.safetensors"
ADAPTER_CONFIG = "adapter_config.json"
WEIGHTS, CONFIG = "model.safetensors", "config.json"
"""Of full fine-tuning, in the places of an adapter's two."""
BEST = "best"
"""Folder, beside the checkpoints, of the adapter with the lowest validation loss so far."""
BEST_ADAPTER = "best_adapter.safetensors"
"""The adapter with the lowest validation loss so far travels inside each checkpoint. One file, not a folder: the
trainer would load a folder as a second adapter."""
STATE = "trainer_state.json"
TENSOR_STATES = ("optimizer.pt", "scheduler.pt", "rng_state.pth")
REQUIRED = (ADAPTER_CONFIG, ADAPTER, STATE, *TENSOR_STATES)
"""Of a checkpoint of LoRA."""


def trained_files(folder: Path) -> tuple[str, str]:
    """(weights, configuration): the names of what was trained, an adapter's or the whole model's."""
    return (WEIGHTS, CONFIG) if (folder / CONFIG).is_file() else (ADAPTER, ADAPTER_CONFIG)


def prove_checkpoint(folder: Path) -> None:
    """Open every file a resume needs. Raises UserError naming the first one that is missing, broken, or of another step."""
    weights, config = trained_files(folder)
    for name in (config, weights, STATE, *TENSOR_STATES):
        if not (folder / name).is_file():
            raise _not_whole(folder, f"{name} 파일이 없습니다", f"{name} is missing")
    for path in (folder / weights, folder / BEST_ADAPTER):
        if path.is_file():
            _prove_tensors(path)
    for name in TENSOR_STATES:
        _prove_state(folder / name)
    _read_json(folder / config)
    step = _read_json(folder / STATE).get("global_step")
    if folder.name != f"{PREFIX}{step}":
        raise _not_whole(folder, f"{STATE}의 스텝은 {step}입니다", f"{STATE} is of step {step}")


def latest_proven(folder: Path) -> Path | None:
    """The whole checkpoint of the highest step in a run's folder, or None."""
    found = [path for path in folder.glob(f"{PREFIX}*") if path.name.removeprefix(PREFIX).isdigit()]
    for path in sorted(found, key=step_of, reverse=True):
        try:
            prove_checkpoint(path)
        except UserError:
            continue
        return path
    return None


def step_of(folder: Path) -> int:
    """The step in a checkpoint folder's name."""
    return int(folder.name.removeprefix(PREFIX))


def _prove_tensors(path: Path) -> None:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(path), framework="pt") as tensors:
            for name in tensors.keys():  # noqa: SIM118 (not a mapping)
                tensors.get_tensor(name)
    except (OSError, SafetensorError, RuntimeError) as error:
        raise _not_whole(path.parent, f"{path.name}을 열 수 없습니다", f"{path.name} cannot be opened") from error


def _prove_state(path: Path) -> None:
    import torch
    from transformers.trainer_pt_utils import safe_globals

    try:
        with safe_globals():  # type: ignore[no-untyped-call] # numpy's generator state; everything else must be plain tensors and numbers
            torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, EOFError, RuntimeError, ValueError, UnpicklingError) as error:
        raise _not_whole(path.parent, f"{path.name}을 열 수 없습니다", f"{path.name} cannot be opened") from error


def _read_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise _not_whole(path.parent, f"{path.name}을 열 수 없습니다", f"{path.name} cannot be opened") from error
    if not isinstance(found, dict):
        raise _not_whole(path.parent, f"{path.name}을 열 수 없습니다", f"{path.name} cannot be opened")
    return found


def _not_whole(folder: Path, ko: str, en: str) -> UserError:
    return UserError(
        f"체크포인트 {folder.name}이(가) 온전하지 않습니다: {ko}. 그 앞의 체크포인트에서 이어 가거나 처음부터 학습하세요.",
        f"The checkpoint {folder.name} is not whole: {en}. Resume from an earlier one, or train from the start.",
    )
