"""Data sets of the Hugging Face hub as a file of rows. It runs no code of a data set and knows no column.

`datasets` reads them: a name on the hub, or a folder of Parquet, JSON lines or CSV, which needs no network.
"""

import json
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from engine.config import cache_folder
from engine.errors import UserError

HUB = "hub:"
MOST_ROWS = 200_000
"""Rows taken from a data set: ten times what a model of 8 B is usually tuned on."""
_NAME = re.compile(r"(?P<name>[^@#:]+)(?::(?P<config>[\w.-]+))?(?:@(?P<revision>[\w./-]+))?(?:#(?P<split>[\w.-]+))?")
MORE = "'{0}' 데이터셋이 커서 앞의 {1:,}행만 가져왔습니다. / '{0}' is large, so only its first {1:,} rows came in."


def is_hub(file: str) -> bool:
    """Whether what the owner named is a data set and no file."""
    return file.startswith(HUB)


@contextmanager
def hub_files(store: Path, job_id: str, given: Sequence[str]) -> Iterator[tuple[list[Path], list[str]]]:
    """(files, warnings): what was named, with data sets of the hub written beside the store until the end."""
    folder = cache_folder(store) / "hub" / job_id
    warnings: list[str] = []
    try:
        files = []
        for file in given:
            if is_hub(file):
                path, told = fetch_rows(file, folder)
                files.append(path)
                warnings += told
            else:
                files.append(Path(file))
        yield files, warnings
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def fetch_rows(given: str, folder: Path) -> tuple[Path, list[str]]:
    """Write the rows of `hub:NAME[:CONFIG][@REVISION][#SPLIT]` as JSON lines under `folder`; returns (file, warnings).

    Without a split it is `train`, else the first. Raises UserError for a name that cannot be read, and without a network.
    """
    asked = given.removeprefix(HUB).strip()
    found = re.fullmatch(r"(?P<name>.+)()()()", asked) if Path(asked).is_dir() else _NAME.fullmatch(asked)
    if not found:
        raise UserError(
            f"'{given}'을(를) 읽을 수 없습니다. hub:소유자/이름 꼴로 쓰세요(고를 수 있음: hub:소유자/이름:설정@판#분할).",
            f"'{given}' cannot be read. Write hub:OWNER/NAME, or in full hub:OWNER/NAME:CONFIG@REVISION#SPLIT.",
        )
    name = found["name"].strip()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / (re.sub(r"[^\w.-]+", "_", name).strip("_.")[-80:] + ".jsonl")
    config, revision, split = (part or None for part in found.groups()[1:])
    rows = _rows(name, config, revision, split)
    with path.open("w", encoding="utf-8", errors="backslashreplace") as file:
        count = 0
        for row in islice(rows, MOST_ROWS + 1):
            count += 1
            if count <= MOST_ROWS:
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
    if not count:
        raise _unreadable(name, "0 rows")
    return path, [MORE.format(name, MOST_ROWS)] if count > MOST_ROWS else []


def _rows(name: str, config: str | None, revision: str | None, split: str | None) -> Iterator[dict[str, Any]]:
    import httpx2
    from datasets import IterableDataset, load_dataset
    from datasets.exceptions import DatasetsError
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    try:
        loaded = load_dataset(name, config, revision=revision, streaming=True)
        chosen = split or ("train" if "train" in loaded else next(iter(loaded)))
        if chosen not in loaded:
            raise _no_split(name, chosen, list(loaded))
        rows = loaded[chosen]
        assert isinstance(rows, IterableDataset)
        for row in rows:
            yield {key: value for key, value in row.items() if _is_plain(value)}
    except UserError:
        raise
    except (OfflineModeIsEnabled, ConnectionError, httpx2.TransportError, HfHubHTTPError) as error:
        raise _offline(name, error) from None
    except (DatasetsError, OSError, ValueError, TypeError, KeyError) as error:
        raise _unreadable(name, type(error).__name__) from None


def _is_plain(value: Any) -> bool:
    """Text, numbers and lists of them: no pictures, no sounds."""
    if isinstance(value, dict):
        return all(map(_is_plain, value.values()))
    if isinstance(value, list):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, str | int | float | bool)


def _no_split(name: str, split: str, splits: list[str]) -> UserError:
    return UserError(
        f"'{name}' 데이터셋에 '{split}' 분할이 없습니다. 있는 것: {', '.join(splits)}. hub:{name}#분할 로 고르세요.",
        f"The data set '{name}' has no split '{split}' but {', '.join(splits)}. Choose one with hub:{name}#SPLIT.",
    )


def _offline(name: str, error: Exception) -> UserError:
    return UserError(
        f"허브에 닿지 못해 '{name}' 데이터셋을 받지 못했습니다({type(error).__name__}). 인터넷 연결을 확인하거나, 파일을 직접 받아 그 폴더를 hub:폴더 로 주세요.",
        f"The hub could not be reached for the data set '{name}' ({type(error).__name__}). Check the connection, or download its "
        "files and give their folder as hub:FOLDER.",
    )


def _unreadable(name: str, why: str) -> UserError:
    return UserError(
        f"'{name}' 데이터셋을 읽지 못했습니다({why}). 이름과 설정(hub:소유자/이름:설정)이 맞는지, 공개된 것인지 확인하세요. 코드를 실행해야 읽히는 데이터셋은 열지 않습니다.",
        f"The data set '{name}' could not be read ({why}). Check its name and configuration (hub:OWNER/NAME:CONFIG) and that it is "
        "public. Data sets that need code of their own are not opened.",
    )
