"""The training page's third part: the preset, and the form of all settings behind it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from engine.errors import UserError
from engine.jobs.choices import BaseChoice
from engine.jobs.launch import usual_preset
from engine.models.bases import local_place
from engine.train.base_checks import check_base, fit_to_base
from engine.train.phases import Phase
from engine.train.settings import TrainSettings, resolve_settings, suited_preset
from ui import frame
from ui.forms import forget_form, settings_form, words
from ui.frame import t
from ui.train import Material
from ui.train_objective import HIDDEN, choose_objective, fields_of

COMMON = ("epochs", "learning_rate", "batch_size", "accumulation", "max_length", "lora_rank")
"""What an owner changes first."""


@dataclass(frozen=True)
class Way:
    """How a run learns. `settings` is None, and `error` says why, when the values contradict each other."""

    preset: str
    sets: dict[str, str]
    settings: TrainSettings | None
    origins: dict[str, str]
    error: UserError | None
    form: str
    """Key of the form's widgets."""
    from_run: str | None = None
    """The run whose learning this one goes on from."""


def choose_settings(material: Material, base: BaseChoice, earlier: Phase | None = None) -> Way:
    """The preset that the address names, else the usual one for this base, with what the owner changed. `earlier`: the run to
    go on from, whose own settings come before the preset's."""
    st.subheader(t("train.way"))
    objective = choose_objective(material, base)
    preset = _preset_box(material, base, objective.get("objective", "sft"))
    suited = suited_preset(material.recipe.presets[preset], objective.get("objective", "sft"))
    values = {**suited, **(earlier.settings if earlier else {})}
    form = "_".join(
        ["train", material.recipe.name, preset, *objective.values(), *([earlier.run_id] if earlier else [])]
    )
    _begin_with_address(form)
    with st.expander(t("train.details"), icon=":material/tune:"):
        st.caption(t("train.details_help"))
        own = fields_of(objective.get("objective", "sft"))
        changed = settings_form(TrainSettings, values, form, only=(*COMMON, *own))
        if st.toggle(t("train.all_settings"), key=f"{form}_all"):
            changed |= settings_form(TrainSettings, values, form, skip=(*COMMON, *own, *HIDDEN))
        else:
            changed |= _kept_changes(form, values)
        way = _way(material, preset, base, {**changed, **objective}, form, earlier)
        _origins(way)
    frame.name_in_address(set=packed(way.sets))
    if way.error:
        frame.explain(way.error)
    elif own := [name for name in way.sets if name not in objective]:
        st.caption(t("train.changed", names=", ".join(words(f"field.{name}", name) for name in own)))
    return way


def _preset_box(material: Material, base: BaseChoice, objective: str) -> str:
    presets, usual = list(material.recipe.presets), usual_preset(material.recipe, local_place(base.name))
    asked = frame.asked("preset")
    if asked and asked not in presets:
        frame.gone(asked)
        frame.name_in_address(preset=None)
    st.session_state["train_preset"] = asked if asked in presets else usual
    chosen = st.radio(
        t("train.preset"),
        presets,
        format_func=lambda name: _preset_name(material, name) + (f" · {t('train.usual')}" if name == usual else ""),
        captions=[_preset_story(material, name, objective) for name in presets],
        key="train_preset",
        help=t("gloss.preset"),
        on_change=_choose_preset,
    )
    return str(chosen or usual)


def _choose_preset() -> None:
    frame.name_in_address(preset=st.session_state["train_preset"], set=None)


def _preset_name(material: Material, name: str) -> str:
    return words(f"preset.{material.recipe.name}.{name}", name)


def _preset_story(material: Material, name: str, objective: str) -> str:
    """What it is for, in words where there are some, else its main numbers."""
    settings = TrainSettings(**suited_preset(material.recipe.presets[name], objective))
    facts = t(
        "train.preset_facts_steps" if settings.max_steps else "train.preset_facts",
        steps=f"{settings.max_steps:,}",
        epochs=f"{settings.epochs:g}",
        rows=settings.batch_size * settings.accumulation,
        rate=f"{settings.learning_rate:g}",
    )
    return words(f"preset.{material.recipe.name}.{name}.story", "").strip() + " " + facts


def _begin_with_address(form: str) -> None:
    """What `?set=` names is where the form's widgets begin; what cannot be is passed over."""
    for name, value in _unpacked(frame.asked("set") or "").items():
        st.session_state.setdefault(f"{form}_{name}", value)


def _kept_changes(form: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Changes of settings whose widgets are not drawn just now."""
    kept = {}
    for name, field in TrainSettings.model_fields.items():
        key = f"{form}_{name}"
        if name not in (*COMMON, *HIDDEN) and key in st.session_state:
            st.session_state[key] = st.session_state[key]  # or Streamlit drops what is not drawn
            if st.session_state[key] != values.get(name, field.default):
                kept[name] = st.session_state[key]
    return kept


def _way(
    material: Material,
    preset: str,
    base: BaseChoice,
    changed: Mapping[str, Any],
    form: str,
    earlier: Phase | None,
) -> Way:
    sets = {name: told(value) for name, value in changed.items()}
    run_id, place = earlier.run_id if earlier else None, local_place(base.name)
    before = (earlier.run_id, earlier.settings) if earlier else None
    try:
        settings, origins = resolve_settings(preset, material.recipe.presets[preset], sets, before)
        settings, origins = fit_to_base(settings, origins, place)
        check_base(settings, base.name, place)
    except UserError as error:
        return Way(preset, sets, None, {}, error, form, run_id)
    return Way(preset, sets, settings, origins, None, form, run_id)


def told(value: Any) -> str:
    """A value as `--set` takes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def packed(sets: Mapping[str, str]) -> str | None:
    """Changes as the address `?set=` holds them; None when there are none."""
    return ";".join(f"{name}={value}" for name, value in sets.items() if ";" not in value) or None


def _unpacked(text: str) -> dict[str, Any]:
    """Values of an address, each checked by its own field."""
    found = {}
    for name, _, value in (part.partition("=") for part in text.split(";")[: len(TrainSettings.model_fields)]):
        if name not in TrainSettings.model_fields:
            continue
        try:
            settings, _ = resolve_settings("address", {"max_steps": 1} if name == "epochs" else {}, {name: value})
        except UserError:
            continue
        found[name] = settings.model_dump()[name]
    return found


def _origins(way: Way) -> None:
    """Every value and where it comes from, as a table; and a way back."""
    if way.sets:
        st.button(
            t("train.reset"),
            key="train_reset",
            icon=":material/undo:",
            on_click=_reset,
            args=(way.form,),
            type="tertiary",
        )
    if way.settings is None:
        return
    st.dataframe(
        [
            {
                t("train.column.setting"): words(f"field.{name}", name),
                t("train.column.value"): told(value),
                t("train.column.origin"): _origin(way.origins[name]),
            }
            for name, value in way.settings.model_dump().items()
            if way.origins[name] != "default"
        ],
        hide_index=True,
    )


def _origin(origin: str) -> str:
    words = {"--set": "own", "base": "base", "method": "method", "recipe": "recipe"}.get(origin, "preset")
    return t("train.origin.run" if origin.startswith("run:") else f"train.origin.{words}")


def _reset(form: str) -> None:
    forget_form(TrainSettings, form)
    frame.name_in_address(set=None)
