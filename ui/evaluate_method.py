"""How an evaluation was measured: items, what was left out, intervals, settings, and the command that repeats it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import streamlit as st

from engine.serve.choose import parts_of
from ui import frame, policy_method
from ui.frame import plain, t
from ui.live import moment


def show(evaluation: Mapping[str, Any], names: Mapping[str, str]) -> None:
    """An expander with everything somebody needs to believe the numbers, or to make them again."""
    with st.expander(t("evaluate.how"), icon=":material/straighten:"):
        for sentence in _sentences(evaluation):
            st.markdown(f"- {sentence}")
        _links(evaluation, names)
        st.markdown(f"**{t('evaluate.how_decoding')}**")
        st.code(_settings(evaluation["settings"].get("decoding", {})), language=None)
    with st.expander(t("frame.command"), icon=":material/terminal:"):
        st.code(command(evaluation), language="bash", wrap_lines=True)


def _sentences(evaluation: Mapping[str, Any]) -> Iterator[str]:
    method, settings = evaluation.get("method", {}), evaluation["settings"]
    yield t("evaluate.how_items", split=t(f"evaluate.split.{evaluation['split']}"), n=method.get("items", "—"))
    clauses = "retrieval" in settings
    if "imported" in settings:
        yield t("evaluate.how_imported", file=plain(settings["imported"]))
    else:
        yield from policy_method.left_out(settings) if clauses else _left_out(settings)
    if method:
        table = "policy" if clauses else "evaluate"
        yield t(f"{table}.how_{method['resampled']}", blocks=method["blocks"])
        yield t("evaluate.how_intervals", draws=f"{method['draws']:,}")
    yield t("evaluate.how_chance")
    yield t(
        "evaluate.how_version",
        suite=plain(evaluation["suite"]),
        version=plain(evaluation["suite_version"]),
        seed=settings.get("seed", "—"),
        at=moment(evaluation["created_at"]),
    )


def _left_out(settings: Mapping[str, Any]) -> Iterator[str]:
    left_out = settings.get("left_out_as_trained_on", 0)
    yield t("evaluate.how_left_out", n=left_out) if left_out else t("evaluate.how_left_none")


def _links(evaluation: Mapping[str, Any], names: Mapping[str, str]) -> None:
    with st.container(horizontal=True):
        dataset = evaluation["dataset_id"]
        if dataset:
            frame.link("curate", t("evaluate.dataset", name=plain(dataset)), ":material/dataset:", dataset=dataset)
        for model in dict.fromkeys(part for name in names for part in parts_of(name)[0]):
            if model.startswith("run-"):
                frame.link("runs", t("evaluate.open_run", name=plain(model)), ":material/monitoring:", run=model)


def _settings(decoding: Mapping[str, Any]) -> str:
    return "\n".join(f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in decoding.items())


def command(evaluation: Mapping[str, Any]) -> str:
    """The `eval` command that judges the same models in the same way."""
    settings = evaluation["settings"]
    if "imported" in settings:
        return f"python -m engine import-evaluation {_quoted(settings['imported'])} --recipe {_quoted(evaluation['recipe'])}"
    return eval_command(
        evaluation["recipe"],
        settings["models"],
        evaluation["dataset_id"],
        settings.get("limit", 300),
        settings.get("seed", 0),
        settings.get("decoding", {}),
        policy_method.words(settings),
    )


def eval_command(
    recipe: str,
    models: list[str],
    dataset: str | None,
    limit: int,
    seed: int,
    decoding: Mapping[str, Any],
    more: Sequence[str] = (),
) -> str:
    """`python -m engine eval …`."""
    words = ["python -m engine eval", f"--suite {_quoted(recipe)}"]
    words += [f"--model {_quoted(model)}" for model in models]
    words += [f"--dataset {_quoted(dataset)}"] if dataset else []
    words += [f"--limit {limit}", f"--seed {seed}"]
    for name, value in decoding.items():
        given = value if isinstance(value, list | tuple) else [value]
        words += [f"--settings {_quoted(f'{name}={one}')}" for one in given]
    return " ".join([*words, *more])


def _quoted(word: str) -> str:
    import shlex

    return shlex.quote(word)
