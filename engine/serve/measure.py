"""What models need to answer: disk, memory, time. Each is measured in a process of its own, in turns, so that none warms another's
caches and a busy minute hits all alike. It knows nothing of what they answer.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.config import ROOT
from engine.curate.row import Message
from engine.errors import UserError
from engine.serve.choose import ENGINES, UNCONVERTED
from engine.serve.memory_room import weights_in

MIB = 1024**2
WARM_UP = 8
"""Tokens written before anything is timed: the first call makes buffers and kernels."""
EVERY_S = 0.01
"""Seconds between two looks at the memory."""
CONVERTED = tuple(f"{engine}:" for engine in ENGINES if engine not in UNCONVERTED)


@dataclass(frozen=True, slots=True)
class Measured:
    """Medians over the rounds. Sizes in MiB, times in seconds."""

    size_mb: float
    """Files that are read: weights, configuration, vocabulary."""
    load_s: float
    load_peak_mb: float
    """Most of the process' memory resident while the model was loaded."""
    rss_mb: float
    """Most resident while it answered, mapped files included."""
    private_mb: float
    """Most while it answered that no memory cap can take back: without mapped files."""
    vram_mb: float | None
    """Most memory of the card, None where it answers on the processor."""
    first_token_s: float
    tokens_per_second: float
    """After the first token."""
    answer_s: float
    """An answer of `new_tokens` tokens, the first included."""
    parameters: int | None
    threads: int
    spread: float
    """Largest distance of a round's tokens a second from the median, as a share of it."""
    tokens_per_cpu_second: float | None = None
    """After the first token, by the process' own processor time: what a busy machine disturbs least, best with one thread."""


def measure_all(
    store: Path,
    models: Sequence[str],
    *,
    prompts: Sequence[Sequence[Message]],
    new_tokens: int = 64,
    rounds: int = 3,
    threads: int | None = None,
    told: Callable[[str], None] | None = None,
    dtype: str | None = None,
) -> dict[str, Measured]:
    """{model as given: its figures}. prompts: one or more, each answered alone. threads: processor cores to use, None for all.
    told: hears a line a model and round. dtype: fp32 or bf16 for what transformers answers with, whole weights; None: as it answers.

    Models are converted first, untimed. Raises UserError for a model that cannot be opened or sits on a server.
    """
    task = {
        "store": str(store),
        "new_tokens": new_tokens,
        "prompts": [list(prompt) for prompt in prompts],
        "dtype": dtype,
    }
    found: dict[str, list[dict[str, Any]]] = {model: [] for model in models}
    for model in found:
        if model.startswith(CONVERTED):  # in a process of its own too: converting leaves memory behind
            _tell(told, f"{model}: 준비 / made ready")
            _child({**task, "model": model, "ready_only": True}, threads)
    for turn in range(rounds):
        for model, figures in found.items():
            _tell(told, f"{model}: {turn + 1}/{rounds}")
            figures.append(_child({**task, "model": model, "ready_only": False}, threads))
    return {model: _median(figures) for model, figures in found.items()}


def _tell(told: Callable[[str], None] | None, line: str) -> None:
    if told:
        told(line)


def _median(figures: Sequence[dict[str, Any]]) -> Measured:
    rates = [one["tokens_per_second"] for one in figures]
    middle = statistics.median(rates)
    whole = {
        name: None if first is None else statistics.median(one[name] for one in figures)
        for name, first in figures[0].items()
    }
    spread = max(abs(rate - middle) for rate in rates) / middle if middle else 0.0
    return Measured(
        **{**whole, "parameters": figures[0]["parameters"], "threads": figures[0]["threads"]}, spread=round(spread, 3)
    )


def _child(task: dict[str, Any], threads: int | None) -> dict[str, Any]:
    """One model in a process of its own. Raises UserError for what the model's opener tells, and when the process died."""
    with tempfile.TemporaryDirectory(prefix="measure-") as folder:
        out = Path(folder) / "out.json"
        env = {**os.environ, **({"OMP_NUM_THREADS": str(threads)} if threads else {})}
        done = subprocess.run(
            [sys.executable, "-m", "engine.serve.measure"], cwd=ROOT, env=env, check=False, capture_output=True, text=True,
            encoding="utf-8", errors="replace", input=json.dumps({**task, "threads": threads, "out": str(out)}),
        )  # fmt: skip
        if out.is_file():
            made: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
            if "error" in made:
                raise UserError(*made["error"])
            return made
    last = (done.stderr.strip().splitlines() or ["?"])[-1][:300]
    raise UserError(
        f"{task['model']}을(를) 재던 프로세스가 끝났습니다(코드 {done.returncode}: {last}). 메모리가 모자라면 더 작은 모델이나 int4 엔진을 고르세요.",
        f"The process that measured {task['model']} ended (code {done.returncode}: {last}). If memory ran out, choose a smaller "
        "model or an int4 engine.",
    )


def measure_here(task: dict[str, Any]) -> dict[str, Any]:
    """One model's figures in this process. task: store, model, prompts, new_tokens, threads, dtype, ready_only."""
    from engine.serve.choose import choose_model, ready_folders
    from engine.store.open import open_store

    _keep_to(task["threads"])
    store = Path(task["store"])
    with open_store(store) as db:
        model = choose_model(db, task["model"])
    if model.endpoint or model.others:
        raise UserError(
            f"{model.name}은(는) 이 컴퓨터의 한 모델이 아니라서 잴 수 없습니다. 학습이나 base:이름을 고르세요.",
            f"{model.name} is not one model on this machine and cannot be measured. Choose a run or base:NAME.",
        )
    folders = ready_folders(store, model)
    if task["ready_only"]:
        return {}
    began = time.perf_counter()
    backend = _opened(store, model, task["dtype"])
    loaded, load_peak = time.perf_counter() - began, _peak()
    figures = _answering(backend, task["prompts"], task["new_tokens"])
    return {
        "size_mb": round(sum(_size(folder) for folder in folders) / MIB, 2),
        "load_s": round(loaded, 3),
        "load_peak_mb": load_peak,
        **figures,
        "vram_mb": _vram(),
        "parameters": _parameters(store, model),
        "threads": task["threads"] or _cores(),
    }


