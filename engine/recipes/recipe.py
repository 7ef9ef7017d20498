"""The contract of a recipe, and how the files that keep it are found."""

import importlib.util
import os
import re
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from sqlite_utils import Database

from engine.curate.row import Message, Row, SourceView
from engine.errors import UserError
from engine.evaluate.suite import Suite
from engine.serve.endpoint import Endpoint
from engine.serve.way import PLAIN, Way
from engine.sources.preferences import PREFERENCES
from engine.sources.talk_shapes import SHAPES
from engine.store.preferences import STYLES

UNORDERED = 100
_ORDER = re.compile(r"^    order=(\d+),", re.MULTILINE)


@dataclass(frozen=True)
class Phase:
    """One training of a chain: each begins with what an earlier one learned."""

    name: str
    ko: str
    en: str
    style: str
    """Of the dataset it learns from: one of the recipe's, or `pairs` or `ratings` for what the owner preferred."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Settings over the preset's, the objective among them."""
    preset: str | None = None
    """None: the usual one for the base."""
    starts_from: str | None = None
    """The phase it goes on from; None: the one before it that answers, a reward model does not."""
    asked_for: bool = False
    """True: only in a chain that names it."""


@dataclass(frozen=True)
class Recipe:
    """Which sources it reads, how records become rows, how it is trained, judged and prompted."""

    name: str
    ko: str
    en: str
    source_kinds: tuple[str, ...]
    options: type[BaseModel]
    """Fields of `dataset build --set k=v`; each field's docstring is its help."""
    build: Callable[[SourceView, Any], Iterator[Row]]
    """(source, options) to rows in file order; rows left out carry `dropped`."""
    prompt: Callable[[Mapping[str, Any], Any], tuple[Message, ...]]
    """(item of `answer --in`, the dataset's options) to the prompt the model was trained on. KeyError: a field is missing."""
    suite: Suite
    presets: Mapping[str, Mapping[str, Any]]
    """Preset name to training settings that differ from the defaults; the first is used when none is named."""
    build_across: Callable[[Sequence[SourceView], Any, int], Iterator[tuple[SourceView, Iterator[Row]]]] | None = None
    """Where the rows of a source depend on the others (a clause beside its questions, duplicates): all sources and the
    options and the seed of the split to the rows of each, source after source. None: each source is built alone."""
    complete: Callable[[Database, Sequence[str], Any], Any] | None = None
    """(store, source ids, options) to the options with what the owner's dictionary and the sources add. They are kept with the
    dataset, so what is asked later goes through the same ones."""
    title: tuple[str, str] | None = None
    """(Korean, English): what visitors read above a model of it where its owner gave no name. None: the recipe's name."""
    order: int = UNORDERED
    """Where it stands in lists: the lowest is offered first. Written as a plain number, since it is read off the file."""
    styles: tuple[str, ...] = ("chat",)
    chats: bool = False
    """True: `prompt` takes {"turns": [messages]}, and a chat's history goes through it, shaped as in training."""
    retrieves: bool = False
    """True: questions are answered from clauses found in the sources; `prompt` takes {"question", "clauses": [text]}."""
    small_preset: str | None = None
    """The preset for bases under 100M parameters when none is named: they need about ten times the learning rate."""
    splits: Mapping[str, float] = field(default_factory=lambda: {"train": 0.9, "validation": 0.05, "test": 0.05})
    special_tokens: Callable[[Iterable[str]], tuple[str, ...]] | None = None
    """(texts of a dataset's rows) to what a model shall read and write as one token, as `#Person1#`; asked once when a run is
    launched, unless the run's setting of that name says otherwise."""
    must_mask: bool = False
    """True: a dataset from an unmasked source, and a run on such a dataset, are refused."""
    decoding: Mapping[str, Any] = field(default_factory=dict)
    """Decoding settings that differ from the defaults."""
    ways: Mapping[str, Way] = field(default_factory=dict)
    """Other ways of answering, by name: a model `run-x@NAME` on a board, `answer --decoding NAME`."""
    phases: tuple[Phase, ...] = ()
    """Trainings that build on each other, for `chain`; the first begins with the base. Empty: the recipe has no chain."""
    notice: tuple[str, str] | None = None
    """Korean and English: what every page says that shows the recipe's material, models or answers."""
    prepare: Callable[["Recipe", Database], "Recipe"] | None = None
    """(this, store) to the recipe as what the owner keeps there makes it, their own terms: how answers are finished and read. Asked
    for once, before answers are made; see `prepared`."""
    read: Callable[[Mapping[str, Any], str], Mapping[str, Any]] | None = None
    """(item of `answer --in`, answer) to the fields that stand beside the answer. It raises nothing, whatever the model said."""
    field_names: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """A field of answers in JSON to what people call it, Korean and English."""
    endpoint: Endpoint | None = None
    """A typed door of the API server, at /RECIPE/NAME; None: only chat completions."""
    usual_way: str | None = None
    """The way in which a model answers where none is named; None: plainly."""
    asks_each: bool = False
    """True: a row's meta holds the fields of `prompt`, and in an evaluation each model is asked in the style it learned."""
    samples: tuple[Path, ...] = ()
    """Shipped sample sources, used when `dataset build` gets no --source."""
    sample_me: str | None = None
    journey_styles: tuple[str, ...] = ()
    """Styles of the sample journey, each a dataset and a run, in order; all are judged on the last one's held-out rows.
    Empty: the first style."""
    journey_families: tuple[str, ...] = ("decoder",)
    """Families (decoder, seq2seq) of the sample journey: every style is trained on one small base of each, all judged side by side."""
    journey_ways: tuple[str, ...] = ()
    """Ways of answering that every run of the journey is judged in beside the plain one."""
    journey_together: str | None = None
    """The way in which all runs of the journey answer together, one more line on its board."""
    journey_options: Mapping[str, Any] = field(default_factory=dict)
    """Options of the journey's datasets that differ from the defaults."""
    journey_decodings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Decodings the journey judges with, by name (before, after); empty: the recipe's own, once."""

    @property
    def reads(self) -> tuple[str, ...]:
        """Kinds of sources that can be imported: the recipe's own, preferences and whole prompts made elsewhere, and dictionaries."""
        return tuple(dict.fromkeys((*self.builds, PREFERENCES, "terms", "relations")))

    @property
    def builds(self) -> tuple[str, ...]:
        """Kinds of sources that rows are made of: the recipe's own, and prompts with answers that come as they are."""
        return (*self.source_kinds, *SHAPES)


