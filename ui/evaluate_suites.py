"""How evaluations of each suite are looked at: one line per suite. A suite without a line is looked at plainly."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ui import (
    evaluate_answers,
    evaluate_board,
    evaluate_ladder,
    evaluate_size,
    evaluate_votes,
    medical_board,
    patent_board,
    patent_cases,
    policy_board,
    policy_judge,
    policy_questions,
    policy_sweep,
    summary_board,
)

View = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Look:
    """What the page offers for an evaluation of one suite."""

    views: Mapping[str, View]
    """Name in the address (`?view=`) to what draws it, the first one first; `evaluate.view.NAME` is its word."""
    caption: str
    what: str
    """Word that says what an evaluation of this suite is, before there is one."""
    explained: tuple[str, ...]
    """Glossary entries under the page."""


UNFINISHED = ("answers", "sweep")
"""Views that can be drawn before an evaluation is whole."""
PLAIN = Look(
    {"board": evaluate_board.show, "answers": evaluate_answers.show, "vote": evaluate_votes.show},
    "home.leaderboard_help",
    "evaluate.what",
    ("evaluation", "metric", "interval", "n", "p", "paired", "blind", "base", "verbatim", "seed"),
)
BESIDE: Mapping[str, View] = {"vote": evaluate_votes.show, "size": evaluate_size.show}
"""Views of any evaluation of two models or more."""
LOOKS: dict[str, Look] = {
    "medical": Look(
        {**PLAIN.views, "board": medical_board.show},
        "medical.caption",
        "medical.what",
        ("evaluation", "metric", "floor", "interval", "n", "p", "paired", "blind", "base"),
    ),
    "patent": Look(
        {"board": patent_board.show, "cases": patent_cases.show, "metrics": patent_board.metrics},
        "patent.caption",
        "patent.evaluated",
        ("evaluation", "risk_accuracy", "element_match", "confusion", "floor", "interval", "n", "p", "paired", "base"),
    ),
    "policy": Look(
        {
            "board": policy_board.show,
            "questions": policy_questions.show,
            "sweep": policy_sweep.show,
            "judge": policy_judge.show,
        },
        "policy.caption",
        "policy.what",
        ("hallucination", "grounded", "refusal", "interval", "n", "p", "paired", "kappa", "base"),
    ),
    "summary": Look(
        {**PLAIN.views, "board": summary_board.show},
        "summary.caption",
        "summary.what",
        ("rouge", "morpheme", "eojeol", "interval", "n", "p", "paired", "base"),
    ),
}


def look_of(suite: str | None) -> Look:
    """How evaluations of that suite are looked at."""
    return LOOKS.get(suite or "", PLAIN)


def views_of(look: Look, evaluation: Mapping[str, Any]) -> Mapping[str, View]:
    """The look's views, what sets two models beside each other, and the ladder where there are steps."""
    models = len(evaluation["models"])
    steps = {"ladder": evaluate_ladder.show} if models >= evaluate_ladder.FEWEST else {}
    return {**look.views, **(BESIDE if models > 1 else {}), **steps}
