"""One row: what was said, what is to be learned, the decision on it, and the same as a model sees it."""

from typing import Any

import streamlit as st

from engine.curate.versions import edit_row
from engine.errors import UserError
from engine.store.open import open_store
from engine.store.reviews import decisions_on, history
from engine.store.rows import get_row, next_row, previous_row
from ui import curate_rows, curate_seen, frame, patent_row
from ui.curate_address import open_row, which
from ui.curate_plan import next_planned, reviewer
from ui.curate_types import asked_of
from ui.dialogue import broken, turns_box
from ui.frame import plain, t
from ui.live import moment

ONWARD = "curate_onward"


def row_box(dataset: dict[str, Any], row_id: int) -> None:
    """The row that the address names, with its neighbours in the list."""
    with frame.reading() as db:
        row = get_row(db, dataset["id"], row_id)
        if row is None:
            frame.gone(str(row_id))
            st.button(
                t("curate.row.back"), key="curate_back", icon=":material/arrow_back:", on_click=open_row, args=(None,)
            )
            return
        made = decisions_on(db, dataset["id"], [row_id]).get(row_id)
        told = history(db, dataset["id"], row_id)
        before = previous_row(db, dataset["id"], which(), row["ord"])
        after = next_row(db, dataset["id"], which(), row["ord"])
    _way(before, after)
    with st.container(border=True, key="curate_row", gap="small"):
        curate_rows.badges(row, made)
        _said(row, made)
        if st.session_state.get("curate_editing") == row_id:
            _edit_form(dataset["id"], row, made)
        else:
            _target(row, made)
            _decide(dataset["id"], row, made, after)
    curate_seen.row_box(dataset, row, made)
    _facts(dataset["id"], row, told)


def _way(before: int | None, after: int | None) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="curate_way"):
        st.button(t("curate.row.back"), key="curate_back", icon=":material/list:", on_click=open_row, args=(None,))
        st.button(
            t("curate.row.previous"),
            key="curate_previous",
            icon=":material/chevron_left:",
            disabled=before is None,
            on_click=open_row,
            args=(before,),
        )
        st.button(
            t("curate.row.next"),
            key="curate_next",
            icon=":material/chevron_right:",
            disabled=after is None,
            on_click=open_row,
            args=(after,),
        )
        st.session_state.setdefault(ONWARD, True)
        st.toggle(t("curate.row.onward"), key=ONWARD, persist_state="session")


def _said(row: dict[str, Any], made: dict[str, Any] | None) -> None:
    """The prompt, turn by turn; an edited one in its new words."""
    messages = made["messages"] if made and made["messages"] else row["messages"]
    if patent_row.is_case(row):
        patent_row.show_asked({**row, "messages": messages})
        return
    if "dialogue" in row["meta"]:
        _dialogue(row["meta"], messages)
        return
    if messages and messages[0]["role"] == "raw":
        st.markdown(f":gray-badge[{t('curate.row.question')}] {plain(asked_of(row))}")
        st.code(messages[0]["content"], language=None, wrap_lines=True)
        return
    for message in messages:
        if message["role"] == "system":
            st.caption(t("curate.row.system", text=plain(message["content"])))
            continue
        mine = message["role"] == "assistant"
        name = t("curate.row.me" if mine else "curate.row.them")
        st.markdown(f":{'blue' if mine else 'gray'}-badge[{name}] {broken(message['content'])}")
    if not messages:
        st.markdown(f":gray-badge[{t('curate.row.them')}] :gray[{t('curate.row.nothing')}]")


def _dialogue(meta: dict[str, Any], messages: list[dict[str, Any]]) -> None:
    """The instruction in small letters, the dialogue turn by turn, and the other references where there are several."""
    for message in messages:
        start = message["cut"][0] if "cut" in message else len(message["content"])
        if lead := message["content"][:start].strip():
            st.caption(broken(lead))
    turns_box(meta["dialogue"])
    if left := meta.get("turns_left_out"):
        st.caption(f":orange[:material/content_cut:] {t('dialogue.left_out', n=f'{left:,}')}")
    for other in meta.get("references", [])[1:]:
        st.caption(f"{t('dialogue.reference')}: {plain(other)}")


