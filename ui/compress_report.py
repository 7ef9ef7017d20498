"""The report on a compression: advice, one table of all variants, targets, hosts. Everything in it was measured elsewhere."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from engine.compress.costs import local_cost, running_prices
from ui import compress_chart, compress_prices, frame
from ui.compress import variant_name
from ui.evaluate_size import count, number
from ui.frame import plain, t
from ui.leaderboard import amount, between, difference, metric_label
from ui.resources import amount as memory
from ui.words import WORDS

FEW = 100
"""Below this many items small differences cannot be told."""


def show(report: Mapping[str, Any]) -> None:
    """Advice first, then what it rests on."""
    variants = report["variants"]
    _advice(report)
    _doors(report)
    st.subheader(t("compress.variants"))
    metric = _choose_metric(report)
    _table(variants, metric, report["best"])
    judged = variants[0]["metrics"].get(metric, {}).get("n")
    if judged and judged < FEW:
        st.caption(f":material/info: {t('compress.few', n=judged)}")
    compress_chart.show(report, metric)
    _targets(report["targets"])
    _hosts(report["hosts"], {one["name"]: variant_name(one) for one in variants})
    compress_prices.show(report)


def _advice(report: Mapping[str, Any]) -> None:
    st.success(plain(report["advice"]["en" if frame.english() else "ko"]), icon=":material/lightbulb:")


def _doors(report: Mapping[str, Any]) -> None:
    """Talk to a variant, look at the evaluation behind the numbers, try another plan."""
    names = {one["model"]: variant_name(one) for one in report["variants"]}
    best = next((one["model"] for one in report["variants"] if one["name"] == report["best"]), None)
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        chosen = st.selectbox(
            t("compress.results_pick"), list(names), index=list(names).index(best) if best else 0,
            format_func=names.__getitem__, key="compress_variant", width=320,
        )  # fmt: skip
        if st.button(t("compress.chat"), key="compress_chat", icon=":material/chat:", type="primary"):
            frame.go("chat", model=chosen)
        if report["evaluation_id"] and st.button(
            t("compress.evaluation"), key="compress_evaluation", icon=":material/leaderboard:"
        ):
            frame.go("evaluate", evaluation=report["evaluation_id"])
        if st.button(t("compress.again"), key="compress_again", icon=":material/replay:"):
            frame.go("compress", run=report["variants"][0]["run_id"])


def _choose_metric(report: Mapping[str, Any]) -> str:
    """What quality is measured by: the gate's metric unless another one is chosen."""
    known = list(report["variants"][0]["metrics"])
    usual = report["gate"]["metric"]
    asked = frame.asked("metric")
    st.session_state["compress_metric"] = asked if asked in known else usual if usual in known else known[0]
    return str(
        st.selectbox(
            t("compress.metric"), known, format_func=metric_label, key="compress_metric", width=320,
            on_change=lambda: frame.name_in_address(metric=st.session_state["compress_metric"]),
        )
    )  # fmt: skip


def _table(variants: Sequence[Mapping[str, Any]], metric: str, best: str | None) -> None:
    text = st.column_config.TextColumn
    with frame.reading() as db:
        prices = running_prices(db)
    st.dataframe(
        [
            {
                t("compress.col.name"): f"{place}. {variant_name(one)}",
                **_row(one, metric, best, local_cost(one["answer_s"], prices)),
            }
            for place, one in enumerate(variants, 1)
        ],
        hide_index=True,
        width="stretch",
        height="content",
        key="compress_table",
        column_config={
            t("compress.col.name"): text(width=230, pinned=True),
            t("compress.col.memory"): text(help=t("compress.help.memory")),
            t("compress.col.private"): text(help=t("compress.help.private")),
            t("compress.col.answer"): text(help=t("compress.help.answer")),
        },
    )
    st.caption(t("compress.measured"))


