"""One supervised run: rows and a base in, an adapter out. It knows nothing of jobs, stores, recipes or screens.

LoRA (Hu et al. 2021) on a base loaded in 4 bits (QLoRA, Dettmers et al. 2023), the same path on a CPU and a card.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.hardware import device as best_device
from engine.models.bases import ResolvedBase
from engine.models.loading import load_base, prepare_for_lora
from engine.models.tokenizer import load_tokenizer
from engine.train.arguments import check_machine, checkpointing, lora_config, trainer_arguments
from engine.train.checkpoints import PREFIX
from engine.train.checks import check_rows, row_notes, token_notes
from engine.train.completion_trainer import RunRecorder, make_trainer
from engine.train.data import (
    PromptTarget,
    StepPlan,
    by_length,
    encode_rows,
    is_raw,
    plan_steps,
    to_dataset,
)
from engine.train.events import TrainEvents
from engine.train.memory import start_measuring
from engine.train.packing import pack_note, refuse_leaks
from engine.train.samples import SampleAnswers
from engine.train.session import Session, TrainResult, explained_memory, hand_over, prepare_resume
from engine.train.settings import TrainSettings


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
    run = Session(base, settings, folder, events, best_device(), resume_from)
    check_machine(settings, run.device)
    start_measuring(run.device)
    tokenizer = load_tokenizer(base)
    rows = encode_rows(tokenizer, train_rows, settings.max_length)
    held_out = encode_rows(tokenizer, validation_rows, settings.max_length)
    check_rows(rows, held_out, settings)
    notes = [*token_notes(tokenizer, rows, is_raw(train_rows)), *row_notes(rows, held_out, settings)]
    dataset = to_dataset(rows.examples, packed_to=settings.max_length if settings.packing else None)
    if settings.packing:
        notes.append(pack_note(rows, len(dataset), settings))
    for note in notes:
        events.log(note)

    validation = to_dataset(by_length(held_out.examples)) if held_out.examples else None
    plan = plan_steps(len(dataset), settings)
    events.planned(plan.total)
    recorder = RunRecorder(events, settings, plan, folder, run.device)
    if resume_from is not None and (reached := prepare_resume(resume_from, run, plan, recorder)):
        return hand_over(run, plan, reached, resume_from, recorder, notes)

    with explained_memory(run):
        samples = SampleAnswers(tokenizer, validation_rows, events) if validation is not None else None
        trainer = _trainer(run, plan, recorder, samples, tokenizer, dataset, validation)
        trainer.train(resume_from_checkpoint=str(resume_from) if resume_from else None)
    if samples is not None:
        samples.tell_cost(recorder.seconds)
    last = folder / f"{PREFIX}{trainer.state.global_step}"
    return hand_over(run, plan, trainer.state.log_history, last, recorder, notes)


def _trainer(
    run: Session,
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
    if settings.packing:
        refuse_leaks(model)
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
