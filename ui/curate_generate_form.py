"""The form of a generation: who makes the pairs, with which keys, of which types, and what leaves the machine."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import streamlit as st
from pydantic import ValidationError

from engine.errors import UserError
from engine.generate.key_pool import known_file
from engine.generate.options import GenerateOptions
from engine.generate.providers import endpoint
from engine.jobs.generating import leaves_machine, start
from engine.keys import list_keys
from engine.serve.address import URLS
from engine.serve.choose import DEFAULT_BASE, choose_model
from ui import forms, frame
from ui.frame import plain, t

PROVIDERS = ("local", "openai", "gemini")
MAIN = ("per_chunk", "unanswerable", "fact", "scenario", "easy", "limit")
REST = ("tries", "temperature", "max_new_tokens", "timeout", "in_flight", "price_in", "price_out", "seed")


def new_box(source: dict[str, Any]) -> None:
    """Everything that can be chosen, and one button."""
    with st.container(border=True, key="generate_new", gap="small"):
        st.markdown(f"**{t('generate.new')}**")
        st.write(t("generate.why"))
        given = _provider()
        keys = choose_keys("new") if given["provider"] != "local" else {}
        usual = GenerateOptions.model_validate({}).model_dump()
        changed = forms.settings_form(GenerateOptions, usual, "generate", only=MAIN, columns=3)
        with st.expander(t("generate.rest"), icon=":material/tune:"):
            changed |= forms.settings_form(GenerateOptions, usual, "generate", only=REST)
        options = _options({**given, **changed})
        allowed = _what_leaves(options) if options else None
        off = options is None or keys is None
        if st.button(t("generate.go"), type="primary", icon=":material/quiz:", key="generate_go", disabled=off):
            _start(source["id"], options, keys or {}, allowed)
        with st.expander(t("frame.command"), icon=":material/terminal:"):
            st.code(_command(source["id"], {**given, **changed}, keys or {}), language="bash")


def _provider() -> dict[str, str]:
    """{provider, url, model}."""
    provider = st.segmented_control(
        t("generate.provider"),
        PROVIDERS,
        default="local",
        format_func=lambda name: t(f"generate.provider.{name}"),
        key="generate_provider",
        required=True,
    )
    st.caption(t(f"generate.provider.{provider}.what"))
    left, right = st.columns(2)
    model = (left if provider == "local" else right).text_input(
        t("generate.model"), key="generate_model", placeholder=t(f"generate.model.{provider}")
    )
    if provider == "local":
        _warn_of_starter(model.strip())
        return {"provider": "local", "url": "", "model": model.strip()}
    url = left.text_input(t("generate.url"), key="generate_url", placeholder=URLS[provider])
    return {"provider": provider, "url": url.strip(), "model": model.strip()}


def _warn_of_starter(model: str) -> None:
    """The starter follows no instruction: hours of asking would bring next to nothing."""
    try:
        with frame.reading() as db:
            chosen = choose_model(db, model or "base")
    except UserError as error:
        st.caption(frame.told(error))
        return
    if chosen.base.name == DEFAULT_BASE:
        st.warning(t("generate.starter"), icon=":material/warning:")


def choose_keys(place: str) -> dict[str, Any] | None:
    """Where keys are read: names that are kept, or a file; None while that cannot be. Never a key itself."""
    try:
        names = [name for name, _ in list_keys()]
    except UserError as error:
        frame.explain(error)
        names = []
    ways = ("names", "file", "none") if place == "new" else ("names", "file")
    way = st.radio(
        t("generate.keys"), ways, format_func=lambda way: t(f"generate.keys.{way}"), key=f"generate_keys_{place}", horizontal=True
    )  # fmt: skip
    if way == "none":
        return {}
    if way == "file":
        return _key_file(place)
    if not names:
        st.caption(t("generate.keys.no_names"))
        frame.link("settings", t("generate.keys.keep"), ":material/lock:")
        return None
    chosen = st.multiselect(
        t("generate.keys.names"), names, key=f"generate_names_{place}", placeholder=t("generate.keys.pick")
    )
    return {"names": chosen} if chosen else None


def _key_file(place: str) -> dict[str, Any] | None:
    given = st.text_input(t("generate.keys.path"), key=f"generate_file_{place}", help=t("generate.keys.path_help"))
    if not given.strip():
        return None
    try:
        return {"file": known_file(given.strip())}
    except UserError as error:
        frame.explain(error)
        return None


def _options(given: dict[str, Any]) -> GenerateOptions | None:
    try:
        options = GenerateOptions.model_validate(given)
        if options.provider != "local":
            endpoint(options)
        return options
    except ValidationError:
        st.error(t("generate.bad_settings"))
    except UserError as error:
        frame.explain(error)
    return None


def _what_leaves(options: GenerateOptions) -> str | None:
    """Say where clauses go; the reason why personal data may go with them, when the owner gives one."""
    if not leaves_machine(options):
        st.caption(t("generate.stays"))
        return None
    host = urlsplit(endpoint(options)).hostname or ""
    st.warning(t("generate.leaves", host=plain(host)), icon=":material/outbound:")
    reason = st.text_input(t("generate.allow"), key="generate_allow", help=t("generate.allow_help")).strip()
    return reason or None


def _start(source_id: str, options: GenerateOptions | None, keys: dict[str, Any], allowed: str | None) -> None:
    if options is None:
        return
    try:
        start(frame.store(), source_id, options, keys, allowed)
    except UserError as error:
        frame.explain(error)
        return
    frame.name_in_address(view="generate", source=source_id)
    st.rerun()


def _command(source_id: str, given: dict[str, Any], keys: dict[str, Any]) -> str:
    words = [f"python -m engine generate {source_id} --provider {given['provider']}"]
    words += [f"--{name} {given[name]}" for name in ("url", "model") if given[name]]
    if keys.get("file"):
        words.append(f'--keys "{Path(keys["file"])}"')
    elif keys.get("names"):
        words.append(f"--keys {','.join(keys['names'])}")
    words += [f"--set {name}={value}" for name, value in given.items() if name not in ("provider", "url", "model")]
    return " ".join(words)
