"""One run in several processes: started, listened to and ended from the one that holds the job.

The processes are torch's own launcher's; each runs rank.py. The first of them tells this one everything over a local
connection, so that a run in many processes looks like any other from outside. With several nodes, each machine starts its
own share and all meet at one address.
"""

import contextlib
import json
import os
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Listener
from pathlib import Path
from queue import Empty, Queue
from typing import Any

from engine.config import ROOT
from engine.errors import UserError
from engine.hardware import cores
from engine.models.bases import ResolvedBase
from engine.train.data import PromptTarget
from engine.train.events import TrainEvents
from engine.train.memory import OutOfMemory
from engine.train.session import TrainResult
from engine.train.settings import TrainSettings

Train = Callable[..., TrainResult]
"""`train(base, train_rows, validation_rows, settings, folder, events, resume_from, start)`, at the top of a module."""
ADDRESS, KEY, PARENT = "MALMOI_ADDRESS", "MALMOI_ADDRESS_KEY", "MALMOI_PARENT"
NODE_BASE = "MALMOI_BASE"
"""Folder of the base on a machine that is not the first, where the base is a folder."""
NODES, NODE, MEETING = "MALMOI_NODES", "MALMOI_NODE", "MALMOI_MEETING"
"""Set where several machines train one run: how many there are, which this is (0 first), and host:port of the first."""
FAILED = "failed-rank-"

LOOK_SECONDS = 0.2
LEAVE_SECONDS = 15.0
"""How long the processes may take to end by themselves."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """How many machines train together, which of them this is, and where they meet; one machine meets by itself."""

    nodes: int = 1
    node: int = 0
    meeting: str = ""

    @staticmethod
    def here() -> "Cluster":
        """As the environment says."""
        told = os.environ
        return Cluster(int(told.get(NODES, "1")), int(told.get(NODE, "0")), told.get(MEETING, ""))

    def share(self, processes: int) -> int:
        """Processes of each machine. Raises UserError when they cannot be shared out evenly."""
        if processes % self.nodes:
            raise UserError(
                f"processes={processes}을(를) 컴퓨터 {self.nodes}대에 고르게 나눌 수 없습니다. {self.nodes}의 배수로 하세요.",
                f"processes={processes} cannot be shared evenly by {self.nodes} machines. Make it a multiple of {self.nodes}.",
            )
        return processes // self.nodes


def together(train: Train) -> Train:
    """The same function, done by as many processes as its settings say."""

    def spread(
        base: ResolvedBase,
        train_rows: Sequence[PromptTarget],
        validation_rows: Sequence[PromptTarget],
        settings: TrainSettings,
        folder: Path,
        events: TrainEvents,
        resume_from: Path | None = None,
        start: Path | None = None,
    ) -> TrainResult:
        if settings.processes == 1:
            return train(base, train_rows, validation_rows, settings, folder, events, resume_from, start)
        refuse_processes(settings, _cards(), cores())
        given = (base, list(train_rows), list(validation_rows), settings, folder, resume_from, start)
        return _train_together((train.__module__, train.__name__), given, settings.processes, events)

    return spread


def _cards() -> int:
    import torch

    return torch.cuda.device_count()


def _train_together(what: tuple[str, str], given: tuple[Any, ...], processes: int, events: TrainEvents) -> TrainResult:
    key, folder = os.urandom(16), given[4]
    for stale in folder.glob(f"{FAILED}*.json"):
        stale.unlink()
    with Listener(authkey=key) as listener:
        launcher = start_processes(processes, Cluster.here(), {ADDRESS: str(listener.address), KEY: key.hex()})
        try:
            with _first_to_call(listener, launcher, folder) as connection:
                connection.send((what, given))
                return _listen(connection, launcher, events, folder)
        finally:
            _end(launcher)


def start_processes(processes: int, cluster: Cluster, environment: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    """Torch's launcher with this machine's share of the processes. They leave when this process does."""
    share = cluster.share(processes)
    host, _, port = cluster.meeting.rpartition(":")
    meeting = ["--standalone"] if cluster.nodes == 1 else ["--master-addr", host, "--master-port", port]
    places = [f"--nnodes={cluster.nodes}", f"--node-rank={cluster.node}", f"--nproc-per-node={share}"]
    me = {PARENT: str(os.getpid())}
    threads = {"OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS") or str(max(1, cores() // share))}
    return subprocess.Popen(
        [sys.executable, "-m", "torch.distributed.run", *meeting, *places, "-m", "engine.train.together.rank"],
        cwd=str(ROOT),
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,  # stdout belongs to the command's answer
        env={**os.environ, "PYTHONUTF8": "1", **threads, **me, **environment},
    )


def _first_to_call(listener: Listener, launcher: "subprocess.Popen[bytes]", folder: Path) -> Any:
    """The first rank's connection. Raises when the processes end before it calls."""
    called: Queue[Any] = Queue()
    threading.Thread(target=lambda: called.put(listener.accept()), daemon=True).start()
    while True:
        try:
            return called.get(timeout=LOOK_SECONDS)
        except Empty:
            if launcher.poll() is not None:
                raise _why_ended(folder, launcher.returncode) from None


