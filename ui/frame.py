"""What every page begins with: title, links, language, and words instead of tracebacks. It knows nothing of the work."""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from html import escape
from pathlib import Path

import streamlit as st
from sqlite_utils import Database

from engine.access.owner import Owner
from engine.config import language, store_path
from engine.errors import UserError
from engine.store.open import open_store
from engine.store.settings import get_setting, set_setting
from ui import gate
from ui.say import english, explain, plain, t
from ui.say import told as told

HOME = ("Home.py", "nav.home", ":material/home:")
STEPS = (
    ("pages/1_Data.py", "nav.data", ":material/upload_file:"),
    ("pages/2_Curate.py", "nav.curate", ":material/rule:"),
    ("pages/3_Train.py", "nav.train", ":material/school:"),
    ("pages/4_Runs.py", "nav.runs", ":material/monitoring:"),
    ("pages/5_Evaluate.py", "nav.evaluate", ":material/leaderboard:"),
    ("pages/6_Chat.py", "nav.chat", ":material/chat:"),
    ("pages/7_Compress.py", "nav.compress", ":material/compress:"),
    ("pages/8_Deploy.py", "nav.deploy", ":material/send:"),
)
SETTINGS = ("pages/9_Settings.py", "nav.settings", ":material/settings:")
TERMS = ("pages/10_Terms.py", "nav.terms", ":material/hub:")
PAGES = (HOME, *STEPS, TERMS, SETTINGS)
FILES = {key.removeprefix("nav."): file for file, key, _ in PAGES}
"""Page name (`runs`) to its file."""
STYLE = Path(__file__).with_name("style.css")
ONE_THEME = """<script>
(() => {
  const key = (path) => `stActiveTheme-${path}-v2`;
  if (window.malmoiTheme) return;
  window.malmoiTheme = true;
  const mirror = (method) => {
    const own = Storage.prototype[method];
    Storage.prototype[method] = function (name, value) {
      own.call(this, name, value);
      if (/^stActiveTheme-.*-v2$/.test(name)) PATHS.forEach((path) => own.call(this, key(path), value));
    };
  };
  mirror("setItem");
  mirror("removeItem");
})();
</script>"""
"""Streamlit keeps light or dark per address, so that each page would have to be told anew."""
PATHS = ["/", *(f"/{Path(file).stem.partition('_')[2]}" for file, _, _ in PAGES[1:])]
"""The pages' addresses."""
LANGUAGE = "language"
"""The setting that keeps the owner's choice."""


def page(key: str) -> None:
    """Set the page up; the first call of every page file."""
    who = gate.role()
    if "frame_language" not in st.session_state:  # once a visit: the owner's choice is read from the store
        asked = st.query_params.get("lang")
        kept = _kept_language if isinstance(who, Owner) else language
        st.session_state["frame_language"] = kept() if asked is None else asked
    st.set_page_config(page_title=f"{t(key)} · {t('app.title')}", page_icon=":material/forum:", layout="wide")
    _keep_address()
    st.html(STYLE)
    if not isinstance(who, Owner):
        gate.refuse(who, key)
    st.html(ONE_THEME.replace("PATHS", json.dumps(PATHS)), unsafe_allow_javascript=True)
    with st.sidebar:
        st.markdown(f"### {t('app.title')}")
        with st.container(gap="xxsmall", key="frame_pages"):
            _page_link(HOME)
            st.caption(t("nav.order"))
            for step in STEPS:
                _page_link(step)
            st.caption("")
            _page_link(TERMS)
            _page_link(SETTINGS)
            st.button(
                t("nav.language"),
                on_click=_switch_language,
                key="frame_switch",
                type="tertiary",
                icon=":material/translate:",
            )
            if who.by != "local":
                st.button(
                    t("gate.leave"), on_click=gate.leave, key="frame_leave", type="tertiary", icon=":material/logout:"
                )


