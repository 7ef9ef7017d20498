"""A person's label on an answer, checked against the kinds that engine/ground knows, and kept."""

from sqlite_utils import Database

from engine.errors import UserError
from engine.ground.verdict import GROUNDED, KINDS, Kind
from engine.store.labels import set_label


def kinds_of(label: str) -> list[Kind]:
    """Kinds that go with a label, in the order of the contract."""
    return [kind for kind in KINDS if kind != "undecided" and (kind in GROUNDED) == (label == "grounded")]


def label_answer(db: Database, answer_id: int, label: str, kind: str | None, by: str) -> int:
    """Record a label; returns its id. The person's earlier label stays and comes back by undo.

    Raises UserError for an unknown label or kind, for a kind that does not go with the label, without a person, or when the
    answer is gone.
    """
    fitting = kinds_of(label)
    if kind is not None and kind not in fitting:
        raise UserError(
            f"'{kind}'은(는) {label}의 종류가 아닙니다. {', '.join(fitting)} 가운데 고르거나 비우세요.",
            f"'{kind}' is no kind of {label}. Choose one of {', '.join(fitting)}, or none.",
        )
    return set_label(db, answer_id, label, kind, by)
