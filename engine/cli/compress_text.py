"""A compression's report in the terminal: steps, table, targets, advice."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from engine.config import language

STATES = {
    "waiting": ("기다림", "waiting"),
    "running": ("하는 중", "running"),
    "passed": ("통과", "passed"),
    "failed": ("못 미쳐 멈춤", "failed, stopped"),
    "rolled_back": ("못 미쳐 되돌림", "failed, rolled back"),
    "skipped": ("건너뜀", "skipped"),
}
TARGETS = {
    "size": ("크기 −50 %", "size −50 %"),
    "speed": ("속도 2배", "2× faster"),
    "memory": ("메모리 −70 %", "memory −70 %"),
    "accuracy": ("정확도 90 % 이상", "accuracy ≥ 90 %"),
    "answer": ("64토큰 답 3초 안", "answer < 3 s"),
    "cost": ("전기료 −50 % (원본 대비)", "electricity −50 % (against the original)"),
    "cost_api": ("비용 −50 % (API 대비)", "cost −50 % (against the API)"),
    "staff": ("직원 일 −50 %: 여기서는 잴 수 없습니다", "staff workload −50 %: cannot be measured here"),
}


def _said(pair: Sequence[str]) -> str:
    return pair[language() == "en"]


def steps_text(steps: Sequence[Mapping[str, Any]]) -> str:
    """A line a step: what, how it ended, what it lost on the gate's metric with its interval."""
    lines = []
    for step in steps:
        share = f" {step['share']:.0%}" if step["share"] else ""
        name = f"{step['technique']}{share}" + (f" {step['how']}" if step["how"] else "")
        lines.append(f"  {step['place'] + 1}. {name:<18} {_said(STATES[step['state']])}{_change(step)}")
        for engine, told in step["facts"].get("engines", {}).items():
            why = f": {told['en' if language() == 'en' else 'ko']}" if told["state"] == "refused" else ""
            lines.append(f"       {engine}{why or _change(told['verdict'])}")
    return "\n".join(lines)


def _change(numbers: Mapping[str, Any]) -> str:
    if numbers.get("delta") is None:
        return ""
    low, high = (f"{100 * numbers[end]:+.1f}" if numbers[end] is not None else "?" for end in ("low", "high"))
    points = _said(("점", "points"))
    return f"  {numbers['before']:.3f} → {numbers['after']:.3f} ({100 * numbers['delta']:+.1f}{points} [{low}, {high}])"


def report_text(report: Mapping[str, Any]) -> str:
    """The whole report for people."""
    metric = report["gate"]["metric"]
    head = f"{_said(('압축', 'compression'))} {report['compression_id']} · {report['original']} · {report['plan']}"
    lines = [head, steps_text(report["steps"]), _table(report["variants"], metric)]
    lines += [_target(one) for one in report["targets"]]
    said = "en" if language() == "en" else "ko"
    lines += [f"  ! {note[said]}" for note in report.get("notes", [])]
    return "\n".join([*lines, "", report["advice"][said]])


def _table(variants: Sequence[Mapping[str, Any]], metric: str) -> str:
    heads = ["", "MB", "×", "RSS MB", _said(("전용 MB", "private MB")), _said(("첫 토큰 s", "first s")), "tok/s",
             _said(("답 s", "answer s")), metric, "Δ", _said(("천 답", "1,000"))]  # fmt: skip
    table = Table(*heads, box=None, pad_edge=False)
    for one in variants:
        mark = ("*" if one["pareto"] else " ") + ("" if one["passed"] else "✗")
        score = one["metrics"].get(metric) or {}
        cells = [one["size_mb"], one["ratio"], one["rss_mb"], one["private_mb"], one["first_token_s"], one["tokens_per_second"],
                 one["answer_s"], score.get("value")]  # fmt: skip
        forms = ("{:,.1f}", "{:.2f}", "{:,.0f}", "{:,.0f}", "{:.2f}", "{:,.1f}", "{:.2f}", "{:.3f}")
        told = ["-" if cell is None else form.format(cell) for form, cell in zip(forms, cells, strict=True)]
        table.add_row(f"{mark} {one['name']}", *told, _delta(score), _money(one["cost_per_1000"]))
    console = Console(width=160, no_color=True)
    with console.capture() as seen:
        console.print(table)
    return seen.get().rstrip()


def _delta(score: Mapping[str, Any]) -> str:
    if score.get("delta") is None:
        return ""
    low, high = (f"{100 * score[end]:+.1f}" if score[end] is not None else "?" for end in ("delta_low", "delta_high"))
    return f"{100 * score['delta']:+.1f} [{low}, {high}]"


def _money(value: float | None) -> str:
    return "-" if value is None else f"{value:,.2f}"


def _target(one: Mapping[str, Any]) -> str:
    if one["got"] is None:
        return f"  –  {_said(TARGETS[one['name']])}"
    form = {"share": "{:.1%}", "times": "{:.2f}×", "seconds": "{:.2f} s"}[one["unit"]]
    missed = "" if one["missed"] is None else f", {_said(('모자람', 'missed by'))} {form.format(one['missed'])}"
    return f"  {'✓' if one['reached'] else '✗'}  {_said(TARGETS[one['name']])}: {form.format(one['got'])}{missed}"