def _row(one: Mapping[str, Any], metric: str, best: str | None, cost: float | None) -> dict[str, str]:
    score = one["metrics"].get(metric, {})
    unit = score.get("unit", "")
    ratio = f" ({one['ratio']:.0%})" if one["ratio"] is not None and one["technique"] != "original" else ""
    row = {
        t("compress.col.verdict"): t(f"compress.verdict.{verdict(one, best)}"),
        metric_label(
            metric
        ): f"{amount(score.get('value'), unit)} {between(score.get('low'), score.get('high'), unit)}".strip(),
        t("compress.col.delta"): _delta(score, unit),
        t("compress.col.size"): number(one["size_mb"], 1) + ratio,
        t("compress.col.private"): number(one["private_mb"], 0),
        t("compress.col.speed"): number(one["tokens_per_second"], 1),
        t("compress.col.answer"): number(one["answer_s"], 2),
        t("compress.col.first"): number(one["first_token_s"], 2),
        t("compress.col.memory"): number(one["rss_mb"], 0),
        t("compress.col.vram"): number(one["vram_mb"], 0),
        t("compress.col.load"): number(one["load_s"], 1),
        t("compress.col.cost"): number(cost, 1),
        t("compress.col.parameters"): count(one["parameters"]),
    }
    if one["vram_mb"] is None:
        del row[t("compress.col.vram")]
    return row


def verdict(one: Mapping[str, Any], best: str | None) -> str:
    """`original`, `best`, `passed` or `failed`."""
    if one["technique"] == "original":
        return "original"
    return "best" if one["name"] == best else "passed" if one["passed"] else "failed"


def _delta(score: Mapping[str, Any], unit: str) -> str:
    if score.get("delta") is None:
        return "—"
    ends = [difference(score.get(name), unit) for name in ("delta_low", "delta_high")]
    return f"{difference(score['delta'], unit)} [{ends[0]}, {ends[1]}]"


def _targets(targets: Sequence[Mapping[str, Any]]) -> None:
    """What was wished for, what came, and by how much it was missed."""
    if not targets:
        return
    st.subheader(t("compress.targets"))
    st.dataframe(
        [
            {
                t("compress.target"): target_name(one["name"]),
                t("compress.wanted"): _value(one["wanted"], one["unit"]),
                t("compress.got"): _value(one["got"], one["unit"]),
                t("compress.col.verdict"): _reached(one),
            }
            for one in targets
        ],
        hide_index=True,
        width="stretch",
        height="content",
        key="compress_targets",
    )


def target_name(name: str) -> str:
    """A target in words; its own name where it has none."""
    key = f"compress.target.{name}"
    return t(key) if key in WORDS else name


def _value(value: float | None, unit: str) -> str:
    if value is None:
        return "—"
    if unit == "share":
        return f"{value:.1%}".replace(".0%", "%")
    return t("compress.times" if unit == "times" else "compress.seconds", n=f"{value:,.1f}")


def _reached(one: Mapping[str, Any]) -> str:
    if one["got"] is None:
        return t("compress.unmeasured")
    if one["reached"]:
        return t("compress.reached")
    missed = (
        difference(one["missed"], "share").lstrip("+") if one["unit"] == "share" else _value(one["missed"], one["unit"])
    )
    return t("compress.missed", by=missed)


def _hosts(hosts: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> None:
    """Each host and what fits there, the least first."""
    if not hosts:
        return
    st.subheader(t("compress.hosts"))
    rows = [
        {
            t("compress.host"): host["en" if frame.english() else "ko"],
            t("compress.limit_gb"): f"{host['limit_mb'] / 1000:g} GB",
            t("compress.fits"): _fitting(host, names),
        }
        for host in hosts
    ]
    st.dataframe(rows, hide_index=True, width="stretch", height="content", key="compress_hosts")


def _fitting(host: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """The smallest of what fits, and how many do; else how much the least would need."""
    if not host["fits"]:
        least = host["smallest_mb"]
        return t("compress.fits_unknown") if least is None else t("compress.fits_none", size=memory(least))
    one = min(host["fits"], key=lambda fit: float(fit["needs_mb"]))
    n, name = len(host["fits"]), names.get(one["variant"], one["variant"])
    return t("compress.fits_more" if n > 1 else "compress.fits_one", name=name, size=memory(one["needs_mb"]), n=n)
