"""Versions of datasets: the list, and two of them beside each other, with the rows that differ."""

from collections.abc import Iterable
from typing import Any

import streamlit as st

from engine.curate.versions import Comparison, compare_datasets
from engine.errors import UserError
from engine.store.versions import list_versions, only_in, words_of
from ui import frame
from ui.curate_address import name_of, open_beside, open_dataset, open_row_of, reason_name, recipe_name
from ui.forms import words
from ui.frame import plain, t
from ui.live import moment

STEP = 20
"""Versions shown at a time."""
PAGE_ROWS = 10
PARTS = ("only_a", "only_b", "edited")


def versions_box() -> None:
    """Every dataset, newest first, each with its doors."""
    count = st.session_state.setdefault("curate_versions", STEP)
    with frame.reading() as db:
        found = list_versions(db, count + 1)
    if not found:
        st.info(t("curate.versions.none"), icon=":material/inbox:")
        return
    for dataset in found[:count]:
        _version(dataset)
    if len(found) > count:
        st.button(t("frame.more"), key="curate_versions_more", on_click=_more)


def _more() -> None:
    st.session_state["curate_versions"] += STEP


def _version(dataset: dict[str, Any]) -> None:
    counts = {name: f"{dataset['counts'].get(name, 0):,}" for name in ("train", "validation", "test")}
    names = ", ".join(plain(source["name"]) for source in dataset["sources"]) or t("curate.no_sources")
    with st.container(border=True, key=f"curate_version_{dataset['id']}", gap="xsmall"):
        st.markdown(
            f"**{moment(dataset['created_at'])}** · {recipe_name(dataset['recipe'])} :gray[:small[{plain(dataset['id'])}]]"
        )
        st.markdown(t("curate.versions.counts", dropped=f"{sum(dataset['dropped'].values()):,}", **counts))
        decided = t("curate.versions.decided", count=f"{dataset['decided']:,}") if dataset["decided"] else ""
        parent = t("curate.parent", id=plain(dataset["parent"])) if dataset["parent"] else ""
        st.caption(" · ".join(part for part in (t("curate.from", names=names), parent, decided) if part))
        with st.container(horizontal=True, gap="medium"):
            st.button(
                t("curate.versions.look"),
                key=f"curate_look_{dataset['id']}",
                type="tertiary",
                icon=":material/search:",
                on_click=open_dataset,
                args=(dataset["id"],),
            )
            if dataset["parent"]:
                beside_button(dataset["parent"], dataset["id"])
            frame.link("train", t("curate.versions.train"), ":material/school:", dataset=dataset["id"])


def beside_button(parent: str, dataset_id: str) -> None:
    """A door to a version beside the one it was made from."""
    st.button(
        t("curate.versions.beside"),
        key=f"curate_beside_{dataset_id}",
        type="tertiary",
        icon=":material/compare_arrows:",
        on_click=open_beside,
        args=(parent, dataset_id),
    )


def compare_box(datasets: list[dict[str, Any]]) -> None:
    """Two datasets: counts, options, rows."""
    if len(datasets) < 2:
        st.info(t("curate.compare.two"), icon=":material/inbox:")
        return
    a, b = _choose(datasets)
    if a == b:
        st.info(t("curate.compare.same"), icon=":material/compare_arrows:")
        return
    found = _compared(str(frame.store()), a, b, tuple(one["forgotten_count"] for one in datasets))
    _counts(found)
    _options(found.options)
    _rows(found)
    with st.expander(t("frame.command"), icon=":material/terminal:"):
        st.code(f"python -m engine dataset compare {a} {b}", language="bash")


@st.cache_data(max_entries=16, show_spinner=False)
def _compared(store: str, a: str, b: str, forgotten: tuple[int, ...]) -> Comparison:
    """Frozen datasets never change, but `forget` can take rows away: then `forgotten` differs."""
    with frame.reading() as db:
        return compare_datasets(db, a, b)


def _choose(datasets: list[dict[str, Any]]) -> tuple[str, str]:
    """What the address names; else the newest one and what it was made from, or the one before."""
    known = {one["id"]: one for one in datasets}
    for name in ("dataset", "beside"):
        if (asked := frame.asked(name)) and asked not in known and not _add(known, asked):
            frame.gone(asked)
    newest = datasets[0]
    before = newest["parent"] if newest["parent"] in known else datasets[1]["id"]
    b = frame.asked("beside") if frame.asked("beside") in known else None
    a = frame.asked("dataset") if frame.asked("dataset") in known else None
    if b is None:
        b, a = (newest["id"], before) if a in (None, newest["id"]) else (newest["id"], a)
    a = a or (before if before != b else newest["id"])
    left, right = st.columns(2)
    return _pick(left, "dataset", a, known), _pick(right, "beside", b, known)


def _add(known: dict[str, dict[str, Any]], asked: str) -> bool:
    """An old dataset that the list does not reach."""
    from engine.store.datasets import get_dataset

    try:
        with frame.reading() as db:
            known[asked] = get_dataset(db, asked)
    except UserError:
        return False
    return True


