"""A model with a share of its parameters taken out, as a folder that loads like any base. It trains nothing: `heal` does.

Structured ways make it really smaller and faster: `layers` drops whole layers, the least needed first, and takes what is still
missing from the widths; `width` thins feed-forward channels and heads alone. `magnitude` and `wanda` set single weights to zero at
the same share, which saves nothing on dense kernels: same file, same speed. The facts say so.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.compress.prune_cut import folder_mb, linear_layers, save_whole, set_zeros
from engine.compress.prune_drop import ORDERS, drop_layers, orders
from engine.compress.prune_families import Family, family_of
from engine.compress.prune_measure import (
    Subject,
    keep_layers,
    loudness,
    mean_loss,
    measured_rows,
    only_layers,
    silenced,
    stacks_of,
)
from engine.compress.prune_plan import TOLERANCE, Layer, refuse_prune, refuse_share
from engine.compress.prune_width import Widths, choose, cut_widths, heads_of, masks_of, score_widths, widths_for
from engine.curate.row import Message
from engine.errors import UserError
from engine.models.bases import ResolvedBase, check_folder
from engine.models.family import read_config, window

__all__ = ["prune", "refuse_prune"]

MOST_ROWS, FEWEST_ROWS = 128, 16
"""Rows a model is measured by."""
WORK = 2e12
"""Parameters x tokens of one measurement, about a minute on two cores: larger models are measured by fewer rows."""


@dataclass
class Cut:
    """One way to reach the share. `kept`: places by stack; `importance`: a line for each layer that was judged, round by round."""

    by: str
    kept: list[list[int]]
    importance: list[dict[str, Any]] = field(default_factory=list)
    widths: Widths | None = None
    loss: float = math.nan

    def told(self) -> dict[str, Any]:
        layers = [len(places) for places in self.kept]
        return {
            "by": self.by,
            "layers": layers,
            "widths": self.widths.after if self.widths else None,
            "loss": self.loss,
        }


def prune(
    folder: Path,
    out: Path,
    share: float,
    how: str,
    texts: Sequence[tuple[Sequence[Message], str]],
    told: Callable[[str], None],
) -> dict[str, Any]:
    """Take `share` of all parameters out of the model in `folder` and write the rest to `out`; returns the facts.

    texts: (prompt, target) of rows the model is measured by, training rows of its recipe. Facts: parameters before and after,
    shares reached (of all, of the layers), layers dropped, importance table, widths, zeros, loss on rows that chose nothing (nats
    a token), size (10**6 bytes). Raises UserError before work for what cannot be pruned.
    """
    check_folder(folder)
    refuse_prune(read_config(folder), share, how)
    subject = open_subject(folder, texts, told)
    total, layers = subject.parameters, list(subject.modules)
    refuse_share(layers, subject.family, share, how, total)
    before = _number(subject.loss(subject.judged_by), folder)
    told(f"덜기 전 손실 {before:.3f} / loss before pruning {before:.3f}")
    done = _zeros(subject, share, how) if how in ("magnitude", "wanda") else _structured(subject, share, how)
    tokenizer, rows, left = subject.tokenizer, subject.judged_by, subject.parameters
    save_whole(subject.model, folder, out)
    del subject
    after = _loss_of(out, tokenizer, rows)
    blocks = sum(layer.size for layer in layers)
    return {
        "how": how, "asked": share, "rows": len(rows), "parameters_before": total, "parameters_after": left,
        "embeddings": total - blocks, "share": 1 - left / total, "share_of_layers": (total - left) / blocks,
        "loss_before": before, "loss_after": after, "size_mb_before": folder_mb(folder), "size_mb_after": folder_mb(out), **done,
    }  # fmt: skip


def open_subject(folder: Path, texts: Sequence[tuple[Sequence[Message], str]], told: Callable[[str], None]) -> Subject:
    """The model in memory with the rows it is measured by. Raises UserError when these are too few."""
    from engine.models.loading import load_base, load_tokenizer

    base = ResolvedBase(folder.name, "folder", str(folder), None)
    tokenizer = load_tokenizer(base)
    rows = measured_rows(tokenizer, _spread(texts, MOST_ROWS), window(read_config(folder)))
    if len(rows) < 2:
        raise UserError(
            f"무엇을 덜지 재는 데 쓸 행이 {len(rows)}개뿐입니다. 적어도 2개가 있어야 합니다. 학습 행이 더 있는 데이터셋을 고르세요.",
            f"Only {len(rows)} rows can tell what may go; at least 2 are needed. Choose a dataset with more training rows.",
        )
    model, family = load_base(base, quantisation="none"), family_of(read_config(folder))
    modules = dict(_layers(model, family))
    work = sum(layer.size for layer in modules) * sum(len(row.input_ids) for row in rows) / len(rows)
    rows = _spread(rows, max(FEWEST_ROWS, int(WORK / work)))
    return Subject(model, tokenizer, family, modules, rows[::2], rows[1::2], told)


def _spread(rows: Sequence[Any], most: int) -> list[Any]:
    """At most so many, evenly over all."""
    count = min(most, len(rows))
    return [rows[place * len(rows) // count] for place in range(count)]


def _layers(model: Any, family: Family) -> Iterator[tuple[Layer, Any]]:
    heads = heads_of(model.config.to_dict()) if family.heads else None
    for number, (stack, layers) in enumerate(zip(family.stacks, stacks_of(model, family), strict=True)):
        for place, module in enumerate(layers):
            size = sum(parameter.numel() for parameter in module.parameters())
            parts = [module.get_submodule(name).weight for name in (*stack.into, stack.out)]
            width = parts[0].numel() // model.get_input_embeddings().weight.shape[1]
            channel = sum(part.numel() for part in parts) // width
            yield Layer(number, place, size, width, channel, *(heads.counts(module) if heads else ())), module


def _zeros(subject: Subject, share: float, how: str) -> dict[str, Any]:
    modules, total = linear_layers(subject.model, subject.family.stacks), subject.parameters
    weights = sum(module.weight.numel() for module in modules.values())
    loud = loudness(subject.model, subject.tokenizer, subject.chosen_by, modules) if how == "wanda" else None
    zeros = set_zeros(modules, min(1.0, share * total / weights), loud)
    ko = "0이 된 가중치도 파일과 계산에 그대로 남습니다: 크기도 시간도 줄지 않습니다."
    en = "Weights set to zero stay in the file and in the arithmetic: neither size nor time is saved."
    subject.told(f"{ko} / {en}")
    return {"zeros": zeros, "zero_share": zeros / total, "note": {"ko": ko, "en": en}}


def _structured(subject: Subject, share: float, how: str) -> dict[str, Any]:
    """Weigh the ways to reach the share by the loss of rows that chose nothing, and cut as the best of them says."""
    remove = share * subject.parameters
    cuts = [narrowed for cut in _dropped(subject, remove, how) for narrowed in _with_widths(subject, cut, remove)]
    for cut in cuts:
        with _as_if(subject, cut):
            cut.loss = subject.loss(subject.judged_by)
        subject.told(_line(cut))
    best = min(cuts, key=lambda cut: cut.loss)
    if best.widths:
        cut_widths(subject, best.widths)
    keep_layers(subject.model, subject.family, best.kept)
    gone = [layer for layer in subject.modules if layer.place not in best.kept[layer.stack]]
    return {
        "chosen_by": best.by,
        "considered": [cut.told() for cut in cuts],
        "layers_before": len(subject.modules),
        "layers_after": len(subject.modules) - len(gone),
        "dropped": [subject.called(layer) for layer in gone],
        "importance": best.importance,
        "widths": {"before": best.widths.before, "after": best.widths.after} if best.widths else None,
    }


def _line(cut: Cut) -> str:
    """One way and its loss in both languages."""
    widths = "".join(f", {name}={value}" for name, value in (cut.widths.after.items() if cut.widths else ()))
    layers = "+".join(str(len(places)) for places in cut.kept)
    ko, en = ORDERS[cut.by]
    return f"{ko}: 층 {layers}개{widths}, 손실 {cut.loss:.3f} / {en}: {layers} layers{widths}, loss {cut.loss:.3f}"


def _dropped(subject: Subject, remove: float, how: str) -> list[Cut]:
    whole = [list(range(len(stack))) for stack in stacks_of(subject.model, subject.family)]
    if how == "width":
        return [Cut("width", whole)]
    found: list[Cut] = []
    for by in orders(subject, remove):
        kept, lines = drop_layers(subject, remove, by)
        if kept not in [cut.kept for cut in found]:
            found.append(Cut(by, kept, lines))
    return found


def _with_widths(subject: Subject, cut: Cut, remove: float) -> Iterator[Cut]:
    """The same with what is still missing taken from the widths: of channels alone, and of channels and heads."""
    layers = [layer for layer in subject.modules if layer.place in cut.kept[layer.stack]]
    missing = remove - sum(layer.size for layer in subject.modules) + sum(layer.size for layer in layers)
    if missing < TOLERANCE / 2 * subject.parameters:
        yield cut
        return
    with only_layers(subject.model, subject.family, cut.kept):
        channels, units = score_widths(subject, layers)
    for widths in widths_for(subject, layers, missing):
        yield Cut(cut.by, cut.kept, cut.importance, choose(widths, channels, units))


@contextmanager
def _as_if(subject: Subject, cut: Cut) -> Iterator[None]:
    """The model as it would be, while this is held: what would go is silent."""
    with only_layers(subject.model, subject.family, cut.kept), ExitStack() as held:
        if cut.widths:
            held.enter_context(silenced(masks_of(subject, cut.widths)))
        yield


def _loss_of(folder: Path, tokenizer: Any, rows: Sequence[Any]) -> float:
    """Of what was written, loaded as anybody loads it."""
    from engine.models.loading import load_base

    model = load_base(ResolvedBase(folder.name, "folder", str(folder), None), quantisation="none")
    return _number(mean_loss(model, tokenizer, rows), folder)


def _number(loss: float, folder: Path) -> float:
    if not math.isfinite(loss):
        raise UserError(
            f"'{folder.name}' 모델의 손실이 수가 아닙니다({loss}). 가중치가 깨졌거나 저장한 정밀도를 넘었습니다. 다른 모델을 고르거나 prune 비율을 낮추세요.",
            f"The loss of the model '{folder.name}' is not a number ({loss}). Its weights are broken, or beyond the precision they are "
            "held in. Choose another model, or prune less.",
        )
    return loss
