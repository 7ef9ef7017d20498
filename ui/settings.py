"""The settings page: which section is open, and the sections that only tell: doctor, language, about."""

import re
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import streamlit as st

from engine.config import ROOT
from engine.doctor import Finding, examine, installed
from engine.errors import UserError
from ui import frame
from ui.frame import plain, t
from ui.words import WORDS

ICONS = {
    "doctor": ":material/stethoscope:",
    "screen": ":material/translate:",
    "keys": ":material/key:",
    "access": ":material/door_front:",
    "privacy": ":material/shield_person:",
    "storage": ":material/database:",
    "about": ":material/info:",
}
MARKS = {
    True: ":green[:material/check_circle:]",
    None: ":orange[:material/error:]",
    False: ":red[:material/cancel:]",
}
EXAMINED_SECONDS = 600
"""What the doctor found is shown again this long: asking a graphics driver that hangs takes five seconds."""
PICTURES = re.compile(r"^\| \| \|\n\|[ |-]+\|\n(?:\|.*!\[.*\n)+|!\[[^\]]*\]\([^)]*\)", re.MULTILINE)
INNER_LINK = re.compile(r"\[([^\]]+)\]\((?!http)[^)]*\)")
LIBRARIES = ("streamlit", "torch", "transformers", "peft", "trl", "bitsandbytes")


def choose_section(names: Sequence[str]) -> str:
    """The section that the address names (`?section=`), else the first; choosing another writes it there."""
    asked = frame.asked("section")
    chosen = names[0] if asked is None or asked not in names else asked
    if asked is not None and asked != chosen:
        frame.name_in_address(section=None)
    st.session_state["settings_section"] = chosen
    st.segmented_control(
        t("settings.sections"),
        names,
        required=True,
        format_func=lambda name: f"{ICONS[name]} {t(f'settings.{name}')}",
        key="settings_section",
        label_visibility="collapsed",
        on_change=_open_section,
    )
    return chosen


def _open_section() -> None:
    frame.name_in_address(section=st.session_state["settings_section"])


def command(words: str) -> None:
    """The command that does the same, for whoever prefers it."""
    with st.expander(t("frame.command")):
        st.code(words, language="bash")


def doctor() -> None:
    """What the machine has and lacks; what must be mended first."""
    with st.spinner(t("settings.doctor.looking")):
        at, findings = _examined(frame.store())
    bad = [finding for finding in findings if finding.ok is False]
    odd = [finding for finding in findings if finding.ok is None]
    if bad:
        st.error(t("settings.doctor.bad", n=len(bad)), icon=":material/cancel:")
    elif odd:
        st.warning(t("settings.doctor.odd", n=len(odd)), icon=":material/error:")
    else:
        st.success(t("settings.doctor.good"), icon=":material/check_circle:")
    with st.container(gap="small", border=True):
        for finding in [*bad, *odd, *(finding for finding in findings if finding.ok)]:
            _draw_finding(finding)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            t("settings.doctor.again"), icon=":material/refresh:", key="settings_examine", on_click=_examined.clear
        )
        st.caption(t("settings.doctor.at", at=at))
    command("python -m engine doctor")


@st.cache_data(ttl=EXAMINED_SECONDS, max_entries=4, show_spinner=False)
def _examined(store: Path) -> tuple[str, list[Finding]]:
    """(time of day, findings). Reads metadata and asks the driver; imports no torch."""
    return datetime.now().strftime("%H:%M:%S"), examine(store)


def _draw_finding(finding: Finding) -> None:
    key = f"settings.found.{finding.name}"
    name = t(key) if key in WORDS else finding.name
    found = finding.found_en if frame.english() else finding.found_ko
    st.markdown(f"{MARKS[finding.ok]} **{plain(name)}** · {plain(found)}")
    if finding.todo_ko:
        st.caption(":material/arrow_forward: " + frame.told(UserError(finding.todo_ko, finding.todo_en)))


def screen() -> None:
    """The language, and how light and dark are chosen."""
    st.subheader(t("settings.language"))
    st.session_state["settings_language"] = "en" if frame.english() else "ko"
    st.segmented_control(
        t("settings.language"),
        ("ko", "en"),
        required=True,
        format_func={"ko": "한국어", "en": "English"}.__getitem__,
        key="settings_language",
        label_visibility="collapsed",
        on_change=_choose_language,
    )
    st.caption(t("settings.language_note"))
    st.subheader(t("settings.theme"))
    st.markdown(t("settings.theme_note"))


def _choose_language() -> None:
    frame.choose_language(st.session_state["settings_language"])


def about() -> None:
    """Versions, licence, where things lie, what is never sent."""
    st.markdown(t("settings.about_what"))
    left, right = st.columns(2)
    with left.container(border=True):
        st.markdown(f"**{t('settings.versions')}**")
        st.text("\n".join(_versions()))
    with right.container(border=True):
        st.markdown(f"**{t('settings.promises')}**")
        st.markdown(t("settings.promises_text"))
    st.markdown(f"**{t('settings.place')}**")
    st.code(str(frame.store()), language=None)
    st.caption(t("settings.place_note"))
    for name in ("README.md" if frame.english() else "README.ko.md", "SECURITY.md", "LICENSE"):
        _document(ROOT / name)


def _versions() -> list[str]:
    libraries = [f"{name} {installed(name) or t('settings.missing')}" for name in LIBRARIES]
    return [f"Malmoi {_own_version()}", f"Python {sys.version.split()[0]}", *libraries]


def _own_version() -> str:
    """Of pyproject.toml: the project is run from its folder, not installed."""
    import tomllib

    return str(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])


def _document(path: Path) -> None:
    """A document of the project; one that was removed is left out. Its pictures and links lead nowhere from a page."""
    if path.is_file():
        text = path.read_text(encoding="utf-8")
        with st.expander(path.name, icon=":material/description:"), st.container(height=400, border=False):
            if path.suffix == ".md":
                st.markdown(INNER_LINK.sub(r"\1", PICTURES.sub("", text)))
            else:
                st.text(text)
