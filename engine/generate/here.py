"""Pairs from a model on this machine: a run or a base, a few questions at a time."""

import time

from engine.errors import Stopped
from engine.generate.desk import Desk
from engine.resources import count_tokens
from engine.serve.backend import Backend
from engine.serve.decoding import Decoding
from engine.store.generations import Wanted

AT_ONCE = 8
"""Questions per batch: a clause has about 500 tokens, and eight of them fit beside a small model."""


def generate_here(desk: Desk, backend: Backend) -> None:
    """Ask until nothing is open. Raises Stopped when the owner asked to; all that was accepted is kept."""
    again: list[Wanted] = []
    rounds = 0
    while batch := _batch(desk, again):
        if asked := desk.work.stop_asked():
            raise Stopped(saved=asked == "save")
        began = time.monotonic()
        options = desk.options
        # A new seed every round: what is asked again must be able to come out another way.
        drawn = {"temperature": options.temperature, "max_new_tokens": options.max_new_tokens}
        decoding = Decoding.model_validate({**drawn, "seed": options.seed + rounds})
        made = backend.generate([desk.prompt(wanted) for wanted in batch], decoding)
        took = (time.monotonic() - began) / len(batch)
        count_tokens(sum(answer.new_tokens for answer in made))
        rounds += 1
        again = []
        for wanted, answer in zip(batch, made, strict=True):
            tokens = (None, answer.new_tokens)
            once_more = desk.settle(wanted, "local", answer.text, ended=answer.ended, tokens=tokens, took=took)
            again += [once_more] if once_more else []
        desk.show([])
    desk.show([], now=True)


def _batch(desk: Desk, again: list[Wanted]) -> list[Wanted]:
    batch = list(again)
    while len(batch) < AT_ONCE and (wanted := desk.take()):
        batch.append(wanted)
    return batch
