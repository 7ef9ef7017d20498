"""How the refusals of a dataset stand among its answers: a small model says only the one of two things that begin alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from engine.curate.policy_rules import first_word
from engine.store.rows import count_refusing

MOST_ALIKE = 0.02
"""Share of answers that may begin with the refusal's first word."""
LEAST_REFUSING, MOST_REFUSING = 0.05, 0.4
"""Share of rows that refuse: below it a model hardly learns to, above it refusing becomes the best guess."""


@dataclass(frozen=True, slots=True)
class Refusals:
    """Counts of kept rows. `alike`: answers that begin with `word`, the refusal's first."""

    rows: int
    refusing: int
    alike: int
    word: str

    @property
    def warnings(self) -> list[str]:
        """What to mend, one `Korean / English` line each; none is good."""
        answers, found = self.rows - self.refusing, []
        if answers and self.alike / answers > MOST_ALIKE:
            share = f"{self.alike / answers:.0%}"
            found.append(
                f"답 {self.alike:,}개({share})가 거절처럼 '{self.word}'(으)로 시작합니다. 작은 모델은 늘 거절하거나 거절하지 않게 됩니다. / "
                f"{self.alike:,} answers ({share}) begin with '{self.word}' as the refusal does: a small model then refuses always or never."
            )
        if self.rows and not LEAST_REFUSING <= self.refusing / self.rows <= MOST_REFUSING:
            share = f"{self.refusing / self.rows:.0%}"
            found.append(
                f"답이 없는 질문이 {self.refusing:,}개({share})입니다. {LEAST_REFUSING:.0%}에서 {MOST_REFUSING:.0%} 사이라야 거절을 알맞게 배웁니다. / "
                f"{self.refusing:,} rows ({share}) are unanswerable; between {LEAST_REFUSING:.0%} and {MOST_REFUSING:.0%} teach refusing well."
            )
        return found


def refusals_of(db: Database, dataset: Mapping[str, Any]) -> Refusals | None:
    """None for a dataset whose options name no refusal, and for the simple style, which holds none."""
    refusal = dataset["options"].get("refusal")
    if not refusal or dataset["style"] == "simple":
        return None
    word = first_word(refusal)
    return Refusals(*count_refusing(db, dataset["id"], word), word)
