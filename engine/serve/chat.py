"""One chat with one model, kept in the store turn by turn. It knows nothing of pages or terminals."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from engine.curate.row import Message
from engine.serve.backend import Backend
from engine.serve.choose import Model, open_model
from engine.serve.decoding import Decoding
from engine.store.chats import add_message, read_messages, start_chat
from engine.store.open import open_store

TITLE_LENGTH = 24
HISTORY_TURNS = 9
"""Turns sent back to the model, a user's first: small models lose the thread beyond, and the window is short."""

Shape = Callable[[Sequence[Message]], Sequence[Message]]
"""A chat's history to the prompt."""


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
    ) -> None:
        self.store = store
        self.model = model
        self.shape = shape
        self.decoding = decoding
        self.chat_id = chat_id
        self.owned = backend is None
        self.backend = backend or open_model(store, self.model)

    def say(self, text: str) -> Iterator[str]:
        """Store what the owner said, stream the answer, store it. An answer stopped half-way is stored as far as it came;
        one that failed or stopped before its first word is not stored."""
        with open_store(self.store) as db:
            if self.chat_id is None:
                title = " ".join(text.split())[:TITLE_LENGTH]
                self.chat_id = start_chat(db, self.model.name, title, self.decoding.model_dump(mode="json"))
            add_message(db, self.chat_id, "user", text)
            history = read_messages(db, self.chat_id)
        prompt = self.shape([Message(role=turn["role"], content=turn["text"]) for turn in history[-HISTORY_TURNS:]])
        pieces: list[str] = []
        try:
            for piece in self.backend.stream(prompt, self.decoding):
                pieces.append(piece)
                yield piece
        finally:
            if answer := "".join(pieces).strip():
                with open_store(self.store) as db:
                    add_message(db, self.chat_id, "assistant", answer)

    def close(self) -> None:
        """Free the model when this chat loaded it."""
        if self.owned:
            self.backend.close()
