"""How a model is asked: the prompt of its recipe, with the options of the dataset it learned from and the clauses found."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel, ValidationError
from sqlite_utils import Database

from engine.curate.given_fields import text_in, text_or_none
from engine.curate.row import Message
from engine.errors import UserError
from engine.recipes.recipe import FREE, Recipe, load_recipe, prepared, require_together, way_of
from engine.retrieve.retriever import Retriever, open_retriever
from engine.retrieve.settings import RetrievalSettings
from engine.serve.asked import Asked
from engine.serve.choose import Model, named, settings_name
from engine.serve.decoding import Decoding
from engine.serve.history import Shape
from engine.serve.way import PLAIN, Way, decoding_in
from engine.store.artifacts import artifact_meta
from engine.store.clause_index import clause_sources, dataset_sources
from engine.store.datasets import get_dataset
from engine.store.open import path_of
from engine.store.runs import get_run
from engine.store.sources import get_source
from engine.store.sweeps import best_settings
from engine.store.talks import model_settings


def options_of(db: Database, recipe: Recipe, run: dict[str, Any] | None) -> BaseModel:
    """The options of the run's dataset; what was said of an adopted adapter; the recipe's defaults for a bare base."""
    if run is None:
        return recipe.options()
    if run["dataset_id"] is None:
        known = artifact_meta(db, run["adapter_id"]) if run["adapter_id"] else {}
        return _options(recipe, known.get("options", {}), run["id"])
    return _options(recipe, get_dataset(db, run["dataset_id"])["options"], run["dataset_id"])


def _options(recipe: Recipe, kept: Mapping[str, Any], where: str) -> BaseModel:
    """Raises UserError where the recipe's options have changed since they were kept."""
    try:
        return recipe.options(**kept)
    except ValidationError as error:
        fields = ", ".join(str(one["loc"][0]) for one in error.errors() if one["loc"])
        raise UserError(
            f"{where}의 옵션({fields})을 지금의 '{recipe.name}' 레시피가 모릅니다. 레시피가 그 뒤 바뀌었습니다. `dataset build`로 데이터셋을 다시 만들고 다시 학습하세요.",
            f"The recipe '{recipe.name}' as it is now does not know the options ({fields}) of {where}: it was changed since. Build the "
            "dataset again with `dataset build`, and train again.",
        ) from error


def usual_settings(
    db: Database, recipe: Recipe, run: dict[str, Any] | None, model: str | None = None
) -> dict[str, Any]:
    """How a model answers unless told otherwise: what a sweep chose for it, over the recipe's own decoding; `k` among it where one
    was chosen. `model`: its name in evaluations, for a bare base."""
    name = run["id"] if run else model
    chosen = best_settings(db, recipe.name, name) if name else None
    return {**recipe.decoding, **(chosen["settings"] if chosen else {})}


def prompt_of(
    db: Database, recipe: Recipe, run: dict[str, Any] | None
) -> Callable[[Mapping[str, Any]], Sequence[Message]]:
    """One item with all that it is shown (for a recipe that retrieves: its `clauses`) to the prompt."""
    options = options_of(db, recipe, run)
    return lambda item: recipe.prompt(item, options)


def item_prompt(
    db: Database,
    recipe: Recipe,
    run: dict[str, Any] | None,
    sources: Sequence[str] = (),
    settings: RetrievalSettings | None = None,
) -> Callable[[Mapping[str, Any]], Asked]:
    """One item of `answer --in` to the prompt. A recipe that retrieves looks in `sources`, see `searched_sources`."""
    options = options_of(db, recipe, run)
    refuse_sources(recipe, sources)
    if not recipe.retrieves:
        return lambda item: Asked(recipe.prompt(item, options))
    retriever = retriever_of(db, recipe, run, sources, settings)
    return lambda item: _asked(recipe, options, retriever, item)


def chat_prompt(db: Database, run: dict[str, Any] | None) -> Shape:
    """A chat's history to the prompt: shaped as in training where the run's recipe says how, else as it is.

    Where clauses are looked up, what was said last is the question, and what was said before is not shown: rows of
    training hold one question too.
    """
    recipe = load_recipe(run["recipe"]) if run else None
    if recipe is None or not (recipe.chats or recipe.retrieves):
        return Asked
    options = options_of(db, recipe, run)
    if not recipe.retrieves:
        return lambda turns: Asked(recipe.prompt({"turns": turns}, options))
    usual = usual_settings(db, recipe, run)
    retriever = retriever_of(db, recipe, run, (), RetrievalSettings(k=usual["k"]) if "k" in usual else None)
    return lambda turns: replace(_asked(recipe, options, retriever, {"question": turns[-1]["content"]}), alone=True)


def example_of(db: Database, run: dict[str, Any] | None) -> str | None:
    """The form of question that a run learned, filled with an example; None for bases, and where a chat is shaped as in training."""
    recipe = load_recipe(run["recipe"]) if run else None
    if recipe is None or recipe.chats or recipe.retrieves or recipe.endpoint is None:
        return None
    messages = prompt_of(db, recipe, run)(recipe.endpoint.example)
    return "\n\n".join(message["content"] for message in messages if message["role"] != "system")