def folders() -> list[Path]:
    """Where recipe files may lie: beside this file, then the folders of MALMOI_RECIPES."""
    extra = os.environ.get("MALMOI_RECIPES", "")
    return [Path(__file__).parent, *(Path(part) for part in extra.split(os.pathsep) if part)]


def recipe_names() -> list[str]:
    """Names of all recipes found, by their `order`, then by name."""
    found = [path for folder in folders() for path in sorted(folder.glob("*.py")) if _is_recipe(path)]
    return [path.stem for path in sorted(found, key=_order_in)]


def _order_in(path: Path) -> int:
    """Read, not executed: a list of recipes runs none of them, and a broken one is no reason to show no list."""
    told = _ORDER.search(path.read_text(encoding="utf-8", errors="replace"))
    return int(told[1]) if told else UNORDERED


def _is_recipe(path: Path) -> bool:
    return path.stem not in ("__init__", "recipe", "asking", "preferring", "visiting") and not path.stem.startswith("_")


@cache
def load_recipe(name: str) -> Recipe:
    """The recipe of that name. Raises UserError when no file of that name is found."""
    found = {path.stem: path for folder in reversed(folders()) for path in folder.glob("*.py") if _is_recipe(path)}
    if name in found:  # looked up, never joined to a path: the name can come from a store somebody sent
        return _load(found[name])
    known = ", ".join(recipe_names())
    raise UserError(
        f"'{name}' 레시피가 없습니다. 있는 레시피: {known}. --recipe에 그중 하나를 쓰세요.",
        f"There is no recipe '{name}'. Known recipes: {known}. Give one of them to --recipe.",
    )


def prepared(db: Database, recipe: Recipe) -> Recipe:
    """The recipe as the owner's store makes it."""
    return recipe.prepare(recipe, db) if recipe.prepare else recipe


FREE = "free"
"""The plain way under a name, where a recipe has no other."""


def way_of(recipe: Recipe, name: str | None) -> Way:
    """The way of that name; None is the recipe's usual one, `free` the plain one where the recipe has no other of that name.

    Raises UserError when the recipe has no such way.
    """
    name = name or recipe.usual_way
    if name is not None and name in recipe.ways:
        return recipe.ways[name]
    if name in (None, FREE):
        return PLAIN
    known = ", ".join(recipe.ways) or "-"
    raise UserError(
        f"'{recipe.name}' 레시피에는 '{name}'(이)라는 답하는 방식이 없습니다. 있는 방식: {known}. 모델 이름 뒤의 @{name}을(를) 바꾸거나 빼세요.",
        f"The recipe '{recipe.name}' has no way of answering '{name}'. It has: {known}. Change what follows the @, or leave it out.",
    )


def measures_parts(recipe: Recipe, ways: Sequence[str | None]) -> bool:
    """Whether a board shows single steps of finishing, each by itself: `ways` are those of its models."""
    return any(name in recipe.ways and recipe.ways[name].part_of for name in ways if name)


def require_together(recipe: Recipe, models: int, way: Way) -> None:
    """Raises UserError when several models are to answer together in a way that cannot choose among their answers."""
    if models > 1 and way.utility is None:
        able = ", ".join(name for name, one in recipe.ways.items() if one.utility) or "-"
        raise UserError(
            f"모델 {models}개가 함께 답하려면 답 가운데 하나를 고르는 방식이 있어야 합니다. '{recipe.name}'에서 되는 방식: {able}. "
            "모델 이름 뒤에 @방식을 붙이세요.",
            f"{models} models answer together only in a way that chooses among their answers. Of '{recipe.name}' these do: {able}. "
            "Put @WAY behind the models.",
        )


def require_style(recipe: Recipe, style: str) -> None:
    """Raises UserError when the recipe has no such style."""
    known = (*recipe.styles, *STYLES)
    if style not in known:
        raise UserError(
            f"'{style}' 모양은 없습니다. '{recipe.name}' 레시피의 모양: {', '.join(known)}.",
            f"There is no style '{style}'. Styles of recipe '{recipe.name}': {', '.join(known)}.",
        )


def _load(path: Path) -> Recipe:
    module_name = f"engine.recipes.{path.stem}"
    with _LOADING:
        if module_name not in sys.modules:
            _execute(path, module_name)
    found = sys.modules[module_name].RECIPE
    assert isinstance(found, Recipe), f"{path.name}: RECIPE must be a Recipe"
    return found


_LOADING = threading.RLock()
"""Pages run in threads: one must not see what another has only half executed."""


def _execute(path: Path, module_name: str) -> None:
    spec = importlib.util.spec_from_file_location(module_name, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[module_name]
        raise