def _keep_address() -> None:
    """Say again what the address names: a link from a page to itself changes what the page is told, not the address bar,
    and a refresh would show the old thing. The browser does nothing when the bar says so already."""
    named = st.query_params.to_dict()
    if named:
        st.query_params.from_dict(named)
    else:
        st.query_params.clear()


def _page_link(page: tuple[str, str, str]) -> None:
    st.page_link(page[0], label=t(page[1]), icon=page[2])


def _kept_language() -> str:
    """MALMOI_LANG when it is set, else the owner's last choice; a store that cannot be opened is told about later."""
    if os.environ.get("MALMOI_LANG"):
        return language()
    try:
        with open_store(store()) as db:
            return str(get_setting(db, LANGUAGE, language()))
    except UserError:
        return language()


def _switch_language() -> None:
    choose_language("ko" if english() else "en")


def choose_language(chosen: str) -> None:
    """Speak `ko` or `en` from now on, in later visits too."""
    st.session_state["frame_language"] = chosen
    try:
        with open_store(store()) as db:
            set_setting(db, LANGUAGE, chosen)
    except UserError:
        return  # the page itself says what is wrong with the store


def explained(*words: str) -> None:
    """The learning words of a page as a line; each says what it means when pointed at or reached by the Tab key."""
    chips = " ".join(
        f'<span class="term" tabindex="0" data-says="{escape(t(f"gloss.{word}"))}" '
        f'aria-label="{escape(t(f"term.{word}"))}: {escape(t(f"gloss.{word}"))}">{escape(t(f"term.{word}"))}</span>'
        for word in words
    )
    st.html(f'<p class="terms"><b>{escape(t("frame.words"))}</b> {chips}</p>')


def asked(name: str) -> str | None:
    """What the address names: `?run=…`; an empty name is none."""
    return st.query_params.get(name) or None


def asked_number(name: str) -> int | None:
    """A whole number that the address names; None for anything else."""
    named = asked(name) or ""
    return int(named) if named.isascii() and named.isdigit() and len(named) < 16 else None


def name_in_address(**names: str | None) -> None:
    """Write what the page shows into the address, so that a refresh or a shared link shows it again; None removes."""
    for name, value in names.items():
        if value is None:
            st.query_params.pop(name, None)
        elif st.query_params.get(name) != value:
            st.query_params[name] = value


def go(page: str, **names: str) -> None:
    """Open a page of FILES, with `?name=value` in its address. Not inside a callback: Streamlit refuses that."""
    st.switch_page(FILES[page], query_params=names)


def link(page: str, label: str, icon: str | None = None, **names: str) -> None:
    """A link to a page of FILES, with `?name=value` in its address."""
    st.page_link(FILES[page], label=label, icon=icon, query_params=names)


def gone(name: str) -> None:
    """The address names what is not there (any more)."""
    st.warning(t("frame.gone", name=plain(name)), icon=":material/link_off:")


def store() -> Path:
    """The store this dashboard serves, for its owner alone: for anybody else the drawing, or the button's work, ends here."""
    gate.require_owner()
    return store_path()


@contextmanager
def reading() -> Iterator[Database]:
    """The store for one script run; what an owner can mend is said in words and ends the page."""
    try:
        with open_store(store()) as db:
            yield db
    except UserError as error:
        explain(error)
        st.stop()


def choose_view(page: str, views: Sequence[str], chosen: str, on_change: Callable[[], None]) -> str:
    """A page's views side by side (words `page.view.NAME`), `chosen` pressed; the choice lies in `page_view`."""
    st.session_state[f"{page}_view"] = chosen
    return str(
        st.segmented_control(
            t(f"{page}.view"),
            views,
            format_func=lambda name: t(f"{page}.view.{name}"),
            key=f"{page}_view",
            required=True,
            label_visibility="collapsed",
            on_change=on_change,
        )
    )


def attempt(do: Callable[..., object], *args: object) -> None:
    """A button's work; what an owner can mend is said in words."""
    try:
        do(*args)
    except UserError as error:
        explain(error)
