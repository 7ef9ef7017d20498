"""What a visitor's page stands on: a store, models that can be talked to, and how they are opened. The dashboard makes one, and a
bundle makes one; the page is the same."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.serve.backend import Backend, Weights


@dataclass(frozen=True)
class Place:
    """Where visitors talk. `models`: name to what it is called on the page, the first one opens; an invitation narrows them."""

    store: Path
    models: Mapping[str, str]
    open: Callable[[str], Backend]
    """A model's name to the model in memory. Raises UserError for what the owner has to mend."""
    title: str
    """What stands above the talk, as written by the owner."""
    notice: str = ""
    """What has to be said wherever these models answer."""
    home: str | None = None
    """Address that thumbs and corrections are sent to; None: they are in the owner's store already, or are downloaded."""
    home_key: str | None = None
    """What the owner's server asks for before it takes them."""
    lasting: bool = True
    """Whether what is said stays: a free host forgets it whenever it starts anew."""
    weights: Callable[[str], Weights] | None = None
    """What a name needs in memory, where models share it; None: each name is weights of its own."""

    def needs(self, name: str) -> Weights:
        """What has to be in memory to answer as `name`."""
        return self.weights(name) if self.weights else Weights(self.store, name, "none", None)
