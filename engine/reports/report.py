"""One door to every report: the kind of thing is found by its id."""

import re
from collections.abc import Mapping
from typing import Any

from sqlite_utils import Database

from engine.errors import UserError
from engine.evaluate.confusion import as_plain, matrices
from engine.evaluate.policy_report import rates
from engine.evaluate.report import markdown
from engine.privacy.gate import require_clean_text
from engine.recipes.recipe import load_recipe
from engine.reports.dataset import dataset_report
from engine.reports.run import run_report
from engine.reports.words import Language
from engine.store.datasets import get_dataset
from engine.store.evaluations import get_evaluation, read_answers
from engine.store.judged import holds_verdicts
from engine.store.lineage import kind_of
from engine.store.runs import get_run


def report(
    db: Database,
    id_: str,
    language: Language = "ko",
    examples: bool = False,
    labels: Mapping[str, str] | None = None,
    allow: str | None = None,
) -> str:
    """A run, a dataset or an evaluation as Markdown. `examples`: with a few masked texts; without, no chat text at all.

    `labels`: metric names in plain words, where the caller has them. `allow`: the owner's reason to let a text pass in which
    personal data seems to be left. Raises UserError when the id names none of the three, and for such a text.
    """
    kind = kind_of(db, id_)
    if kind == "run":
        told = run_report(db, id_, language, examples, labels)
        return _clean(db, told, get_run(db, id_)["dataset_id"], id_, allow) if examples else told
    if kind == "dataset":
        told = dataset_report(db, id_, language, examples)
        return _clean(db, told, id_, id_, allow) if examples else told
    if kind == "evaluation":
        return evaluation_report(db, id_, language, labels)
    raise UserError(
        f"'{id_}'은(는) 보고서로 만들 수 있는 것이 아니거나 저장소에 없습니다. 학습(run-…), 데이터셋(ds-…), 평가(ev-…)의 id를 주세요.",
        f"'{id_}' is nothing a report is made of, or is not in the store. Give the id of a run, a dataset or an evaluation.",
    )


def _clean(db: Database, told: str, dataset_id: str | None, id_: str, allow: str | None) -> str:
    """The report, looked at as it leaves. Of unmasked material no text is shown at all."""
    dataset = get_dataset(db, dataset_id) if dataset_id else None
    if dataset and dataset["masked"]:
        require_clean_text(db, told, dataset["sources"], "report", id_, allow)
    return told


def evaluation_report(
    db: Database, evaluation_id: str, language: Language, labels: Mapping[str, str] | None = None
) -> str:
    """The report of a whole evaluation. Raises UserError while it is still running, or when its recipe is gone."""
    evaluation = get_evaluation(db, evaluation_id)
    if evaluation["state"] != "whole":
        raise UserError(
            f"평가 {evaluation_id}이(가) 아직 끝나지 않았습니다. 끝난 뒤에 보고서를 만드세요.",
            f"Evaluation {evaluation_id} has not ended yet. Make the report when it has.",
        )
    told = {
        **evaluation,
        "evaluation_id": evaluation["id"],
        "settings": flat(evaluation["settings"]),
        "answers": read_answers(db, evaluation["id"]),
    }
    suite = load_recipe(evaluation["recipe"]).suite
    if holds_verdicts(db, evaluation["id"]):
        told["breakdown"] = rates(db, [evaluation["id"]])
    if suite.confusion is not None:
        told["confusion"] = as_plain(matrices(db, evaluation["id"], suite.confusion))
    return markdown(suite, told, language, labels)


def flat(settings: Mapping[str, Any], above: str = "") -> dict[str, str]:
    """Nested settings as `decoding.temperature`: value, for a list of lines."""
    found: dict[str, str] = {}
    for name, value in settings.items():
        if isinstance(value, Mapping):
            found |= flat(value, f"{above}{name}.")
        else:
            found[above + name] = ", ".join(map(str, value)) or "—" if isinstance(value, list) else str(value)
    return found


def file_name(id_: str) -> str:
    """A harmless name for the report's file; the id may come from a store somebody sent."""
    return f"malmoi-{re.sub(r'[^a-z0-9-]+', '', id_.lower())[:40] or 'report'}.md"
