"""Fetch a base model from the Hugging Face hub into its cache. It knows nothing of what the files mean.

Only what is loaded is fetched: safetensors, JSON, tokenizer files. An interrupted download goes on where it stopped.
"""

import errno
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from engine.errors import UserError
from engine.keys import get_key
from engine.models.bases import ResolvedBase, folder_of

Progress = Callable[[int, int], None]
"""(bytes so far, bytes in all)."""
WANTED = ("*.safetensors", "*.json", "*.jinja", "tokenizer.model", "merges.txt", "vocab.txt")
SPARE = 500_000_000
"""Bytes of disk that must stay free beside the download."""
TICK_SECONDS = 0.5


def fetch(base: ResolvedBase, progress: Progress | None = None) -> Path:
    """The base's folder on this disk: a hub base is downloaded unless it is cached whole, others are there already.

    Raises UserError when it is gated, missing, has only pickled weights, the disk is too small, or the network fails.
    """
    from huggingface_hub import snapshot_download

    here = folder_of(base)
    if here is not None:
        return here
    repo = base.location
    with _mendable(repo, base.revision):
        sizes = _sizes(repo, base.revision)
        _need_safetensors(repo, sizes)
        _need_disk(repo, sum(sizes.values()))

        def download() -> str:
            return snapshot_download(
                repo, revision=base.revision, allow_patterns=sorted(sizes), max_workers=2, token=get_key("HF_TOKEN")
            )

        return Path(download() if progress is None else _watched(download, repo, sum(sizes.values()), progress))


def _sizes(repo: str, revision: str | None) -> dict[str, int]:
    """Bytes of every wanted file of the repository's top folder."""
    from huggingface_hub import HfApi

    info = HfApi(token=get_key("HF_TOKEN")).model_info(repo, revision=revision, files_metadata=True)
    return {file.rfilename: file.size or 0 for file in info.siblings or [] if _wanted(file.rfilename)}


def _wanted(name: str) -> bool:
    return "/" not in name and any(fnmatch(name, pattern) for pattern in WANTED)


def _need_safetensors(repo: str, sizes: dict[str, int]) -> None:
    if any(name.endswith(".safetensors") for name in sizes):
        return
    raise UserError(
        f"'{repo}'에는 safetensors 가중치가 없습니다. 피클 가중치는 여는 것만으로 남의 코드를 돌릴 수 있어 받지 않습니다. 모델 페이지에 "
        f"safetensors로 바꾼 판(revision)이 있으면 '{repo}@판이름'으로 쓰거나, 다른 모델을 고르세요.",
        f"'{repo}' has no safetensors weights. Pickled weights can run somebody's code when opened and are not fetched. If "
        f"the model's page lists a converted revision, use '{repo}@revision'; otherwise choose another base.",
    )


def _cache() -> Path:
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE)


def _need_disk(repo: str, total: int) -> None:
    cache = _cache()
    place = next(folder for folder in (cache, *cache.parents) if folder.is_dir())
    missing, free = total - _bytes_here(repo), shutil.disk_usage(place).free
    if missing + SPARE > free:
        raise _disk_full(repo, missing, free)


def _disk_full(repo: str, needed: int, free: int) -> UserError:
    return UserError(
        f"'{repo}'을(를) 받으려면 {needed / 1e9:.1f} GB가 더 있어야 하는데 디스크에 {free / 1e9:.1f} GB만 남았습니다. 공간을 비우거나 "
        "환경 변수 HF_HOME으로 큰 디스크를 가리키세요. 받던 것은 이어 받습니다.",
        f"Fetching '{repo}' needs {needed / 1e9:.1f} GB more, and the disk has {free / 1e9:.1f} GB left. Free some space, or "
        "point HF_HOME at a larger disk. What was fetched is kept.",
    )


