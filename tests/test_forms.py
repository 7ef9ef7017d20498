"""A form made from a settings class: every field has a widget that says what it is for, in both languages."""

import re
from typing import Annotated

import pytest
from pydantic import TypeAdapter
from streamlit.testing.v1 import AppTest

from engine.curate.options import PersonaOptions
from engine.serve.decoding import Decoding
from engine.train.settings import TrainSettings
from ui.forms import form_field, number_limits, number_step

SETTINGS = {"TrainSettings": TrainSettings, "PersonaOptions": PersonaOptions, "Decoding": Decoding}


def draw(name: str, language: str, first: dict[str, object] | None = None, start: str = "{}") -> AppTest:
    """The form of a settings class alone on a page, its values under `values`."""
    script = (
        "import streamlit as st\n"
        f"from tests.test_forms import SETTINGS\nfrom ui.forms import settings_form\n"
        f"st.session_state['frame_language'] = {language!r}\n"
        f"st.session_state['values'] = settings_form(SETTINGS[{name!r}], {start}, 'form')\n"
    )
    app = AppTest.from_string(script, default_timeout=30)
    for key, value in (first or {}).items():
        app.session_state[key] = value
    app.run()
    assert not app.exception, app.exception
    return app


def widgets(app: AppTest) -> dict[str, object]:
    kinds = ("number_input", "selectbox", "toggle", "text_input", "text_area", "multiselect")
    return {widget.key.removeprefix("form_"): widget for kind in kinds for widget in app.get(kind)}


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("name", SETTINGS)
def test_every_field_has_a_widget_with_help_in_the_pages_language(name, language):
    shown = widgets(draw(name, language))
    assert set(shown) == set(SETTINGS[name].model_fields) - {"json_schema"}
    for field, widget in shown.items():
        assert widget.label.strip() and widget.help.strip(), field
        letters = re.findall("[A-Za-z가-힣]", widget.help)
        korean = sum(letter > "z" for letter in letters) / len(letters)
        assert (korean > 0.15) if language == "ko" else (korean < 0.1), (field, widget.help)


@pytest.mark.parametrize("name", SETTINGS)
def test_an_untouched_form_changes_nothing(name):
    assert draw(name, "ko").session_state["values"] == {}


def test_only_what_differs_from_the_start_comes_back():
    app = draw("TrainSettings", "ko", start="{'epochs': 4, 'batch_size': 16}")
    assert app.number_input(key="form_epochs").value == 4 and app.session_state["values"] == {}
    app.number_input(key="form_epochs").set_value(6.0)
    app.number_input(key="form_batch_size").set_value(8)
    app.selectbox(key="form_quantisation").select("int8")
    app.toggle(key="form_packing").set_value(True)
    app.run()
    assert app.session_state["values"] == {"epochs": 6.0, "batch_size": 8, "quantisation": "int8", "packing": True}


def test_a_value_named_beforehand_is_where_the_widget_begins():
    app = draw("TrainSettings", "ko", {"form_lora_rank": 64})
    assert app.number_input(key="form_lora_rank").value == 64 and app.session_state["values"] == {"lora_rank": 64}
    assert not app.warning


def test_what_the_form_gives_makes_the_settings_object():
    app = draw("Decoding", "ko", {"form_stop": ["질문:", "<끝>"]})
    app.number_input(key="form_temperature").set_value(0.15000000000000002)
    app.run()
    made = Decoding(**app.session_state["values"])
    assert made.stop == ("질문:", "<끝>") and made.temperature == 0.15


@pytest.mark.parametrize("name", SETTINGS)
def test_no_widget_can_hold_what_its_field_refuses(name):
    for field, info in SETTINGS[name].model_fields.items():
        made = form_field(SETTINGS[name], field, "form")
        if made.kind in (int, float):
            accepts = TypeAdapter(Annotated[info.annotation, "checked", *info.metadata])
            for limit in number_limits(made.limits, made.kind is int):
                assert limit is None or accepts.validate_python(limit) == limit, field


@pytest.mark.parametrize(
    ("value", "low", "high", "step"),
    [
        (2e-4, 0.0, 0.1, 5e-5),
        (3.0, 0.0, 1000.0, 0.5),
        (1.1, 1.0, 2.0, 0.05),
        (0.0, 0.0, 1.0, 0.01),
        (0.05, 0.0, 1.0, 0.005),
    ],
)
def test_one_press_on_plus_is_a_sensible_step(value, low, high, step):
    assert number_step(value, low, high) == step
