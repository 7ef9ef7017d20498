"""The one line of this server, before the one model in memory: the owner's tabs and all visitors stand in it."""

from engine.serve.line import ANSWER, Line
from ui.say import t

_LINE = Line()
"""Of the process, and in no cache of Streamlit's: every browser may ask the server to clear those, and the model would stay in
memory with nobody to free it."""


def the_line() -> Line:
    """The same for every session."""
    return _LINE


def waiting_words(position: int, ahead: str) -> str:
    """What somebody who waits is told; as `Line.turn` calls its `waiting`."""
    if ahead != ANSWER:
        return t("line.job", kind=t(f"job.kind.{ahead}"))
    return t("line.next") if position == 1 else t("line.position", n=position)
