"""What an answer costs beside how good it is: parameters, bytes, seconds, tokens, money. It loads no weights and judges nothing."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlite_utils import Database

from engine.models.bases import ResolvedBase, folder_of
from engine.models.shapes import shape_of
from engine.serve.choose import Model
from engine.serve.decoding import Decoding
from engine.store.artifacts import artifact_bytes
from engine.store.settings import get_setting, set_setting

FILE_BYTES = 2
"""Bytes of a weight in a file that was not fetched yet: bases are published in 16 bits."""
WEIGHTS = ("*.safetensors", "pytorch_model*.bin")
PRICES = "prices"
"""Setting: {"hour": what an hour of this machine costs, "tokens": {model: what a million of its tokens cost}}."""


def facts_of(
    db: Database, model: Model, decoding: Decoding, answers: Sequence[Mapping[str, Any]]
) -> dict[str, float | int | bool | str | None]:
    """{parameters, size_mb, precision, seconds_per_answer, tokens_per_second, tokens_per_answer, constrained, answers}; None for
    what is not known. Several models that answer together count together. `answers`: stored ones, with their scores.

    Seconds are those of a batch shared evenly among its answers: the same number of cores and the same batch for every model.
    """
    seconds = sum(answer["duration_ms"] for answer in answers) / 1000
    tokens = [answer["scores"].get("new_tokens") for answer in answers]
    told = sum(tokens) if tokens and None not in tokens else None
    return {
        "parameters": _sum([_parameters(one) for one in model.members]),
        "size_mb": _sum([_megabytes(db, one) for one in model.members]),
        "precision": "+".join(dict.fromkeys(one.quantisation for one in model.members)),
        "seconds_per_answer": seconds / len(answers) if answers else None,
        "tokens_per_second": told / seconds if told and seconds else None,
        "tokens_per_answer": told / len(answers) if told else None,
        "constrained": decoding.json_schema is not None,
        "answers": len(answers),
    }


def _sum(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def _parameters(model: Model) -> float | None:
    """Of the base; an adapter adds a hundredth or so and is left out, so that a base and what learned on it stand together. A model
    that was made smaller tells its own."""
    if model.run and model.whole_id and (told := (model.run["result"] or {}).get("parameters")):
        return float(told)
    shape = shape_of(model.base)
    return shape.parameters if shape else None


def _megabytes(db: Database, model: Model) -> float | None:
    """Of the files that hold the weights, 10**6 bytes, with the adapter."""
    base = artifact_bytes(db, model.whole_id) if model.whole_id else _base_bytes(model.base)
    if base is None:
        return None
    own = artifact_bytes(db, model.adapter_id) if model.adapter_id else 0
    return round((base + (own or 0)) / 1e6, 2)


def _base_bytes(base: ResolvedBase) -> int | None:
    folder = folder_of(base)
    found = sum(path.stat().st_size for form in WEIGHTS for path in folder.glob(form)) if folder else 0
    if found:
        return found
    shape = shape_of(base)
    return shape.parameters * FILE_BYTES if shape else None


def read_prices(db: Database) -> dict[str, Any]:
    """{hour, tokens: {model: price}}; nothing costs anything until the owner says so."""
    return {"hour": 0.0, "tokens": {}, **get_setting(db, PRICES, {})}


def set_price(db: Database, hour: float | None = None, model: str | None = None, tokens: float = 0.0) -> None:
    """Keep what an hour of this machine, or a million tokens of one model, cost; 0: nothing."""
    prices = read_prices(db)
    if hour is not None:
        prices["hour"] = hour
    if model is not None:
        prices["tokens"] = {**prices["tokens"], model: tokens}
    set_setting(db, PRICES, prices)


def cost_per_thousand(facts: Mapping[str, Any], prices: Mapping[str, Any], model: str) -> float | None:
    """What 1,000 answers cost: by their tokens where the model has a price for them, else by the time they take on this machine.
    None where that was not measured, or no price was set."""
    price = prices["tokens"].get(model)
    if not price and not prices["hour"]:
        return None
    amount = facts.get("tokens_per_answer") if price else facts.get("seconds_per_answer")
    if amount is None:
        return None
    return float(1000 * amount * (price / 1e6 if price else prices["hour"] / 3600))
