"""What was read of a policy: how much, how long, what is there twice; and counting anew with another base's tokenizer."""

import shlex
from typing import Any

import streamlit as st

from engine.errors import UserError
from engine.jobs.queue import submit
from engine.models.look import bases_at_hand
from engine.store.clause_records import CLAUSE, PAIR, count_kinds
from ui import frame
from ui.data_clauses import LIMIT
from ui.data_report import file_facts, unparsed
from ui.frame import plain, t

Found = dict[str, Any]
GROUPS = ("companies", "products", "policy_types")


def clause_report(source: dict[str, Any]) -> None:
    """Numbers, what cannot be right, what is in it."""
    with frame.reading() as db:
        kinds = count_kinds(db, source["id"])
    report = source["report"]
    found: Found | None = report.get("clauses")
    _numbers(kinds, report, found)
    unparsed(source)
    if mapping := report.get("mapping"):
        told = ", ".join(f"{t(f'clauses.map.{field}')} = {column}" for field, column in mapping.items())
        st.info(
            f"{t('clauses.mapping', mapping=plain(told))} {t('clauses.mapping_wrong')}", icon=":material/view_column:"
        )
    if kinds.get(CLAUSE):
        _clauses(source, found)
    st.caption(file_facts(source))
    with st.container(horizontal=True):
        frame.link("settings", t("data.forget"), ":material/delete:")
    _commands(source)


def _numbers(kinds: dict[str, int], report: Found, found: Found | None) -> None:
    with st.container(horizontal=True, gap="small", key="data_numbers"):
        if kinds.get(CLAUSE):
            st.metric(t("clauses.chunks"), f"{kinds[CLAUSE]:,}", border=True, width=130)
        if kinds.get(PAIR):
            st.metric(t("clauses.pairs"), f"{kinds[PAIR]:,}", border=True, width=130)
        if found:
            tokens, limit = found["tokens"], f"{found['longest_allowed']:,}"
            _number("tokens", tokens["total"], base=found["base"])
            _number("median", tokens["median"], longest=f"{tokens['longest']:,}")
            _number("over", found["over_long"], limit=limit)
            _number("same", found["identical"])
            _number("near", found["near_duplicates"])
        st.metric(t("data.unparsed"), f"{report.get('unparsed', 0):,}", border=True, width=180)


def _number(name: str, value: int, **words: str) -> None:
    words = {key: plain(word) for key, word in words.items()}
    st.metric(t(f"clauses.{name}"), f"{value:,}", border=True, width=150, help=t(f"clauses.{name}_help", **words))


def _clauses(source: dict[str, Any], found: Found | None) -> None:
    if found is None:
        st.caption(t("clauses.not_counted"))
    else:
        _copies(source, found)
        _groups(found)
        if own := found.get("own_tokens"):
            st.caption(
                t(
                    "clauses.own",
                    own=f"{own['total']:,}",
                    base=plain(found["base"]),
                    ratio=own["ratio"],
                    n=f"{own['clauses']:,}",
                )
            )
    _recount(source, found)


def _copies(source: dict[str, Any], found: Found) -> None:
    """What is there twice or too long, by id; honest when there is nothing."""
    if not any(found[name] for name in ("over_long", "identical", "near_duplicates")):
        st.markdown(f":green[:material/check_circle:] {t('clauses.clean')}")
    pairs = [[*pair, 1.0] for pair in found["identical_pairs"]] + found["near_pairs"]
    if pairs:
        with st.expander(t("clauses.see_pairs")):
            rows = {
                t("clauses.pair_one"): [pair[0] for pair in pairs],
                t("clauses.pair_other"): [pair[1] for pair in pairs],
                t("clauses.pair"): [100 * pair[2] for pair in pairs],
            }
            share = st.column_config.ProgressColumn(format="%.0f%%", min_value=0, max_value=100)
            st.dataframe(rows, hide_index=True, column_config={t("clauses.pair"): share})
    if found["over_long_ids"]:
        with st.expander(t("clauses.see_long")):
            ids = {
                t("clauses.pair_one"): [one[0] for one in found["over_long_ids"]],
                t("clauses.tokens"): [one[1] for one in found["over_long_ids"]],
            }
            st.dataframe(ids, hide_index=True)


def _groups(found: Found) -> None:
    named = [name for name in GROUPS if any(found[name])]
    if not named:
        return
    st.subheader(t("clauses.by"))
    for column, name in zip(st.columns(len(named)), named, strict=True):
        counts = found[name]
        rows = {
            t(f"clauses.by.{name}"): [one or t("clauses.unnamed") for one in counts],
            t("clauses.by_count"): list(counts.values()),
        }
        column.dataframe(rows, hide_index=True, height=35 * (min(len(counts), 6) + 1) + 3)


def _recount(source: dict[str, Any], found: Found | None) -> None:
    with (
        st.expander(t("clauses.recount"), expanded=found is None),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        with frame.reading() as db:
            bases = list(bases_at_hand(db, source["recipe"]))
        base = st.selectbox(t("clauses.base"), bases, key="clauses_base", accept_new_options=True, width=260)
        limit = st.number_input(
            t("clauses.limit"),
            64,
            100_000,
            (found or {}).get("longest_allowed", LIMIT),
            step=64,
            key="clauses_limit",
            width=200,
        )
        if st.button(t("clauses.recount_go"), key="clauses_recount", icon=":material/replay:") and base:
            _start(source["id"], base, int(limit))


def _start(source_id: str, base: str, limit: int) -> None:
    try:
        job = submit(frame.store(), "recount", {"source": source_id, "base": base, "longest": limit})
    except UserError as error:
        frame.explain(error)
        return
    frame.name_in_address(job=job)
    st.rerun()


def _commands(source: dict[str, Any]) -> None:
    with st.expander(t("frame.command")):
        lines = [
            f"python -m engine import {shlex.quote(source['name'])} --recipe {source['recipe']} --as {source['kind']}"
        ]
        if mapping := source["report"].get("mapping"):
            told = ",".join(f"{field}={column}" for field, column in mapping.items())
            lines[0] += f" --map {shlex.quote(told)}"
        if source["kind"] in ("chunks", "clauses"):
            lines.append(f"python -m engine recount {source['id']} --base starter --longest {LIMIT}")
        st.code("\n".join(lines), language="bash")
