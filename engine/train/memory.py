"""How much memory a run took, and the error for too little of it. It plans nothing."""

import sys
from pathlib import Path

from engine.errors import UserError

GB = 2**30
"""Bytes. A card sold with 8 GB has 8 of these."""


class OutOfMemory(UserError):
    """The run did not fit. A run with other settings may."""

    def __reduce__(self) -> tuple[type["OutOfMemory"], tuple[str, str]]:
        return OutOfMemory, (self.ko, self.en)


def out_of_memory(batch_size: int, max_length: int, peak: float) -> OutOfMemory:
    """The error for a run that ran out at `peak` GB, with what to change first."""
    smaller = max(1, batch_size // 2)
    first = f"batch_size={smaller}" if smaller < batch_size else "gradient_checkpointing=on"
    return OutOfMemory(
        f"메모리가 모자라 학습을 멈췄습니다(쓴 양 {peak:.1f} GB, batch_size={batch_size}, max_length={max_length}). "
        f"{first} 또는 max_length={max(16, max_length // 2)}로 줄이고, 배치는 accumulation으로 채우세요.",
        f"Training ran out of memory (used {peak:.1f} GB with batch_size={batch_size}, max_length={max_length}). "
        f"Set {first} or max_length={max(16, max_length // 2)}, and make up the batch with accumulation.",
    )


def is_out_of_memory(error: BaseException) -> bool:
    """True for CUDA's error, Python's, and the plain RuntimeError of torch's CPU allocator."""
    import torch

    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and "DefaultCPUAllocator" in str(error)


def start_measuring(device: str) -> None:
    """Forget the card's earlier peak. A CPU process cannot forget its own."""
    if device.startswith("cuda"):
        import torch

        torch.cuda.reset_peak_memory_stats(device)


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
        status = Path("/proc/self/status").read_text(encoding="utf-8")
        return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM:"))
    if sys.platform == "win32":
        import psutil

        return int(psutil.Process().memory_info().peak_wset)
    import resource

    return int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
