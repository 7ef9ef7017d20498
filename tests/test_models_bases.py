"""Names become bases, or a refusal an owner can mend."""

import shutil
from pathlib import Path

import pytest

from engine.errors import UserError
from engine.models.bases import SHIPPED, STARTER_DIR, ResolvedBase, base_hash, resolve_base
from engine.models.catalogue import BASES, SENTENCES, tokens_per_syllable
from engine.models.targets import lora_targets
from tests.tiny_models import make_tiny


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny("llama", tmp_path_factory.mktemp("bases"))


@pytest.fixture(autouse=True)
def empty_hub_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


def test_starter_is_found_in_the_clone() -> None:
    base = resolve_base("starter")
    assert (base.source, Path(base.location)) == ("starter", STARTER_DIR)


def test_a_folder_is_a_base_and_its_location_is_absolute(llama: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(llama.parent)
    base = resolve_base("llama")
    assert (base.source, Path(base.location), base.revision) == ("folder", llama.resolve(), None)


@pytest.mark.parametrize(
    ("given", "hub_id", "revision"),
    [
        ("polyglot-ko-1.3b", "EleutherAI/polyglot-ko-1.3b", None),
        ("EEVE-2.8B", "yanolja/EEVE-Korean-Instruct-2.8B-v1.0", None),
        ("someone/some.model-1", "someone/some.model-1", None),
        ("someone/model@refs/pr/3", "someone/model", "refs/pr/3"),
        ("kogpt", "kakaobrain/kogpt", "KoGPT6B-ryan1.5b-float16"),
    ],
)
def test_catalogue_and_hub_names_lead_to_the_hub(given: str, hub_id: str, revision: str | None) -> None:
    assert resolve_base(given) == ResolvedBase(given, "hub", hub_id, revision)


def test_a_whole_snapshot_in_the_cache_is_used_and_half_a_one_is_not(llama: Path, empty_hub_cache: Path) -> None:
    repository = empty_hub_cache / "models--someone--tiny"
    snapshot = repository / "snapshots" / ("a" * 40)
    shutil.copytree(llama, snapshot)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("a" * 40, encoding="utf-8")
    found = resolve_base("someone/tiny")
    assert (found.location, found.revision) == (str(snapshot), "a" * 40)
    assert base_hash(found) == base_hash(resolve_base(str(llama)))
    (snapshot / "model.safetensors").unlink()
    assert resolve_base("someone/tiny").location == "someone/tiny"


def test_a_hub_base_not_fetched_yet_has_no_hash() -> None:
    assert base_hash(resolve_base("someone/tiny")) == ""


def test_an_unknown_name_is_refused_with_near_names() -> None:
    with pytest.raises(UserError, match=r"polyglot-ko-1\.3b") as refused:
        resolve_base("polyglotko-1.3")
    assert "polyglot-ko-1.3b" in refused.value.en


@pytest.mark.parametrize("name", ["gpt2", "./no/such/folder", "a/b/c", "-x/y", "..", "", "두 말/모델"])
def test_what_is_neither_folder_nor_hub_name_is_refused(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError):
        resolve_base(name)


@pytest.mark.parametrize("name", ["bitnet-b1.58-2b", "microsoft/bitnet-b1.58-2B-4T"])
def test_the_rejected_base_is_refused_with_its_reason(name: str) -> None:
    with pytest.raises(UserError, match="한국어가 약하") as refused:
        resolve_base(name)
    assert "bf16" in refused.value.en and "LoRA" in refused.value.en


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ([], "config.json"),
        (["config.json"], "safetensors"),
        (["config.json", "pytorch_model.bin"], "피클"),
    ],
)
def test_a_folder_that_holds_no_loadable_model_is_refused(tmp_path: Path, files: list[str], words: str) -> None:
    for name in files:
        (tmp_path / name).write_text("{}", encoding="utf-8")
    with pytest.raises(UserError, match=words):
        resolve_base(str(tmp_path))


def test_the_hash_sees_other_weights_of_the_same_shape(llama: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    other = tmp_path / "other"
    shutil.copytree(llama, other)
    before = base_hash(resolve_base(str(other)))
    assert before == base_hash(resolve_base(str(llama)))
    weights = {name: tensor + 1 for name, tensor in load_file(other / "model.safetensors").items()}
    save_file(weights, other / "model.safetensors", metadata={"format": "pt"})
    assert base_hash(resolve_base(str(other))) != before


def test_the_catalogue_names_every_base_once_and_explains_it_in_both_languages() -> None:
    assert len({base.name for base in BASES}) == len(BASES)
    assert [base.name for base in BASES if base.status == "rejected"] == ["bitnet-b1.58-2b"]
    assert all(base.ko and base.en and base.licence for base in BASES)
    assert all(base.tokens_per_syllable is None for base in BASES if base.name not in SHIPPED)


@pytest.mark.parametrize("base", [base for base in BASES if base.status == "usable"], ids=lambda base: base.name)
def test_every_usable_base_has_its_lora_targets(base) -> None:
    assert isinstance(lora_targets(base.architecture), list)


def test_an_unknown_architecture_adapts_all_linear_layers() -> None:
    assert lora_targets("mamba") == "all-linear"


def test_the_starters_tokens_per_syllable_are_what_its_tokenizer_measures() -> None:
    from engine.models.tokenizer import load_tokenizer

    measured = tokens_per_syllable(load_tokenizer(resolve_base("starter")), SENTENCES)
    assert BASES[0].tokens_per_syllable == pytest.approx(measured, abs=0.005)
    with pytest.raises(ValueError, match="syllable"):
        tokens_per_syllable(None, ["abc"])


def test_facts_about_this_machine_need_no_card() -> None:
    from engine.hardware import describe, device, gpu_names

    facts = describe()
    assert facts["cpu_count"] >= 1 and facts["ram_gb"] > 0
    assert facts["device"] == device()
    assert all(isinstance(name, str) for name in gpu_names())