def _listen(connection: Any, launcher: "subprocess.Popen[bytes]", events: TrainEvents, folder: Path) -> TrainResult:
    """Pass on what the first rank tells and asks, until it is done. Raises what it raised."""
    while True:
        try:
            name, arguments = connection.recv()
        except (EOFError, OSError):
            launcher.wait()
            raise _why_ended(folder, launcher.returncode) from None
        if name == "done":
            result: TrainResult = arguments[0]
            return result
        if name == "failed":
            raise arguments[0]
        connection.send(getattr(events, name)(*arguments))


def note_failure(folder: Path, rank: int, error: BaseException) -> None:
    """What ended a rank that has no connection, for the process that waits. Never the text of a library's error."""
    known = isinstance(error, UserError)
    told = {"ko": error.ko, "en": error.en} if isinstance(error, UserError) else {"ko": "", "en": ""}
    peak = error.peak_gb if isinstance(error, OutOfMemory) else None
    where = "" if known else "".join(traceback.format_tb(error.__traceback__))
    facts = {**told, "kind": type(error).__name__, "peak_gb": peak, "where": where}
    (folder / f"{FAILED}{rank}.json").write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")


def _why_ended(folder: Path, status: int | None) -> Exception:
    """What the ranks noted; else that one of them ended without a word."""
    for path in sorted(folder.glob(f"{FAILED}*.json")):
        facts = json.loads(path.read_text(encoding="utf-8"))
        path.unlink()
        if facts["kind"] == "OutOfMemory":
            return OutOfMemory(facts["ko"], facts["en"], facts["peak_gb"])
        if facts["ko"]:
            return UserError(facts["ko"], facts["en"])
        return RankFailed(f"{facts['kind']} in a training process\n{facts['where']}")
    return UserError(
        f"함께 배우던 프로세스 하나가 갑자기 끝났습니다(상태 {status}). 메모리가 모자라 시스템이 끝냈을 수 있습니다. processes나 "
        "batch_size를 줄이거나, `resume`으로 저장된 데서 이어 하세요.",
        f"One of the processes that trained together ended abruptly (status {status}); the system may have ended it for lack of "
        "memory. Lower processes or batch_size, or go on from what was saved with `resume`.",
    )


class RankFailed(Exception):
    """A bug in one of the processes."""


def _end(launcher: "subprocess.Popen[bytes]", seconds: float = LEAVE_SECONDS) -> None:
    """Let the processes leave by themselves; end those that do not."""
    import psutil

    with contextlib.suppress(subprocess.TimeoutExpired):
        launcher.wait(seconds)
        return
    with contextlib.suppress(psutil.NoSuchProcess):
        top = psutil.Process(launcher.pid)
        for process in [*top.children(recursive=True), top]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
    launcher.wait()


def refuse_processes(settings: TrainSettings, cards: int, here: int) -> None:
    """Raises UserError, with both numbers, for more processes than this machine has cards (or, without a card, cores)."""
    share, most = Cluster.here().share(settings.processes), cards or here
    if share <= most:
        return
    ko, en = ("그래픽 카드가", "graphics cards") if cards else ("코어가", "cores")
    raise UserError(
        f"processes={settings.processes}인데 이 컴퓨터에는 {ko} {most}개 있습니다. processes를 {most} 이하로 하거나, 카드가 더 많은 "
        "컴퓨터에서 `capsule`로 학습하세요.",
        f"processes={settings.processes}, but this machine has {most} {en}. Set processes to {most} or less, or train on a larger "
        "machine with a `capsule`.",
    )
