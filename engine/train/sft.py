"""One supervised run: rows and a base in, an adapter out. It knows nothing of jobs, stores, recipes or screens.

LoRA (Hu et al. 2021) on a base loaded in 4 bits (QLoRA, Dettmers et al. 2023), the same path on a CPU and a card.
"""

import importlib.util
import json
import re
import shutil
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from engine.config import language
from engine.errors import UserError
from engine.hardware import device as best_device
from engine.models.bases import ResolvedBase
from engine.models.linter import lint_end_tokens
from engine.models.loading import load_base, prepare_for_lora, sign_adapter
from engine.models.targets import lora_targets
from engine.models.tokenizer import load_tokenizer
from engine.train.checkpoints import ADAPTER, ADAPTER_CONFIG, BEST, BEST_ADAPTER, STATE, prove_checkpoint
from engine.train.completion_trainer import RunRecorder, best_of, evaluations, make_trainer, save_adapter
from engine.train.data import EncodedRows, PromptTarget, StepPlan, by_length, encode_rows, plan_steps, to_dataset
from engine.train.events import TrainEvents
from engine.train.memory import is_out_of_memory, out_of_memory, peak_gb, start_measuring
from engine.train.settings import HEAD_MODULES, TrainSettings

SCHEDULERS = {"cosine": "cosine", "linear": "linear", "constant": "constant_with_warmup"}


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
    tokens_per_second: float
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
    _check_rows(tokenizer, rows, held_out, settings)
    notes = _row_notes(rows, held_out, settings)
    for note in notes:
        events.log(note)

    dataset = to_dataset(rows.examples, packed_to=settings.max_length if settings.packing else None)
    validation = to_dataset(by_length(held_out.examples)) if held_out.examples else None
    plan = plan_steps(len(dataset), settings)
    if resume_from is not None:
        _prepare_resume(resume_from, run, plan)

    events.planned(plan.total)
    with _explained_memory(run):
        trainer, recorder = _trainer(run, plan, tokenizer, dataset, validation)
        trainer.train(resume_from_checkpoint=str(resume_from) if resume_from else None)
    return _result(run, plan, trainer, recorder, notes)


@dataclass(frozen=True, slots=True)
class _Run:
    base: ResolvedBase
    settings: TrainSettings
    folder: Path
    events: TrainEvents
    device: str
    resume_from: Path | None


def check_machine(settings: TrainSettings, device: str) -> None:
    """Raises UserError, by field name, for what this machine cannot do or has not installed."""
    on_cpu = device == "cpu"
    if on_cpu and settings.precision == "fp16":
        raise _impossible(
            "precision", "fp16", "CPU에서는 fp16으로 배울 수 없습니다", "a CPU cannot train in fp16", "fp32"
        )
    if on_cpu and settings.optimizer.startswith("paged"):
        ko, en = "paged 최적화는 그래픽 카드가 있어야 합니다", "paged optimisers need a graphics card"
        raise _impossible("optimizer", settings.optimizer, ko, en, "adamw_torch")
    if settings.precision == "bf16" and device.startswith("cuda") and not _has_bf16():
        raise _impossible("precision", "bf16", "이 카드는 bf16을 못 합니다", "this card has no bf16", "fp16")
    for name in settings.trackers():
        if importlib.util.find_spec(name) is None:
            raise _impossible(
                "report_to", name, f"{name}이(가) 설치되어 있지 않습니다", f"{name} is not installed", "none"
            )


def _has_bf16() -> bool:
    import torch

    # the same rule as in loading: older cards only emulate it
    return torch.cuda.get_device_capability()[0] >= 8


def _impossible(field: str, value: str, ko: str, en: str, instead: str) -> UserError:
    return UserError(
        f"{field}={value}로는 학습할 수 없습니다: {ko}. {field}={instead}(으)로 바꾸세요.",
        f"Training cannot run with {field}={value}: {en}. Set {field}={instead}.",
    )


