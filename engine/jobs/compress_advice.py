"""A plan suggested for a run, from the size of its base and what hosts hold. It measures nothing: the compression does."""

from pathlib import Path
from typing import Any

from engine.compress.hosts import APP_MB, HOSTS, KV_TOKENS, kv_mb
from engine.compress.making import shape_folder
from engine.models.shapes import Shape, shape_in, shape_of
from engine.serve.choose import choose_model
from engine.store.open import open_store

BITS_8, BITS_4 = 1.05, 0.65
"""Bytes of private memory a weight takes in 8 and 4 bits while it answers (1.1 B: 1,127 and 721 MiB in OpenVINO)."""
PRUNABLE_LAYERS = 4
"""Below that dropping one layer is more than a quarter."""


def suggest(store: Path, run_id: str) -> dict[str, Any]:
    """{plan, why: {ko, en}, estimates}: estimates of memory in MB by bits, before anything is measured."""
    with open_store(store) as db:
        model = choose_model(db, run_id)
        folder = shape_folder(db, store, model.run) if model.run else None
    shape = shape_in(folder) if folder else shape_of(model.base)
    if shape is None:
        return {"plan": "int8", "why": _unknown(), "estimates": {}}
    weights = {"fp32": 4.0, "int8": BITS_8, "int4": BITS_4}
    kv = kv_mb(shape.layers, shape.key, KV_TOKENS)
    needs = {name: round(shape.parameters * each / 1e6 + kv + APP_MB) for name, each in weights.items()}
    plan = ",".join([*(["prune:0.25", "distil"] if shape.layers >= PRUNABLE_LAYERS and not shape.crossed else []), "int8",
                     *(["int4"] if needs["int8"] > HOSTS[0].limit_mb else [])])  # fmt: skip
    return {"plan": plan, "why": _why(shape, needs), "estimates": needs}


def _unknown() -> dict[str, str]:
    return {
        "ko": "이 기반 모델의 크기를 몰라, 품질을 거의 잃지 않는 8비트만 권합니다.",
        "en": "The size of this base is not known, so 8 bits alone are suggested: they cost hardly any quality.",
    }


def _why(shape: Shape, needs: dict[str, int]) -> dict[str, str]:
    parameters = f"{shape.parameters / 1e6:,.0f}M"
    told = ", ".join(f"{name} {need:,} MB" for name, need in needs.items())
    fits = next((host for host in HOSTS if not host.card and needs["int8"] <= host.limit_mb), None)
    place_ko, place_en = (
        (fits.ko, fits.en) if fits else ("아는 무료 호스트 어디에도 들어가지 않습니다", "no free host known here")
    )
    return {
        "ko": f"파라미터 {parameters}. 앱까지 어림한 메모리: {told}. 8비트면 {place_ko}{'에 들어갈 것입니다' if fits else ''}. "
        "재 보기 전의 어림입니다.",
        "en": f"{parameters} parameters. Memory with the app, estimated: {told}. In 8 bits it should fit {place_en}. "
        "Estimates, before anything is measured.",
    }
