"""Forms of a model's weights in 8 and 4 bits, each for an engine: which a plan means, and how such a model is named."""

from pathlib import Path

from engine.compress.plan import ENGINES, Step
from engine.errors import UserError
from engine.models.family import read_config
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


def refuse_form(engine: str, folder: Path) -> None:
    """Raises UserError, before anything is converted, for an engine that is not here or says that it does not know the architecture of
    the model in `folder`."""
    from engine.serve import ct2_backend, gguf_backend, openvino_backend
    from engine.serve.choose import require_card
    from engine.serve.gguf_writer import require_family, text_config
    from engine.serve.openvino_tools import require_decoder

    if engine.startswith("openvino"):
        openvino_backend.require()
        require_decoder(read_config(folder))
    elif engine.startswith("gguf"):
        gguf_backend.require()
        require_family(text_config(folder))
    elif engine == "ctranslate2":
        ct2_backend.require()
        ct2_backend.require_known(folder)
    else:
        require_card()


def refuse_step(step: Step, folder: Path) -> None:
    """Raises UserError where none of the engines that a step means can take the model in `folder`; then the last one's reason."""
    refused: UserError | None = None
    for engine in engines_of(step):
        try:
            refuse_form(engine, folder)
            return
        except UserError as error:
            refused = error
    if refused:
        raise refused


def make_form(store: Path, engine: str, run_id: str) -> str | None:
    """Convert what a run left for an engine and keep it; the artifact of the run that holds it, None for an engine that converts as it
    loads. One that was kept already is that one. Raises UserError when the engine is not here, or does not know the architecture."""
    from engine.serve.choose import UNCONVERTED, choose_model, ready_folders, require_card

    with open_store(store) as db:
        model = choose_model(db, f"{engine}:{run_id}")
        kept = next((id_ for id_, meta in artifacts_of(db, run_id, KIND) if meta.get("engine") == engine), None)
    if engine in UNCONVERTED:
        require_card()
        return None
    (folder,) = ready_folders(store, model)
    if kept:
        return kept
    with open_store(store) as db:
        return save_artifact(db, folder, KIND, run_id, meta={"engine": engine})