def chat_way(db: Database, model: Model) -> Way:
    """How a model answers in a chat: the way that its name tells, else its recipe's usual one. Raises UserError for a way that its
    recipe does not have; a base without a run has none but the plain one."""
    if model.run:
        recipe = prepared(db, load_recipe(model.run["recipe"]))
        way = way_of(recipe, model.way)
        require_together(recipe, len(model.members), way)
        return way
    if model.way not in (None, FREE) or model.others:
        raise UserError(
            f"'{model.name}'에는 답하는 방식을 붙일 수 없습니다. 기반 모델이나 서버의 모델은 레시피가 없어 말한 그대로 답합니다. @와 +를 빼거나 학습을 고르세요.",
            f"'{model.name}' has no way of answering to be named: a base, or a server's model, has no recipe and answers plainly. Leave "
            "out @ and +, or name a run.",
        )
    return PLAIN


@dataclass(frozen=True)
class Speaker:
    """A model, and how it is asked and answers in a chat."""

    model: Model
    shape: Shape
    way: Way
    decoding: Decoding
    others: tuple[Shape, ...] = ()
    """How the models are asked that answer together with it, in the order of `model.others`."""


def speaker_of(db: Database, model: Model, chosen: Mapping[str, Any] | None = None) -> Speaker:
    """chosen: settings of the chat, over what the model's own recipe, way and owner say; None: it begins with those."""
    others = tuple(chat_prompt(db, other.run) for other in model.others)
    decoding = with_settings(chat_decoding(db, model.name), chosen or {})
    return Speaker(model, chat_prompt(db, model.run), chat_way(db, model), decoding, others)


def chat_decoding(db: Database, name: str) -> Decoding:
    """How the model of that name answers in a chat that begins: its recipe's settings, or what a sweep chose; over them its way's, and
    what the owner keeps for it. Raises UserError for a run, recipe or way that there is none of."""
    return with_settings(recipe_decoding(db, name), model_settings(db, settings_name(name)))


def recipe_decoding(db: Database, name: str) -> Decoding:
    """How the model of that name answers where the owner keeps nothing for it."""
    told = named(name)
    if told.run is None:
        return Decoding.model_validate({})
    run = get_run(db, told.run)
    recipe = load_recipe(run["recipe"])
    usual = usual_settings(db, recipe, run)
    decoding = Decoding.model_validate({setting: value for setting, value in usual.items() if setting != "k"})
    return decoding_in(way_of(recipe, told.way), decoding)


def with_settings(decoding: Decoding, given: Mapping[str, Any]) -> Decoding:
    """`decoding` changed by what is given; what cannot be (an address typed by hand, a setting of another version) changes nothing."""
    known = {name: value for name, value in given.items() if name in Decoding.model_fields}
    try:
        return Decoding.model_validate({**decoding.model_dump(), **known})
    except ValidationError:
        return decoding


def _asked(recipe: Recipe, options: BaseModel, retriever: Retriever, item: Mapping[str, Any]) -> Asked:
    question, company, product = (
        text_in(item, "question"),
        text_or_none(item, "company"),
        text_or_none(item, "product"),
    )
    found = retriever.find(question, retriever.settings.k, company, product)
    return Asked(recipe.prompt({**item, "clauses": [clause.text for clause in found]}, options), tuple(found))


def retriever_of(
    db: Database,
    recipe: Recipe,
    run: dict[str, Any] | None,
    sources: Sequence[str] = (),
    settings: RetrievalSettings | None = None,
) -> Retriever:
    """What finds the clauses that a model is shown."""
    return open_retriever(path_of(db), searched_sources(db, recipe, run, sources), settings or RetrievalSettings())


def searched_sources(db: Database, recipe: Recipe, run: dict[str, Any] | None, given: Sequence[str] = ()) -> list[str]:
    """Sources with clauses: those given (`all`, `latest`), else those of the run's dataset, else all of the recipe's.

    Raises UserError when one is unknown or holds no clause, or when there is none at all.
    """
    known = clause_sources(db, recipe.name)
    if given and "all" not in given:
        return [_with_clauses(get_source(db, id_, recipe.name), known) for id_ in given]
    behind = dataset_sources(db, run["dataset_id"]) if run and run["dataset_id"] and not given else []
    found = [id_ for id_ in known if id_ in behind] or known
    if not found:
        raise UserError(
            f"찾아볼 조항이 없습니다({recipe.name} 자료 중 조항이 든 것 0개). 먼저 약관을 `import`로 가져오세요.",
            f"There are no clauses to search (0 sources of {recipe.name} hold any). `import` the clauses first.",
        )
    return found


def _with_clauses(source: dict[str, Any], known: Sequence[str]) -> str:
    if source["id"] not in known:
        raise UserError(
            f"자료 {source['id']}({source['kind']}, 기록 {source['record_count']:,}개)에는 조항이 없어 찾아볼 것이 없습니다. "
            "약관(chunks, clauses)을 가져온 자료를 고르세요.",
            f"Source {source['id']} ({source['kind']}, {source['record_count']:,} records) holds no clause, so there is "
            "nothing to search. Choose a source of clauses (chunks, clauses).",
        )
    return str(source["id"])


def refuse_sources(recipe: Recipe, sources: Sequence[str]) -> None:
    """Raise UserError when sources are given to a recipe that looks nothing up."""
    if sources and not recipe.retrieves:
        raise UserError(
            f"--sources({', '.join(sources)})는 {recipe.name} 레시피에 쓸 수 없습니다. 자료를 찾아보며 답하는 레시피가 아닙니다. 빼고 다시 하세요.",
            f"--sources ({', '.join(sources)}) cannot be used with the recipe {recipe.name}: it answers without looking "
            "anything up. Leave it out.",
        )
