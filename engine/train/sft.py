"""One supervised run: rows and a base in, an adapter out. It knows nothing of jobs, stores, recipes or screens.

LoRA (Hu et al. 2021) on a base loaded in 4 bits (QLoRA, Dettmers et al. 2023), the same path on a CPU and a card.
"""

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from engine.errors import UserError
from engine.hardware import device as best_device
from engine.models.bases import ResolvedBase
from engine.models.linter import lint_end_tokens, refuse_if_endless
from engine.models.loading import load_base, prepare_for_lora, sign_adapter
from engine.models.tokenizer import load_tokenizer, tokenizer_notes
from engine.train.arguments import check_machine, checkpointing, lora_config, trainer_arguments
from engine.train.checkpoints import ADAPTER, ADAPTER_CONFIG, BEST, BEST_ADAPTER, PREFIX, STATE, prove_checkpoint
from engine.train.completion_trainer import RunRecorder, best_of, evaluations, make_trainer
from engine.train.data import (
    EncodedRows,
    PromptTarget,
    StepPlan,
    by_length,
    encode_rows,
    is_raw,
    plan_steps,
    to_dataset,
)
from engine.train.events import TrainEvents
from engine.train.memory import is_out_of_memory, out_of_memory, peak_gb, start_measuring
from engine.train.samples import SampleAnswers
from engine.train.settings import TrainSettings


@dataclass(frozen=True, slots=True)
class TrainResult:
    """What a run left. `adapter` is a PEFT folder; losses are nats per trained token; memory is in 2**30 bytes.

    `eval_loss` is that of the adapter handed over, None when it was not validated. `best_step` is the step of the lowest
    validation loss, None without validation. `stopped`: None at the planned end.
    """

    adapter: Path
    adapter_step: int
    steps: int
    total_steps: int
    train_loss: float
    eval_loss: float | None
    best_step: int | None
    peak_gb: float
    tokens_per_second: float | None
    stopped: Literal["save", "early"] | None
    notes: tuple[str, ...]


def train(
    base: ResolvedBase,
    train_rows: Sequence[PromptTarget],
    validation_rows: Sequence[PromptTarget],
    settings: TrainSettings,
    folder: Path,
    events: TrainEvents,
    resume_from: Path | None = None,
) -> TrainResult:
    """Train an adapter in `folder`, or go on from a checkpoint of the same rows and settings.

    Stop `save` leaves a checkpoint and hands over that step's adapter; every other end hands over the best one
    (`keep_best`). Raises Stopped on `cancel`, UserError when rows, settings, machine or checkpoint do not go
    together or the loss diverges, OutOfMemory when the run does not fit.
    """
    run = _Run(base, settings, folder, events, best_device(), resume_from)
    check_machine(settings, run.device)
    start_measuring(run.device)
    tokenizer = load_tokenizer(base)
    rows = encode_rows(tokenizer, train_rows, settings.max_length)
    held_out = encode_rows(tokenizer, validation_rows, settings.max_length)
    _check_rows(rows, held_out, settings)
    notes = [*_token_notes(tokenizer, rows, is_raw(train_rows)), *_row_notes(rows, held_out, settings)]
    for note in notes:
        events.log(note)

    dataset = to_dataset(rows.examples, packed_to=settings.max_length if settings.packing else None)
    validation = to_dataset(by_length(held_out.examples)) if held_out.examples else None
    plan = plan_steps(len(dataset), settings)
    events.planned(plan.total)
    recorder = RunRecorder(events, settings, plan, folder, run.device)
    if resume_from is not None and (reached := _prepare_resume(resume_from, run, plan, recorder)):
        return _result(run, plan, reached, resume_from, recorder, notes)

    with _explained_memory(run):
        samples = SampleAnswers(tokenizer, validation_rows, events) if validation is not None else None
        trainer = _trainer(run, plan, recorder, samples, tokenizer, dataset, validation)
        trainer.train(resume_from_checkpoint=str(resume_from) if resume_from else None)
    if samples is not None:
        samples.tell_cost(recorder.seconds)
    last = folder / f"{PREFIX}{trainer.state.global_step}"
    return _result(run, plan, trainer.state.log_history, last, recorder, notes)


