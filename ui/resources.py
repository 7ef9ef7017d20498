"""What a job took of the machine: its peaks in words, and charts over time. It looks at no process."""

from collections.abc import Callable, Sequence

import streamlit as st

from engine.resources import Sample
from engine.store.resources import ChatCost, Usage, list_servings, rates_of, read_usage
from ui import frame
from ui.charts import BASE, CHECK, TUNED, show
from ui.frame import plain, t
from ui.live import moment

GB = 1024
Points = list[tuple[float | None, float | None]]


def amount(mb: float) -> str:
    """`1.2 GB`, `640 MB`."""
    return f"{mb / GB:,.1f} GB" if mb >= 1000 else f"{mb:,.0f} MB"


def peak_words(usage: Usage) -> str:
    """`최대 메모리 1.2 GB · CPU 평균 1.9코어 · 초당 340토큰`; empty where nothing was seen."""
    if usage.peak_mb is None or usage.cpu_percent is None:
        return ""
    told = [t("use.peak", size=amount(usage.peak_mb)), t("use.cores", cores=f"{usage.cpu_percent / 100:.1f}")]
    if usage.vram_mb:
        told.insert(1, t("use.card", size=amount(usage.vram_mb)))
    if usage.tokens_per_second:
        told.append(t("use.speed", n=f"{usage.tokens_per_second:,.0f}"))
    return " · ".join(told)


def answer_words(cost: ChatCost, here: bool) -> str:
    """`답하는 데 1.2초(첫 글자 0.2초) · 초당 24토큰 · 메모리 640 MB`; `here`: it was made on this machine."""
    told = [t("use.answer", seconds=f"{cost.seconds:.1f}", first=f"{cost.first_seconds:.1f}")]
    if cost.tokens and cost.seconds:
        told.append(t("use.speed", n=f"{cost.tokens / cost.seconds:,.0f}"))
    if here:
        told.append(t("use.holds", size=amount(cost.rss_mb)))
    if here and cost.vram_mb:
        told.append(t("use.card", size=amount(cost.vram_mb)))
    return " · ".join(told)


def servings() -> None:
    """Models that were served to others, and what that took; nothing where none was."""
    with frame.reading() as db:
        found = [(one, read_usage(db, one["id"])) for one in list_servings(db)]
    if not found:
        return
    st.subheader(t("use.servings"))
    for one, usage in found:
        state = t("use.serving" if one["ended_at"] is None else "use.served")
        words = " · ".join(part for part in (moment(one["began_at"]), state, peak_words(usage)) if part)
        st.markdown(f"**{plain(one['model'])}** :gray[{words}]")
    newest, usage = found[0]
    if usage.attempts:
        with st.expander(t("use.charts")):
            charts(newest["id"], usage)


def box(owner: str, usage: Usage) -> None:
    """Peaks in a line and the charts behind it; nothing where nothing was seen."""
    if not usage.attempts:
        return
    st.markdown(f":material/memory: {peak_words(usage)}")
    with st.expander(t("use.charts")):
        charts(owner, usage)


def charts(owner: str, usage: Usage) -> None:
    """Memory, processor and, where tokens were counted, speed, along the minutes since the first look."""
    columns = st.columns(2 if not usage.tokens else 3)
    with columns[0]:
        _memory(owner, usage)
    with columns[1]:
        line = over_time(usage, lambda one: one.cpu_percent / 100)
        _chart(f"use_cpu_{owner}", t("use.axis.cores"), [(t("use.axis.cores"), line, CHECK)])
    if usage.tokens:
        with columns[2]:
            _chart(f"use_speed_{owner}", t("use.axis.speed"), [(t("use.axis.speed"), speeds(usage), TUNED)])


def _memory(owner: str, usage: Usage) -> None:
    lines = [
        (t("use.resident"), over_time(usage, lambda one: one.rss_mb / GB), TUNED),
        (t("use.private"), over_time(usage, lambda one: one.private_mb / GB), BASE),
    ]
    if usage.vram_mb:
        lines.append((t("use.vram"), over_time(usage, lambda one: (one.vram_mb or 0) / GB), CHECK))
    _chart(f"use_memory_{owner}", t("use.axis.memory"), lines)


def over_time(usage: Usage, value: Callable[[Sample], float]) -> Points:
    """(minutes since the first look, value); attempts are parted by an empty point."""
    start, found = usage.attempts[0][0].began, Points()
    for attempt in usage.attempts:
        found += [((one.at - start) / 60, value(one)) for one in attempt] + [(None, None)]
    return found[:-1]


def speeds(usage: Usage) -> Points:
    """(minutes since the first look, tokens per second)."""
    start, found = usage.attempts[0][0].began, Points()
    for attempt in usage.attempts:
        found += [((one.at - start) / 60, tokens / seconds) for one, tokens, seconds in rates_of(attempt)]
        found.append((None, None))
    return found[:-1]


def _chart(key: str, axis: str, lines: Sequence[tuple[str, Points, str]]) -> None:
    from plotly.graph_objects import Figure, Scatter

    figure = Figure()
    for name, points, colour in lines:
        few = sum(1 for at, _ in points if at is not None) < 3
        figure.add_trace(
            Scatter(
                x=[at for at, _ in points], y=[value for _, value in points], name=name, line={"color": colour, "width": 1.5},
                mode="lines+markers" if few else "lines", showlegend=True, hovertemplate="%{y:,.2f}",
            )
        )  # fmt: skip
    figure.update_layout(uirevision=key)
    figure.update_xaxes(title=t("use.minutes"), rangemode="tozero", showgrid=False, hoverformat=".1f")
    figure.update_yaxes(title=None, rangemode="tozero", nticks=5)
    show(figure, key=key, height=220)
