"""Compressions as the store keeps them, with invented numbers. It holds no tests."""

from typing import Any

from sqlite_utils import Database

from engine.store.compressions import add_compression, update_compression, update_step
from engine.store.jobs import enqueue

GATE = {"metric": "chrf", "points": 3.0, "on_fail": "rollback"}
STEPS: tuple[dict[str, Any], ...] = (
    {"technique": "prune", "share": 0.25, "how": None, "teacher": None, "added": False},
    {"technique": "heal", "share": None, "how": None, "teacher": None, "added": True},
    {"technique": "int8", "share": None, "how": None, "teacher": None, "added": False},
)


def begun(db: Database, run: str, dataset: str, **settings: Any) -> tuple[str, str]:
    """A compression whose job waits; returns (compression, job)."""
    told = {"plan": "prune:0.25,int8", "gate": GATE, **settings}
    found = add_compression(db, run_id=run, recipe="persona", dataset_id=dataset, settings=told, steps=STEPS)
    job = enqueue(db, "compress", {"compression": found})
    update_compression(db, found, job_id=job)
    return found, job


def end_steps(db: Database, compression: str, pruned: str = "rolled_back") -> None:
    """The pruned model as said, the 8-bit one passed in one engine, refused by another."""
    facts = {"parameters_before": 5_300_000, "parameters_after": 4_100_000, "layers_before": 8, "layers_after": 6}
    update_step(db, compression, 0, state=pruned, facts_json=facts)
    update_step(db, compression, 1, state=pruned, before=0.62, after=0.57, delta=-0.05, low=-0.081, high=-0.019)
    refused = {
        "state": "refused",
        "model": "ctranslate2:run-x",
        "ko": "이 구조는 읽지 못합니다.",
        "en": "It cannot read this kind.",
    }
    engines = {"openvino": {"state": "passed", "model": "openvino:run-x"}, "ctranslate2": refused}
    update_step(
        db, compression, 2, state="passed", before=0.62, after=0.617, delta=-0.003, low=-0.012, high=0.006,
        facts_json={"engines": engines},
    )  # fmt: skip


def score(value: float, delta: float | None = None, unit: str = "share", n: int = 60) -> dict[str, Any]:
    """A metric of a variant, with an interval of ±0.04."""
    ends = (None, None) if delta is None else (delta - 0.02, delta + 0.02)
    return {
        "value": value, "low": value - 0.04, "high": value + 0.04, "n": n, "unit": unit, "delta": delta, "delta_low": ends[0],
        "delta_high": ends[1], "p": None if delta is None else 0.2,
    }  # fmt: skip


def variant(name: str, model: str, size: float, speed: float, quality: float, **told: Any) -> dict[str, Any]:
    """One line of a report; the original has 21.2 MB."""
    first = name == "original"
    return {
        "name": name, "model": model, "technique": name.split(" + ")[-1].split(" ")[0], "run_id": model.partition(":")[2] or model,
        "artifact_id": None, "engine": "transformers", "passed": True, "size_mb": size, "ratio": size / 21.2, "load_s": 0.8,
        "load_peak_mb": 420.0, "rss_mb": 380.0 * size / 21.2 + 90, "private_mb": 260.0 * size / 21.2 + 40, "vram_mb": None,
        "first_token_s": 0.05, "tokens_per_second": speed, "answer_s": 64 / speed, "spread": 0.03, "parameters": 5_300_000,
        "metrics": {"chrf": score(quality, None if first else quality - 0.62), "loss": score(2.9, None if first else 0.01, "nats/token")},
        "pareto": True, "cost_per_1000": 64_000 / speed * 65 / 3.6e6 * 150, **told,
    }  # fmt: skip


def report(compression: str, run: str, **told: Any) -> dict[str, Any]:
    """As the job makes it: the original, a pruned one that lost too much, 8 bits in two engines."""
    variants = [
        variant("original", run, 21.2, 210.0, 0.62, pareto=False),
        variant("prune 25% + heal", f"{run}", 16.4, 268.0, 0.57, passed=False, pareto=False),
        variant("int8 openvino", f"openvino:{run}", 5.6, 1240.0, 0.617),
        variant("int8 gguf", f"gguf:{run}", 6.1, 1015.0, 0.618),
    ]
    hosts = [
        {"name": "streamlit-1gb", "ko": "스트림릿 클라우드 1 GB", "en": "Streamlit Cloud with 1 GB", "limit_mb": 1000.0, "card": False,
         "fits": [{"variant": one["name"], "needs_mb": one["private_mb"] + 190} for one in variants], "smallest_mb": 298.0},
        {"name": "card-8gb", "ko": "8 GB 그래픽 카드", "en": "an 8 GB graphics card", "limit_mb": 8000.0, "card": True, "fits": [],
         "smallest_mb": None},
    ]  # fmt: skip
    targets = [
        {"name": "size", "wanted": 0.5, "got": 0.74, "reached": True, "missed": None, "unit": "share"},
        {"name": "speed", "wanted": 2.0, "got": 5.9, "reached": True, "missed": None, "unit": "times"},
        {"name": "memory", "wanted": 0.7, "got": 0.64, "reached": False, "missed": 0.06, "unit": "share"},
        {"name": "answer", "wanted": 3.0, "got": 0.05, "reached": True, "missed": None, "unit": "seconds"},
        {"name": "staff", "wanted": 0.5, "got": None, "reached": None, "missed": None, "unit": "share"},
    ]
    return {
        "compression_id": compression, "artifact_id": None, "run_id": run, "original": run, "recipe": "persona",
        "dataset_id": None, "plan": "prune:0.25,int8", "gate": GATE, "evaluation_id": None, "steps": [], "variants": variants,
        "best": "int8 openvino", "targets": targets, "hosts": hosts, "host": None,
        "cost": {"watts": 65.0, "kwh": 150.0, "api_in": None, "api_out": None, "tokens_in": 31.0, "tokens_out": 14.0, "api_per_1000": None},
        "advice": {
            "ko": "이 모델은 OpenVINO INT8로 6 MB라서 스트림릿 클라우드 1 GB에 들어갑니다(앱까지 298 MB / 1,000 MB). 64토큰 답에 이 컴퓨터에서 0.1초 걸립니다.",
            "en": "As OpenVINO INT8 this model takes 6 MB and fits Streamlit Cloud with 1 GB (298 MB of 1,000 MB with the app). A 64-token answer takes 0.1 s on this machine.",
        },
        **told,
    }  # fmt: skip
