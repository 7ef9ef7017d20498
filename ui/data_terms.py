"""A source that is a dictionary or its relations: how many it brought, what it warned of, and the way to look at them."""

from typing import Any

import streamlit as st

from ui import frame
from ui.data_report import file_facts, unparsed, warnings
from ui.frame import plain, t

Source = dict[str, Any]


def report_view(source: Source) -> None:
    """How many terms or relations, what could not be read, and how the columns were read."""
    st.metric(t(f"terms.metric.{source['kind']}"), f"{source['record_count']:,}", border=True, width=180)
    st.caption(t("terms.not_rows"))
    warnings(source)
    unparsed(source)
    if mapping := source["report"].get("mapping"):
        st.caption(
            t("patent.mapping", mapping=plain(", ".join(f"{field} = {column}" for field, column in mapping.items())))
        )
    st.caption(file_facts(source))
    frame.link("settings", t("data.forget"), ":material/delete:")
    with st.expander(t("frame.command")):
        st.code(f"python -m engine terms list --recipe {source['recipe']}", language="bash")


def facts(source: Source, date: str) -> str:
    """One line of the list of sources."""
    return t(f"terms.facts.{source['kind']}", n=f"{source['record_count']:,}", date=date)