def _check_rows(tokenizer: Any, rows: EncodedRows, held_out: EncodedRows, settings: TrainSettings) -> None:
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
    report = lint_end_tokens(tokenizer, rows.examples)
    if report.ended == 0:
        raise UserError(
            f"{report.n}개 행 가운데 끝 토큰으로 끝나는 행이 없어 모델이 멈추는 법을 배울 수 없습니다. 다른 기반 모델을 쓰세요.",
            f"None of {report.n} rows ends in the end token, so the model would never learn to stop. Use another base.",
        )


def _row_notes(rows: EncodedRows, held_out: EncodedRows, settings: TrainSettings) -> list[str]:
    notes = []
    left_out, cut = rows.left_out + held_out.left_out, rows.cut + held_out.cut
    if left_out:
        ko = f"답이 max_length={settings.max_length}보다 길어 뺀 행: {left_out}개"
        notes.append(_say(ko, f"Rows left out, target longer than max_length={settings.max_length}: {left_out}"))
    if cut:
        ko = f"max_length={settings.max_length}에 맞춰 오래된 말을 뺀 행: {cut}개"
        notes.append(_say(ko, f"Rows that lost old turns to fit max_length={settings.max_length}: {cut}"))
    if not held_out.examples:
        notes.append(_say("검증 행이 없어 검증 손실을 재지 않습니다.", "No validation rows: no validation loss."))
    return notes


def _say(ko: str, en: str) -> str:
    return en if language() == "en" else ko


def _prepare_resume(checkpoint: Path, run: _Run, plan: StepPlan) -> None:
    """Prove the checkpoint, and put the best adapter that travelled inside it back beside the run."""
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


def _trainer(run: _Run, plan: StepPlan, tokenizer: Any, dataset: Any, validation: Any) -> tuple[Any, Any]:
    """The trainer around base and fresh LoRA layers, and its recorder."""
    from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

    settings = run.settings
    model = load_base(run.base, quantisation=settings.quantisation, device=run.device, dtype=settings.precision)
    model = prepare_for_lora(model, gradient_checkpointing=_checkpointing(settings, run.device))
    embeddings = model.get_input_embeddings()
    recorder = RunRecorder(run.events, settings, plan, run.folder, run.device)
    trainer = make_trainer(
        recorder,
        model=model,
        args=_arguments(run, plan, str(embeddings.weight.dtype), validated=validation is not None),
        # some bases have no row for their padding token; any row will do, padding is masked and never trained
        data_collator=DataCollatorForLanguageModeling(
            min(tokenizer.pad_token_id, embeddings.num_embeddings - 1), padding_free=settings.packing
        ),
        train_dataset=dataset,
        eval_dataset=validation,
        processing_class=tokenizer,
        peft_config=_lora(model, settings),
    )
    for parameter in model.parameters():
        if parameter.requires_grad:  # TRL makes them bf16: Adam's small updates would be rounded away
            parameter.data = parameter.data.float()
    name = run.base.name if run.base.source != "folder" else Path(run.base.location).name
    trainer.model.peft_config["default"].base_model_name_or_path = name  # PEFT would write the path on this machine
    return trainer, recorder


def _checkpointing(settings: TrainSettings, device: str) -> bool:
    asked = settings.gradient_checkpointing
    return asked == "on" or (asked == "auto" and device != "cpu")


def _lora(model: Any, settings: TrainSettings) -> Any:
    from peft import LoraConfig

    targets: list[str] | str = settings.target_names()
    if targets == ["auto"]:
        targets = lora_targets(model.config.model_type)
    elif targets == ["all-linear"]:
        targets = "all-linear"
    else:
        _check_targets(model, settings.target_names())
    return LoraConfig(
        task_type="CAUSAL_LM",
        r=settings.lora_rank,
        lora_alpha=settings.lora_alpha,
        lora_dropout=settings.lora_dropout,
        target_modules=targets,
        bias="none",
    )


