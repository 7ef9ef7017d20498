"""What a visitor may say and how it is answered: length, pace, the day's share, then a chat like any other. It knows no page."""

from collections.abc import Mapping

from sqlite_utils import Database

from engine.access.visitors import Visitor, spend
from engine.errors import UserError
from engine.models.bases import ResolvedBase
from engine.recipes.asking import chat_decoding
from engine.recipes.recipe import load_recipe
from engine.serve.chat import TITLE_LENGTH
from engine.serve.choose import Model, named
from engine.store.open import writing
from engine.store.runs import get_run
from engine.store.visits import hear_visitor, said_lately, start_visit

LONGEST = 8_000
"""Characters of one message. A claim with its product, or a long dialogue to be summed up, has 3,000; small models read less."""
LONGEST_CORRECTION = 2_000
PACE, PER = 20, 60.0
"""Messages that a visitor may send in so many seconds. People who type fast reach 12 a minute."""


def visited(db: Database, name: str) -> Model:
    """The model that a chat names, for its prompt alone: weights are not looked for. Raises UserError for a run that is gone."""
    told = named(name)
    run = get_run(db, told.run) if told.run else None
    return Model(name, ResolvedBase(name, "folder", name, None), None, run, "none", way=told.way)


def field_names(db: Database, name: str) -> Mapping[str, tuple[str, str]]:
    """As `Recipe.field_names`, of the recipe that the model of a chat learned; none for a base, and where either is gone."""
    try:
        run = visited(db, name).run
        return load_recipe(run["recipe"]).field_names if run else {}
    except UserError:
        return {}


def say(db: Database, visitor: Visitor, model: str, chat_id: str | None, said: str) -> str:
    """Take what the visitor said and one answer of the day's share; returns the chat's id, a new one for None.

    Raises UserError, and stores nothing, for words too long or too fast, and when nothing is left for today.
    """
    check_length(said)
    with writing(db):
        take_answer(db, visitor)
        if chat_id is None:
            settings = chat_decoding(db, model).model_dump(mode="json")
            chat_id = start_visit(db, visitor.id, model, " ".join(said.split())[:TITLE_LENGTH], settings)
        hear_visitor(db, visitor.id, chat_id, said)
    return chat_id


def take_answer(db: Database, visitor: Visitor) -> None:
    """One answer of the day's share. Raises UserError when the visitor goes too fast, or nothing is left."""
    if said_lately(db, visitor.id, PER) >= PACE:
        raise UserError(
            f"1분에 {PACE}번까지 말할 수 있습니다. 보내지 않았습니다. 잠시 쉬었다가 다시 보내 주세요.",
            f"Up to {PACE} messages a minute fit. It was not sent: take a short break and send it again.",
        )
    if not spend(db, visitor):
        raise UserError(
            f"오늘 나눌 수 있는 답 {visitor.per_day:,}개를 모두 썼습니다. 보내지 않았습니다. 한국 시간 자정이 지나면 다시 이야기할 수 있습니다.",
            f"All {visitor.per_day:,} answers of today are used up. It was not sent: after midnight in Korea you can talk again.",
        )


def check_length(said: str, most: int = LONGEST) -> None:
    """Raises UserError for words longer than `most` characters."""
    if len(said) > most:
        raise UserError(
            f"글이 {len(said):,}자입니다. 한 번에 {most:,}자까지 보낼 수 있습니다. 보내지 않았으니 줄여서 다시 보내 주세요.",
            f"The text has {len(said):,} characters; up to {most:,} fit at once. It was not sent: shorten it and send it again.",
        )