def _opened(store: Path, model: Any, dtype: str | None) -> Any:
    from engine.serve.choose import open_model, whole_parts
    from engine.serve.transformers_backend import open_backend

    if dtype is None or model.engine != ENGINES[0]:
        return open_model(store, model)
    base, adapter = whole_parts(store, model)
    return open_backend(base, adapter, quantisation="none", dtype=dtype)


def _answering(backend: Any, prompts: Sequence[Sequence[Message]], new_tokens: int) -> dict[str, Any]:
    from engine.serve.decoding import Decoding

    settings = {"temperature": 0.0, "repetition_penalty": 1.0, "max_new_tokens": new_tokens, "unending": True}
    greedy = Decoding.model_validate(settings)
    first = greedy.model_copy(update={"max_new_tokens": 1})
    backend.generate(prompts[:1], greedy.model_copy(update={"max_new_tokens": WARM_UP}))
    _forget_peak()
    firsts, spans, busy, tokens = [], 0.0, 0.0, 0
    with _Watched() as memory:
        for prompt in prompts:
            began, cpu = time.perf_counter(), time.process_time()
            backend.generate([prompt], first)
            firsts.append(time.perf_counter() - began)
            cpu_first = time.process_time() - cpu
            began, cpu = time.perf_counter(), time.process_time()
            made = backend.generate([prompt], greedy)[0].new_tokens
            busy += max(time.process_time() - cpu - cpu_first, 1e-9)
            spans += max(time.perf_counter() - began - firsts[-1], 1e-9)
            tokens += made - 1
    to_first = statistics.median(firsts)
    rate = tokens / spans if tokens > 0 else 1 / to_first
    return {
        "rss_mb": _peak() or memory.rss, "private_mb": memory.private, "first_token_s": round(to_first, 4),
        "tokens_per_second": round(rate, 2), "tokens_per_cpu_second": round(max(tokens, 0) / busy, 2), "answer_s": round(to_first + (new_tokens - 1) / rate, 3),
    }  # fmt: skip


class _Watched:
    """Looks at this process' memory while it is held. Sizes in MiB."""

    def __init__(self) -> None:
        self.rss = self.private = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> "_Watched":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        over = False
        while not over:
            over = self._over.wait(EVERY_S)
            rss, private = memory_now()
            self.rss, self.private = max(self.rss, rss), max(self.private, private)


def memory_now() -> tuple[float, float]:
    """(resident, private) MiB of this process."""
    import psutil

    status = _status()
    if "RssAnon" in status:
        return round(status["VmRSS"], 1), round(status["RssAnon"], 1)
    own = psutil.Process().memory_full_info()
    return round(own.rss / MIB, 1), round(own.uss / MIB, 1)


def _status() -> dict[str, float]:
    """Memory lines of /proc/self/status in MiB; empty where the system has none."""
    path = Path("/proc/self/status")
    if not path.is_file():
        return {}
    pairs = (line.split(":", 1) for line in path.read_text(encoding="utf-8").splitlines())
    return {name: int(value.split()[0]) / 1024 for name, value in pairs if value.strip().endswith("kB")}


def _peak() -> float:
    """Most MiB resident since the start or the last `_forget_peak`; 0 where the system does not tell."""
    return round(_status().get("VmHWM", 0.0), 1)


def peak_mb() -> float:
    """Most MiB that this process ever held, of those that it holds now where the system tells no more."""
    return _peak() or memory_now()[0]


def _forget_peak() -> None:
    """Begin the peak anew, where the system can (Linux)."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")
    except OSError:
        return


def _cores() -> int:
    from engine.hardware import cores

    return cores()


def _keep_to(threads: int | None) -> None:
    """Only so many cores for this process, as on a smaller host; where the system cannot, OMP_NUM_THREADS alone tells."""
    if threads and sys.platform == "linux":
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])


def _vram() -> float | None:
    if "torch" not in sys.modules:
        return None
    import torch

    return round(torch.cuda.max_memory_allocated() / MIB, 1) if torch.cuda.is_available() else None


def _size(folder: Path) -> int:
    """Bytes of the files beside which nothing else is read."""
    wanted = (".safetensors", ".json", ".model", ".txt", ".jinja", ".bin", ".xml", ".gguf")
    return sum(path.stat().st_size for path in folder.iterdir() if path.is_file() and path.suffix in wanted)


def _parameters(store: Path, model: Any) -> int | None:
    """Weights of the model before any conversion, those of an adapter included."""
    from engine.serve.choose import ready_folders, with_engine

    return sum(map(weights_in, ready_folders(store, with_engine(model, ENGINES[0]))))


def main() -> None:
    """Read a task from stdin, write its figures (or the error's two texts) to the file that it names."""
    task = json.loads(sys.stdin.read())
    try:
        made = measure_here(task)
    except UserError as error:
        made = {"error": [error.ko, error.en]}
    Path(task["out"]).write_text(json.dumps(made, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main()
