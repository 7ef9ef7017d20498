"""From the name an owner types to one base model: the starter, a folder, or the hub. It loads nothing."""

import hashlib
import json
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from engine.config import ROOT
from engine.errors import UserError
from engine.models.catalogue import BASES, Base

STARTER_DIR = ROOT / "starter" / "model"
SHIPPED = {"starter": STARTER_DIR, "starter-seq2seq": ROOT / "starter" / "seq2seq"}
"""Bases that come with the project: a decoder and an encoder-decoder."""
SAMPLE_BYTES = 64 * 1024
"""Tensor bytes hashed per weight file: enough to tell two trainings of one shape apart, and no second is lost on 16 GB."""
HEADER_LIMIT = 100_000_000
"""Longest safetensors header the format allows, in bytes."""


@dataclass(frozen=True)
class ResolvedBase:
    """Where a base is. `location` is a folder, or the repository's id for a hub base that is not in the cache yet."""

    name: str
    source: Literal["starter", "folder", "hub", "server"]
    location: str
    revision: str | None


def resolve_base(name: str) -> ResolvedBase:
    """A shipped base, a folder, a catalogue name, or `owner/model[@revision]` on the hub (nothing is downloaded here).

    Raises UserError for unknown names, rejected bases, and folders that hold no loadable model.
    """
    if name in SHIPPED:
        return _shipped(name)
    folder = _folder_named(name)
    if folder is not None:
        check_folder(folder)
        return ResolvedBase(name, "folder", str(folder.resolve()), None)
    known = catalogued(name)
    if known and known.status == "rejected":
        raise _rejected(known)
    hub_id = known.hub_id if known else name
    if not _is_hub_id(hub_id):
        raise _unknown(name)
    return _on_hub(name, hub_id)


def resolve_for_plan(name: str) -> ResolvedBase:
    """`resolve_base`, but a folder with a config.json alone will do: its shape is all that a plan needs. Raises UserError as that does."""
    folder = _folder_named(name)
    if folder is not None and (folder / "config.json").is_file() and not any(folder.glob("*.safetensors")):
        return ResolvedBase(name, "folder", str(folder.resolve()), None)
    return resolve_base(name)


def reference(base: ResolvedBase) -> str:
    """What finds the base again from any working folder: its name, or the folder's whole path."""
    return base.location if base.source == "folder" else base.name


def _folder_named(name: str) -> Path | None:
    """The folder of that name; None when there is none, also when no folder can have that name."""
    try:
        folder = Path(name).expanduser()
        return folder if folder.is_dir() else None
    except (OSError, RuntimeError):  # longer than a path may be, not to be looked into, or the home of an unknown user
        return None


def _shipped(name: str) -> ResolvedBase:
    folder = SHIPPED[name]
    if not (folder / "config.json").is_file():
        place = folder.relative_to(ROOT).as_posix()
        raise UserError(
            f"시작 모델이 없습니다: {place} 폴더에 config.json이 없습니다. 저장소를 다시 받거나 다른 --base를 쓰세요.",
            f"The starter model is missing: {place} has no config.json. Clone again, or use another --base.",
        )
    return ResolvedBase(name, "starter", str(folder), None)


def catalogued(name: str) -> Base | None:
    """The catalogue's entry of that name or hub id, None when it has none."""
    wanted = name.casefold()
    return next((base for base in BASES if wanted in (base.name.casefold(), base.hub_id.casefold())), None)


def _is_hub_id(name: str) -> bool:
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

    repo = name.partition("@")[0]
    try:
        validate_repo_id(repo)
    except HFValidationError:
        return False
    return "/" in repo


def _on_hub(name: str, hub_id: str) -> ResolvedBase:
    repo, _, revision = hub_id.partition("@")
    snapshot = cached_snapshot(repo, revision or None)
    if snapshot is None:
        return ResolvedBase(name, "hub", repo, revision or None)
    return ResolvedBase(name, "hub", str(snapshot), snapshot.name)


def cached_snapshot(repo: str, revision: str | None) -> Path | None:
    """The folder of a completely downloaded repository in the hub cache, None when it is not whole."""
    from huggingface_hub import try_to_load_from_cache

    config = try_to_load_from_cache(repo, "config.json", revision=revision)
    if not isinstance(config, str):
        return None
    folder = Path(config).parent
    index = folder / "model.safetensors.index.json"
    if not index.is_file():
        return folder if any(folder.glob("*.safetensors")) else None
    shards = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
    return folder if all((folder / shard).is_file() for shard in shards) else None


def hub_folders() -> dict[str, Path]:
    """{owner/model: folder} of causal models that lie in the hub cache, found by a look at its folders alone."""
    home = os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface"
    cache = Path(os.environ.get("HF_HUB_CACHE") or Path(home) / "hub").expanduser()
    found = {}
    for config in sorted(cache.glob("models--*--*/snapshots/*/config.json"), key=_changed_at):
        if any(config.parent.glob("*.safetensors")):
            found["/".join(config.parents[2].name.split("--")[1:3])] = config.parent
    return found


