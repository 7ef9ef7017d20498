"""Forms of a model's weights in 8 and 4 bits, each for an engine: which a plan means, and how such a model is named."""

from pathlib import Path

from engine.compress.plan import ENGINES, Step
from engine.config import cache_folder
from engine.store.artifacts import artifacts_of, save_artifact
from engine.store.open import open_store

KIND = "form"
"""Of an artifact that holds a run's weights for an engine."""

PREFIX = {
    ("int8", "openvino"): "openvino",
    ("int8", "ctranslate2"): "ctranslate2",
    ("int8", "gguf"): "gguf",
    ("int8", "bitsandbytes"): "bitsandbytes",
    ("int4", "openvino"): "openvino-int4",
    ("int4", "gguf"): "gguf-int4",
}
"""What stands before a model's name to be answered with in that form."""


def engines_of(step: Step) -> list[str]:
    """Engines that a step means, by the name that stands before a model."""
    named = [step.how] if step.how else list(ENGINES[step.technique])
    return [PREFIX[step.technique, name] for name in named]


def make_form(store: Path, engine: str, run_id: str) -> str | None:
    """Convert what a run left for an engine and keep it; the artifact of the run that holds it, None for an engine that converts as it
    loads. One that was kept already is that one. Raises UserError when the engine is not here, or does not know the architecture."""
    from engine.serve.choose import choose_model, open_model

    with open_store(store) as db:
        model = choose_model(db, f"{engine}:{run_id}")
        kept = next((id_ for id_, meta in artifacts_of(db, run_id, KIND) if meta.get("engine") == engine), None)
    open_model(store, model).close()
    if kept:
        return kept
    folder = cache_folder(store) / "converted" / f"{engine}-{model.whole_id or model.adapter_id}"
    if not folder.is_dir():
        return None
    with open_store(store) as db:
        return save_artifact(db, folder, KIND, run_id, meta={"engine": engine})
