"""One run that learns from preferences: rows and a base in, an adapter out. It knows nothing of jobs, stores or screens.

DPO (Rafailov et al. 2023), KTO (Ethayarajh et al. 2024) and a reward model after Bradley and Terry, by TRL's trainers. What
the model may not stray from is where it starts: an earlier run's adapter, or the base with the new adapter switched off.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from engine.errors import UserError
from engine.models.bases import ResolvedBase
from engine.models.loading import adapter_config, load_base, prepare_for_lora
from engine.models.special_tokens import begin_rows, mend_heads
from engine.train.arguments import checkpointing, lora_config, shared_arguments
from engine.train.checks import check_rows, row_notes, token_notes
from engine.train.completion_trainer import RunRecorder
from engine.train.data import StepPlan, is_raw, plan_steps
from engine.train.events import TrainEvents
from engine.train.preferences.rows import EncodedPreferences, Preference, encode_preferences, to_preference_dataset
from engine.train.preferences.trainers import kto_collator, preference_trainer
from engine.train.samples import SampleAnswers
from engine.train.session import Session, TrainResult, begin, learn
from engine.train.settings import ON_POLICY, TrainSettings
from engine.train.trained_model import trained_model

ROWS = "trainable_tokens_delta.default"
"""How peft names the rows of words kept whole."""


def train(
    base: ResolvedBase,
    train_rows: Sequence[Preference],
    validation_rows: Sequence[Preference],
    settings: TrainSettings,
    folder: Path,
    events: TrainEvents,
    resume_from: Path | None = None,
    start: Path | None = None,
    reward: Path | None = None,
) -> TrainResult:
    """As `sft.train`, for rows of preferences. `start`: the adapter of the run this one goes on from; `reward`: that of the
    reward model, for objectives that learn from answers of their own.

    Raises UserError when rows, settings, machine, adapters or checkpoint do not go together or the loss diverges,
    OutOfMemory when the run does not fit, Stopped on `cancel`.
    """
    run = begin(base, settings, folder, events, resume_from, start)
    tokenizer = run.tokenizer
    _refuse_encoder(tokenizer, settings)
    rows = encode_preferences(tokenizer, train_rows, settings.max_length, settings.objective)
    held_out = encode_preferences(tokenizer, validation_rows, settings.max_length, settings.objective)
    check_rows(rows.rows, held_out.rows, settings)
    raw = is_raw([(messages, answers[0]) for messages, answers, _ in train_rows[:1]])
    notes = [*token_notes(tokenizer, rows.rows, raw), *row_notes(rows.rows, held_out.rows, settings)]
    for note in notes:
        events.log(note)

    answers = settings.generations if settings.objective in ON_POLICY else 1
    plan = plan_steps(len(rows.examples) * answers, settings)

    def prepare(recorder: RunRecorder) -> tuple[SampleAnswers | None, Any]:
        samples = _samples(run, tokenizer, validation_rows)
        return samples, _trainer(run, plan, recorder, samples, tokenizer, rows, held_out, reward)

    return learn(run, plan, notes, prepare)


def _refuse_encoder(tokenizer: Any, settings: TrainSettings) -> None:
    if tokenizer.malmoi.encoder:
        raise UserError(
            f"objective={settings.objective}은(는) 디코더 모델에서만 됩니다. 이 기반은 인코더-디코더입니다. 디코더 모델을 고르거나 "
            "objective=sft로 하세요.",
            f"objective={settings.objective} works with decoder models alone, and this base is an encoder-decoder. Choose a "
            "decoder, or objective=sft.",
        )


def _samples(run: Session, tokenizer: Any, rows: Sequence[Preference]) -> SampleAnswers | None:
    """A reward model says nothing."""
    if run.settings.objective == "reward" or not rows:
        return None
    return SampleAnswers(tokenizer, [(messages, answers[0]) for messages, answers, _ in rows], run.events)


def _trainer(
    run: Session,
    plan: StepPlan,
    recorder: RunRecorder,
    samples: SampleAnswers | None,
    tokenizer: Any,
    rows: EncodedPreferences,
    held_out: EncodedPreferences,
    reward: Path | None,
) -> Any:
    """The objective's trainer around base and adapter."""
    from engine.train.preferences.grpo import on_policy_trainer
    from engine.train.preferences.reward import reward_trainer

    model, config = tunable(run)
    embeddings = model.get_input_embeddings()
    # some bases have no row for their padding token; any row will do, padding is masked and never trained
    pad = min(tokenizer.pad_token_id, embeddings.weight.shape[0] - 1)
    shared = shared_arguments(
        run.settings, plan, run.folder, run.device, str(embeddings.weight.dtype),
        validated=bool(held_out.examples), fresh=run.resume_from is None,
    )  # fmt: skip
    given = {
        "model": model,
        "peft_config": config,
        "processing_class": tokenizer,
        "train_dataset": to_preference_dataset(rows.examples),
        "eval_dataset": to_preference_dataset(held_out.examples) if held_out.examples else None,
    }
    make: Callable[..., Any] = {"dpo": _dpo, "kto": _kto, "reward": reward_trainer}.get(
        run.settings.objective, on_policy_trainer
    )
    more = {"reward": reward} if run.settings.objective in ON_POLICY else {}
    trainer = make(run, recorder, samples, pad, shared, given, **more)
    settle_adapter(run, trainer.model)
    return trainer


