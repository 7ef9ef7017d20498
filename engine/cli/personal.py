"""The option with which an owner lets a text pass in which personal data seems to be left."""

from typing import Annotated

import typer

from engine.errors import UserError

AllowPersonal = Annotated[
    str | None,
    typer.Option(
        "--allow-personal",
        metavar="REASON",
        help="남은 의심이 있어도 내보냅니다. 까닭은 기록됩니다. / Write in spite of a hit; the reason is recorded.",
    ),
]
SHORTEST = 4
"""Letters: a reason somebody can read later."""


def reason_for(given: str | None) -> str | None:
    """The reason. Raises UserError for one that says nothing."""
    if given is not None and len(given.strip()) < SHORTEST:
        raise UserError(
            "--allow-personal에 까닭이 없습니다. 왜 그대로 내보내도 되는지 한마디로 적으세요. 기록에 남습니다.",
            "--allow-personal needs a reason. Say in a few words why it may leave as it is. It is recorded.",
        )
    return given.strip() if given is not None else None
