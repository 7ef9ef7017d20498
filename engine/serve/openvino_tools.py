"""What makes OpenVINO's files out of a transformers folder. It answers nothing.

Converting needs libraries that do not go together with the project's (optimum-intel stands on an older transformers), so it runs in
an environment of its own, made at the first conversion.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.config import ROOT
from engine.errors import UserError
from engine.models.family import read_config

ENVIRONMENT = ROOT / ".venv-openvino"
NEEDED = (
    "torch==2.13.0",
    "transformers==4.57.6",
    "optimum-intel==2.2.0",
    "openvino==2026.4.1",
    "openvino-tokenizers==2026.4.1.0",
    "nncf==3.4.0",
)
"""What converts; together about 1.6 GB."""
UNWANTED = "torchvision"
"""optimum-intel brings a build of it that does not fit torch's for CPUs, and transformers fails to import beside it."""
GROUPS = (128, 64, 32)
"""Weights that share a scale at 4 bits, the most that goes into a model's widths."""
QUIET = {"DO_NOT_TRACK": "1", "OPTIMUM_DISABLE_TELEMETRY": "1", "HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}


def to_openvino(folder: Path, out: Path, bits: int) -> None:
    """The decoder of a transformers folder as OpenVINO's IR, in 8 or 4 bits. Raises UserError for an encoder-decoder, and when it fails."""
    kind = read_config(folder).get("model_type", "?")
    require_decoder(read_config(folder))
    programs = _environment()
    tool = programs / "optimum-cli"
    task = ["--task", "text-generation-with-past", *_weights(read_config(folder), bits)]
    with tempfile.TemporaryDirectory(prefix="before-", dir=out.parent) as scratch:
        source = _as_before(folder, Path(scratch))
        done = _run([str(tool), "export", "openvino", "--model", str(source), *task, str(out)])
    if done.returncode or not (out / "openvino_model.xml").is_file():
        last = (done.stderr.strip().splitlines() or ["?"])[-1][:300]
        raise UserError(
            f"OpenVINO로 바꾸지 못했습니다('{kind}'): {last}. --backend ctranslate2나 transformers로 답하게 하세요.",
            f"The model ('{kind}') could not be converted for OpenVINO: {last}. Answer with --backend ctranslate2 or transformers.",
        )
    if not (out / "openvino_tokenizer.xml").is_file():
        _convert_vocabulary(programs, folder, out)


def require_decoder(config: Mapping[str, Any]) -> None:
    """Raises UserError for an encoder-decoder."""
    if config.get("is_encoder_decoder"):
        kind = config.get("model_type", "?")
        raise UserError(
            f"OpenVINO GenAI의 글쓰기는 인코더-디코더('{kind}')를 다루지 않습니다. --backend ctranslate2나 transformers로 답하게 하세요.",
            f"OpenVINO GenAI's text pipeline takes no encoder-decoder ('{kind}'). Answer with --backend ctranslate2 or transformers.",
        )


def _as_before(folder: Path, scratch: Path) -> Path:
    """The folder for transformers 4, under `scratch`: the weights as they are, settings under the names they had there."""
    for path in folder.iterdir():
        if path.is_file() and path.name not in ("config.json", "tokenizer_config.json"):
            _linked(path.resolve(), scratch / path.name)
    config = read_config(folder)
    for part in (config, config.get("text_config")):
        if isinstance(part, dict) and isinstance(part.get("rope_parameters"), dict):
            part |= _old_rotary(part["rope_parameters"])
    (scratch / "config.json").write_text(json.dumps(config, ensure_ascii=False), encoding="utf-8")
    named = folder / "tokenizer_config.json"
    told = json.loads(named.read_text(encoding="utf-8")) if named.is_file() else {}
    if told.get("tokenizer_class") == "TokenizersBackend":
        told["tokenizer_class"] = "PreTrainedTokenizerFast"
    if isinstance(told.get("extra_special_tokens"), list):
        told["additional_special_tokens"] = told.pop("extra_special_tokens")
    (scratch / "tokenizer_config.json").write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    return scratch


def _linked(source: Path, name: Path) -> None:
    """Without a copy where the disk can."""
    try:
        os.link(source, name)
    except OSError:
        shutil.copyfile(source, name)


def _old_rotary(told: dict[str, Any]) -> dict[str, Any]:
    """`rope_parameters` as transformers 4 spelled them; of a model whose kinds of layers have their own, the whole layers' first."""
    whole, local = told.get("full_attention", told), told.get("sliding_attention")
    found: dict[str, Any] = {"rope_theta": whole.get("rope_theta", 10_000.0)}
    if whole.get("rope_type", "default") != "default":
        found["rope_scaling"] = {name: value for name, value in whole.items() if name != "rope_theta"}
    if "partial_rotary_factor" in whole:
        share = whole["partial_rotary_factor"]
        found |= {"partial_rotary_factor": share, "rotary_pct": share, "rotary_emb_base": found["rope_theta"]}
    if local:
        found["rope_local_base_freq"] = local.get("rope_theta", 10_000.0)
    return found


def _weights(config: dict[str, Any], bits: int) -> list[str]:
    """Embedding and head stay in 8 bits. A group of weights shares a scale; its size must go into every layer's width."""
    if bits == 8:
        return ["--weight-format", "int8"]
    text = config.get("text_config", config)
    widths = [int(text[name]) for name in ("hidden_size", "intermediate_size") if text.get(name)]
    group = next((size for size in GROUPS if all(width % size == 0 for width in widths)), -1)
    return ["--weight-format", "int4", "--ratio", "1.0", "--group-size", str(group)]


def _convert_vocabulary(programs: Path, folder: Path, out: Path) -> None:
    """Prompts and answers are tokens cut by ourselves; its grammar needs the vocabulary only, so how texts are split may be left out."""
    with tempfile.TemporaryDirectory(prefix="tokenizer-") as scratch:
        for name in ("tokenizer.json", "tokenizer_config.json", "config.json"):
            if (folder / name).is_file():
                shutil.copy(folder / name, scratch)
        path = Path(scratch) / "tokenizer.json"
        told = json.loads(path.read_text(encoding="utf-8"))
        parts = (told.get("pre_tokenizer") or {}).get("pretokenizers") or []
        known = [one for one in parts if one["type"] in ("Metaspace", "ByteLevel")]
        if known:
            told["pre_tokenizer"] = known[0]
            path.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
        _run([str(programs / "convert_tokenizer"), scratch, "--with-detokenizer", "-o", str(out)])


def _environment() -> Path:
    """The folder of its programs; made where it is missing, which takes minutes and 1.6 GB and is told."""
    programs = ENVIRONMENT / ("Scripts" if sys.platform == "win32" else "bin")
    ready = ENVIRONMENT / "ready"
    if ready.is_file():
        return programs
    print(
        "OpenVINO 변환 도구를 따로 설치합니다(1.6 GB, 몇 분, 한 번만). / Installing what converts models for OpenVINO, apart from the "
        "project (1.6 GB, minutes, once).",
        file=sys.stderr,
    )
    python = str(programs / "python")
    steps = [
        [sys.executable, "-m", "venv", str(ENVIRONMENT)],
        [python, "-m", "pip", "install", "--quiet", *NEEDED],
        [python, "-m", "pip", "uninstall", "--quiet", "--yes", UNWANTED],
    ]
    for step in steps:
        done = _run(step)
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["?"])[-1][:300]
            raise UserError(
                f"OpenVINO 변환 도구를 설치하지 못했습니다: {last}. 인터넷과 디스크(1.6 GB)를 확인하고 다시 하세요.",
                f"What converts models for OpenVINO could not be installed: {last}. Check the network and the disk (1.6 GB), then try again.",
            )
    ready.write_text("\n".join(NEEDED) + "\n", encoding="utf-8")
    return programs


def _run(command: list[str]) -> "subprocess.CompletedProcess[str]":
    env = {**os.environ, **QUIET}
    return subprocess.run(
        command, env=env, capture_output=True, text=True, encoding="utf-8", errors="replace", check=False
    )
