"""What names a chat: its place in the address, and its models in words."""

from engine.serve.choose import ENGINES, named
from engine.serve.elsewhere import from_elsewhere, place_of
from ui import frame
from ui.frame import t
from ui.words import WORDS

FIELDS = ("temperature", "top_p", "repetition_penalty", "max_new_tokens", "stop")
"""Settings of a chat that has not begun: in the address, until the chat keeps them."""


def open_chat(chat_id: str | None) -> None:
    """Show a chat, or the empty page of a new one with the models chosen last."""
    forget_settings()
    frame.name_in_address(chat=chat_id, model=None, beside=None)


def forget_settings() -> None:
    """Another chat has settings of its own."""
    frame.name_in_address(**dict.fromkeys(FIELDS))


def model_label(name: str, base: str | None = None, style: str | None = None) -> str:
    """`base:NAME`, a server's model or a run's id as an owner reads it, with the style it learned where that has a name; not escaped."""
    if from_elsewhere(name):
        model, host = place_of(name)
        return t("elsewhere.label", name=model, host=host)
    told = named(name)
    beside = "" if told.engine == ENGINES[0] else f" · {told.engine}"
    beside += f" @{told.way}" if told.way else ""
    if told.run is None:
        return t("chat.base", name=short(told.bare.removeprefix("base:"))) + beside
    key, run = f"policy.model.{style}", told.run.removeprefix("run-")
    called = t(key, id=run) if key in WORDS else t("chat.run", name=run)
    return called + (f" ({short(base)})" if base else "") + beside


def short(base: str) -> str:
    """A hub name without its maker, a folder without its path."""
    return base.replace("\\", "/").rstrip("/").split("/")[-1]