@dataclass(frozen=True, slots=True)
class _Run:
    base: ResolvedBase
    settings: TrainSettings
    folder: Path
    events: TrainEvents
    device: str
    resume_from: Path | None


def _check_rows(rows: EncodedRows, held_out: EncodedRows, settings: TrainSettings) -> None:
    if not rows.examples:
        raise UserError(
            f"배울 행이 없습니다: {rows.left_out}개 행의 답이 모두 max_length={settings.max_length}에 들어가지 않거나 데이터가 "
            "비었습니다. max_length를 늘리거나 데이터셋을 확인하세요.",
            f"There is no row to train on: the targets of {rows.left_out} rows do not fit max_length="
            f"{settings.max_length}, or the dataset is empty. Raise max_length, or look at the dataset.",
        )
    if not held_out.examples and settings.early_stop_patience:
        raise UserError(
            f"검증 행이 없어 early_stop_patience={settings.early_stop_patience}를 지킬 수 없습니다. 검증 몫이 있는 데이터셋을 "
            "쓰거나 early_stop_patience를 0으로 하세요.",
            f"There is no validation row, so early_stop_patience={settings.early_stop_patience} cannot work. Use a dataset "
            "with a validation split, or set early_stop_patience to 0.",
        )


def _token_notes(tokenizer: Any, rows: EncodedRows, raw: bool) -> list[str]:
    report = lint_end_tokens(tokenizer, rows.examples, raw=raw)
    refuse_if_endless(report)
    return [*tokenizer_notes(tokenizer), *report.problems, *report.notes]


def _row_notes(rows: EncodedRows, held_out: EncodedRows, settings: TrainSettings) -> list[str]:
    notes = []
    left_out, cut = rows.left_out + held_out.left_out, rows.cut + held_out.cut
    if left_out:
        ko = f"답이 max_length={settings.max_length}보다 길어 뺀 행: {left_out}개"
        notes.append(_say(ko, f"Rows left out, target longer than max_length={settings.max_length}: {left_out}"))
    if cut:
        ko = f"max_length={settings.max_length}에 맞춰 오래된 말이나 조항의 끝을 뺀 행: {cut}개"
        en = f"Rows that lost old turns, or the end of their clause, to fit max_length={settings.max_length}: {cut}"
        notes.append(_say(ko, en))
    if not held_out.examples:
        notes.append(_say("검증 행이 없어 검증 손실을 재지 않습니다.", "No validation rows: no validation loss."))
    return notes


def _say(ko: str, en: str) -> str:
    return f"{ko} / {en}"


def _prepare_resume(checkpoint: Path, run: _Run, plan: StepPlan, recorder: RunRecorder) -> list[dict[str, Any]] | None:
    """Prove the checkpoint, and put the best adapter that travelled inside it back beside the run. Returns the run's
    history when nothing is left to train: the process ended after its last checkpoint."""
    prove_checkpoint(checkpoint)
    state = json.loads((checkpoint / STATE).read_text(encoding="utf-8"))
    if state["max_steps"] != plan.total:
        raise UserError(
            f"체크포인트 {checkpoint.name}은(는) 모두 {state['max_steps']}스텝인 학습의 것인데 지금 설정과 데이터는 "
            f"{plan.total}스텝입니다. 같은 데이터셋과 설정으로 이어 가거나 새로 학습하세요.",
            f"The checkpoint {checkpoint.name} is of a run of {state['max_steps']} steps, but these settings and rows make "
            f"{plan.total}. Resume with the same dataset and settings, or train anew.",
        )
    if (checkpoint / BEST_ADAPTER).is_file():
        best = run.folder / BEST
        best.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(checkpoint / ADAPTER_CONFIG, best / ADAPTER_CONFIG)
        shutil.copyfile(checkpoint / BEST_ADAPTER, best / ADAPTER)
    history: list[dict[str, Any]] = state["log_history"]
    if recorder.patience_over(history):
        recorder.stopped = "early"
    return history if recorder.stopped or state["global_step"] >= plan.total else None


