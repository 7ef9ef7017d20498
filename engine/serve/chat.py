"""One chat with one model, kept in the store turn by turn. It knows nothing of pages or terminals."""

import secrets
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from engine.curate.row import Message
from engine.errors import UserError
from engine.retrieve.retriever import Found
from engine.serve.asked import Asked
from engine.serve.backend import Backend
from engine.serve.choose import Model, open_model
from engine.serve.decoding import Decoding
from engine.serve.timing import Timing
from engine.serve.way import PLAIN, Way
from engine.store.chats import Ended, Said, add_message, get_chat, read_messages, replace_from, start_chats
from engine.store.clause_index import keep_shown
from engine.store.open import open_store, writing
from engine.store.resources import ChatCost, keep_chat_cost

TITLE_LENGTH = 24
HISTORY_TURNS = 9
"""Turns sent back to the model, a user's first: small models lose the thread beyond, and the window is short."""

Shape = Callable[[Sequence[Message]], Asked]
"""A chat's history to the prompt."""
Keep = Callable[[str, Ended, ChatCost], None]


def begin(db: Database, models: Sequence[str], said: str, decoding: Decoding) -> list[str]:
    """A new chat per model, titled and begun by the same words; returns their ids."""
    title = " ".join(said.split())[:TITLE_LENGTH]
    ids = start_chats(db, models, title, decoding.model_dump(mode="json"))
    hear(db, ids, said)
    return ids


def hear(db: Database, chat_ids: Sequence[str], said: str) -> None:
    """Store what the owner said, before any model is asked: words are never lost."""
    for chat_id in chat_ids:
        add_message(db, chat_id, "user", said)


class Conversation:
    """A chat that is being held. Give `backend` to share a model already in memory; else it is loaded and closed here."""

    def __init__(
        self,
        store: Path,
        model: Model,
        shape: Shape,
        decoding: Decoding,
        chat_id: str | None = None,
        backend: Backend | None = None,
        way: Way = PLAIN,
    ) -> None:
        self.store = store
        self.model = model
        self.shape = shape
        self.decoding = decoding
        self.way = way
        """What it puts around the model's words; how candidates are chosen and held to a form is not for chats."""
        self.chat_id = chat_id
        self.found: tuple[Found, ...] = ()
        """Clauses that the last answer was given with."""
        self.answered = ""
        """The last answer as it was kept."""
        self.owned = backend is None
        self.backend = backend or open_model(store, self.model)

    def say(self, text: str) -> Generator[str, None, None]:
        """Store what the owner said, stream the answer, store it."""
        with open_store(self.store) as db:
            if self.chat_id is None:
                self.chat_id = begin(db, [self.model.name], text, self.decoding)[0]
            else:
                hear(db, [self.chat_id], text)
        yield from self.answer()

    def answer(self) -> Generator[str, None, None]:
        """Stream an answer to what the owner said last, and store it. One stopped half-way, or that failed, is stored as far
        as it came and marked so; one without a word is not stored."""
        assert self.chat_id is not None
        with open_store(self.store) as db:
            get_chat(db, self.chat_id)
            history = read_messages(db, self.chat_id)
        while history and history[-1]["role"] != "user":  # another window was answered while this one waited
            history.pop()
        yield from self._stream(history, self.decoding, self._append)

    def again(self, seq: int, text: str | None = None) -> Generator[str, None, None]:
        """Stream another answer in the place of message `seq` and all that follows; `text`: what the owner says there.

        The old messages go when the new answer stands. One that fails, or is stopped before its first word, changes
        nothing. Raises UserError when the chat went on in another window meanwhile.
        """
        assert self.chat_id is not None
        chat_id, asked = self.chat_id, [] if text is None else [Said("user", text)]
        with open_store(self.store) as db:
            known = read_messages(db, chat_id)
        before = [turn for turn in known if turn["seq"] < seq]
        if len(before) == len(known):
            raise _replaced()

        def keep(answer: str, ended: Ended, cost: ChatCost) -> None:
            if ended != "failed":
                said = [*asked, Said("assistant", answer, ended)]
                with open_store(self.store) as db, writing(db):
                    replace_from(db, chat_id, seq, known[-1]["seq"], said)
                    self._keep_facts(db, chat_id, seq + len(asked), cost)

        history = [*before, *({"role": one.role, "text": one.text} for one in asked)]
        yield from self._stream(history, another(self.decoding), keep)

    def _append(self, answer: str, ended: Ended, cost: ChatCost) -> None:
        with open_store(self.store) as db, writing(db):
            seq = add_message(db, str(self.chat_id), "assistant", answer, ended)
            self._keep_facts(db, str(self.chat_id), seq, cost)

    def _keep_facts(self, db: Database, chat_id: str, seq: int, cost: ChatCost) -> None:
        """The clauses that the answer was given with, and what it took."""
        keep_shown(db, chat_id, seq, [clause.record_id for clause in self.found])
        keep_chat_cost(db, chat_id, seq, cost)

    def _stream(self, history: Sequence[dict[str, Any]], decoding: Decoding, keep: Keep) -> Generator[str, None, None]:
        asked = self.shape([Message(role=turn["role"], content=turn["text"]) for turn in history[-HISTORY_TURNS:]])
        self.found = asked.found or ()
        pieces: list[str] = []
        ended: Ended = "failed"
        timing = Timing()
        try:
            for piece in self._said(asked.messages, decoding, timing):
                pieces.append(piece)
                yield piece
            if self.way.finish:
                said, pieces = "".join(pieces).strip(), [self.way.finish(asked.messages, "".join(pieces))]
                if pieces[0].startswith(said) and (rest := pieces[0][len(said) :]):
                    yield rest
            ended = "whole"
        except (GeneratorExit, KeyboardInterrupt):
            ended = "stopped"
            raise
        except (RuntimeError, MemoryError) as error:
            if (told := mendable(error)) is error:
                raise
            raise told from error
        finally:
            if answer := "".join(pieces).strip():
                self.answered = answer
                keep(answer, ended, timing.cost())

    def _said(self, messages: Sequence[Message], decoding: Decoding, timing: Timing) -> Iterator[str]:
        """The way's opening, then the model's own words, which are timed."""
        if self.way.opening and (opening := self.way.opening(messages)):
            yield f"{opening}\n"
        yield from timing.listen(self.backend.stream(messages, decoding))

    def close(self) -> None:
        """Free the model when this chat loaded it."""
        if self.owned:
            self.backend.close()


