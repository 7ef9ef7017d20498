"""One chat with one model, kept in the store turn by turn. It knows nothing of pages or terminals."""

import secrets
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from engine.curate.row import Message
from engine.errors import UserError
from engine.retrieve.retriever import Found
from engine.serve.asked import Asked
from engine.serve.backend import Backend, Generated
from engine.serve.choose import Model, open_model
from engine.serve.decoding import Decoding
from engine.serve.history import Shape, Shown, shown_of
from engine.serve.memory_room import mendable
from engine.serve.streaming import watched
from engine.serve.timing import Timing
from engine.serve.way import PLAIN, Way, answers, narrowed
from engine.store.chats import Ended, Said, add_message, get_chat, read_messages, replace_from, start_chats
from engine.store.clause_index import keep_shown
from engine.store.open import open_store, writing
from engine.store.resources import ChatCost, keep_chat_cost
from engine.store.talks import View, keep_view, make_blind

TITLE_LENGTH = 24
LOOK = 1.0
"""Seconds between two looks at whether an answer is still wanted."""
Keep = Callable[[str, Ended, ChatCost, Shown], None]
Asking = tuple[Sequence[dict[str, Any]], Keep]
"""The history that is answered, and where the answer goes."""
Opened = Callable[[], AbstractContextManager[Sequence[Backend]]]
"""The chat's own model, and after it those that answer together with it, in memory while it is held; entering may wait."""


def begin(db: Database, models: Sequence[str], said: str, decoding: Decoding, blind: bool = False) -> list[str]:
    """A new chat per model, titled and begun by the same words; returns their ids. blind: the models stand in an order that chance
    chose, and are not named until the owner wants to know."""
    title = " ".join(said.split())[:TITLE_LENGTH]
    placed = secrets.SystemRandom().sample(models, len(models)) if blind else models
    with writing(db):
        ids = start_chats(db, placed, title, decoding.model_dump(mode="json"))
        if blind:
            make_blind(db, ids)
        hear(db, ids, said)
    return ids


def hear(db: Database, chat_ids: Sequence[str], said: str) -> None:
    """Store what the owner said, before any model is asked: words are never lost."""
    for chat_id in chat_ids:
        add_message(db, chat_id, "user", said)


