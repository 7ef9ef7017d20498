"""All that is shown of one search, read at once: its row, its job, its trials, its result so far. It draws nothing."""

from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from engine.store.jobs import get_job
from engine.store.studies import get_study, read_trials
from engine.train.search.importance import importances
from engine.train.search.run import summary
from engine.train.search.space import Range, as_range


@dataclass(frozen=True, slots=True)
class SearchView:
    """One search. `summary` is the result so far."""

    study: dict[str, Any]
    job: dict[str, Any] | None
    trials: list[dict[str, Any]]
    space: list[Range]
    summary: dict[str, Any]

    @property
    def fields(self) -> list[str]:
        """The searched fields, in order."""
        return [one.name for one in self.space]

    @property
    def own(self) -> list[dict[str, Any]]:
        """The trials without repetitions of them."""
        return [trial for trial in self.trials if trial["role"] != "again"]

    def importances(self) -> dict[str, float]:
        """{field: its share in what told good trials from bad}, largest first; {} while too few are finished."""
        return importances(self.space, self.trials, self.study["settings"])

    def value(self, trial: dict[str, Any], name: str) -> Any:
        """A trial's value of a field: its own, else the baseline's."""
        return trial["values"].get(name, self.study["settings"][name])


def read_search_view(db: Database, study_id: str) -> SearchView:
    """Everything about a search that a screen or `search show` tells. Raises UserError when there is none of that id."""
    study = get_study(db, study_id)
    trials, space = read_trials(db, study["id"]), [as_range(told) for told in study["space"]]
    return SearchView(
        study=study,
        job=get_job(db, study["job_id"]) if study["job_id"] else None,
        trials=trials,
        space=space,
        summary=summary(db, study["id"]),
    )
