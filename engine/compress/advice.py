"""One line of advice: which variant to use, and where it fits. Chosen by what was measured, never by an engine's name."""

from collections.abc import Mapping, Sequence
from typing import Any

from engine.compress.gate import POINT
from engine.evaluate.suite import Metric

ENOUGH = 30
"""Items below which a difference is told to be doubtful: at 30, a share of a half is known to 18 points."""
Advice = tuple[str, dict[str, Any] | None, dict[str, str]]
ENGINE_WORDS = {
    "transformers": "transformers",
    "openvino": "OpenVINO INT8",
    "openvino-int4": "OpenVINO INT4",
    "ctranslate2": "CTranslate2 INT8",
    "gguf": "GGUF Q8_0",
    "gguf-int4": "GGUF Q4_0",
    "bitsandbytes": "bitsandbytes INT8",
}


def advise(variants: Sequence[Mapping[str, Any]], hosts: Sequence[Mapping[str, Any]], metric: Metric) -> Advice:
    """(name of the variant, its host or None, {ko, en}).

    Of the variants that passed the gate, those that fit the smallest host that any of them fits; of these the fastest. Where nothing
    fits a host, the one with the least memory.
    """
    passed = [one for one in variants if one["passed"]]
    able = {one["name"] for one in passed}
    for host in hosts:
        inside = {fit["variant"]: fit["needs_mb"] for fit in host["fits"] if fit["variant"] in able}
        if inside:
            best = max(
                (one for one in passed if one["name"] in inside), key=lambda one: -(one["answer_s"] or float("inf"))
            )
            place = {name: host[name] for name in ("name", "ko", "en", "limit_mb")}
            place |= {"variant": best["name"], "needs_mb": inside[best["name"]]}
            return best["name"], place, _fits(best, place, variants[0], metric)
    least = min(passed, key=lambda one: one["private_mb"] or float("inf"))
    return least["name"], None, _fits_nowhere(least, hosts)


def _fits(
    best: Mapping[str, Any], host: Mapping[str, Any], original: Mapping[str, Any], metric: Metric
) -> dict[str, str]:
    size, need, limit = f"{best['size_mb']:,.0f} MB", f"{host['needs_mb']:,.0f} MB", f"{host['limit_mb']:,.0f} MB"
    words = ENGINE_WORDS.get(best["engine"], best["engine"])
    lost_ko, lost_en = (
        _lost(best, metric)
        if best is not original
        else (
            " 거른 것 가운데 원본보다 나은 것이 없었습니다.",
            " Nothing that passed was better than the original.",
        )
    )
    return {
        "ko": f"이 모델은 {words}로 {size}라서 {host['ko']}에 들어갑니다(앱까지 {need} / {limit}). 64토큰 답에 이 컴퓨터에서 "
        f"{_seconds(best['answer_s'])}초 걸립니다.{lost_ko}",
        "en": f"As {words} this model takes {size} and fits {host['en']} ({need} of {limit} with the app). A 64-token answer takes "
        f"{_seconds(best['answer_s'])} s on this machine.{lost_en}",
    }


def _lost(best: Mapping[str, Any], metric: Metric) -> tuple[str, str]:
    """What the quality is against the original's, as sure as it is."""
    found = best["metrics"].get(metric.name) or {}
    if found.get("delta") is None:
        return "", ""
    points, n = found["delta"] / POINT, found.get("n") or 0
    low, high = found.get("delta_low"), found.get("delta_high")
    range_ = f" [{low / POINT:+.1f}, {high / POINT:+.1f}]" if low is not None and high is not None else ""
    few = n < ENOUGH
    return (
        f" 품질({metric.name})은 원본보다 {points:+.1f}점{range_}입니다(문항 {n}개{': 적어서 아직 믿을 수 없습니다' if few else ''}).",
        f" Quality ({metric.name}) is {points:+.1f} points{range_} against the original ({n} items"
        f"{': too few to rely on' if few else ''}).",
    )


def _seconds(seconds: float) -> str:
    """One decimal; two significant figures below a second, where 0.034 would read 0.0."""
    return f"{seconds:.1f}" if seconds >= 1 else f"{seconds:.2g}"


def _fits_nowhere(least: Mapping[str, Any], hosts: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    largest = max((host for host in hosts if not host["card"]), key=lambda host: host["limit_mb"])
    need = f"{largest['smallest_mb']:,.0f} MB" if largest["smallest_mb"] else "?"
    return {
        "ko": f"거른 것 가운데 어느 것도 아는 무료 호스트에 들어가지 않습니다(가장 적게 드는 것이 앱까지 {need}). 더 작은 기반 모델로 배우거나 "
        f"--with에 prune이나 int4를 넣어 보고, 그 전에는 이 컴퓨터에서 {least['name']}을(를) 쓰세요.",
        "en": f"Nothing that passed fits a free host known here (the least needs {need} with the app). Train a smaller base, or put "
        f"prune or int4 into --with; until then use {least['name']} on this machine.",
    }