def tunable(run: Session) -> tuple[Any, Any]:
    """(model that carries the adapter it goes on from, None), or (base, configuration of the adapter to come). A reward model
    takes over an adapter's weights once its head is on."""
    settings = run.settings
    if run.start and settings.objective != "reward":
        return trained_model(run), None
    model = load_base(run.base, quantisation=settings.quantisation, device=run.device, dtype=settings.precision)
    rows = run.tokenizer.malmoi.added.rows
    begin_rows(model, rows)
    model = prepare_for_lora(model, gradient_checkpointing=checkpointing(settings, run.device))
    return model, adapter_config(run.start) if run.start else lora_config(model, settings, rows)


def settle_adapter(run: Session, model: Any) -> None:
    """Trained weights in fp32, as they were before TRL rounded them to bf16 where a copy tells; no path in their config."""
    mend_heads(model)
    known: dict[str, Any] = dict(model.named_parameters())
    for name, parameter in known.items():
        if parameter.requires_grad:
            kept = known.get(name.replace(".default.", ".ref."), parameter)
            parameter.data = kept.data.detach().float().clone()
        if name.endswith(ROWS) and (copy := known.get(name.removesuffix("default") + "ref")) is not None:
            copy.data = parameter.data.detach().clone()  # TRL's copy passes over the rows of words kept whole
    name = run.base.name if run.base.source != "folder" else Path(run.base.location).name
    model.peft_config["default"].base_model_name_or_path = name


def _dpo(run: Session, recorder: RunRecorder, samples: Any, pad: int, shared: Any, given: Any) -> Any:
    from trl.trainer.dpo_config import DPOConfig
    from trl.trainer.dpo_trainer import DataCollatorForPreference, DPOTrainer

    args = DPOConfig(max_length=None, beta=run.settings.usual_beta(), **shared)
    collator = DataCollatorForPreference(pad)
    return preference_trainer(DPOTrainer, recorder, samples)(args=args, data_collator=collator, **given)


def _kto(run: Session, recorder: RunRecorder, samples: Any, pad: int, shared: Any, given: Any) -> Any:
    from trl.trainer.kto_config import KTOConfig
    from trl.trainer.kto_trainer import KTOTrainer

    args = KTOConfig(max_length=None, beta=run.settings.usual_beta(), **shared)
    return preference_trainer(KTOTrainer, recorder, samples)(args=args, data_collator=kto_collator(pad), **given)
