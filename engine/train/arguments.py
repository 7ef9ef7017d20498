"""Settings in the words of torch, peft and trl, and what this machine cannot do with them. It runs nothing."""

import importlib.util
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from engine.config import ROOT
from engine.errors import UserError
from engine.models.loading import hush_libraries, task_type
from engine.models.special_tokens import trainable_rows
from engine.models.targets import lora_targets
from engine.train.data import StepPlan
from engine.train.settings import HEAD_MODULES, TrainSettings

SCHEDULERS = {"cosine": "cosine", "linear": "linear", "constant": "constant_with_warmup"}


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
    if on_cpu and settings.use_dora and settings.quantisation == "int8":
        ko, en = (
            "CPU에서는 use_dora=true에 8비트 가중치를 쓸 수 없습니다",
            "on a CPU, use_dora=true cannot read 8-bit weights",
        )
        raise _impossible("quantisation", "int8", ko, en, "nf4")
    if settings.precision == "bf16" and device.startswith("cuda") and not has_bf16():
        raise _impossible("precision", "bf16", "이 카드는 bf16을 못 합니다", "this card has no bf16", "fp16")
    check_trackers(settings)


def check_trackers(settings: TrainSettings) -> None:
    """Raises UserError for a tracker that is not installed, with the command that installs it."""
    for name in settings.trackers():
        if importlib.util.find_spec(name) is None:
            pinned = (ROOT / "requirements-trackers.txt").read_text(encoding="utf-8").splitlines()
            how = next(line for line in pinned if line.startswith(name))
            raise _impossible(
                "report_to", name, f"{name}이(가) 설치되어 있지 않습니다. 쓰려면 `pip install {how}`로 설치하세요", f"{name} is not "
                f"installed. To use it: `pip install {how}`", "none",
            )  # fmt: skip


def has_bf16() -> bool:
    """Whether the card computes in bf16 itself."""
    import torch

    # the same rule as in loading: older cards only emulate it
    return torch.cuda.get_device_capability()[0] >= 8


def _impossible(field: str, value: str, ko: str, en: str, instead: str) -> UserError:
    return UserError(
        f"{field}={value}로는 학습할 수 없습니다: {ko}. {field}={instead}(으)로 바꾸세요.",
        f"Training cannot run with {field}={value}: {en}. Set {field}={instead}.",
    )


def checkpointing(settings: TrainSettings, device: str) -> bool:
    """Whether activations are recomputed; `auto`: on a card only, where memory is short."""
    asked = settings.gradient_checkpointing
    return asked == "on" or (asked == "auto" and device != "cpu")


def lora_config(model: Any, settings: TrainSettings, rows: Mapping[int, Sequence[int]] = MappingProxyType({})) -> Any:
    """A `peft.LoraConfig` for a loaded model. `rows`: of words kept whole, trained beside the layers. Raises UserError for `lora_targets` the model does not have."""
    from peft import LoraConfig

    targets: list[str] | str = settings.target_names()
    if targets == ["auto"]:
        targets = lora_targets(model.config.model_type)
    elif targets == ["all-linear"]:
        targets = "all-linear"
    else:
        _check_targets(model, settings.target_names())
    return LoraConfig(
        task_type=task_type(model),
        r=settings.lora_rank,
        lora_alpha=settings.lora_alpha,
        lora_dropout=settings.lora_dropout,
        target_modules=targets,
        use_rslora=settings.use_rslora,
        use_dora=settings.use_dora,
        bias="none",
        trainable_token_indices=trainable_rows(model, rows),
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


def trainer_arguments(
    settings: TrainSettings, plan: StepPlan, folder: Path, device: str, dtype: str, *, validated: bool, fresh: bool
) -> Any:
    """An `SFTConfig` with every argument whose library default would change a run."""
    from trl.trainer.sft_config import SFTConfig

    return SFTConfig(
        # rows arrive encoded and labelled: TRL shall neither tokenize, nor add tokens, nor cut
        dataset_kwargs={"skip_prepare_dataset": True},
        max_length=None,
        packing=False,
        padding_free=False,
        completion_only_loss=False,
        **shared_arguments(settings, plan, folder, device, dtype, validated=validated, fresh=fresh),
    )


def shared_arguments(
    settings: TrainSettings, plan: StepPlan, folder: Path, device: str, dtype: str, *, validated: bool, fresh: bool
) -> dict[str, Any]:
    """What every kind of training tells its trainer. `dtype`: of the loaded base; `fresh`: not resumed, so that the
    untuned base is validated first."""
    hush_libraries()
    on_cpu = device == "cpu"
    optimizer: str = (
        settings.optimizer if settings.optimizer != "auto" else "adamw_torch" if on_cpu else "paged_adamw_8bit"
    )
    if optimizer == "adamw_torch":
        optimizer = "adamw_torch_fused"  # the same steps in one pass over each tensor
    return dict(
        output_dir=str(folder),
        bf16=dtype == "torch.bfloat16",
        fp16=dtype == "torch.float16",
        use_cpu=on_cpu,
        dataloader_pin_memory=not on_cpu,
        gradient_checkpointing=checkpointing(settings, device),
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
        eval_on_start=validated and fresh,
        save_strategy="steps",
        save_steps=plan.save_every,
        save_total_limit=2,
        logging_steps=settings.log_every,
        logging_first_step=True,
        logging_nan_inf_filter=False,
        seed=settings.seed,
        report_to="none",  # trackers.py tells them, without paths
        disable_tqdm=True,
    )
