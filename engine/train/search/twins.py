"""Which settings come to the same thing, and which cannot be at all. Pure rules, each with its reason.

Not a rule here: the square-root scaling of learning rate and batch for Adam (Malladi et al. 2022). It also changes the
betas and epsilon, which are no settings here, so such pairs are not equal and both are tried.
"""

import json
from collections.abc import Mapping
from typing import Any

from engine.errors import UserError
from engine.train.arguments import check_machine
from engine.train.data import plan_steps
from engine.train.settings import TrainSettings


def settle(baseline: TrainSettings, values: Mapping[str, Any], device: str) -> tuple[TrainSettings | None, str | None]:
    """(the settings, None), or (None, why they cannot be): `contradiction` between fields, or `machine`."""
    try:
        settings = TrainSettings.model_validate({**baseline.model_dump(), **values})
    except UserError:
        return None, "contradiction"
    try:
        check_machine(settings, device)
    except UserError:
        return None, "machine"
    return settings, None


def effect_of(settings: TrainSettings, rows: int, device: str) -> str:
    """Equal for settings that train the same way on so many rows; differs whenever that is not certain.

    epochs do nothing beside max_steps; passes and warm-up count as whole steps; batch_size and accumulation count as rows
    a step (rows come in another order, the loss is the same mean); `auto` is what it stands for on this device; layers are
    a set; what LoRA is made of does nothing in a full run.
    """
    found = settings.model_dump(mode="json")
    plan = plan_steps(rows, settings)
    if not settings.packing:  # how many packed rows there will be is not known yet
        found |= {"epochs": 0, "max_steps": plan.total, "warmup_ratio": plan.warmup}
    elif settings.max_steps:
        found["epochs"] = 0
    found |= {"batch_size": settings.batch_size * settings.accumulation, "accumulation": 1}
    found["lora_targets"] = sorted(settings.target_names())
    if device == "cpu":
        found["precision"] = "fp32" if settings.precision == "auto" else settings.precision
        found["optimizer"] = "adamw_torch" if settings.optimizer == "auto" else settings.optimizer
    if found.get("method") == "full":
        idle = [name for name in found if name.startswith("lora_") or name in ("use_dora", "use_rslora")]
        found = {name: value for name, value in found.items() if name not in idle}
    return json.dumps(found, sort_keys=True)
