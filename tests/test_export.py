"""Models as files for other programs: whole, and cut there as here, or refused before a file is written."""

from pathlib import Path

import pytest

from engine.errors import UserError
from engine.serve.choose import choose_model
from engine.serve.exporting import export_model, first_apart
from engine.store.open import open_store


def test_the_starter_as_one_file_and_as_a_folder(fresh_store: Path, tmp_path: Path) -> None:
    with open_store(fresh_store) as db:
        model = choose_model(db, "base:starter")
    assert [path.name for path in export_model(fresh_store, model, "gguf", tmp_path / "one")] == ["model.gguf"]
    names = {path.name for path in export_model(fresh_store, model, "merged", tmp_path / "whole")}
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= names
    with pytest.raises(UserError, match="이미"):
        export_model(fresh_store, model, "merged", tmp_path / "whole")
    with pytest.raises(UserError, match="어댑터가 없"):
        export_model(fresh_store, model, "adapter", tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_texts_cut_otherwise_are_found() -> None:
    assert first_apart([[1], [2, 3]], [[1], [2, 3]]) is None
    assert first_apart([[1], [2, 3]], [[1], [2]]) == 2
