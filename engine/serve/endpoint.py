"""A typed door that a recipe offers on the API server: what it takes and what it gives. It knows no server."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from engine.serve.asked import Asked


@dataclass(frozen=True)
class Endpoint:
    """One item in, one answer out, both as pydantic models: POST /RECIPE/NAME."""

    name: str
    ko: str
    en: str
    item: type[BaseModel]
    """The body of a request; its fields are the item that the recipe's `prompt` takes."""
    answer: type[BaseModel]
    """The body of a response. The server fills `model`; the other fields come from `read`."""
    read: Callable[[str, Asked], Mapping[str, Any]]
    """(the answer's text, what was asked) to the response's fields. It raises nothing, whatever the model said."""
    way: str | None = None
    """The way of answering unless the server was started with another; None: the plain one."""

    @property
    def example(self) -> dict[str, Any]:
        """An item made of the examples of its fields."""
        return {name: field.examples[0] for name, field in self.item.model_fields.items() if field.examples}
