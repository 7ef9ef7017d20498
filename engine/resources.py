"""What a process and all that it started take of the machine, at the moment of asking: processor, memory, card; and how many
tokens this process has read or written. It knows no jobs and no store.

A look costs about 2 ms where 80 processes run, most of it for finding the children: every 3 seconds that is below 0.1 % of a core.
"""

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import psutil

MB = 2**20
SHORTEST = 0.01
"""Seconds below which two looks say nothing of a load."""
_tokens = 0


@dataclass(frozen=True, slots=True)
class Sample:
    """One look. Sizes in 2**20 bytes; `cpu_percent` since the look before, 100 being one core; `tokens` since the watch began.
    `private_mb` leaves out what is shared with other processes or with a file; `high_mb` is the first process's own high-water mark."""

    began: float
    at: float
    cpu_percent: float
    rss_mb: float
    private_mb: float
    high_mb: float
    vram_mb: float | None
    tokens: int


def count_tokens(tokens: float) -> None:
    """Tokens were read in training or written in answers."""
    global _tokens
    _tokens += int(tokens)


class Watch:
    """Looks at this process again and again, and at its children unless `alone`: a page's are the supervisor and its workers."""

    def __init__(self, alone: bool = False) -> None:
        self._alone = alone
        self._own = psutil.Process()
        self._cards: Callable[[Sequence[int]], float] | None = _card_memory
        self._spent: Mapping[tuple[int, float], float] = {one.key: one.cpu_seconds for one in self._seen()}
        self._at = time.time()
        self._clock = time.monotonic()
        self._tokens = _tokens

    def look(self) -> Sample:
        """What is taken now. What ends between two looks, or belongs to somebody else, is left out."""
        seen = self._seen()
        spent = {one.key: one.cpu_seconds for one in seen}
        used = sum(seconds - self._spent.get(key, 0.0) for key, seconds in spent.items())
        began, passed = self._at, time.monotonic() - self._clock
        self._spent, self._at, self._clock = spent, time.time(), time.monotonic()
        return Sample(
            began=began,
            at=self._at,
            cpu_percent=100 * used / max(passed, SHORTEST),
            rss_mb=sum(one.rss for one in seen) / MB,
            private_mb=sum(one.private for one in seen) / MB,
            high_mb=high_water(self._own) / MB,
            vram_mb=self._card([one.key[0] for one in seen]),
            tokens=_tokens - self._tokens,
        )

    def _seen(self) -> "list[_Seen]":
        try:
            processes = [self._own, *([] if self._alone else self._own.children(recursive=True))]
        except psutil.Error:
            processes = [self._own]
        return [found for process in processes if (found := _of_process(process))]

    def _card(self, pids: Sequence[int]) -> float | None:
        """Of all cards together; None, from now on, where no driver answers."""
        from pynvml import NVMLError

        if self._cards is None:
            return None
        try:
            return self._cards(pids) / MB
        except (NVMLError, OSError):
            self._cards = None
            return None


@dataclass(frozen=True, slots=True)
class _Seen:
    """One process: who it is, its processor seconds, its bytes."""

    key: tuple[int, float]
    cpu_seconds: float
    rss: int
    private: int


def _of_process(process: psutil.Process) -> _Seen | None:
    try:
        with process.oneshot():
            times, memory = process.cpu_times(), process.memory_info()
            key = (process.pid, process.create_time())
            return _Seen(key, times.user + times.system, memory.rss, _private(process, memory))
    except psutil.Error:
        return None


def _private(process: psutil.Process, memory: object) -> int:
    """Linux keeps what is shared beside what is resident; Windows tells it outright; macOS walks the process's pages."""
    if sys.platform == "linux":
        return int(memory.rss - memory.shared)  # type: ignore[attr-defined]
    if sys.platform == "win32":
        return int(memory.private)
    return int(process.memory_full_info().uss)


def high_water(process: psutil.Process) -> int:
    """The most bytes that were resident at once since the process began."""
    if sys.platform == "win32":
        return int(process.memory_info().peak_wset)
    if sys.platform == "linux":  # getrusage tells the parent's mark where that was higher
        with open(f"/proc/{process.pid}/status", encoding="ascii", errors="replace") as status:
            found = [line.split()[1] for line in status if line.startswith("VmHWM:")]
        return int(found[0]) * 1024 if found else 0
    import resource

    return int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def _card_memory(pids: Sequence[int]) -> float:
    """Bytes that these processes hold on NVIDIA cards. Raises NVMLError where there is no driver."""
    import pynvml

    pynvml.nvmlInit()  # counted by the library: cheap from the second time on
    total = 0
    for index in range(pynvml.nvmlDeviceGetCount()):
        card = pynvml.nvmlDeviceGetHandleByIndex(index)
        for one in pynvml.nvmlDeviceGetComputeRunningProcesses(card):
            if one.pid in pids:
                total += one.usedGpuMemory or 0
    return float(total)
