"""What a bundle answers with: encoder-decoders without torch, a Space with a card with it; what cannot be made is told and leaves nothing."""

import errno
import json
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import constants

import engine.deploy.bundle as making
from engine.deploy.answering import main as answering
from engine.deploy.audit.texts import Text, texts_of
from engine.deploy.bundle import BundleSettings, make_bundle
from engine.deploy.card import on_card
from engine.deploy.engines import engine_of, engines_for
from engine.deploy.opened import open_bundle, open_parts
from engine.deploy.planning import plan_bundle, require_card_room
from engine.deploy.targets import TARGETS
from engine.deploy.tokenizer import write_tokenizer
from engine.deploy.unconverted import open_unconverted, write_unconverted
from engine.errors import UserError
from engine.models.bases import ResolvedBase, resolve_base
from engine.models.loading import LORA_FIELDS
from engine.models.shapes import Shape
from engine.serve.choose import Model, choose_model
from engine.serve.decoding import Decoding
from engine.store.open import open_store
from tests.test_bundle import TOLD, answer, only_its_own
from tests.tiny_models import make_tiny

SHORT = Decoding.model_validate({"temperature": 0.0, "max_new_tokens": 8})
EIGHT = Shape("llama", 32, 4096, 14336, 4096, 1024, 128_256, False)
"""An 8 B model."""
SEVENTY = Shape("llama", 80, 8192, 28672, 8192, 1024, 128_256, False)


def chosen(store: Path, name: str) -> Model:
    with open_store(store) as db:
        return choose_model(db, name)


