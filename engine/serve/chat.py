"""One chat with one model, kept in the store turn by turn. It knows nothing of pages or terminals."""

from collections.abc import Iterator
from pathlib import Path

from engine.curate.row import Message
from engine.serve.backend import Backend
from engine.serve.choose import choose_model, open_model
from engine.serve.decoding import Decoding
from engine.store.chats import add_message, get_chat, read_messages, start_chat
from engine.store.open import open_store

TITLE_LENGTH = 24
HISTORY_TURNS = 10
"""Turns sent back to the model: small models lose the thread beyond, and the window is short."""


class Conversation:
    """A chat that is being held. Give `backend` to share a model already in memory; else it is loaded and closed here."""

    def __init__(
        self, store: Path, model: str, decoding: Decoding, chat_id: str | None = None, backend: Backend | None = None
    ) -> None:
        self.store = store
        self.decoding = decoding
        with open_store(store) as db:
            if chat_id:
                chat = get_chat(db, chat_id)
                chat_id, model = chat["id"], chat["model"]
            self.model = choose_model(db, model)
        self.chat_id = chat_id
        self.owned = backend is None
        self.backend = backend or open_model(store, self.model)

    def say(self, text: str) -> Iterator[str]:
        """Store what the owner said, stream the answer, store it. An answer stopped half-way is stored as far as it came."""
        with open_store(self.store) as db:
            if self.chat_id is None:
                title = " ".join(text.split())[:TITLE_LENGTH]
                self.chat_id = start_chat(db, self.model.name, title, self.decoding.model_dump(mode="json"))
            add_message(db, self.chat_id, "user", text)
            history = read_messages(db, self.chat_id)
        prompt = [Message(role=turn["role"], content=turn["text"]) for turn in history[-HISTORY_TURNS:]]
        pieces: list[str] = []
        try:
            for piece in self.backend.stream(prompt, self.decoding):
                pieces.append(piece)
                yield piece
        finally:
            with open_store(self.store) as db:
                add_message(db, self.chat_id, "assistant", "".join(pieces).strip())

    def close(self) -> None:
        """Free the model when this chat loaded it."""
        if self.owned:
            self.backend.close()
