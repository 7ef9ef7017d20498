"""What this machine has: processor, memory, cards. It knows nothing of models, and loads torch only when asked to."""

import os
import shutil
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

GIB = 1024**3
GROUPS = Path("/sys/fs/cgroup")
"""Where Linux tells what a group of processes was given."""
NVIDIA_SMI_SECONDS = 5
"""Longest wait for nvidia-smi: a hung driver must not hang a page."""


def device() -> str:
    """Where a model should live: `cuda:0`, `mps` or `cpu`; of several processes that train together, each has its own card."""
    import torch

    if torch.cuda.is_available():
        return f"cuda:{os.environ.get('LOCAL_RANK', '0')}"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def describe() -> dict[str, Any]:
    """Facts for reports: device, cpu_count, ram_gb, ram_free_gb, gpus (name, total_gb, free_gb), torch, cuda_build.

    Sizes are in GiB. `cuda_build` is torch's CUDA version, None for a build without it, even where a card is present.
    """
    import psutil
    import torch

    memory = psutil.virtual_memory()
    return {
        "device": device(),
        "cpu_count": psutil.cpu_count() or 1,
        "ram_gb": round(memory.total / GIB, 1),
        "ram_free_gb": round(memory.available / GIB, 1),
        "gpus": [_gpu(index) for index in range(torch.cuda.device_count())],
        "torch": str(torch.__version__),
        "cuda_build": torch.version.cuda,
    }


def room(folder: Path) -> dict[str, float]:
    """What is free here, without torch: ram_gb, ram_free_gb, disk_gb, disk_free_gb of the disk that holds `folder` (GiB)."""
    total, free, disk = *memory_left(), shutil.disk_usage(folder)
    return {
        "ram_gb": total / GIB,
        "ram_free_gb": free / GIB,
        "disk_gb": disk.total / GIB,
        "disk_free_gb": disk.free / GIB,
    }


def memory_left() -> tuple[float, float]:
    """(all, free) bytes of memory that this process may use: the machine's, or what a container or a service was given of it.

    What a group of processes read from files and may forget again counts as free, as it does for the machine.
    """
    import psutil

    memory = psutil.virtual_memory()
    total, free = float(memory.total), float(memory.available)
    for folder, most, used, forgettable in (
        (_group(), "memory.max", "memory.current", "inactive_file"),
        (GROUPS / "memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    ):
        limit = _number(folder / most)
        if limit is not None and limit < total:
            held = (_number(folder / used) or 0.0) - _line(folder / "memory.stat", forgettable)
            total, free = limit, min(free, max(0.0, limit - held))
    limit, held = _own_limit()
    return min(total, limit), min(free, max(0.0, limit - held))


def _own_limit() -> tuple[float, float]:
    """(private memory that this process alone may take, what it holds), bytes: a shell or a service may limit it; endless where none does."""
    if sys.platform == "win32":
        return float("inf"), 0.0
    import resource

    limit = resource.getrlimit(resource.RLIMIT_DATA)[0]
    if limit == resource.RLIM_INFINITY:
        return float("inf"), 0.0
    return float(limit), _line(Path("/proc/self/status"), "VmData:") * 1024


def _group() -> Path:
    """Where version 2 of Linux' control groups tells of this process's; inside a container that is the top."""
    try:
        own = Path("/proc/self/cgroup").read_text(encoding="ascii", errors="replace")
    except OSError:
        return GROUPS
    path = next((line[3:].strip().lstrip("/") for line in own.splitlines() if line.startswith("0::")), "")
    return GROUPS / path if (GROUPS / path / "memory.max").is_file() else GROUPS


def _number(path: Path) -> float | None:
    """What stands in the file; None for no file or no limit."""
    try:
        return float(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def _line(path: Path, name: str) -> float:
    """The number behind `name` in a file of such lines; 0 where there is none."""
    try:
        lines = path.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return 0.0
    return next((float(words[1]) for line in lines if (words := line.split())[:1] == [name]), 0.0)


def cores() -> int:
    """Processor cores as the system counts them."""
    import psutil

    return psutil.cpu_count() or 1


def own_cores() -> int:
    """Processor cores that this process may use."""
    import psutil

    if psutil.MACOS:
        return cores()
    return len(psutil.Process().cpu_affinity()) or cores()


def _gpu(index: int) -> dict[str, Any]:
    import torch

    free, total = torch.cuda.mem_get_info(index)
    name = torch.cuda.get_device_name(index)
    return {"name": name, "total_gb": round(total / GIB, 1), "free_gb": round(free / GIB, 1)}


def gpu_names() -> list[str]:
    """NVIDIA cards by name, asked of the driver: needs no torch. Empty when there is no driver or it does not answer."""
    command = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=NVIDIA_SMI_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return []
    if done.returncode != 0:
        return []
    return [line.strip() for line in done.stdout.decode("utf-8", "replace").splitlines() if line.strip()]


def cards() -> list[dict[str, Any]]:
    """NVIDIA cards as {name, total_gb, free_gb} (GiB), asked of the driver without torch; empty where torch has no CUDA."""
    if not _cuda_installed():
        return []
    command = ["nvidia-smi", "--query-gpu=name,memory.total,memory.free", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=NVIDIA_SMI_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return []
    found = []
    for line in done.stdout.decode("utf-8", "replace").splitlines() if done.returncode == 0 else []:
        name, *sizes = (part.strip() for part in line.rsplit(",", 2))
        if len(sizes) == 2 and all(size.isdecimal() for size in sizes):
            found.append({"name": name, "total_gb": int(sizes[0]) / 1024, "free_gb": int(sizes[1]) / 1024})
    return found


def _cuda_installed() -> bool:
    """Whether the installed torch can use a card: builds for the CPU alone say so in their version."""
    try:
        return not version("torch").endswith("+cpu")
    except PackageNotFoundError:
        return False
