"""What names a chat: its place in the address, and its models in words."""

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
    if name.startswith("base:"):
        return t("chat.base", name=short(name.removeprefix("base:")))
    key = f"policy.model.{style}"
    named = t(key, id=name.removeprefix("run-")) if key in WORDS else t("chat.run", name=name.removeprefix("run-"))
    return named + (f" ({short(base)})" if base else "")


def short(base: str) -> str:
    """A hub name without its maker, a folder without its path."""
    return base.replace("\\", "/").rstrip("/").split("/")[-1]
