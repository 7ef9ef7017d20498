"""What is served: one model (or several that answer together), its recipe's prompts, and how it answers. It knows no HTTP."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from engine.curate.row import Message
from engine.errors import UserError
from engine.recipes.asking import chat_prompt, item_prompt, usual_settings
from engine.recipes.recipe import Recipe, load_recipe, prepared, require_together, way_of
from engine.retrieve.settings import RetrievalSettings
from engine.serve.asked import Asked
from engine.serve.backend import Backend
from engine.serve.choose import choose_model, open_model, parts_of
from engine.serve.decoding import Decoding
from engine.serve.endpoint import Endpoint
from engine.serve.way import PLAIN, Way, decoding_in
from engine.store.open import open_store

AS_IS = ":as-is"
"""Behind a model's name: messages go to the model as they are, for a client that shapes them itself."""

Shape = Callable[[Sequence[Message]], Asked]
Item = Callable[[Mapping[str, Any]], Asked]


@dataclass(frozen=True)
class Served:
    """Everything that requests need to know."""

    name: str
    """The model's name on boards, without a way of answering and without the folders above it."""
    recipe: Recipe | None
    way: Way
    way_name: str | None
    decoding: Decoding
    """How it usually answers: the recipe's settings, or what a sweep chose for it."""
    openers: Sequence[Callable[[], Backend]]
    shapes: Sequence[Shape]
    """For each model that answers, a chat's history to its prompt."""
    items: Sequence[Item]
    """For each model that answers, one item of the recipe's endpoint to its prompt; none without an endpoint."""
    told: Sequence[str]
    """Decoding settings that the owner set by name: no way of answering changes them."""
    shaped: bool
    """Whether a chat's messages are put into the recipe's own prompt."""

    @property
    def names(self) -> list[str]:
        """What the field `model` of a chat request may be."""
        return [self.name, self.name + AS_IS] if self.shaped else [self.name]

    @property
    def endpoint(self) -> Endpoint | None:
        """The recipe's typed door."""
        return self.recipe.endpoint if self.recipe else None

    def answering(self, way_name: str | None = None) -> tuple[Way, Decoding]:
        """The way that was chosen at the start, else the one named here; and the decoding it wants."""
        way = self.way
        if self.way_name is None and way_name is not None and self.recipe is not None:
            way = way_of(self.recipe, way_name)
        return way, decoding_in(way, self.decoding, self.told)


def serve_what(
    store: Path, model: str, recipe_name: str | None, way_name: str | None, settings: Mapping[str, Any]
) -> Served:
    """Resolve what is to be served; nothing is loaded yet. `settings`: decoding settings over the usual ones.

    Raises UserError for an unknown run, recipe or way, and for several models in a way that cannot choose among them.
    """
    with open_store(store) as db:
        chosen = choose_model(db, model, recipe_name)
        name = recipe_name or (chosen.run["recipe"] if chosen.run else None)
        recipe = prepared(db, load_recipe(name)) if name else None
        way_name = way_name or chosen.way
        way = _way(recipe, way_name, len(chosen.members))
        usual = usual_settings(db, recipe, chosen.run, chosen.name) if recipe else {}
        k = usual.pop("k", None)
        return Served(
            name=_public("+".join(parts_of(chosen.name)[0])),
            recipe=recipe,
            way=way,
            way_name=way_name,
            decoding=Decoding(**{**usual, **settings}),
            told=list(settings),
            openers=[partial(open_model, store, one) for one in chosen.members],
            shapes=[chat_prompt(db, one.run) for one in chosen.members],
            items=_items(db, recipe, [one.run for one in chosen.members], k),
            shaped=recipe is not None and chosen.run is not None and (recipe.chats or recipe.retrieves),
        )


def _public(name: str) -> str:
    """A base from a folder by the folder's name: where it lies is nobody's business."""
    place = name.removeprefix("base:")
    return f"base:{Path(place).name}" if name.startswith("base:") and Path(place).is_absolute() else name


def _items(db: Database, recipe: Recipe | None, runs: Sequence[dict[str, Any] | None], k: int | None) -> list[Item]:
    if recipe is None or recipe.endpoint is None:
        return []
    looked = RetrievalSettings() if k is None else RetrievalSettings(k=k)
    return [item_prompt(db, recipe, run, (), looked) for run in runs]


def _way(recipe: Recipe | None, name: str | None, models: int) -> Way:
    if recipe is not None:
        way = way_of(recipe, name)
        require_together(recipe, models, way)
        return way
    if name is None and models == 1:
        return PLAIN
    raise UserError(
        f"답하는 방식({name or '여러 모델'})은 레시피가 정합니다. --recipe를 주세요.",
        f"Ways of answering ({name or 'several models'}) belong to a recipe. Give --recipe.",
    )
