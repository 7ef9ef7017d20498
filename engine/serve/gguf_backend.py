"""Answers from llama.cpp (xllamacpp): decoders in one GGUF file with 8- or 4-bit weights, least memory. It knows no recipe and no run.

The library answers through a server of its own inside this process, on a free port of 127.0.0.1; a key made for each model keeps
others on this machine out.
"""

import importlib.util
import json
import secrets
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

from engine.errors import UserError
from engine.hardware import own_cores
from engine.serve.constraint import GBNF, grammar
from engine.serve.decoding import Decoding
from engine.serve.gguf_writer import write_gguf
from engine.serve.json_shape import Shape
from engine.serve.memory_room import LONGEST
from engine.serve.token_backend import Piece, TokenBackend

BRIEF = 256
"""Tokens of a window where nothing is answered."""
FILE = "model.gguf"
NEVER = 1000.0
"""Taken from a token's logit so that it is not taken."""
TIMEOUT = 600.0
"""Seconds for one token: a long prompt on a small machine."""

LIGHT = True
"""It wants token numbers only, which tokenizers alone can cut."""


def require() -> None:
    """Raises UserError when xllamacpp is not installed: it is asked for only here."""
    if importlib.util.find_spec("xllamacpp") is None or importlib.util.find_spec("gguf") is None:
        raise UserError(
            "llama.cpp(xllamacpp)가 설치되어 있지 않습니다. `pip install xllamacpp==2026.10.11549 gguf==0.19.0`(약 105 MB)으로 설치하거나 "
            "--backend를 빼세요.",
            "llama.cpp (xllamacpp) is not installed. Install it with `pip install xllamacpp==2026.10.11549 gguf==0.19.0` (about 105 MB), "
            "or leave --backend out.",
        )


def convert(folder: Path, tokenizer: Any, out: Path, bits: int) -> None:
    """The decoder of a transformers folder as out/model.gguf. bits: 8 or 4. Raises UserError for what llama.cpp does not know."""
    write_gguf(folder, tokenizer, out / FILE, {8: "Q8_0", 4: "Q4_0"}[bits])


def open(folder: Path, tokenizer: Any, config: dict[str, Any]) -> "GgufBackend":
    """The converted model in memory."""
    return GgufBackend(folder, tokenizer, config)


class GgufBackend(TokenBackend):
    """One GGUF file in memory. Implements `Backend`."""

    def __init__(self, folder: Path, tokenizer: Any, config: dict[str, Any]) -> None:
        """Raises UserError when llama.cpp cannot read the file."""
        super().__init__(tokenizer, config)
        self._context = min(self._context, LONGEST)
        self._path = folder / FILE
        self._answering = _Server(self._path, self._context)
        self._scoring: _Server | None = None
        self._head: tuple[Any, Any] = (None, None)

    def _made(
        self, ids: list[int], decoding: Decoding, shape: Shape | None, fresh: bool
    ) -> Generator[Piece, None, None]:
        if decoding.beams > 1:
            raise UserError(
                f"llama.cpp는 갈래(beams {decoding.beams})를 나누지 못합니다. beams=1로 하거나 --backend openvino, ctranslate2로 답하게 하세요.",
                f"llama.cpp searches no beams (beams is {decoding.beams}). Set beams=1, or answer with --backend openvino or ctranslate2.",
            )
        asked = {
            "prompt": ids,
            "n_predict": decoding.max_new_tokens,
            "stream": True,
            "cache_prompt": not fresh,
            "ignore_eos": decoding.unending,
        }
        asked |= {"grammar": grammar(shape, dialect=GBNF)} if shape else _pressed(decoding, self._context)
        # leaving it closes the connection, at which the server stops
        with self._answering.client.stream("POST", "/completion", json={**asked, **_drawing(decoding)}) as reply:
            for line in reply.iter_lines():
                if line.startswith("data: "):
                    told = json.loads(line.removeprefix("data: "))
                    yield Piece(told["content"], told["tokens_predicted"], told.get("stop_type") == "eos")
                elif line.startswith(("error: ", "{")):
                    raise RuntimeError(f"llama.cpp: {line[:300]}")

    def _logits(self, prompt: list[int], target: list[int]) -> Any:
        """Its server tells no likelihood of a given text, but what its last layer holds at each token; the head is put on it here."""
        import numpy as np

        if self._scoring is None:
            self._scoring = _Server(self._path, self._context, scoring=True)
            self._head = _head(self._path)
        reply = self._scoring.client.post("/embeddings", json={"content": [*prompt, *target], "embd_normalize": -1})
        told = reply.raise_for_status().json()[0]["embedding"]
        hidden = np.array(told[len(prompt) - 1 : -1], dtype=np.float32)
        return hidden @ self._head[0].T + self._head[1]

    def _freed(self) -> None:
        for server in (self._answering, self._scoring):
            if server:
                server.close()
        self._scoring, self._head = None, (None, None)


