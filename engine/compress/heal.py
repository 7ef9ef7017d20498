"""A whole model is taught for a short while and comes out as a whole folder again. After pruning that is its healing; with a recipe's
own preset it is the `lora` step of a plan. The project's supervised training does the work; nothing here knows losses or stores.

A try that was killed leaves nothing that the next one trusts: it begins anew. A healing is short.
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from engine.compress.distil import Rows
from engine.compress.prune_cut import save_whole
from engine.errors import Stopped
from engine.models.bases import ResolvedBase, check_folder
from engine.models.special_tokens import FILE, tokens_of
from engine.models.whole import save_tokenizer
from engine.train.events import StepMetrics, StopKind, TrainEvents
from engine.train.settings import TrainSettings, resolve_settings

Way = Literal["lora", "full"]
SMALL = 300_000_000
"""Parameters up to which all are trained: with gradients and Adam's two averages in 32 bits, 16 bytes each, 5 GB."""
OF_LORA = ("use_dora", "use_rslora")
"""Settings that only an adapter has."""


@dataclass
class Curve:
    """Passes on what a training tells, and keeps its losses: `points` are {step, loss or None, eval_loss or None}, nats a token."""

    events: TrainEvents
    points: list[dict[str, float | int | None]] = field(default_factory=list)

    def planned(self, total_steps: int) -> None:
        self.events.planned(total_steps)

    def step(self, metrics: StepMetrics) -> None:
        self.points.append({"step": metrics.step, "loss": metrics.loss, "eval_loss": metrics.eval_loss})
        self.events.step(metrics)

    def said(self, step: int, answers: Mapping[int, str]) -> None:
        self.events.said(step, answers)

    def checkpoint(self, folder: Path, step: int, best: bool) -> None:
        self.events.checkpoint(folder, step, best)

    def stop_asked(self) -> StopKind | None:
        return self.events.stop_asked()

    def log(self, text: str) -> None:
        self.events.log(text)

    def first_loss(self) -> float | None:
        """The validation loss before the first step."""
        return next(
            (point["eval_loss"] for point in self.points if point["eval_loss"] is not None and not point["step"]), None
        )


def heal(
    folder: Path,
    out: Path,
    rows: Rows,
    settings: Mapping[str, Any],
    events: TrainEvents,
    way: Way | None = None,
) -> dict[str, Any]:
    """Train the model in `folder` on the rows, watched by those of validation, and write the best of it to `out`, whole.

    rows: of a dataset's splits `train` and `validation`; settings: training settings that differ from the defaults, a recipe's
    preset; way: an adapter merged afterwards, or all weights; None: all where the model is small. Returns the facts: way, steps,
    losses before and after (nats a trained token), best step, curve, tokens per second. Raises Stopped when the owner asked,
    UserError for settings or rows that cannot be trained, OutOfMemory.
    """
    from engine.train.sft import train

    check_folder(folder)
    way = way or usual_way(folder)
    base, asked = ResolvedBase(folder.name, "folder", str(folder), None), healing_settings(settings, way)
    work, curve = out.with_name(f"{out.name}.work"), Curve(events)
    split = {name: [(row["messages"], row["target"]) for row in found] for name, found in rows.items()}
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    try:
        result = train(base, split["train"], split["validation"], asked, work, curve)
        if result.stopped == "save":
            raise Stopped
        _write_whole(base, result.adapter, way, folder, out)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return {
        "way": way, "steps": result.steps, "total_steps": result.total_steps, "best_step": result.best_step,
        "kept_step": result.adapter_step, "loss_before": curve.first_loss(), "loss_after": result.eval_loss,
        "train_loss": result.train_loss, "curve": curve.points, "tokens_per_second": result.tokens_per_second,
        "peak_gb": result.peak_gb, "notes": list(result.notes), "settings": asked.model_dump(mode="json"),
    }  # fmt: skip


def usual_way(folder: Path) -> Way:
    """All weights where training them takes a few GB at most, an adapter where it would not."""
    from engine.serve.memory_room import weights_in

    return "full" if weights_in(folder) <= SMALL else "lora"


def healing_settings(settings: Mapping[str, Any], way: Way) -> TrainSettings:
    """A recipe's preset for this way. Raises UserError as `resolve_settings` does."""
    own = {name: value for name, value in settings.items() if way == "lora" or name not in OF_LORA}
    return resolve_settings("heal", {**own, "objective": "sft"}, {"method": way})[0]


def _write_whole(base: ResolvedBase, trained: Path, way: Way, folder: Path, out: Path) -> None:
    """What was trained, with the base where it is an adapter, in the precision of `folder` and with the words kept whole."""
    from engine.models.loading import load_base, load_model

    if way == "lora":
        model = load_model(base, trained, quantisation="none", device="cpu").merge_and_unload()
    else:
        model = load_base(ResolvedBase(base.name, "folder", str(trained), None), quantisation="none", device="cpu")
    save_whole(model, folder, out)
    if tokens := tokens_of(trained):
        save_tokenizer(out, folder, tokens)
        shutil.copyfile(trained / FILE, out / FILE)
