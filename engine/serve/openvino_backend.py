"""Answers from OpenVINO GenAI: decoders with 8-bit weights on a CPU, JSON by its own grammar decoding. It knows no recipe and no run.

Converting needs libraries that do not go together with the project's (optimum-intel stands on an older transformers), so it runs in
an environment of its own, made at the first conversion.
"""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from threading import Lock
from typing import Any

from engine.config import ROOT
from engine.curate.row import Message
from engine.errors import UserError
from engine.models.bases import ResolvedBase
from engine.models.family import read_config, window
from engine.models.loading import load_tokenizer
from engine.models.template import decode_answer, encode_prompt
from engine.models.tokenizer import end_ids
from engine.serve.backend import Generated
from engine.serve.constraint import EBNF, grammar
from engine.serve.decoding import Decoding
from engine.serve.json_closing import closing, longest_closing
from engine.serve.json_shape import Shape, shape_of
from engine.serve.sampling import trimmed

USUAL_WINDOW = 2048
"""Tokens, for the few bases that have no limit."""
ENVIRONMENT = ROOT / ".venv-openvino"
NEEDED = (
    "torch==2.13.0",
    "transformers==5.5.4",
    "optimum-intel==2.2.0",
    "openvino==2026.4.1",
    "openvino-tokenizers==2026.4.1.0",
    "nncf==3.4.0",
)
"""What converts; together about 1.6 GB."""
UNWANTED = "torchvision"
"""optimum-intel brings a build of it that does not fit torch's for CPUs, and transformers fails to import beside it."""
QUIET = {"DO_NOT_TRACK": "1", "OPTIMUM_DISABLE_TELEMETRY": "1", "HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}


def require() -> None:
    """Raises UserError when openvino-genai is not installed: it is asked for only here."""
    if importlib.util.find_spec("openvino_genai") is None:
        raise UserError(
            "OpenVINO GenAI가 설치되어 있지 않습니다. `pip install openvino-genai==2026.4.1.0`(약 300 MB)으로 설치하거나 --backend를 빼세요.",
            "OpenVINO GenAI is not installed. Install it with `pip install openvino-genai==2026.4.1.0` (about 300 MB), or leave --backend out.",
        )


def convert(folder: Path, base: ResolvedBase, out: Path) -> None:
    """The decoder of a transformers folder as OpenVINO's IR, in 8 bits. Raises UserError for an encoder-decoder, and when it fails."""
    kind = read_config(folder).get("model_type", "?")
    if read_config(folder).get("is_encoder_decoder"):
        raise UserError(
            f"OpenVINO GenAI의 글쓰기는 인코더-디코더('{kind}')를 다루지 않습니다. --backend ctranslate2나 transformers로 답하게 하세요.",
            f"OpenVINO GenAI's text pipeline takes no encoder-decoder ('{kind}'). Answer with --backend ctranslate2 or transformers.",
        )
    programs = _environment()
    tool = programs / "optimum-cli"
    task = ["--task", "text-generation-with-past", "--weight-format", "int8"]
    done = _run([str(tool), "export", "openvino", "--model", str(folder), *task, str(out)])
    if done.returncode or not (out / "openvino_model.xml").is_file():
        last = (done.stderr.strip().splitlines() or ["?"])[-1][:300]
        raise UserError(
            f"OpenVINO로 바꾸지 못했습니다('{kind}'): {last}. --backend ctranslate2나 transformers로 답하게 하세요.",
            f"The model ('{kind}') could not be converted for OpenVINO: {last}. Answer with --backend ctranslate2 or transformers.",
        )
    if not (out / "openvino_tokenizer.xml").is_file():
        _convert_vocabulary(programs, folder, out)


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


def open(folder: Path, base: ResolvedBase, config: dict[str, Any]) -> "OpenVinoBackend":
    """The converted model in memory."""
    return OpenVinoBackend(folder, base, config)


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


class OpenVinoBackend:
    """One converted decoder in memory; calls from several threads wait for each other. Implements `Backend`."""

    def __init__(self, folder: Path, base: ResolvedBase, config: dict[str, Any]) -> None:
        """base: where the tokenizer is. config: the base's config.json."""
        os.environ["DO_NOT_TRACK"] = "1"
        import openvino_genai

        self._genai: Any = openvino_genai
        self._tokenizer = load_tokenizer(base)
        self._ends = end_ids(self._tokenizer)
        self._context = window(config) or USUAL_WINDOW
        self._engine: Any = openvino_genai.LLMPipeline(str(folder), "CPU")
        self._lock = Lock()

    def generate(self, prompts: Sequence[Sequence[Message]], decoding: Decoding) -> list[Generated]:
        """One answer per prompt, in order. The same seed gives the same answers."""
        longest = min(decoding.max_new_tokens, self._context // 2)
        stop = () if decoding.json_schema is not None else decoding.stop
        decoding = decoding.model_copy(update={"max_new_tokens": longest, "stop": stop})
        with self._lock:
            return [self._answered(prompt, decoding) for prompt in prompts]

    def stream(self, prompt: Sequence[Message], decoding: Decoding) -> Generator[str, None, Generated]:
        """The answer in one piece."""
        made = self.generate([prompt], decoding)[0]
        yield made.text
        return made

    def losses(self, pairs: Sequence[tuple[Sequence[Message], str]]) -> list[tuple[float | None, int]]:
        """None for every pair: the pipeline tells no likelihood of a given text."""
        return [(None, 0)] * len(pairs)

    def without_adapter(self) -> AbstractContextManager[None]:
        """What has no adapter beside its weights answers as ever."""
        return nullcontext()

    def close(self) -> None:
        """Free the memory."""
        with self._lock:
            self._engine = None

    def _answered(self, prompt: Sequence[Message], decoding: Decoding) -> Generated:
        import numpy as np
        from openvino import Tensor

        began = time.perf_counter()
        ids = encode_prompt(self._tokenizer, prompt, self._context - decoding.max_new_tokens)
        found = self._engine.generate(Tensor(np.array([ids], dtype=np.int64)), self._config(decoding))
        answer = list(found.tokens[0])
        raw = decode_answer(self._tokenizer, answer)
        if decoding.json_schema is not None:  # cut where its tokens ran out: what is missing is written for it
            raw = raw.rstrip("\ufffd")
            raw += closing(_shape(decoding.json_schema, decoding.max_new_tokens), raw) or ""
        spent = round((time.perf_counter() - began) * 1000)
        ended = len(answer) < decoding.max_new_tokens or any(phrase in raw for phrase in decoding.stop)
        return Generated(trimmed(raw, decoding.stop), raw, spent, len(answer), ended, len(ids))

    def _config(self, decoding: Decoding) -> Any:
        config = self._genai.GenerationConfig()
        config.max_new_tokens = decoding.max_new_tokens
        config.stop_token_ids = set(self._ends)
        config.do_sample = decoding.temperature > 0 and decoding.beams == 1
        if config.do_sample:
            config.temperature, config.top_p, config.rng_seed = decoding.temperature, decoding.top_p, decoding.seed
        if decoding.beams > 1:
            config.num_beams, config.length_penalty = decoding.beams, decoding.length_penalty
        if decoding.json_schema is None:
            config.repetition_penalty = decoding.repetition_penalty
            config.no_repeat_ngram_size = decoding.no_repeat_ngram or 2**31
            return config
        shape = _shape(decoding.json_schema, decoding.max_new_tokens)
        config.max_new_tokens = max(1, decoding.max_new_tokens - longest_closing(shape))
        config.structured_output_config = self._genai.StructuredOutputConfig(grammar=grammar(shape, dialect=EBNF))
        return config


def _shape(schema: dict[str, Any], room: int) -> Shape:
    return shape_of(schema, max(32, room // 2))