class Conversation:
    """A chat that is being held. Give `backend` for a model already in memory, `opened` for models that have to be waited for; else
    the model is loaded when it is first asked, and closed here."""

    def __init__(
        self,
        store: Path,
        model: Model,
        shape: Shape,
        decoding: Decoding,
        chat_id: str | None = None,
        backend: Backend | None = None,
        way: Way = PLAIN,
        others: Sequence[Shape] = (),
        opened: Opened | None = None,
        look: Callable[[], None] | None = None,
    ) -> None:
        """look: called every LOOK seconds while the answer is made, also while the model is silent; what it raises ends the answer."""
        self.store = store
        self.model = model
        self.shape = shape
        self.decoding = decoding
        self.way = way
        """How the answer is made of the model's words. One that is chosen among several comes in one piece."""
        self.others = others
        """How the models are asked that answer together with this one, in the order in which `opened` gives them."""
        self.chat_id = chat_id
        self.found: tuple[Found, ...] = ()
        """Clauses that the last answer was given with."""
        self.answered = ""
        """The last answer as it was kept."""
        self.owned = backend is None
        self.backend = backend
        self.opened = opened or self._own
        self.look = look

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
        yield from self._answered(self._last, self.decoding)

    def _last(self) -> Asking:
        assert self.chat_id is not None
        with open_store(self.store) as db:
            get_chat(db, self.chat_id)
            history = read_messages(db, self.chat_id)
        while history and history[-1]["role"] != "user":  # another window was answered while this one waited
            history.pop()

        def keep(answer: str, ended: Ended, cost: ChatCost, shown: Shown) -> None:
            with open_store(self.store) as db, writing(db):
                seq = add_message(db, str(self.chat_id), "assistant", answer, ended)
                self._keep_facts(db, str(self.chat_id), seq, cost, View(_seq(history, shown.first), shown.cut))

        return history, keep

    def again(self, seq: int, text: str | None = None) -> Generator[str, None, None]:
        """Stream another answer in the place of message `seq` and all that follows; `text`: what the owner says there.

        The old messages go when the new answer stands. One that fails, or is stopped before its first word, changes
        nothing. Raises UserError when the chat went on in another window meanwhile.
        """
        yield from self._answered(lambda: self._at(seq, text), another(self.decoding))

    def _at(self, seq: int, text: str | None) -> Asking:
        assert self.chat_id is not None
        chat_id, asked = self.chat_id, [] if text is None else [Said("user", text)]
        with open_store(self.store) as db:
            known = read_messages(db, chat_id)
        before = [turn for turn in known if turn["seq"] < seq]
        if len(before) == len(known):
            raise _replaced()

        def keep(answer: str, ended: Ended, cost: ChatCost, shown: Shown) -> None:
            if ended != "failed":
                said = [*asked, Said("assistant", answer, ended)]
                with open_store(self.store) as db, writing(db):
                    replace_from(db, chat_id, seq, known[-1]["seq"], said)
                    self._keep_facts(db, chat_id, seq + len(asked), cost, View(_seq(history, shown.first), shown.cut))

        history = [*before, *({"seq": seq, "role": one.role, "text": one.text} for one in asked)]
        return history, keep

    def _keep_facts(self, db: Database, chat_id: str, seq: int, cost: ChatCost, view: View) -> None:
        """The clauses that the answer was given with, what it took, and how much of the chat the model saw."""
        keep_shown(db, chat_id, seq, [clause.record_id for clause in self.found])
        keep_chat_cost(db, chat_id, seq, cost)
        keep_view(db, chat_id, seq, view)

    def needs_model(self, seq: int | None = None, text: str | None = None) -> bool:
        """Whether a model is asked for the answer to come, see `answer` and `again`; False: it is told at once. Raises UserError as
        they do."""
        return not self._instead((self._last() if seq is None else self._at(seq, text))[0])

    def _answered(self, asking: Callable[[], Asking], decoding: Decoding) -> Generator[str, None, None]:
        """What the way says in the model's place is said at once, with no model in memory; all else once the models are there."""
        history, keep = asking()
        if told := self._instead(history):
            self.found, self.answered = (), told
            try:
                yield told
            finally:  # who leaves now has been told
                keep(told, "whole", Timing().cost(), Shown(Asked(()), 0, False))
            return
        with self.opened() as backends:
            history, keep = asking()  # another window may have been answered while this one waited
            yield from self._stream(history, decoding, keep, backends)

    def _instead(self, history: Sequence[dict[str, Any]]) -> str:
        return self.way.instead(self.shape(_messages(history)).messages) if self.way.instead else ""

    @contextmanager
    def _own(self) -> Iterator[Sequence[Backend]]:
        if self.backend is None:
            self.backend = open_model(self.store, self.model)
        yield [self.backend]

    def _stream(
        self, history: Sequence[dict[str, Any]], decoding: Decoding, keep: Keep, backends: Sequence[Backend]
    ) -> Generator[str, None, None]:
        turns = _messages(history)
        shown = shown_of(turns, self.shape, backends[0], decoding)
        self.found = shown.asked.found or ()
        pieces: list[str] = []
        ended: Ended = "failed"
        timing = Timing()
        try:
            said = self._said(turns[shown.first :], shown.asked.messages, decoding, backends)
            for piece in timing.listen(watched(said, self.look, LOOK) if self.look else said):
                pieces.append(piece)
                yield piece
            if self.way.finish:
                told, pieces = "".join(pieces).strip(), [self.way.finish(shown.asked.messages, "".join(pieces))]
                if pieces[0].startswith(told) and (rest := pieces[0][len(told) :]):
                    yield rest
            ended = "whole"
        except (RuntimeError, MemoryError) as error:
            if (mended := mendable(error)) is error:
                raise
            raise mended from error
        except Exception:
            raise
        except BaseException:  # a click, a closed tab, Ctrl-C, or what `look` ended it with: no failure
            ended = "stopped"
            raise
        finally:
            if answer := "".join(pieces).strip():
                self.answered = answer
                keep(answer, ended, timing.cost(), shown)

    def _said(
        self, turns: Sequence[Message], messages: Sequence[Message], decoding: Decoding, backends: Sequence[Backend]
    ) -> Iterator[str]:
        """The model's own words as they come; those chosen among several in one piece."""
        if not self.others and self.way.candidates == 1:
            return backends[0].stream(messages, narrowed(self.way, messages, decoding))
        prompts = [[messages], *([shape(turns).messages] for shape in self.others)]
        way = replace(self.way, finish=None)  # the answer is finished where it is kept
        return _at_once(lambda: answers(backends, prompts, decoding, way)[0])

    def close(self) -> None:
        """Free the model when this chat loaded it."""
        if self.owned and self.backend is not None:
            self.backend.close()


def _messages(history: Sequence[dict[str, Any]]) -> list[Message]:
    return [Message(role=turn["role"], content=turn["text"]) for turn in history]


def _at_once(make: Callable[[], Generated]) -> Generator[str, None, Generated]:
    """An answer in one piece, as a stream."""
    made = make()
    yield made.text
    return made


def _seq(history: Sequence[dict[str, Any]], place: int) -> int:
    """The number of a message; 0 where nobody had said anything."""
    return int(history[place]["seq"]) if history else 0


def _replaced() -> UserError:
    return UserError(
        "그 말이 그사이 지워졌거나 바뀌었습니다. 아무것도 바꾸지 않았습니다. 새로 고쳐서 보고 다시 하세요.",
        "That message was deleted or replaced meanwhile. Nothing was changed. Refresh, look, and try again.",
    )


def another(decoding: Decoding) -> Decoding:
    """The same settings with another seed: the same one would give the same answer."""
    return decoding.model_copy(update={"seed": secrets.randbelow(2**31)})


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