@pytest.mark.parametrize("family", ["bart", "t5", "mbart", "mbart50"])
def test_the_small_tokenizer_reads_for_encoders_as_the_base_does(family: str, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    light = write_tokenizer(resolve_base(str(make_tiny(family, tmp_path))), None, tmp_path / "out")
    assert light.malmoi.encoder and light.malmoi.encoder.start
    ids = list(light.get_vocab().values())[:20]
    assert light.convert_tokens_to_ids(light.convert_ids_to_tokens(ids)) == ids


@pytest.mark.slow
def test_an_encoder_decoder_answers_with_nothing_but_what_it_asks_for(fresh_store: Path, tmp_path: Path) -> None:
    model = chosen(fresh_store, "base:starter-seq2seq")
    made = make_bundle(fresh_store, model, "streamlit-cloud", tmp_path / "out", BundleSettings())
    assert made.engine == "ctranslate2" and made.size_mb < 40
    (tmp_path / "only").mkdir()
    packages = only_its_own(made.folder, tmp_path / "only")
    assert (packages / "ctranslate2").exists()
    assert not (packages / "torch").exists() and not (packages / "transformers").exists()
    done = answer(made.folder, "--settings", json.dumps(TOLD), packages=packages)
    assert done.returncode == 0 and json.loads(done.stdout)["answer"], done.stderr
    schema = {"type": "object", "properties": {"risk": {"enum": ["high", "low"]}}, "required": ["risk"]}
    done = answer(made.folder, "--settings", json.dumps({**TOLD, "json_schema": schema}), packages=packages)
    assert done.returncode == 0 and json.loads(json.loads(done.stdout)["raw"])["risk"] in ("high", "low"), done.stderr


def test_an_engine_that_cannot_hold_the_model_or_its_card_is_refused(fresh_store: Path) -> None:
    reader, talker = chosen(fresh_store, "base:starter-seq2seq"), chosen(fresh_store, "base:starter")
    assert engine_of(reader, "", False, "local") == "ctranslate2" and engine_of(talker, "", False, "local") == "gguf"
    assert engine_of(talker, "", True, "hf-space") == "transformers"
    for model, engine, gpu, target in (
        (reader, "gguf", False, "local"), (talker, "transformers", False, "local"), (talker, "gguf", True, "hf-space"),
        *((talker, "", True, name) for name in TARGETS if name != "hf-space"),
    ):  # fmt: skip
        with pytest.raises(UserError):
            engine_of(model, engine, gpu, target)
    assert {one["engine"] for one in plan_bundle(fresh_store, reader, "render")["engines"]} == set(engines_for(reader))


def test_the_card_that_is_enough_is_named(fresh_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = {kind: on_card(EIGHT, 8192, kind).hardware for kind in ("nf4", "int8", "none")}
    assert [one and one.name for one in named.values()] == ["t4-small", "t4-small", "l4x1"]
    assert on_card(SEVENTY, 8192, "nf4").hardware and on_card(SEVENTY, 8192, "none").hardware is None
    model = chosen(fresh_store, "base:starter")
    (told,) = plan_bundle(fresh_store, model, "hf-space", gpu=True)["engines"]
    assert told["hardware"] == "t4-small" and told["vram_mb"] > told["weights_mb"] + told["kv_mb"]
    monkeypatch.setattr("engine.deploy.planning._shape", lambda *_: (SEVENTY, 8192))
    monkeypatch.setattr("engine.deploy.planning.on_card", lambda shape, longest, _: on_card(shape, longest, "none"))
    with pytest.raises(UserError, match="A100"):
        require_card_room(fresh_store, model, "hf-space")
    require_card_room(fresh_store, model, "hf-space", override="두 장짜리 카드를 쓴다")


def adapter_of(folder: Path) -> Path:
    folder.mkdir()
    told = {"peft_type": "LORA", "r": 4, "base_model_name_or_path": str(folder / "somebody"), "auto_mapping": {"x": 1}}
    (folder / "adapter_config.json").write_text(json.dumps(told), encoding="utf-8")
    (folder / "adapter_model.safetensors").write_bytes(b"weights")
    (folder / "notes.txt").write_text("내 것", encoding="utf-8")
    return folder


def test_of_the_owners_folders_only_what_is_read_goes_along(tmp_path: Path) -> None:
    base = make_tiny("llama", tmp_path)
    config = json.loads((base / "config.json").read_text(encoding="utf-8"))
    (base / "config.json").write_text(
        json.dumps({**config, "_name_or_path": str(tmp_path / "somebody")}), encoding="utf-8"
    )
    (base / "trainer_state.json").write_text("{}", encoding="utf-8")
    told = write_unconverted(resolve_base(str(base)), adapter_of(tmp_path / "mine"), tmp_path / "out", None, "none")
    assert told["base_hub"] is None and told["ends"]
    files = {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert {"model/config.json", "model/model.safetensors", "adapter/adapter_model.safetensors"} <= files
    assert not {"model/trainer_state.json", "adapter/notes.txt"} & files
    assert not any(b"somebody" in (tmp_path / "out" / name).read_bytes() for name in files)
    saved = json.loads((tmp_path / "out" / "adapter" / "adapter_config.json").read_text(encoding="utf-8"))
    assert set(saved) <= {"peft_type", "task_type", *LORA_FIELDS}


def test_a_base_of_the_hub_is_fetched_there_by_name_and_revision(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    repository, revision = tmp_path / "hub" / "models--someone--tiny", "0123456789abcdef0123456789abcdef01234567"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text(revision, encoding="utf-8")
    (repository / "snapshots").mkdir()
    make_tiny("llama", tmp_path).rename(repository / "snapshots" / revision)
    base = resolve_base("someone/tiny")
    assert base.source == "hub"
    (tmp_path / "out").mkdir()
    told = write_unconverted(base, None, tmp_path / "out", None, "none")
    assert told["base_hub"] == {"repo": "someone/tiny", "revision": revision}
    assert not list((tmp_path / "out").iterdir())
    backend, tokenizer = open_unconverted(tmp_path / "out", {**told, "base": base.name}, tmp_path / "cache")
    assert backend.generate([[{"role": "user", "content": "안녕"}]], SHORT)[0].new_tokens > 0
    assert list(tokenizer.malmoi.end_ids) == told["ends"]
    backend.close()


@pytest.mark.slow
def test_a_bundle_for_a_card_answers_on_a_processor_as_the_model_itself(
    fresh_store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from engine.serve.transformers_backend import open_backend

    model = chosen(fresh_store, "base:starter")
    made = make_bundle(fresh_store, model, "hf-space", tmp_path / "out", BundleSettings(gpu=True))
    card = (made.folder / "README.md").read_text(encoding="utf-8")
    assert "suggested_hardware: t4-small\n" in card and "NVIDIA T4 small" in card
    assert "nvidia/cuda" in (made.folder / "Dockerfile").read_text(encoding="utf-8")
    pins = (made.folder / "requirements.txt").read_text(encoding="utf-8")
    assert all(f"\n{name}==" in f"\n{pins}" for name in ("torch", "transformers", "peft", "bitsandbytes"))
    assert answering(made.folder, ["--settings", json.dumps(TOLD)]) == 0
    said = json.loads(capsys.readouterr().out)["raw"]
    opened, _ = open_parts(open_bundle(made.folder, tmp_path / "visits.db"))
    own = open_backend(ResolvedBase("starter", "starter", model.base.location, None), quantisation="nf4")
    prompt: Any = [[{"role": "user", "content": "안녕하세요?"}]]
    assert said and opened.generate(prompt, SHORT)[0].text == own.generate(prompt, SHORT)[0].text


def test_a_full_disk_leaves_nothing_and_is_told(
    fresh_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(making, "write_tokenizer", full)
    with pytest.raises(UserError, match="디스크가 가득"):
        make_bundle(fresh_store, chosen(fresh_store, "base:starter"), "local", tmp_path / "o" / "out", BundleSettings())
    assert not list((tmp_path / "o").iterdir())


def test_the_vocabulary_of_a_model_is_no_list_of_people(tmp_path: Path) -> None:
    (tmp_path / "shared_vocabulary.json").write_text(json.dumps(["▁김민수", "전화"]), encoding="utf-8")
    (tmp_path / "vocabulary.json").write_text(json.dumps({"who": "김민수"}), encoding="utf-8")
    kinds = {one.where: one.kind for one in texts_of(tmp_path) if isinstance(one, Text) and one.kind != "name"}
    assert kinds == {"shared_vocabulary.json": "words", "vocabulary.json": "cell"}