def _replaced() -> UserError:
    return UserError(
        "그 말이 그사이 지워졌거나 바뀌었습니다. 아무것도 바꾸지 않았습니다. 새로 고쳐서 보고 다시 하세요.",
        "That message was deleted or replaced meanwhile. Nothing was changed. Refresh, look, and try again.",
    )


def another(decoding: Decoding) -> Decoding:
    """The same settings with another seed: the same one would give the same answer."""
    return decoding.model_copy(update={"seed": secrets.randbelow(2**31)})


def mendable(error: Exception) -> Exception:
    """Words for a model that does not fit into memory beside what runs there; else the error itself."""
    from engine.train.memory import is_out_of_memory

    if not is_out_of_memory(error):
        return error
    return UserError(
        "메모리가 모자라 답을 끝내지 못했습니다. 학습이 돌고 있으면 끝날 때까지 기다리거나, 더 작은 모델을 고르세요. 쓴 말은 남아 있습니다.",
        "There was too little memory to answer. Wait until a training has ended, or choose a smaller model. What you wrote is kept.",
    )


@dataclass(frozen=True, slots=True)
class Turn:
    """What the owner said, and what each side answered: one list of messages per chat, its question first."""

    sides: tuple[tuple[dict[str, Any], ...], ...]

    @property
    def alike(self) -> bool:
        """Whether every side was asked the same words."""
        return len({_question(side) for side in self.sides}) == 1


def _question(side: Sequence[dict[str, Any]]) -> str | None:
    return str(side[0]["text"]) if side and side[0]["role"] == "user" else None


def turns_of(chats: Sequence[Sequence[dict[str, Any]]]) -> list[Turn]:
    """The messages of one chat, or of two side by side, turn by turn."""
    cut = [_cut(messages) for messages in chats]
    count = max((len(turns) for turns in cut), default=0)
    return [Turn(tuple(tuple(turns[i]) if i < len(turns) else () for turns in cut)) for i in range(count)]


def _cut(messages: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    turns: list[list[dict[str, Any]]] = []
    for message in messages:
        if message["role"] == "user" or not turns:
            turns.append([])
        turns[-1].append(message)
    return turns