def _target(row: dict[str, Any], made: dict[str, Any] | None) -> None:
    edited = made is not None and made["decision"] == "edit"
    target = made["target"] if made and edited else row["target"]
    if not (patent_row.is_case(row) and patent_row.show_target(target)):
        st.markdown(
            f":blue-badge[{t('curate.row.target')}] **{plain(target)}**"
            if target.strip()
            else f":gray[{t('curate.row.nothing')}]"
        )
    if "rejected" in row["meta"]:
        st.markdown(f":red-badge[{t('reward.name.rewards_rejected')}] {plain(row['meta']['rejected'])}")
    if "rating" in row["meta"]:
        st.caption(t("reward.rated_up" if row["meta"]["rating"] > 0 else "reward.rated_down"))
    if edited:
        st.caption(
            f"{t('curate.row.old')}: ~~{plain(row['target'])}~~" if row["target"].strip() else t("curate.row.old")
        )


def _decide(dataset_id: str, row: dict[str, Any], made: dict[str, Any] | None, after: int | None) -> None:
    with st.container(horizontal=True, gap="small", key="curate_decide"):
        onward = (next_planned(dataset_id, row["id"]) or after) if st.session_state.get(ONWARD) else None
        curate_rows.decision_buttons(dataset_id, row, made, "row", onward)


def _edit_form(dataset_id: str, row: dict[str, Any], made: dict[str, Any] | None) -> None:
    """New words; nothing is saved before the button, and nothing typed is lost by an error."""
    now = made if made and made["decision"] == "edit" else row
    framed = any("cut" in one for one in now["messages"])
    asked = next((one["content"] for one in reversed(now["messages"]) if one["role"] == "user" and not framed), "")
    st.session_state.setdefault(f"curate_asked_{row['id']}", asked)
    st.session_state.setdefault(f"curate_target_{row['id']}", now["target"])
    if not framed:  # the question stands in one frame with its clause
        st.text_area(t("curate.row.edit_asked"), key=f"curate_asked_{row['id']}", height=80)
    st.text_area(t("curate.row.edit_target"), key=f"curate_target_{row['id']}", height=120)
    with st.container(horizontal=True, gap="small"):
        st.button(
            t("curate.row.save"),
            type="primary",
            key="curate_save",
            icon=":material/check:",
            on_click=_save,
            args=(dataset_id, row["id"]),
        )
        st.button(t("frame.cancel"), key="curate_cancel", on_click=_stop_editing, args=(row["id"],))


def _save(dataset_id: str, row_id: int) -> None:
    target, asked = st.session_state[f"curate_target_{row_id}"], st.session_state[f"curate_asked_{row_id}"]
    by = reviewer()
    try:
        with open_store(frame.store()) as db:
            edit_row(db, dataset_id, row_id, target, asked, by)
    except UserError as error:
        frame.explain(error)
        return
    _stop_editing(row_id)
    st.toast(t("curate.row.saved"), icon=":material/edit:")


def _stop_editing(row_id: int) -> None:
    for name in ("asked", "target"):
        st.session_state.pop(f"curate_{name}_{row_id}", None)
    st.session_state["curate_editing"] = None


def _facts(dataset_id: str, row: dict[str, Any], told: list[dict[str, Any]]) -> None:
    """Where it comes from, what was decided before, and the commands."""
    if row["source_id"]:
        spot = {name: row[f"record_{name}"] for name in ("first", "last")}
        st.caption(t("curate.row.made_from", source=plain(row["source_id"]), group=plain(row["split_group"]), **spot))
    if row["edited_from"]:
        st.caption(t("curate.row.edited_from", id=row["edited_from"]))
    if told:
        with st.expander(t("curate.row.history"), icon=":material/history:"):
            for one in told:
                gone = f" · :gray[{t('curate.row.undone')}]" if one["undone_at"] else ""
                st.markdown(f"{moment(one['created_at'])} · {t('curate.decision.' + one['decision'])}{_by(one)}{gone}")
    with st.expander(t("frame.command"), icon=":material/terminal:"):
        options = f"{row['id']} --dataset {dataset_id}"
        commands = (f"accept {options}", f"reject {options}", f'fix {options} --text "…"')
        st.code("\n".join(f"python -m engine review {command}" for command in commands), language="bash")


def _by(one: dict[str, Any]) -> str:
    return f" · {plain(one['decided_by'])}" if one["decided_by"] else ""
