"""The job of a compression: steps in order, a gate after each, measuring at the end. A killed one goes on after its last finished step.

It knows nothing of recipes: how models are judged is handed to it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from engine.compress.apply import apply_step
from engine.compress.forms import engines_of, make_form
from engine.compress.gate import Verdict, judge
from engine.compress.making import make_run
from engine.compress.measuring import measure
from engine.compress.plan import FORMS, Step, stages
from engine.compress.report import make_report
from engine.errors import Stopped, UserError
from engine.evaluate.suite import Suite
from engine.store.compressions import get_compression, read_steps, update_compression, update_step
from engine.store.evaluations import get_evaluation
from engine.store.jobs import Work
from engine.store.open import open_store

Judge = Callable[[Sequence[str]], Mapping[str, Any]]
"""Models, the original first, to the result of an evaluation; those it knows already are not asked again."""


@dataclass(frozen=True)
class _Job:
    """A compression at work."""

    work: Work
    compression: Mapping[str, Any]
    suite: Suite
    judge: Judge

    @property
    def id(self) -> str:
        return str(self.compression["id"])

    @property
    def original(self) -> str:
        return str(self.compression["run_id"])

    @property
    def gate(self) -> Mapping[str, Any]:
        """{metric, points, on_fail}."""
        return dict(self.compression["settings"]["gate"])

    def steps(self) -> list[dict[str, Any]]:
        """The steps as they stand now."""
        with open_store(self.work.store) as db:
            return read_steps(db, self.id)

    def set(self, place: int, **facts: Any) -> None:
        """Columns of a step."""
        with open_store(self.work.store) as db:
            update_step(db, self.id, place, **facts)

    def breathe(self) -> None:
        """Between two pieces of work. Raises Stopped when the owner asked."""
        if asked := self.work.stop_asked():
            raise Stopped(saved=asked == "save")

    def verdict(self, models: Sequence[str], model: str) -> Verdict:
        """What the gate says to a model, judged beside `models`."""
        self.breathe()
        result = self.judge([*models, model])
        with open_store(self.work.store) as db:
            update_compression(db, self.id, evaluation_id=result["evaluation_id"])
        metric = next(one for one in self.suite.metrics if one.name == self.gate["metric"])
        return judge(result, self.original, model, metric, self.gate["points"])


def run_compression(work: Work, compression_id: str, *, suite: Suite, judge: Judge) -> dict[str, Any]:
    """Make, judge and measure all that the plan asks for; returns the report, which the store keeps too.

    A step that loses more than the gate lets is rolled back, and what follows goes on from before it, or ends the compression, as
    its `on_fail` says. Raises what the techniques raise, and Stopped when the owner asked.
    """
    with open_store(work.store) as db:
        compression = get_compression(db, compression_id)
    if compression["result"]:  # killed between the report and its ending
        return dict(compression["result"])
    job = _Job(work, compression, suite, judge)
    models = _all_stages(job)
    result = job.judge(models)
    with open_store(work.store) as db:
        update_compression(db, job.id, evaluation_id=result["evaluation_id"])
    job.breathe()
    measured = measure(work, compression, models)
    with open_store(work.store) as db:
        compression = get_compression(db, compression_id)
        evaluation = get_evaluation(db, str(compression["evaluation_id"]))
        report = make_report(db, compression, evaluation, measured, suite)
        update_compression(db, job.id, result_json=report)
    return report


def _all_stages(job: _Job) -> list[str]:
    """Every model that was judged, the original first."""
    last, models, over = job.original, [job.original], False
    plan = [Step(s["technique"], s["share"], s["how"], s["teacher"], s["added"]) for s in job.steps()]
    for places in stages(plan):
        state = job.steps()[places[-1]]["state"]
        if over:
            _end(job, places, "skipped")
        elif state in ("waiting", "running"):
            state = _stage(job, places, last, models)
        steps = [job.steps()[place] for place in places]
        models += _models_of(steps)
        over = over or state == "failed"
        if state == "passed" and steps[-1]["technique"] not in FORMS:
            last = steps[-1]["run_id"]
    return models


def _models_of(steps: Sequence[Mapping[str, Any]]) -> list[str]:
    """The models that a stage was judged by: its last run, or its forms."""
    step = steps[-1]
    if step["technique"] in FORMS:
        return [form["model"] for form in step["facts"].get("engines", {}).values() if form["state"] != "refused"]
    return [step["run_id"]] if step["run_id"] and step["state"] in ("passed", "failed", "rolled_back") else []


def _end(job: _Job, places: Sequence[int], state: str, **facts: Any) -> None:
    """All steps of a stage end alike; the numbers stand with the one that was judged."""
    for place in places[:-1]:
        job.set(place, state=state)
    job.set(places[-1], state=state, **facts)


def _stage(job: _Job, places: Sequence[int], last: str, models: Sequence[str]) -> str:
    """Make and judge one stage; returns its state."""
    step = job.steps()[places[-1]]
    if step["technique"] in FORMS:
        verdict = _forms(job, places[0], last, models)
    else:
        for place in places:
            job.breathe()
            job.set(place, state="running")
            last = make_run(
                job.work, job.compression, job.steps()[place], last, partial(apply_step, job.work, job.compression)
            )
        verdict = job.verdict(models, last)
        job.set(places[-1], facts_json={**job.steps()[places[-1]]["facts"], "verdict": verdict.told()})
    on_fail = "failed" if job.gate["on_fail"] == "stop" else "rolled_back"
    state = "passed" if verdict and verdict.passed else on_fail
    numbers = {name: verdict.told()[name] for name in ("before", "after", "delta", "low", "high")} if verdict else {}
    _end(job, places, state, **numbers)
    return state


def _forms(job: _Job, place: int, last: str, models: Sequence[str]) -> Verdict | None:
    """Make and judge every form of a step that this machine can; the verdict on the best, None when there is none."""
    job.set(place, state="running")
    found: dict[str, Verdict] = {}
    for engine in engines_of(Step(**{k: job.steps()[place][k] for k in ("technique", "share", "how", "teacher")})):
        facts = job.steps()[place]["facts"]
        told = facts.get("engines", {}).get(engine) or _form(job, engine, last, models)
        job.set(place, facts_json={**facts, "engines": {**facts.get("engines", {}), engine: told}})
        if told["state"] != "refused":
            found[engine] = Verdict(**told["verdict"])
    return min(
        found.values(), key=lambda one: (not one.passed, one.lost if one.lost is not None else 1e9), default=None
    )


def _form(job: _Job, engine: str, last: str, models: Sequence[str]) -> dict[str, Any]:
    """{model, state: passed | failed | refused, verdict, artifact_id, ko, en}: why, where an engine cannot."""
    model = f"{engine}:{last}"
    job.breathe()
    job.work.progress(what="convert", model=model)
    try:
        artifact_id = make_form(job.work.store, engine, last)
    except UserError as error:
        job.work.log(f"{engine}: {error.ko} / {error.en}", "warning")
        return {"model": model, "state": "refused", "ko": error.ko, "en": error.en}
    verdict = job.verdict(models, model)
    state = "passed" if verdict.passed else "failed"
    return {"model": model, "state": state, "verdict": verdict.told(), "artifact_id": artifact_id}
