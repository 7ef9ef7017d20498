"""Where a model can be put: what free hosts and small cards have, and what a variant needs there. Numbers only; it looks at no machine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

APP_MB = 150.0
"""Streamlit with pandas and plotly, before any model: measured (reference figures of CPU serving)."""
CARD_MB = 1000.0
"""What the driver and torch's context hold of a card."""
KV_TOKENS = 2048
"""A conversation as long as most windows are; measured answers hold a few hundred tokens."""
ON_CARD = ("transformers", "bitsandbytes")
"""Engines that can use a card; the others answer on the processor."""
MAPPED_BELOW = 0.5
"""Private memory below this share of the file means that the weights are read from a mapped file: they must be in memory too."""


@dataclass(frozen=True, slots=True)
class Host:
    """A place to run. `limit_mb`: its memory, of the card where `card`."""

    name: str
    ko: str
    en: str
    limit_mb: float
    card: bool = False


HOSTS = (
    Host("streamlit-1gb", "스트림릿 클라우드 1 GB", "Streamlit Cloud with 1 GB", 1000.0),
    Host("free-2.7gb", "메모리 2.7 GB인 무료 호스트", "a free host with 2.7 GB", 2700.0),
    Host("hf-space", "허깅페이스 스페이스(2 vCPU, 16 GB)", "a Hugging Face Space (2 vCPU, 16 GB)", 16000.0),
    Host("card-8gb", "8 GB 그래픽 카드", "an 8 GB graphics card", 8000.0, card=True),
)
"""The smallest first: an advice names the first that something fits into."""


def needed_mb(variant: Mapping[str, Any], host: Host, kv_mb: float) -> float | None:
    """Memory that a variant takes on a host, 10**6 bytes; None where it does not run there, or was not measured.

    On a processor: private memory (what a limit counts and cannot take back), the mapped weights where it does not hold them, a
    longer conversation, and the page itself. On a card: what was measured, else the weights in 16 bits.
    """
    if host.card:
        return _on_card(variant, kv_mb) if variant["engine"] in ON_CARD else None
    if variant["private_mb"] is None or variant["size_mb"] is None:
        return None
    mapped = variant["size_mb"] if variant["private_mb"] < MAPPED_BELOW * variant["size_mb"] else 0.0
    return float(max(variant["private_mb"] + mapped, variant["size_mb"]) + kv_mb + APP_MB)


def _on_card(variant: Mapping[str, Any], kv_mb: float) -> float | None:
    if variant["vram_mb"]:
        return float(variant["vram_mb"] + kv_mb / 2)
    if not variant["parameters"]:
        return None
    return float(variant["parameters"] * 2 / 1e6 + kv_mb / 2 + CARD_MB)


def kv_mb(layers: int, key_width: int, tokens: int) -> float:
    """Keys and values of a conversation of so many tokens in 32 bits, 10**6 bytes."""
    return 2 * layers * key_width * tokens * 4 / 1e6


def fitting(variants: Sequence[Mapping[str, Any]], kv: float) -> list[dict[str, Any]]:
    """Each host with what fits there: {name, ko, en, limit_mb, card, fits: [{variant, needs_mb}], smallest_mb}: the least that
    anything would need, where nothing fits too."""
    found = []
    for host in HOSTS:
        needs = [(one["name"], needed_mb(one, host, kv)) for one in variants]
        known = [(name, round(need, 1)) for name, need in needs if need is not None]
        fits = [{"variant": name, "needs_mb": need} for name, need in known if need <= host.limit_mb]
        told = {"name": host.name, "ko": host.ko, "en": host.en, "limit_mb": host.limit_mb, "card": host.card}
        found.append({**told, "fits": fits, "smallest_mb": min((need for _, need in known), default=None)})
    return found
