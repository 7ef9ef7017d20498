"""Whether a process that was written down is still that very one. It starts and ends none."""

import sys

import psutil

SAME_START_SECONDS = 1.0
"""Tolerance for two readings of one start time."""


def started_at(pid: int) -> float:
    """Start time of a living process, in seconds: since boot on Linux, since the epoch elsewhere. Raises psutil.NoSuchProcess.

    Linux keeps it in ticks since boot; psutil adds the boot time, which moves when the clock is set, and a living worker
    would then look like another process.
    """
    return _start(psutil.Process(pid))


def _start(process: psutil.Process) -> float:
    since_epoch = float(process.create_time())
    return since_epoch - float(psutil.boot_time()) if sys.platform == "linux" else since_epoch


def is_alive(pid: int | None, pid_started_at: float | None) -> bool:
    """Whether that very process lives: a reused pid or a zombie does not count."""
    if pid is None or pid_started_at is None or pid <= 1:
        return False
    try:
        process = psutil.Process(pid)
        same = abs(_start(process) - pid_started_at) <= SAME_START_SECONDS
        return bool(same and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True