def _check_targets(model: Any, targets: list[str]) -> None:
    """PEFT passes over a name that does not exist as long as another does."""
    names = {
        name.rsplit(".", 1)[-1]
        for name, module in model.named_modules()
        if re.search("Linear|Conv1D", type(module).__name__)
    }
    if unknown := [target for target in targets if target.rsplit(".", 1)[-1] not in names]:
        known = ", ".join(sorted(names - HEAD_MODULES))
        raise UserError(
            f"lora_targets의 '{unknown[0]}'은(는) 이 모델에 없는 층입니다. 있는 층: {known}. 그중에서 고르거나 auto로 두세요.",
            f"lora_targets names '{unknown[0]}', a layer this model does not have. It has {known}. Choose of these, or auto.",
        )


def _arguments(run: _Run, plan: StepPlan, dtype: str, *, validated: bool) -> Any:
    """Every argument whose library default would change a run is set here."""
    from trl.trainer.sft_config import SFTConfig

    # `gradient_checkpointing` is being renamed in transformers, but TRL 1.16 still reads the old name
    warnings.filterwarnings("ignore", category=FutureWarning, message=".*(gradient|activation)_checkpointing.*")
    settings, on_cpu = run.settings, run.device == "cpu"
    optimizer = settings.optimizer if settings.optimizer != "auto" else "adamw_torch" if on_cpu else "paged_adamw_8bit"
    return SFTConfig(
        output_dir=str(run.folder),
        # rows arrive encoded and labelled: TRL shall neither tokenize, nor add tokens, nor cut
        dataset_kwargs={"skip_prepare_dataset": True},
        max_length=None,
        packing=False,
        padding_free=False,
        completion_only_loss=False,
        bf16=dtype == "torch.bfloat16",
        fp16=dtype == "torch.float16",
        use_cpu=on_cpu,
        dataloader_pin_memory=not on_cpu,
        gradient_checkpointing=_checkpointing(settings, run.device),
        gradient_checkpointing_kwargs={"use_reentrant": False},
        learning_rate=settings.learning_rate,
        lr_scheduler_type=SCHEDULERS[settings.scheduler],
        warmup_steps=plan.warmup,
        max_steps=plan.total,
        per_device_train_batch_size=settings.batch_size,
        per_device_eval_batch_size=settings.batch_size,
        gradient_accumulation_steps=settings.accumulation,
        optim=optimizer,
        weight_decay=settings.weight_decay,
        max_grad_norm=settings.max_grad_norm,
        eval_strategy="steps" if validated else "no",
        eval_steps=plan.eval_every,
        eval_on_start=validated and run.resume_from is None,
        save_strategy="steps",
        save_steps=plan.save_every,
        save_total_limit=2,
        logging_steps=settings.log_every,
        logging_first_step=True,
        logging_nan_inf_filter=False,
        seed=settings.seed,
        report_to=settings.trackers() or "none",
        disable_tqdm=True,
    )


@contextmanager
def _explained_memory(run: _Run) -> Iterator[None]:
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        raise out_of_memory(run.settings.batch_size, run.settings.max_length, peak_gb(run.device)) from error


def _result(run: _Run, plan: StepPlan, trainer: Any, recorder: Any, notes: list[str]) -> TrainResult:
    history, step = trainer.state.log_history, trainer.state.global_step
    best = best_of(history)
    adapter = run.folder / "adapter"
    if best is not None and run.settings.keep_best and recorder.stopped != "save":
        shutil.copytree(run.folder / BEST, adapter, dirs_exist_ok=True)
        step = best[0]
    else:
        save_adapter(trainer.model, adapter)
    sign_adapter(adapter, run.base)
    return TrainResult(
        adapter=adapter,
        adapter_step=step,
        steps=trainer.state.global_step,
        total_steps=plan.total,
        train_loss=[entry["loss"] for entry in history if "loss" in entry][-1],
        eval_loss=dict(evaluations(history)).get(step),
        best_step=best[0] if best else None,
        peak_gb=peak_gb(run.device),
        tokens_per_second=recorder.tokens / recorder.seconds,
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