def cut_by_llama(path: Path, texts: Sequence[str]) -> list[list[int]]:
    """Tokens of each text as llama.cpp itself cuts it, by what stands in the file."""
    server = _Server(path, BRIEF)
    try:
        asked = [{"content": text, "add_special": False, "parse_special": False} for text in texts]
        return [server.client.post("/tokenize", json=one).raise_for_status().json()["tokens"] for one in asked]
    finally:
        server.close()


class _Server:
    """The file in memory, and a client of its own."""

    def __init__(self, path: Path, context: int, scoring: bool = False) -> None:
        """scoring: it tells what the last layer holds instead of answering. Raises UserError when the file cannot be read."""
        import httpx2
        import xllamacpp

        key = secrets.token_urlsafe(24)
        try:
            self._server: Any = xllamacpp.Server(_settings(path, context, key, scoring))
        except RuntimeError as error:
            raise UserError(
                f"llama.cpp가 {path.name}을(를) 열지 못했습니다({error}). 변환본을 지우고 다시 하거나 --backend openvino나 transformers로 답하게 하세요.",
                f"llama.cpp could not open {path.name} ({error}). Delete the converted copy and try again, or answer with --backend "
                "openvino or transformers.",
            ) from error
        self.client = httpx2.Client(
            base_url=self._server.listening_address,
            headers={"Authorization": f"Bearer {key}", "Connection": "close"},
            trust_env=False,
            timeout=TIMEOUT,
        )

    def close(self) -> None:
        """Free the memory."""
        self.client.close()
        self._server = None


def _settings(path: Path, context: int, key: str, scoring: bool) -> Any:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path, params.n_ctx, params.n_parallel = str(path), context, 1
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = own_cores()
    params.n_gpu_layers, params.fit_params = 0, False
    params.hostnames, params.port, params.api_keys = ["127.0.0.1"], 0, [key]
    params.ui = params.endpoint_slots = params.use_jinja = False
    params.offline, params.verbosity, params.cache_ram_mib = True, -1, 0
    params.swa_full = True  # else windows that slide forget what a next question could use again
    if scoring:
        params.embedding, params.embd_normalize = True, -1
        params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_NONE
        params.n_batch = params.n_ubatch = context
    return params


def _head(path: Path) -> tuple[Any, Any]:
    """(weights (vocabulary, width), bias or 0) that make logits of the last layer; a tied one is the embedding."""
    import gguf

    tensors = {tensor.name: tensor for tensor in gguf.GGUFReader(path).tensors}
    head = tensors.get("output.weight", tensors["token_embd.weight"])
    bias = tensors["output.bias"].data if "output.bias" in tensors else 0.0
    return gguf.quants.dequantize(head.data, head.tensor_type), bias


def _pressed(decoding: Decoding, reach: int) -> dict[str, Any]:
    """What holds a free answer back from repeating itself. n-grams are held by DRY, over prompt and answer."""
    asked: dict[str, Any] = {"repeat_penalty": decoding.repetition_penalty, "repeat_last_n": reach}
    if decoding.no_repeat_ngram > 1:
        asked |= {"dry_multiplier": NEVER, "dry_base": 1.0, "dry_allowed_length": decoding.no_repeat_ngram - 1}
        asked |= {"dry_penalty_last_n": reach, "dry_sequence_breakers": []}
    return asked


def _drawing(decoding: Decoding) -> dict[str, Any]:
    """Settings as llama.cpp names them; its usual cuts of the candidates are off."""
    if decoding.temperature == 0.0:
        return {"temperature": 0.0}
    return {
        "temperature": decoding.temperature, "top_p": decoding.top_p, "top_k": 0, "min_p": 0.0, "seed": decoding.seed,
    }  # fmt: skip