def _trainer(
    run: _Run,
    plan: StepPlan,
    recorder: RunRecorder,
    samples: SampleAnswers | None,
    tokenizer: Any,
    dataset: Any,
    validation: Any,
) -> Any:
    """The trainer around base and fresh LoRA layers."""
    from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

    settings = run.settings
    model = load_base(run.base, quantisation=settings.quantisation, device=run.device, dtype=settings.precision)
    model = prepare_for_lora(model, gradient_checkpointing=checkpointing(settings, run.device))
    embeddings = model.get_input_embeddings()
    trainer = make_trainer(
        recorder,
        samples,
        model=model,
        args=trainer_arguments(
            settings,
            plan,
            run.folder,
            run.device,
            str(embeddings.weight.dtype),
            validated=validation is not None,
            fresh=run.resume_from is None,
        ),
        # some bases have no row for their padding token; any row will do, padding is masked and never trained
        data_collator=DataCollatorForLanguageModeling(
            min(tokenizer.pad_token_id, embeddings.num_embeddings - 1), padding_free=settings.packing
        ),
        train_dataset=dataset,
        eval_dataset=validation,
        processing_class=tokenizer,
        peft_config=lora_config(model, settings),
    )
    for parameter in model.parameters():
        if parameter.requires_grad:  # TRL makes them bf16: Adam's small updates would be rounded away
            parameter.data = parameter.data.float()
    name = run.base.name if run.base.source != "folder" else Path(run.base.location).name
    trainer.model.peft_config["default"].base_model_name_or_path = name  # PEFT would write the path on this machine
    return trainer


@contextmanager
def _explained_memory(run: _Run) -> Iterator[None]:
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        raise out_of_memory(run.settings.batch_size, run.settings.max_length, peak_gb(run.device)) from error


def _result(
    run: _Run, plan: StepPlan, history: list[dict[str, Any]], last: Path, recorder: RunRecorder, notes: list[str]
) -> TrainResult:
    """`last`: the checkpoint the run ended with."""
    best, steps = best_of(history), history[-1]["step"]
    keep = best is not None and run.settings.keep_best and recorder.stopped != "save"
    step = best[0] if best is not None and keep else steps
    adapter = run.folder / "adapter"
    adapter.mkdir(parents=True, exist_ok=True)
    for name in (ADAPTER, ADAPTER_CONFIG):
        shutil.copyfile((run.folder / BEST if keep else last) / name, adapter / name)
    sign_adapter(adapter, run.base)
    return TrainResult(
        adapter=adapter,
        adapter_step=step,
        steps=steps,
        total_steps=plan.total,
        train_loss=[entry["loss"] for entry in history if "loss" in entry][-1],
        eval_loss=dict(evaluations(history)).get(step),
        best_step=best[0] if best else None,
        peak_gb=peak_gb(run.device),
        tokens_per_second=recorder.tokens / recorder.seconds if recorder.seconds else None,
        stopped=recorder.stopped,
        notes=(*notes, *_end_notes(history, best, step, run.device)),
    )


def _end_notes(
    history: list[dict[str, Any]], best: tuple[int, float] | None, handed_over: int, device: str
) -> list[str]:
    notes = [
        _say("peak_gb는 카드에 올린 텐서의 최댓값입니다.", "peak_gb is the highest sum of tensors on the card.")
        if device.startswith("cuda")
        else _say("peak_gb는 프로세스 전체 메모리의 최댓값입니다.", "peak_gb is the process's highest resident memory.")
    ]
    untuned = next((entry["eval_loss"] for entry in history if "eval_loss" in entry and entry["step"] == 0), None)
    if best and untuned is not None and best[1] >= untuned:
        notes.append(
            _say(
                f"검증 손실이 기반 모델보다 나아지지 않았습니다({untuned:.3f} → {best[1]:.3f}).",
                f"The validation loss did not get below the base's ({untuned:.3f} → {best[1]:.3f}).",
            )
        )
    if best and best[0] != handed_over:
        notes.append(
            _say(
                f"검증 손실이 가장 낮던 스텝은 {best[0]}, 남긴 어댑터는 {handed_over}스텝입니다.",
                f"The validation loss was lowest at step {best[0]}; the adapter handed over is of step {handed_over}.",
            )
        )
    return notes