def _bytes_here(repo: str) -> int:
    """Bytes of this repository in the cache, unfinished files included."""
    blobs = _cache() / f"models--{repo.replace('/', '--')}" / "blobs"
    return sum(_size(path) for path in blobs.glob("*")) if blobs.is_dir() else 0


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # an unfinished file is renamed the moment it is whole
        return 0


def _watched(download: Callable[[], str], repo: str, total: int, progress: Progress) -> str:
    with ThreadPoolExecutor(1, "download") as pool:
        future = pool.submit(download)
        while not wait([future], TICK_SECONDS).done:
            progress(min(_bytes_here(repo), total), total)
        folder = future.result()
    progress(total, total)
    return folder


@contextmanager
def _mendable(repo: str, revision: str | None) -> Iterator[None]:
    import httpx2  # the client of huggingface_hub, whose errors it lets through
    from huggingface_hub import errors

    try:
        yield
    except errors.GatedRepoError as error:
        raise _gated(repo) from error
    except errors.RepositoryNotFoundError as error:
        raise _missing(repo) from error
    except errors.RevisionNotFoundError as error:
        raise _no_revision(repo, revision) from error
    except (errors.OfflineModeIsEnabled, errors.LocalEntryNotFoundError, httpx2.TransportError) as error:
        raise _offline(repo, error) from error
    except errors.HfHubHTTPError as error:
        raise _refused(repo, error) from error
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise _disk_full(repo, 0, shutil.disk_usage(_cache()).free) from error
        if "Consistency check failed" not in str(error):
            raise
        raise _offline(repo, error) from error


def _gated(repo: str) -> UserError:
    return UserError(
        f"'{repo}'은(는) 사용 조건에 동의한 사람만 받을 수 있습니다. 1) https://huggingface.co/{repo} 에서 로그인하고 조건에 동의하세요. "
        "2) https://huggingface.co/settings/tokens 에서 읽기(read) 토큰을 만드세요. 3) 설정 화면의 열쇠에 HF_TOKEN으로 넣거나 "
        "`hf auth login`으로 넣은 뒤 다시 하세요.",
        f"'{repo}' is only for those who accepted its terms. 1) Sign in at https://huggingface.co/{repo} and accept them. "
        "2) Make a read token at https://huggingface.co/settings/tokens. 3) Keep it as HF_TOKEN among the keys of the "
        "Settings page, or enter it with `hf auth login`, and try again.",
    )


def _missing(repo: str) -> UserError:
    return UserError(
        f"허브에 '{repo}'이(가) 없거나 비공개입니다. 이름을 확인하세요. 비공개 모델이면 `hf auth login`으로 먼저 로그인하세요.",
        f"The hub has no '{repo}', or it is private. Check the name. For a private model sign in with `hf auth login` first.",
    )


def _no_revision(repo: str, revision: str | None) -> UserError:
    return UserError(
        f"'{repo}'에 '{revision}' 판(revision)이 없습니다. 모델 페이지에서 판 이름을 확인하세요.",
        f"'{repo}' has no revision '{revision}'. Check the revision on the model's page.",
    )


def _offline(repo: str, error: Exception) -> UserError:
    return UserError(
        f"'{repo}'을(를) 받지 못했습니다: 허브에 닿지 않거나 연결이 끊겼습니다({type(error).__name__}). 인터넷을 확인하고 다시 하면 이어 "
        "받습니다. 인터넷 없이 하려면 --base starter를 쓰세요.",
        f"'{repo}' could not be fetched: the hub is out of reach or the connection broke ({type(error).__name__}). Check the "
        "network and try again; it goes on where it stopped. Without a network use --base starter.",
    )


def _refused(repo: str, error: Any) -> UserError:
    status = error.response.status_code
    return UserError(
        f"허브가 '{repo}' 요청을 거절했습니다(HTTP {status}). 401이나 403이면 `hf auth login`으로 로그인하고, 그 밖에는 잠시 뒤 다시 하세요.",
        f"The hub refused '{repo}' (HTTP {status}). For 401 or 403 sign in with `hf auth login`; otherwise try again later.",
    )
