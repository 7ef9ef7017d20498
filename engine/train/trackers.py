"""The numbers of a run for TensorBoard, Weights & Biases or MLflow (`report_to`). Each runs beside the training, never in its way.

Told are the settings, the base's name and the numbers of each step: no row, no answer, no path, no name of machine or owner. The
libraries' own callbacks are not used for that reason: they send every argument and the configuration, with the paths of this machine.
Nothing leaves the machine unless the owner's environment says so (WANDB_MODE, MLFLOW_TRACKING_URI).
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from math import isfinite
from pathlib import Path
from typing import Any, Protocol

from engine.errors import UserError
from engine.train.events import StepMetrics

PROJECT = "malmoi"
LAST_WORDS = 20.0
"""Seconds that a tracker gets to write what it still holds when the run is over."""


class Tracker(Protocol):
    """One outside tracker of one run."""

    def tell(self, step: int, numbers: Mapping[str, float]) -> None:
        """Numbers of a step, by name."""

    def close(self) -> None:
        """The run is over."""


class TensorBoard:
    """Event files in a folder of the run's own; what a resumed run computes anew replaces what stood there."""

    def __init__(self, folder: Path, run: str, facts: Mapping[str, Any], after_step: int) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self._writer = SummaryWriter(str(folder / run), purge_step=after_step + 1 if after_step >= 0 else None)
        self._writer.add_text("settings", f"```\n{json.dumps(facts, ensure_ascii=False, indent=1)}\n```")

    def tell(self, step: int, numbers: Mapping[str, float]) -> None:
        for name, value in numbers.items():
            self._writer.add_scalar(name, value, step)
        self._writer.flush()

    def close(self) -> None:
        self._writer.close()


class WeightsAndBiases:
    """An offline run, sent later with `wandb sync` if at all; online when WANDB_MODE says so."""

    def __init__(self, folder: Path, run: str, facts: Mapping[str, Any], after_step: int) -> None:
        import wandb

        quiet = wandb.Settings(
            mode=os.environ.get("WANDB_MODE", "offline"),
            console="off", silent=True, disable_git=True, disable_code=True, save_code=False, host="", username="", email="",
            program=PROJECT, program_relpath=PROJECT, x_disable_stats=True, x_disable_meta=True, x_disable_machine_info=True,
            x_save_requirements=False,
        )  # fmt: skip
        # a part of its own for each attempt: an offline run cannot be gone on with
        name = run if after_step < 0 else f"{run}-from-{after_step}"
        self._run = wandb.init(
            project=PROJECT, id=name, name=name, group=run, dir=str(folder), config=dict(facts), settings=quiet
        )

    def tell(self, step: int, numbers: Mapping[str, float]) -> None:
        self._run.log(dict(numbers), step=step)

    def close(self) -> None:
        self._run.finish()


class MLflow:
    """A file store, or the server that MLFLOW_TRACKING_URI names."""

    def __init__(self, folder: Path, run: str, facts: Mapping[str, Any], after_step: int) -> None:
        # files are enough for one owner, and its databases would be a second store; a dead server must not hold a run for minutes
        for name, value in (
            ("ALLOW_FILE_STORE", "true"),
            ("HTTP_REQUEST_TIMEOUT", "10"),
            ("HTTP_REQUEST_MAX_RETRIES", "1"),
        ):
            os.environ.setdefault(f"MLFLOW_{name}", value)
        from mlflow import MlflowClient

        self._client = MlflowClient(tracking_uri=os.environ.get("MLFLOW_TRACKING_URI") or folder.as_uri())
        known = self._client.get_experiment_by_name(PROJECT)
        experiment = known.experiment_id if known else self._client.create_experiment(PROJECT)
        made = self._client.create_run(
            experiment, run_name=run, tags={"mlflow.user": PROJECT, "from_step": str(max(0, after_step))}
        )
        self._id = made.info.run_id
        for name, value in facts.items():
            self._client.log_param(self._id, name, value)

    def tell(self, step: int, numbers: Mapping[str, float]) -> None:
        for name, value in numbers.items():
            self._client.log_metric(self._id, name, value, step=step)

    def close(self) -> None:
        self._client.set_terminated(self._id)


KINDS: dict[str, Callable[[Path, str, Mapping[str, Any], int], Tracker]] = {
    "tensorboard": TensorBoard,
    "wandb": WeightsAndBiases,
    "mlflow": MLflow,
}


class _Aside:
    """One tracker, called in a thread of its own: what it raises is kept, not thrown, and the training does not wait for it."""

    def __init__(self, name: str, open_: Callable[[], Tracker]) -> None:
        self.name = name
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._opened = self._thread.submit(open_)
        self._last: Future[None] | None = None

    def refusal(self) -> BaseException | None:
        """Why it could not be opened; waits for it."""
        return self._opened.exception()

    def tell(self, step: int, numbers: Mapping[str, float]) -> BaseException | None:
        """Hand over a step's numbers; returns what went wrong with earlier ones, if anything."""
        if self._last is not None and self._last.done() and (failed := self._last.exception()):
            return failed
        self._last = self._thread.submit(self._opened.result().tell, step, numbers)
        return None

    def close(self) -> BaseException | None:
        """Give it a moment to write the rest; returns what went wrong, if anything."""
        ending = self._thread.submit(self._opened.result().close)
        self._thread.shutdown(wait=False)
        try:
            return (self._last.exception(LAST_WORDS) if self._last else None) or ending.exception(LAST_WORDS)
        except TimeoutError as slow:
            return slow


@contextmanager
def tracking(
    names: Sequence[str], folder: Path, run: str, facts: Mapping[str, Any], after_step: int, log: Callable[[str], None]
) -> Iterator[Callable[[StepMetrics], None]]:
    """Open the trackers named, and yield what tells them a step. `folder`: where they write; `after_step`: of the checkpoint a run
    goes on from, -1 for none.

    Raises UserError when one cannot be opened, before anything expensive. One that fails later is given up with a line in the log.
    """
    alive: list[_Aside] = []
    for name in names:
        place = folder / name
        place.mkdir(parents=True, exist_ok=True)
        aside = _Aside(name, lambda kind=KINDS[name], place=place: kind(place, run, facts, after_step))  # type: ignore[misc]
        if refused := aside.refusal():
            raise _cannot_open(name, refused)
        alive.append(aside)

    def tell(metrics: StepMetrics) -> None:
        told = {**asdict(metrics), **metrics.extra}
        numbers = {name: value for name, value in told.items() if isinstance(value, float) and isfinite(value)}
        for aside in [*alive]:
            if failed := aside.tell(metrics.step, numbers):
                alive.remove(aside)
                log(_given_up(aside.name, failed))

    try:
        yield tell
    finally:
        for aside in alive:
            if failed := aside.close():
                log(_given_up(aside.name, failed))


def _cannot_open(name: str, error: BaseException) -> UserError:
    kind = type(error).__name__
    return UserError(
        f"report_to={name}: 기록 도구를 열지 못했습니다({kind}). 설치와 환경 변수, 저장소 옆 폴더에 쓸 수 있는지 확인하거나 report_to를 none으로 하세요.",
        f"report_to={name}: the tracker could not be opened ({kind}). Look at its installation, its environment variables and whether "
        "the folder beside the store can be written to, or set report_to to none.",
    )


def _given_up(name: str, error: BaseException) -> str:
    kind = type(error).__name__
    return (
        f"{name}에 더 적지 못합니다({kind}). 학습은 계속하고, 숫자는 저장소에 그대로 남습니다. / "
        f"{name} takes no more numbers ({kind}). Training goes on; the store keeps them all."
    )
