"""One of several models that are compared, in the memory that holds one. It knows no page."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from engine.serve.backend import Backend
from engine.serve.choose import Model, weights_of
from engine.serve.line import Line


@contextmanager
def in_turn(
    line: Line,
    who: str,
    store: Path,
    models: Sequence[Model],
    model: Model,
    load: Callable[[Model], Backend],
    waiting: Callable[[int, str], None],
) -> Iterator[Backend]:
    """The backend for `model`, one of `models`, as `Line.turn` gives it. The weights under an adapter serve its base too: beside it
    they are loaded once, with it."""
    wanted = weights_of(store, model)
    over = [one for one in models if one.adapter_id and weights_of(store, one)._replace(adapter_id=None) == wanted]
    if over and not line.holds(wanted):
        with line.turn(who, weights_of(store, over[0]), lambda: load(over[0]), waiting):
            pass
    with line.turn(who, wanted, lambda: load(model), waiting) as backend:
        yield backend