def _pick(column: Any, name: str, chosen: str, known: dict[str, dict[str, Any]]) -> str:
    key = f"curate_compare_{name}"
    st.session_state[key] = chosen
    label = t("curate.compare.a" if name == "dataset" else "curate.compare.b")
    column.selectbox(label, list(known), format_func=lambda id_: name_of(known[id_]), key=key, on_change=_picked)
    return chosen


def _picked() -> None:
    a, b = st.session_state["curate_compare_dataset"], st.session_state["curate_compare_beside"]
    frame.name_in_address(dataset=a, beside=b, view=None, part=None, after=None)


def _counts(found: Comparison) -> None:
    strip = st.container(horizontal=True, gap="large")
    for split in ("train", "validation", "test"):
        before, after = found.a["counts"].get(split, 0), found.b["counts"].get(split, 0)
        strip.metric(
            t(f"curate.split.{split}"),
            f"{before:,} → {after:,}",
            f"{after - before:+,}" if after != before else None,
            delta_color="off",
            width="content",
            help=t("gloss.train_split" if split == "train" else f"gloss.{split}"),
        )


def _options(options: dict[str, tuple[Any, Any]]) -> None:
    if not options:
        st.caption(t("curate.compare.options_same"))
        return
    st.subheader(t("curate.compare.options"))
    rows = [
        {
            t("curate.compare.option"): words(f"field.{name}", name),
            t("curate.compare.a"): str(before),
            t("curate.compare.b"): str(after),
        }
        for name, (before, after) in options.items()
    ]
    st.dataframe(rows, hide_index=True, width="stretch")


def _rows(found: Comparison) -> None:
    counts = {"only_a": found.only_a, "only_b": found.only_b, "edited": len(found.edited)}
    if not any(counts.values()):
        st.info(t("curate.compare.alike"), icon=":material/check_circle:")
        return
    st.subheader(t("curate.compare.rows"))
    asked = frame.asked("part")
    part = asked if asked in PARTS else next(name for name in PARTS[::-1] if counts[name])
    st.session_state["curate_part"] = part
    st.segmented_control(
        t("curate.compare.rows"),
        PARTS,
        format_func=lambda name: t(f"curate.compare.{name}", count=f"{counts[name]:,}"),
        key="curate_part",
        required=True,
        label_visibility="collapsed",
        on_change=lambda: frame.name_in_address(part=st.session_state["curate_part"], after=None),
    )
    if part == "edited":
        _edited(found.edited)
    else:
        _only(found, part)


def _only(found: Comparison, part: str) -> None:
    here, there = (found.a, found.b) if part == "only_a" else (found.b, found.a)
    but: Iterable[int] = found.edited if part == "only_a" else found.edited.values()
    after = frame.asked_number("after")
    with frame.reading() as db:
        rows, more = only_in(db, here["id"], there["id"], but, -1 if after is None else after, PAGE_ROWS)
    for row in rows:
        with st.container(border=True, key=f"curate_only_{row['id']}", gap="xsmall"):
            _words(row)
            if row["elsewhere"]:
                st.caption(t("curate.compare.dropped_there", reason=reason_name(row["elsewhere"])))
            st.button(
                t("curate.row.open"),
                key=f"curate_open_{row['id']}",
                type="tertiary",
                icon=":material/open_in_full:",
                on_click=open_row_of,
                args=(here["id"], row["id"]),
            )
    if not rows and more is None:
        st.caption(t("curate.empty"))
    _pager(more)


def _edited(pairs: dict[int, int]) -> None:
    first = frame.asked_number("after") or 0
    shown = list(pairs.items())[first : first + PAGE_ROWS]
    with frame.reading() as db:
        said = words_of(db, [row for pair in shown for row in pair])
    for old, new in shown:
        with st.container(border=True, key=f"curate_pair_{new}", gap="xsmall"):
            st.markdown(f":gray-badge[{t('curate.compare.old')}]")
            _words(said[old])
            st.markdown(f":orange-badge[{t('curate.compare.new')}]")
            _words(said[new])
    _pager(first + PAGE_ROWS if first + PAGE_ROWS < len(pairs) else None)


def _words(row: dict[str, Any]) -> None:
    asked = next((one["content"] for one in reversed(row["messages"]) if one["role"] == "user"), "")
    st.markdown(f":gray-badge[{t('curate.row.them')}] {plain(asked)}")
    st.markdown(f":blue-badge[{t('curate.row.me')}] {plain(row['target'])}")


def _pager(after: int | None) -> None:
    with st.container(horizontal=True):
        if frame.asked("after"):
            st.button(t("frame.first"), key="curate_first", on_click=frame.name_in_address, kwargs={"after": None})
        if after is not None:
            more = {"after": str(after)}
            st.button(t("curate.next_page"), key="curate_more", on_click=frame.name_in_address, kwargs=more)
