"""What to try next, and what is hopeless: Optuna, rebuilt from a study's rows for each question.

Nothing is kept between two questions, so a process killed at any moment loses no knowledge. It trains nothing.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from engine.train.search.space import Range

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.study import Study

RANDOM_TRIALS = 5
"""Proposed at random before the sampler draws conclusions."""
JUDGED_FROM = 3
"""Finished trials before any is ended early: the median of fewer is luck."""
SPARED_TENTHS = 2
"""No trial is ended in its first fifth: the learning rate is still rising, and the slow may overtake."""


def as_optuna(
    space: Sequence[Range], trials: Sequence[Mapping[str, Any]], baseline: Mapping[str, Any], seed: int
) -> "Study":
    """The trials so far as a study in memory: TPE (Bergstra et al. 2011) proposes, the median of the finished prunes.

    A trial that diverged or ran out of memory counts as pruned at once: the sampler learns to keep away from it.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=RANDOM_TRIALS)
    pruner = optuna.pruners.MedianPruner(n_startup_trials=JUDGED_FROM, n_warmup_steps=SPARED_TENTHS)
    study = optuna.create_study(sampler=sampler, pruner=pruner, direction="minimize")
    distributions = {one.name: _distribution(one) for one in space}
    states = {
        "done": optuna.trial.TrialState.COMPLETE,
        "pruned": optuna.trial.TrialState.PRUNED,
        "failed": optuna.trial.TrialState.PRUNED,
    }
    for trial in trials:
        params = {one.name: trial["values"].get(one.name, baseline[one.name]) for one in space}
        if (
            trial["role"] == "again"
            or trial["state"] not in states
            or not all(one.holds(params[one.name]) for one in space)
        ):
            continue
        study.add_trial(
            optuna.trial.create_trial(
                state=states[trial["state"]],
                value=trial["value"] if trial["state"] == "done" else None,
                params=params,
                distributions=distributions,
                intermediate_values=trial["reports"],
            )
        )
    return study


def _distribution(one: Range) -> "BaseDistribution":
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if one.kind == "choice":
        return CategoricalDistribution(one.choices)
    if one.kind == "int":
        return IntDistribution(int(one.low), int(one.high), log=one.log)
    return FloatDistribution(one.low, one.high, log=one.log)


def propose(study: "Study", space: Sequence[Range]) -> dict[str, Any]:
    """The next values to try. The learning rate is cut to four digits: nobody wants to read more."""
    found = study.ask({one.name: _distribution(one) for one in space}).params
    return {one.name: _short(one, found[one.name]) for one in space}


def _short(one: Range, value: Any) -> Any:
    return min(max(float(f"{value:.4g}"), one.low), one.high) if one.kind == "float" else value


def is_hopeless(trials: Sequence[Mapping[str, Any]], reports: Mapping[int, float]) -> bool:
    """Whether the lowest loss so far is above the median of what finished trials had reached by the same tenth."""
    live = as_optuna((), trials, {}, seed=0).ask()
    for tenth, value in reports.items():
        live.report(value, tenth)
    return live.should_prune()
