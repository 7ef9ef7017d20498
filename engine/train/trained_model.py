"""The model a run trains: all of its base, or LoRA layers on it, fresh or those of an earlier run. Decoders and encoder-decoders
alike; it knows nothing of rows or trainers.
"""

from pathlib import Path
from typing import Any

from engine.models.bases import ResolvedBase
from engine.models.loading import check_adapter, load_base, prepare_for_full, prepare_for_lora, put_adapter
from engine.models.special_tokens import begin_rows, mend_heads
from engine.train.arguments import checkpointing, lora_config
from engine.train.session import Session
from engine.train.together.ranks import shares_base


def trained_model(run: Session) -> Any:
    """The model in training mode, with just what is trained asking for gradients. Raises what `load_base`, `put_adapter` and
    `lora_config` raise."""
    return _whole(run) if run.settings.method == "full" else _with_lora(run)


def _whole(run: Session) -> Any:
    base = ResolvedBase(run.base.name, "folder", str(run.start), None) if run.start else run.base
    model = load_base(base, quantisation="none", device=run.device, dtype=run.settings.precision)
    if not run.start:
        begin_rows(model, run.tokenizer.malmoi.added.rows)
    return prepare_for_full(model, gradient_checkpointing=checkpointing(run.settings, run.device))


def _with_lora(run: Session) -> Any:
    from peft import get_peft_model
    from transformers import set_seed

    settings = run.settings
    if run.start:
        check_adapter(run.start, run.base)
    place = "cpu" if shares_base(settings) else run.device  # shards then go to each rank's own device
    model = load_base(run.base, quantisation=settings.quantisation, device=place, dtype=settings.precision)
    rows = run.tokenizer.malmoi.added.rows
    if not run.start:
        begin_rows(model, rows)
    model = prepare_for_lora(model, gradient_checkpointing=checkpointing(settings, run.device))
    set_seed(settings.seed)  # fresh layers are drawn
    if run.start:
        tuned = put_adapter(model, run.base, run.start, settings.lora_dropout)
    else:
        tuned = get_peft_model(model, lora_config(model, settings, rows))
        mend_heads(tuned)
    name = run.base.name if run.base.source != "folder" else Path(run.base.location).name
    tuned.peft_config["default"].base_model_name_or_path = name  # PEFT would write the path on this machine
    return tuned


def loaded_dtype(model: Any) -> str:
    """The precision the base computes in, in torch's words."""
    return str(model.get_input_embeddings().weight.dtype)


def train_in_fp32(model: Any) -> None:
    """What is trained, in 32 bits: Adam's small updates would be rounded away in 16 (TRL makes them bf16)."""
    for parameter in model.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.float()
