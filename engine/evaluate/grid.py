"""Which settings a sweep tries: a grid of values over the settings that are used now, all of it or a random part."""

import random
from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import Any

from pydantic import ValidationError

from engine.errors import UserError
from engine.ground.form import TAIL_PHRASES
from engine.retrieve.settings import RetrievalSettings
from engine.serve.decoding import Decoding

FIELDS = ("temperature", "top_p", "repetition_penalty", "max_new_tokens", "stop", "k")
DEFAULT: Mapping[str, Sequence[str]] = {
    "temperature": ("0.1", "0.7"),
    "repetition_penalty": ("1.0", "1.2", "1.3", "1.5"),
    "stop": ("off", "on"),
}
MOST_CELLS = 48
"""Cells per model when no budget is given."""
STOPS = ("off", "on", "proposed")
"""No stop phrase; the tail phrases that the detector knows; these and the ones proposed from answers seen."""


def parse_grid(words: Sequence[str], proposed: Sequence[str]) -> dict[str, list[Any]]:
    """["temperature=0.1,0.7", …] to checked values. Raises UserError naming the field."""
    given = dict(_split(word) for word in words)
    return {name: _different(_value(name, word, proposed) for word in values) for name, values in given.items()}


def _different(values: Iterable[Any]) -> list[Any]:
    found: list[Any] = []
    for value in values:
        if value not in found:
            found.append(value)
    return found


def _split(word: str) -> tuple[str, list[str]]:
    name, equals, values = word.partition("=")
    if name.strip() not in FIELDS or not equals or not values.strip():
        raise UserError(
            f"--grid에 '{word}'(이)가 왔습니다. 이름=값,값 꼴이어야 하고 이름은 {', '.join(FIELDS)} 가운데 하나입니다.",
            f"--grid got '{word}'; it must read name=value,value with one of {', '.join(FIELDS)}.",
        )
    return name.strip(), [value.strip() for value in values.split(",") if value.strip()]


def _value(name: str, word: str, proposed: Sequence[str]) -> Any:
    if name == "stop":
        return _stops(word, proposed)
    try:
        settings = RetrievalSettings(k=word) if name == "k" else Decoding(**{name: word})  # type: ignore[arg-type]
    except ValidationError as error:
        raise UserError(
            f"--grid {name}에 '{word}'(을)를 쓸 수 없습니다: {error.errors()[0]['msg']}. 값을 고치세요.",
            f"--grid {name} cannot be '{word}': {error.errors()[0]['msg']}. Change the value.",
        ) from error
    return settings.model_dump()[name]


def _stops(word: str, proposed: Sequence[str]) -> list[str]:
    if word not in STOPS:
        raise UserError(
            f"--grid stop에 '{word}'(이)가 왔습니다. {', '.join(STOPS)} 가운데에서 고르세요.",
            f"--grid stop got '{word}'. Choose from {', '.join(STOPS)}.",
        )
    if word == "proposed" and not proposed:
        raise UserError(
            "제안된 멈춤 구절이 아직 없습니다. 먼저 `sweep`을 한 번 하거나 stop=off,on만 쓰세요.",
            "No stop phrases were proposed yet. Run `sweep` once before, or use stop=off,on alone.",
        )
    return {"off": [], "on": [*TAIL_PHRASES], "proposed": list(dict.fromkeys([*TAIL_PHRASES, *proposed]))}[word]


def cells(
    grid: Mapping[str, Sequence[Any]], now: Mapping[str, Any], budget: int, seed: int
) -> tuple[list[dict[str, Any]], int]:
    """(settings to try, how many the whole grid has). What is used now comes first and always; beyond `budget` cells a random
    part is drawn."""
    names = list(grid)
    whole = [{**now, **dict(zip(names, values, strict=True))} for values in product(*grid.values())]
    others = [cell for cell in whole if cell != dict(now)]
    if len(others) > budget - 1:
        kept = sorted(random.Random(seed).sample(range(len(others)), max(0, budget - 1)))
        others = [others[place] for place in kept]
    return [dict(now), *others], len(whole)


def changes(cell: Mapping[str, Any], now: Mapping[str, Any]) -> int:
    """How many settings differ from those used now: the fewer, the simpler."""
    return sum(cell[name] != value for name, value in now.items())
