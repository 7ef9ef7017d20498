"""How much memory a run took, a cap on it, and the error for too little of it. It plans nothing."""

import contextlib
import gc
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from engine.errors import UserError

GB = 2**30
"""Bytes. A card sold with 8 GB has 8 of these."""


COLLAPSED, COLLAPSED_RECORDS, FIRST_RECORDS = 0.2, 3, 3
"""A card that spills into the computer's memory goes on at a tenth of its speed or less: so many records running at less
than a fifth of the first ones' speed are no noise."""


ALLOCATORS = ("DefaultCPUAllocator", "bad_alloc", "Cannot allocate memory")
"""What a RuntimeError says where an allocation failed: torch, C++, the system."""


class OutOfMemory(UserError):
    """The run did not fit, having taken `peak_gb`. A run with other settings may."""

    def __init__(self, ko: str, en: str, peak_gb: float = 0.0) -> None:
        super().__init__(ko, en)
        self.peak_gb = peak_gb

    def __reduce__(self) -> tuple[type["OutOfMemory"], tuple[object, ...]]:
        return OutOfMemory, (self.ko, self.en, self.peak_gb)


def out_of_memory(batch_size: int, max_length: int, peak: float) -> OutOfMemory:
    """The error for a run that ran out at `peak` GB, with what to change first."""
    smaller = max(1, batch_size // 2)
    first = f"batch_size={smaller}" if smaller < batch_size else "gradient_checkpointing=on"
    return OutOfMemory(
        f"메모리가 모자라 학습을 멈췄습니다(쓴 양 {peak:.1f} GB, batch_size={batch_size}, max_length={max_length}). "
        f"{first} 또는 max_length={max(16, max_length // 2)}로 줄이고, 배치는 accumulation으로 채우세요.",
        f"Training ran out of memory (used {peak:.1f} GB with batch_size={batch_size}, max_length={max_length}). "
        f"Set {first} or max_length={max(16, max_length // 2)}, and make up the batch with accumulation.",
        peak,
    )


def is_out_of_memory(error: BaseException) -> bool:
    """True for CUDA's error, Python's, the plain RuntimeError of torch's CPU allocator, and C++'s as other engines hand it on."""
    if isinstance(error, MemoryError):
        return True
    torch = sys.modules.get("torch")  # an engine without torch must not load it to tell that memory lacks
    if torch is not None and isinstance(error, torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(word in str(error) for word in ALLOCATORS)


def start_measuring(device: str) -> None:
    """Forget an earlier peak: the card's, and on Linux the process's own."""
    if device.startswith("cuda"):
        import torch

        torch.cuda.reset_peak_memory_stats(device)
    elif sys.platform == "linux":
        with contextlib.suppress(OSError):  # a hardened container forbids it; then the earlier peak counts too
            Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")


def give_back() -> None:
    """Let go of what a failed try still holds: cycles of trainer and model, and the card's cache."""
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


@contextlib.contextmanager
def capped(device: str, limit_gb: float) -> Iterator[None]:
    """Inside, memory beyond `limit_gb` fails at once instead of swapping. 0 sets no limit, but for a card on Windows, whose
    driver would spill into the computer's memory: there what is free now is the limit.

    On a card the limit is on its tensors; on Linux on the whole process, from what it holds now; other systems
    have no such limit for a process, and `check_cap` looks after each step instead.
    """
    if device.startswith("cuda"):
        _cap_card(device, limit_gb)
        yield
    elif limit_gb and sys.platform == "linux":
        with _capped_process(limit_gb):
            yield
    else:
        yield


def _cap_card(device: str, limit_gb: float) -> None:
    import torch

    free, total = torch.cuda.mem_get_info(device)
    limit = limit_gb * GB if limit_gb else free if sys.platform == "win32" else total
    torch.cuda.set_per_process_memory_fraction(min(1.0, limit / total), device)


@contextlib.contextmanager
def _capped_process(limit_gb: float) -> Iterator[None]:
    """RLIMIT_DATA counts address space, much of it never touched: the limit leaves what is missing to `limit_gb` resident."""
    import resource

    before, hard = resource.getrlimit(resource.RLIMIT_DATA)
    room = max(0.0, limit_gb * GB - _status_bytes("VmRSS"))
    resource.setrlimit(resource.RLIMIT_DATA, (int(_status_bytes("VmData") + room), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (before, hard))


def check_cap(device: str, limit_gb: float) -> None:
    """Raises MemoryError when the process holds more than `limit_gb`, on systems that cannot refuse it beforehand."""
    if limit_gb and device == "cpu" and sys.platform != "linux" and memory_gb(device) > limit_gb:
        raise MemoryError


class SpillWatch:
    """Looks for the collapse of speed that a full card shows on Windows, where it does not fail."""

    def __init__(self) -> None:
        self._speeds: list[float] = []

    def collapsed(self, tokens_per_second: float) -> bool:
        """Told the speed of each record; True when the last ones lie far below the first."""
        self._speeds.append(tokens_per_second)
        last = self._speeds[FIRST_RECORDS:][-COLLAPSED_RECORDS:]
        return len(last) == COLLAPSED_RECORDS and max(last) < COLLAPSED * median(self._speeds[:FIRST_RECORDS])


def peak_gb(device: str) -> float:
    """Highest memory so far in GB: tensors on the card, or the whole process's resident memory on a CPU."""
    if device.startswith("cuda"):
        import torch

        return float(torch.cuda.max_memory_allocated(device)) / GB
    return _peak_resident_bytes() / GB


def memory_gb(device: str) -> float:
    """Memory in use now in GB: reserved on the card, or the process's resident memory on a CPU."""
    if device.startswith("cuda"):
        import torch

        return float(torch.cuda.memory_reserved(device)) / GB
    import psutil

    return float(psutil.Process().memory_info().rss) / GB


def _peak_resident_bytes() -> int:
    if sys.platform == "linux":  # ru_maxrss would count the parent's memory before exec; VmHWM does not
        return _status_bytes("VmHWM")
    if sys.platform == "win32":
        import psutil

        return int(psutil.Process().memory_info().peak_wset)
    import resource

    return int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def _status_bytes(name: str) -> int:
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith(f"{name}:"))
