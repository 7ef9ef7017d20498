"""Weights go: whole channels and heads, or single weights set to zero. It decides nothing."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.compress.prune_families import Stack
from engine.models.family import read_config
from engine.models.special_tokens import FILE
from engine.models.whole import BESIDE

QUERY, KEY, VALUE, OUT = (f"self_attn.{name}_proj" for name in "qkvo")


def columns(module: Any) -> Any:
    """The weights of a linear layer as (outputs, inputs); GPT-2's Conv1D keeps them the other way round."""
    return module.weight.T if type(module).__name__ == "Conv1D" else module.weight


def narrow(module: Any, keep: Any, outputs: bool) -> None:
    """Leave a linear layer the outputs (or inputs) at these places alone. keep: a tensor of places, ascending."""
    from torch.nn import Parameter

    turned = type(module).__name__ == "Conv1D"
    module.weight = Parameter(module.weight.data.index_select(int(outputs == turned), keep).clone())
    if outputs and module.bias is not None:
        module.bias = Parameter(module.bias.data.index_select(0, keep).clone())
    names = ("nf", "nx") if turned else ("out_features", "in_features")
    setattr(module, names[0 if outputs else 1], len(keep))


def cut_channels(layer: Any, stack: Stack, keep: Any) -> None:
    """Leave a layer's feed-forward part the channels at these places."""
    for name in stack.into:
        narrow(layer.get_submodule(name), keep, outputs=True)
    narrow(layer.get_submodule(stack.out), keep, outputs=False)


def cut_heads(layer: Any, units: Any, queries: int, shared: bool, head: int) -> None:
    """Leave a layer the units at these places: key heads with their `queries` query heads each, or, where one key head is
    `shared` by all, query heads. head: width of one."""
    wide = rows_of_units(units, head if shared else queries * head)
    narrow(layer.get_submodule(QUERY), wide, outputs=True)
    narrow(layer.get_submodule(OUT), wide, outputs=False)
    if not shared:
        for name in (KEY, VALUE):
            narrow(layer.get_submodule(name), rows_of_units(units, head), outputs=True)


def rows_of_units(units: Any, width: int) -> Any:
    """The rows that belong to units of this width: places 0 and 2 of width 2 are rows 0, 1, 4, 5."""
    import torch

    return (units[:, None] * width + torch.arange(width, device=units.device)).flatten()


def linear_layers(model: Any, stacks: Sequence[Stack]) -> dict[str, Any]:
    """{name: module} of every matrix in the layers: what LoRA would adapt, never embeddings, norms or the head."""
    from torch.nn import Linear

    return {
        f"{stack.layers}.{name}": module
        for stack in stacks
        for name, module in model.get_submodule(stack.layers).named_modules()
        if isinstance(module, Linear) or type(module).__name__ == "Conv1D"
    }


def set_zeros(modules: Mapping[str, Any], share: float, loud: Mapping[str, Any] | None) -> int:
    """Set that share of each output's weights to zero, those of least |weight|, or with `loud` of least |weight| x norm of its input
    (Wanda, Sun et al. 2023); returns how many."""
    import torch

    zeros = 0
    with torch.no_grad():
        for name, module in modules.items():
            weights = columns(module)
            scores = weights.abs().float()
            if loud is not None:
                scores = scores * loud[name].to(scores)
            count = round(share * weights.shape[1])
            weights.scatter_(1, scores.topk(count, dim=1, largest=False).indices, 0.0)
            zeros += count * weights.shape[0]
    return zeros


def save_whole(model: Any, folder: Path, out: Path) -> None:
    """The model as a folder that loads like any base: weights in the precision of `folder`, and its tokenizer beside them. `out`
    appears when it is whole."""
    import torch
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()  # type: ignore[no-untyped-call]
    config = read_config(folder)
    saved = str(config.get("dtype") or config.get("torch_dtype") or "float32").removeprefix("torch.")
    part = out.with_name(f"{out.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    shutil.rmtree(out, ignore_errors=True)
    part.mkdir(parents=True)
    model.config.use_cache = True
    model.to({"float16": torch.float16, "bfloat16": torch.bfloat16}.get(saved, torch.float32)).save_pretrained(part)
    for path in sorted({path for name in (*BESIDE, FILE) for path in folder.glob(name) if path.is_file()}):
        shutil.copyfile(path, part / path.name)
    part.replace(out)


def folder_mb(folder: Path) -> float:
    """Size of the weights in 10**6 bytes."""
    return sum(path.stat().st_size for path in folder.glob("*.safetensors")) / 1e6