def _changed_at(path: Path) -> float:
    return path.stat().st_mtime if path.exists() else 0.0


def local_place(name: str) -> Path | None:
    """The folder of a base by its name alone, without asking the hub's library; None when it is not on this disk."""
    if name in SHIPPED:
        return SHIPPED[name]
    if (folder := _folder_named(name)) is not None:
        return folder
    known = catalogued(name)
    return hub_folders().get((known.hub_id if known else name).partition("@")[0])


def folder_of(base: ResolvedBase) -> Path | None:
    """The base's folder on this disk, None for a hub base that was not fetched yet."""
    if base.source != "hub" or Path(base.location).is_dir():
        return Path(base.location)
    return cached_snapshot(base.location, base.revision)


def _rejected(base: Base) -> UserError:
    return UserError(
        f"'{base.name}'은(는) 살펴본 뒤 쓰지 않기로 한 모델입니다: {base.ko} 다른 --base를 고르세요.",
        f"'{base.name}' was examined and rejected: {base.en} Choose another --base.",
    )


def _unknown(name: str) -> UserError:
    from rapidfuzz import process

    names = list(dict.fromkeys([*SHIPPED, *(base.name for base in BASES if base.status == "usable")]))
    near = ", ".join(match[0] for match in process.extract(name, names, limit=3, processor=str.casefold))
    return UserError(
        f"'{name}'이라는 모델이 없습니다. 폴더도, 아는 이름도, '만든이/모델' 꼴의 허브 이름도 아닙니다. 비슷한 이름: {near}.",
        f"There is no base '{name}': not a folder, not a known name, not a hub name like 'owner/model'. Near: {near}.",
    )


def check_folder(folder: Path) -> None:
    """Raises UserError unless the folder holds config.json and weights as safetensors."""
    if not (folder / "config.json").is_file():
        raise UserError(
            f"'{folder.name}' 폴더에 config.json이 없어 모델로 읽을 수 없습니다. 모델을 저장한 폴더를 주세요.",
            f"The folder '{folder.name}' has no config.json, so it is no model. Give the folder a model was saved in.",
        )
    if any(folder.glob("*.safetensors")):
        return
    pickled = sorted(path.name for pattern in ("*.bin", "*.pt", "*.pth") for path in folder.glob(pattern))
    if pickled:
        raise UserError(
            f"'{folder.name}' 폴더의 가중치가 {pickled[0]} 같은 피클 파일뿐입니다. 피클은 여는 것만으로 남의 코드를 돌릴 수 있어 "
            "읽지 않습니다. safetensors로 바꾼 모델을 쓰세요.",
            f"The folder '{folder.name}' has only pickled weights such as {pickled[0]}. Opening a pickle can run somebody's "
            "code, so it is not read. Use the model converted to safetensors.",
        )
    raise UserError(
        f"'{folder.name}' 폴더에 가중치(.safetensors) 파일이 없습니다. 빠진 파일을 채우거나 다른 폴더를 주세요.",
        f"The folder '{folder.name}' has no weights (.safetensors). Add the missing files, or give another folder.",
    )


def base_hash(base: ResolvedBase) -> str:
    """sha256 of a base on this disk: config and tokenizer files whole, weight files by name, size, header and a sample.

    Empty for a hub base that was not fetched yet. Raises UserError for a folder that holds no model.
    """
    folder = folder_of(base)
    if folder is None:
        return ""
    check_folder(folder)
    digest = hashlib.sha256()
    for path in _text_files(folder):
        digest.update(f"{path.name}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    for path in sorted(folder.glob("*.safetensors")):
        digest.update(f"{path.name}\0{path.stat().st_size}\0".encode())
        digest.update(_header_and_sample(path))
    return digest.hexdigest()


def layer_names(folder: Path) -> set[str]:
    """The last names of all layers with weights, as in `q_proj`, from the headers alone; empty when one cannot be read: that is
    said when the base is loaded."""
    found: set[str] = set()
    for path in folder.glob("*.safetensors"):
        with path.open("rb") as file:
            length = struct.unpack("<Q", file.read(8).ljust(8, b"\0"))[0]
            try:
                tensors = list(json.loads(file.read(min(length, HEADER_LIMIT))))
            except ValueError:
                return set()
        found |= {name.split(".")[-2] for name in tensors if name.endswith(".weight") and "." in name}
    return found


def _text_files(folder: Path) -> Iterator[Path]:
    names = ("config.json", "tokenizer*", "vocab*", "merges.txt", "special_tokens_map.json", "added_tokens.json", "*.jinja")  # fmt: skip
    yield from sorted({path for name in names for path in folder.glob(name) if path.is_file()})


def _header_and_sample(path: Path) -> bytes:
    """The JSON header, and the first bytes after the middle of the tensors."""
    size = path.stat().st_size
    with path.open("rb") as file:
        length = struct.unpack("<Q", file.read(8).ljust(8, b"\0"))[0]
        header = file.read(min(length, HEADER_LIMIT, size))
        file.seek(max(file.tell(), size // 2))
        return header + file.read(SAMPLE_BYTES)
