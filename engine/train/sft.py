"""One supervised run: rows and a base in, an adapter out. It knows nothing of jobs, stores, recipes or screens.

LoRA (Hu et al. 2021) on a base loaded in 4 bits (QLoRA, Dettmers et al. 2023), the same path on a CPU and a card.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from engine.models.bases import ResolvedBase
from engine.models.batches import pair_batch
from engine.train.arguments import trainer_arguments
from engine.train.checks import check_rows, row_notes, token_notes
from engine.train.completion_trainer import RunRecorder, Taught, as_it_is, make_trainer
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
from engine.train.packing import pack_note, refuse_leaks
from engine.train.samples import SampleAnswers
from engine.train.seq2seq import make_pair_trainer, to_pairs
from engine.train.session import Session, TrainResult, begin, learn
from engine.train.settings import TrainSettings
from engine.train.together.ranks import share_out
from engine.train.trained_model import loaded_dtype, train_in_fp32, trained_model


def train(
    base: ResolvedBase,
    train_rows: Sequence[PromptTarget],
    validation_rows: Sequence[PromptTarget],
    settings: TrainSettings,
    folder: Path,
    events: TrainEvents,
    resume_from: Path | None = None,
    start: Path | None = None,
    taught: Taught = as_it_is,
) -> TrainResult:
    """Train an adapter, or the whole model, in `folder`, or go on from a checkpoint of the same rows and settings. `start`: what
    an earlier run handed over, when this one goes on from there. `taught`: puts a teacher beside the rows.

    Stop `save` leaves a checkpoint and hands over that step's adapter; every other end hands over the best one
    (`keep_best`). Raises Stopped on `cancel`, UserError when rows, settings, machine or checkpoint do not go
    together or the loss diverges, OutOfMemory when the run does not fit.
    """
    run = begin(base, settings, folder, events, resume_from, start)
    tokenizer = run.tokenizer
    rows = encode_rows(tokenizer, train_rows, settings.max_length)
    held_out = encode_rows(tokenizer, validation_rows, settings.max_length)
    check_rows(rows, held_out, settings)
    notes = [*token_notes(tokenizer, rows, is_raw(train_rows)), *row_notes(rows, held_out, settings)]
    dataset, validation = _datasets(tokenizer, rows, held_out, settings)
    if settings.packing:
        notes.append(pack_note(rows, len(dataset), settings))
    for note in notes:
        events.log(note)

    plan = plan_steps(len(dataset), settings)

    def prepare(recorder: RunRecorder) -> tuple[SampleAnswers | None, Any]:
        samples = SampleAnswers(tokenizer, validation_rows, events) if validation is not None else None
        return samples, _trainer(run, plan, recorder, samples, tokenizer, dataset, validation, taught)

    return learn(run, plan, notes, prepare)


def _datasets(tokenizer: Any, rows: EncodedRows, held_out: EncodedRows, settings: TrainSettings) -> tuple[Any, Any]:
    """(training rows, validation rows or None) as the trainer of this architecture takes them."""
    encoder, judged = tokenizer.malmoi.encoder, by_length(held_out.examples)
    if encoder:
        return to_pairs(rows.examples, encoder), to_pairs(judged, encoder) if judged else None
    packed_to = settings.max_length if settings.packing else None
    return to_dataset(rows.examples, packed_to=packed_to), to_dataset(judged) if judged else None


def _trainer(
    run: Session,
    plan: StepPlan,
    recorder: RunRecorder,
    samples: SampleAnswers | None,
    tokenizer: Any,
    dataset: Any,
    validation: Any,
    taught: Taught,
) -> Any:
    """The trainer around base and trained layers: TRL's for a decoder, transformers' for an encoder-decoder."""
    from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

    settings, model = run.settings, trained_model(run)
    if settings.packing:
        refuse_leaks(model)
    # some bases have no row for their padding token; any row will do, padding is masked and never trained
    pad = min(tokenizer.pad_token_id, model.get_input_embeddings().weight.shape[0] - 1)
    collate: Any = DataCollatorForLanguageModeling(pad, padding_free=settings.packing)
    if tokenizer.malmoi.encoder:
        collate = partial(pair_batch, pad=pad)
    trainer = (make_pair_trainer if tokenizer.malmoi.encoder else make_trainer)(
        recorder,
        samples,
        taught,
        model=model,
        args=trainer_arguments(
            settings,
            plan,
            run.folder,
            run.device,
            loaded_dtype(model),
            validated=validation is not None,
            fresh=run.resume_from is None,
        ),
        data_collator=collate,
        train_dataset=dataset,
        eval_dataset=validation,
        processing_class=tokenizer,
    )
    train_in_fp32(trainer.model)
    share_out(trainer, run.device, settings)
    return trainer
