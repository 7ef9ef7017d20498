"""A form from a settings class: one widget per field, by its type, limits and docstring. It knows no settings by name.

Nothing is checked across fields here: what contradicts itself is refused where the settings object is built.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

import streamlit as st
from pydantic import BaseModel

from ui import frame
from ui.words import WORDS

LONG_TEXT = 1000
"""Text that may be this long gets several lines."""
OPEN_LIMIT = 1e-7
"""How near a number may come to a limit that it must not reach."""


@dataclass(frozen=True)
class FormField:
    """What a widget is made from. `limits` is the field's JSON schema, `kind` its type without None."""

    name: str
    key: str
    kind: Any
    optional: bool
    limits: Mapping[str, Any]
    help: str

    @property
    def label(self) -> str:
        """The field's name in plain words when `field.NAME` has some."""
        return words(f"field.{self.name}", self.name)


def settings_form(
    model: type[BaseModel],
    start: Mapping[str, Any],
    key: str,
    only: Sequence[str] = (),
    skip: Sequence[str] = (),
    columns: int = 2,
) -> dict[str, Any]:
    """Draw a widget per field (`only` these, in that order, or all but `skip`); the values that differ from `start`.

    Widgets are keyed `KEY_FIELD` and hold their own value from the first drawing on: another `start` needs another `key`,
    or `forget_form`. A value put into the session state under that key beforehand is what the widget begins with.
    """
    names = [name for name in only or model.model_fields if name not in skip and _has_widget(model, name)]
    changed: dict[str, Any] = {}
    for first in range(0, len(names), columns):
        row = st.columns(columns, vertical_alignment="bottom")
        for place, name in zip(row, names[first : first + columns], strict=False):
            before = start.get(name, model.model_fields[name].default)
            with place:
                value = _draw(form_field(model, name, key), before)
            if value != before:
                changed[name] = value
    return changed


def _has_widget(model: type[BaseModel], name: str) -> bool:
    """A whole JSON object (a schema) is nothing to type into a box."""
    return get_origin(_without_none(model.model_fields[name].annotation)[0]) is not dict


def form_field(model: type[BaseModel], name: str, key: str) -> FormField:
    """Read one field of a settings class."""
    kind, optional = _without_none(model.model_fields[name].annotation)
    schema = model.model_json_schema()["properties"][name]
    branches = [branch for branch in schema.get("anyOf", [schema]) if branch.get("type") != "null"]
    return FormField(name, f"{key}_{name}", kind, optional, branches[0], field_help(model, name))


def forget_form(model: type[BaseModel], key: str) -> None:
    """Let every widget of a form begin at its `start` again. For callbacks."""
    for name in model.model_fields:
        st.session_state.pop(f"{key}_{name}", None)


def field_help(model: type[BaseModel], name: str) -> str:
    """The page language's half of a field's `한국어 / English` docstring, as text."""
    korean, _, english = (model.model_fields[name].description or "").partition(" / ")
    return frame.plain((english if frame.english() and english else korean).strip())


def words(key: str, fallback: str) -> str:
    """The words for `key`, or `fallback` as text when there are none."""
    return frame.t(key) if key in WORDS else frame.plain(fallback)


def _without_none(annotation: Any) -> tuple[Any, bool]:
    """(`int | None` → int, True)."""
    if get_origin(annotation) not in (Union, UnionType):
        return annotation, False
    kinds = [kind for kind in get_args(annotation) if kind is not NoneType]
    return kinds[0], len(kinds) < len(get_args(annotation))


def _draw(field: FormField, before: Any) -> Any:
    """The field's widget; returns its value."""
    st.session_state.setdefault(field.key, list(before) if isinstance(before, tuple) else before)
    if get_origin(field.kind) is Literal:
        return _choice(field)
    if get_origin(field.kind) is tuple:
        return _phrases(field)
    if field.kind is bool:
        return st.toggle(field.label, key=field.key, help=field.help)
    if field.kind in (int, float):
        return _number(field, before)
    if field.kind is str:
        return _text(field)
    raise TypeError(f"no widget for {field.name}: {field.kind}")


def _choice(field: FormField) -> Any:
    options = [*([None] if field.optional else []), *get_args(field.kind)]
    return st.selectbox(
        field.label,
        options,
        format_func=lambda value: words(f"field.{field.name}.{value}", "—" if value is None else str(value)),
        key=field.key,
        help=field.help,
    )


def _phrases(field: FormField) -> tuple[str, ...]:
    """Any number of texts, each typed and confirmed with Enter."""
    chosen = st.multiselect(
        field.label,
        list(st.session_state[field.key]),
        key=field.key,
        help=field.help,
        accept_new_options=True,
        placeholder=frame.t("field.phrases"),
    )
    return tuple(chosen)


def _text(field: FormField) -> str | None:
    if examples := field.limits.get("examples"):
        return _usual_text(field, examples)
    longest = field.limits.get("maxLength")
    if longest is not None and longest >= LONG_TEXT:
        return st.text_area(field.label, key=field.key, help=field.help, max_chars=longest, height=80)
    return st.text_input(field.label, key=field.key, help=field.help, max_chars=longest)


def _usual_text(field: FormField, examples: Sequence[str]) -> str:
    """Usual values in words; others can be typed."""
    now = st.session_state[field.key]
    chosen = st.selectbox(
        field.label,
        list(dict.fromkeys([*examples, now])),
        format_func=lambda value: words(f"field.{field.name}.{value}", value),
        key=field.key,
        help=field.help,
        accept_new_options=True,
    )
    return str(chosen or examples[0])


def _number(field: FormField, before: float | None) -> float | int | None:
    whole = field.kind is int
    low, high = number_limits(field.limits, whole)
    step = 1 if whole else number_step(before or 0.0, low, high)
    value = st.number_input(
        field.label,
        min_value=low,
        max_value=high,
        value=None if field.optional else "min",
        step=step,
        format="%d" if whole else "%g",
        key=field.key,
        help=field.help,
    )
    if value is None or whole:
        return value
    return float(f"{value:.10g}")  # steps add up to 0.15000000000000002


def number_limits(schema: Mapping[str, Any], whole: bool) -> tuple[Any, Any]:
    """(least, most) that a widget may hold, None where there is no limit."""
    kind, gap = (int, 1) if whole else (float, OPEN_LIMIT)
    low, high = schema.get("minimum"), schema.get("maximum")
    if "exclusiveMinimum" in schema:
        low = schema["exclusiveMinimum"] + gap
    if "exclusiveMaximum" in schema:
        high = schema["exclusiveMaximum"] - gap
    return (None if low is None else kind(low)), (None if high is None else kind(high))


def number_step(value: float, low: float | None, high: float | None) -> float:
    """How far one press on + goes: half a digit of the value, at most a twentieth of the range."""
    span = high - low if low is not None and high is not None else math.inf
    if value == 0:
        return 0.01 if span > 1 else round(span / 100, 6)
    return float(f"{min(10 ** math.floor(math.log10(abs(value))) / 2, span / 20):.1g}")
