"""Which layers go: the least needed first, measured again after each that went. It cuts nothing."""

from collections.abc import Sequence
from typing import Any, Literal

from engine.compress.prune_measure import Subject, influences, only_layers
from engine.compress.prune_plan import TOLERANCE, Layer, least_layers

EXACT_WORK = 1e13
"""Parameters x tokens of all measurements that leave out each layer in turn, some minutes on two cores: beyond it layers are judged
by their influence alone."""
By = Literal["influence", "loss"]
Kept = list[list[int]]
ORDERS = {
    "influence": ("영향이 작은 층부터", "least influence first"),
    "loss": ("없어도 손실이 덜 느는 층부터", "least missed first"),
    "width": ("폭만", "widths alone"),
}
"""How the layers to go were found, in both languages."""


def orders(subject: Subject, remove: float) -> tuple[By, ...]:
    """The measures by which layers are judged: block influence (Men et al. 2024, ShortGPT), one pass for all layers; and the loss
    without each layer, exact but a pass for every layer, where the model is small enough."""
    size = sum(layer.size for layer in subject.modules)
    rounds = remove * len(subject.modules) / size
    work = size * sum(len(row.input_ids) for row in subject.chosen_by) * len(subject.modules) * rounds
    return ("influence", "loss") if work <= EXACT_WORK else ("influence",)


def drop_layers(subject: Subject, remove: float, by: By) -> tuple[Kept, list[dict[str, Any]]]:
    """(places that stay, by stack; a line for each layer that was judged, round by round) when layers go as long as no more than
    `remove` parameters and TOLERANCE do."""
    stacks = range(len(subject.family.stacks))
    kept = [[layer.place for layer in subject.modules if layer.stack == number] for number in stacks]
    room, lines, turn = remove + TOLERANCE * subject.parameters, [], 1
    while candidates := [layer for layer in _open(subject, kept) if layer.size <= room]:
        scores = (_influences if by == "influence" else _losses)(subject, kept, candidates)
        least = min(candidates, key=lambda layer: scores[layer])
        lines += [
            {"round": turn, "layer": subject.called(layer), by: scores[layer], "dropped": layer is least}
            for layer in candidates
        ]
        kept[least.stack].remove(least.place)
        room, turn = room - least.size, turn + 1
        ko, en = ORDERS[by]
        name, score = subject.called(least), f"{scores[least]:.3f}"
        subject.told(f"{name} 층을 뺍니다({ko}: {score}). / {name} goes ({en}: {score}).")
    return kept, lines


def _open(subject: Subject, kept: Kept) -> list[Layer]:
    """Layers that may still go."""
    stacks, fewest = subject.family.stacks, least_layers(subject.family)
    return [
        layer
        for layer in subject.modules
        if layer.place in kept[layer.stack]
        and len(kept[layer.stack]) > fewest
        and not (stacks[layer.stack].first_stays and layer.place == 0)
        and not (subject.family.first_deepest and layer.stack == 0 and len(kept[0]) <= len(kept[1]))
    ]


def _influences(subject: Subject, kept: Kept, candidates: Sequence[Layer]) -> dict[Layer, float]:
    with only_layers(subject.model, subject.family, kept):
        found = influences(subject.model, subject.tokenizer, subject.chosen_by, subject.family)
    return {layer: found[layer.stack, kept[layer.stack].index(layer.place)] for layer in candidates}


def _losses(subject: Subject, kept: Kept, candidates: Sequence[Layer]) -> dict[Layer, float]:
    """Nats a token without each of them."""
    scores = {}
    for layer in candidates:
        without = [list(places) for places in kept]
        without[layer.stack].remove(layer.place)
        with only_layers(subject.model, subject.family, without):
            scores[layer] = subject.loss(subject.chosen_by)
    return scores
