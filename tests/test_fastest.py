"""The engine is chosen by what was measured here, once; memory decides before speed, and what cannot answer says why."""

from pathlib import Path

import pytest

from engine.errors import UserError
from engine.serve import fastest as module
from engine.serve.fastest import fastest
from engine.serve.measure import Measured
from engine.store.open import open_store


def test_measured_once_and_chosen_within_a_memory(fresh_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_store(fresh_store):
        pass
    asked: list[str] = []
    figures = {"transformers": (4.0, 900.0), "openvino": (1.0, 500.0), "gguf": (2.0, 100.0)}

    def measured(_: Path, models: list[str], **__: object) -> dict[str, Measured]:
        (name,) = models
        asked.append(name)
        engine = name.partition(":")[0] if not name.startswith("base:") else "transformers"
        if engine not in figures:
            raise UserError("못 합니다.", "It cannot.")
        seconds, memory = figures[engine]
        return {name: Measured(1, 1, 1, 1, memory, None, 0.1, 10, seconds, 1, 1, 0)}

    monkeypatch.setattr(module, "measure_all", measured)
    first = fastest(fresh_store, "base:starter")
    assert first.engine == "openvino" and first.model == "openvino:base:starter" and "4.0" in first.en
    assert first.refused["ctranslate2"] == ("못 합니다.", "It cannot.")
    assert len(asked) == len(module.ENGINES)
    assert fastest(fresh_store, "base:starter", memory_mb=200).engine == "gguf"
    assert len(asked) == len(module.ENGINES), "what is known is not measured again"
    with pytest.raises(UserError, match="100 MB"):
        fastest(fresh_store, "base:starter", memory_mb=50)
    fastest(fresh_store, "base:starter", engines=["gguf"], anew=True)
    assert len(asked) == len(module.ENGINES) + 1
