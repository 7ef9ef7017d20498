"""The settings page's storage: what takes how much room, copies that may go, backups, and whether the store is whole."""

from datetime import datetime
from os.path import expanduser
from pathlib import Path

import streamlit as st

from engine.errors import UserError
from engine.hardware import GIB, room
from engine.store.maintain import backup_into, check
from engine.store.open import open_store
from engine.store.storage import Cache, Family, caches, drop_cache, families, list_backups, store_files
from ui import frame
from ui.frame import plain, t
from ui.live import moment
from ui.settings import command
from ui.words import WORDS

LOW_GB = 3.0
SIZES_SECONDS = 30
"""Sizes are counted anew after this long: a first look into a gigabyte takes half a second."""


def storage() -> None:
    """Room, copies, backups, check."""
    path = frame.store()
    with st.spinner(t("settings.counting")):
        found = _families(path)
    _room(path)
    _table(found)
    _caches(caches(path))
    _backups(path)
    _check()
    command(
        "python -m engine storage\npython -m engine storage --drop artifacts\n"
        "python -m engine backup FILE.db\npython -m engine check"
    )


@st.cache_data(ttl=SIZES_SECONDS, max_entries=4, show_spinner=False)
def _families(store: Path) -> list[Family]:
    with frame.reading() as db:
        return families(db)


def _room(path: Path) -> None:
    free = room(path.parent)["disk_free_gb"]
    left, right = st.columns(2)
    left.metric(t("settings.store_size"), amount(store_files(path)), border=True)
    right.metric(t("settings.free"), amount(round(free * GIB)), border=True)
    if free < LOW_GB:
        st.warning(t("settings.low_disk"), icon=":material/warning:")


def _table(found: list[Family]) -> None:
    st.subheader(t("settings.families"))
    st.dataframe(
        [
            {
                "what": _named("settings.family", family.name),
                "count": "" if family.count is None else f"{family.count:,}",
                "size": ("" if family.exact else t("settings.about_n")) + amount(family.bytes),
            }
            for family in found
        ],
        hide_index=True,
        width="stretch",
        height="content",
        column_config={
            "what": st.column_config.TextColumn(t("settings.what")),
            "count": st.column_config.TextColumn(t("settings.count"), alignment="right"),
            "size": st.column_config.TextColumn(t("settings.size")),
        },
    )
    st.caption(t("settings.families_note"))


def _named(group: str, name: str) -> str:
    key = f"{group}.{name}"
    return t(key) if key in WORDS else name


def amount(size: int) -> str:
    """Bytes as an owner reads them."""
    if size >= GIB:
        return f"{size / GIB:,.1f} GB"
    return f"{size / 2**20:,.1f} MB" if size >= 2**20 else f"{size / 1024:,.0f} KB"


def _caches(found: list[Cache]) -> None:
    st.subheader(t("settings.caches"))
    st.caption(t("settings.caches_note"))
    if not found:
        st.markdown(t("settings.no_caches"))
    for cache in found:
        with st.container(horizontal=True, vertical_alignment="center"):
            name = _named("settings.cache", cache.name or "loose")
            st.markdown(
                f"**{plain(name)}** · {amount(cache.bytes)} :gray[{t('settings.files', n=f'{cache.files:,}')}]",
                width="stretch",
            )
            if cache.name:
                st.button(
                    t("settings.delete"),
                    key=f"settings_cache_{cache.name}",
                    icon=":material/delete:",
                    on_click=_drop,
                    args=(cache.name,),
                )


def _drop(name: str) -> None:
    try:
        with open_store(frame.store()) as db:
            freed = drop_cache(db, frame.store(), name)
        st.toast(t("settings.freed", size=amount(freed)))
    except UserError as error:
        frame.explain(error)


def _backups(path: Path) -> None:
    st.subheader(t("settings.backups"))
    st.markdown(t("settings.backups_what"))
    with st.form("settings_backup", border=False):
        folder = st.text_input(t("settings.folder"), str(path.parent / "backups"), key="settings_backup_folder")
        asked = st.form_submit_button(t("settings.backup_now"), icon=":material/save:")
    if asked:
        _backup(path, folder.strip())
    with frame.reading() as db:
        made = list_backups(db)
    if made:
        st.dataframe(
            [
                {
                    "at": moment(backup["created_at"]),
                    "size": amount(backup["bytes"]),
                    "path": backup["path"] if backup["exists"] else t("settings.backup_gone", path=backup["path"]),
                }
                for backup in made
            ],
            hide_index=True,
            width="stretch",
            height="content",
            column_config={
                "at": st.column_config.TextColumn(t("settings.at"), width=130),
                "size": st.column_config.TextColumn(t("settings.size"), width=90),
                "path": st.column_config.TextColumn(t("settings.file")),
            },
        )
    st.caption(t("settings.restore"))


def _backup(path: Path, folder: str) -> None:
    if not folder:
        st.error(t("settings.no_folder"), icon=":material/info:")
        return
    try:
        with st.spinner(t("settings.backing_up")), open_store(path) as db:
            target = Path(expanduser(folder)).absolute()
            made = backup_into(db, path, target, datetime.now().strftime("%Y%m%d-%H%M%S"))
        st.success(t("settings.backed_up", size=amount(made["bytes"])), icon=":material/check_circle:")
        st.code(made["path"], language=None)
    except UserError as error:
        frame.explain(error)


def _check() -> None:
    st.subheader(t("settings.check"))
    st.markdown(t("settings.check_what"))
    if st.button(t("settings.check_now"), icon=":material/fact_check:", key="settings_check"):
        with st.spinner(t("settings.checking")), frame.reading() as db:
            problems = check(db)
        if not problems:
            st.success(t("settings.whole"), icon=":material/check_circle:")
            return
        st.error(t("settings.broken", n=len(problems)), icon=":material/error:")
        kinds = dict.fromkeys(problem.partition(":")[0].split()[0] for problem in problems)
        for kind in kinds:
            st.markdown(f"- {plain(_named('settings.problem', kind))}")
        st.code("\n".join(problems[:50]), language=None)
