"""Answers from OpenVINO GenAI: decoders with 8- or 4-bit weights on a CPU, JSON by its own grammar decoding. It knows no recipe and no run."""

import importlib.util
import sys
from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from typing import Any

from engine.errors import UserError
from engine.serve.constraint import EBNF, grammar
from engine.serve.decoding import Decoding
from engine.serve.json_shape import Shape
from engine.serve.openvino_tools import to_openvino
from engine.serve.streaming import Put, live
from engine.serve.token_backend import Piece, TokenBackend

LIGHT = True
"""It wants token numbers only, which tokenizers alone can cut."""


def require() -> None:
    """Raises UserError when openvino-genai is not installed: it is asked for only here."""
    if importlib.util.find_spec("openvino_genai") is None:
        raise UserError(
            "OpenVINO GenAI가 설치되어 있지 않습니다. `pip install openvino-genai==2026.4.1.0`(약 300 MB)으로 설치하거나 --backend를 빼세요.",
            "OpenVINO GenAI is not installed. Install it with `pip install openvino-genai==2026.4.1.0` (about 300 MB), or leave --backend out.",
        )


def convert(folder: Path, tokenizer: Any, out: Path, bits: int) -> None:
    """The decoder of a transformers folder as OpenVINO's IR. bits: 8 or 4. Raises UserError for an encoder-decoder, and when it fails."""
    to_openvino(folder, out, bits)


def open(folder: Path, tokenizer: Any, config: dict[str, Any]) -> "OpenVinoBackend":
    """The converted model in memory."""
    return OpenVinoBackend(folder, tokenizer, config)


class OpenVinoBackend(TokenBackend):
    """One converted decoder in memory. Implements `Backend`."""

    def __init__(self, folder: Path, tokenizer: Any, config: dict[str, Any]) -> None:
        """config: the base's config.json."""
        # importing openvino looks up Google Analytics whatever DO_NOT_TRACK says; a None here is a package that is not there
        sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
        import openvino_genai

        super().__init__(tokenizer, config)
        self._genai: Any = openvino_genai
        self._folder = folder
        self._engine: Any = openvino_genai.LLMPipeline(str(folder), "CPU")
        self._scorer: Any = None

    def _made(
        self, ids: list[int], decoding: Decoding, shape: Shape | None, fresh: bool
    ) -> Generator[Piece, None, None]:
        import numpy as np
        from openvino import Tensor

        prompt, config = Tensor(np.array([ids], dtype=np.int64)), self._config(decoding, shape)
        if decoding.beams > 1:  # decided at the end
            yield from self._pieces(iter(list(self._engine.generate(prompt, config).tokens[0])))
            return
        with closing(live(lambda put: self._engine.generate(prompt, config, _streamer(self._genai, put)))) as tokens:
            yield from self._pieces(tokens)

    def _logits(self, prompt: list[int], target: list[int]) -> Any:
        """The pipeline tells no likelihood of a given text: the same file is compiled once more, without it."""
        import numpy as np

        ids = np.array([[*prompt, *target]], dtype=np.int64)
        request = self._scoring()
        request.reset_state()
        wanted = {
            "input_ids": ids, "attention_mask": np.ones_like(ids), "position_ids": np.arange(ids.size)[None],
            "beam_idx": np.zeros(1, dtype=np.int32),
        }  # fmt: skip
        names = {name for one in request.model_inputs for name in one.names}
        request.infer({name: array for name, array in wanted.items() if name in names})
        return request.get_tensor("logits").data[0, len(prompt) - 1 : -1].copy()

    def _scoring(self) -> Any:
        import openvino

        if self._scorer is None:
            compiled = openvino.Core().compile_model(str(self._folder / "openvino_model.xml"), "CPU")
            self._scorer = compiled.create_infer_request()
        return self._scorer

    def _freed(self) -> None:
        self._engine = self._scorer = None

    def _config(self, decoding: Decoding, shape: Shape | None) -> Any:
        config = self._genai.GenerationConfig()
        config.max_new_tokens = decoding.max_new_tokens
        config.ignore_eos = decoding.unending
        config.stop_token_ids = set() if decoding.unending else set(self._ends)
        config.do_sample = decoding.temperature > 0 and decoding.beams == 1
        if config.do_sample:
            config.temperature, config.top_p, config.rng_seed = decoding.temperature, decoding.top_p, decoding.seed
        if decoding.beams > 1:
            config.num_beams, config.length_penalty = decoding.beams, decoding.length_penalty
        if shape is None:
            config.repetition_penalty = decoding.repetition_penalty
            config.no_repeat_ngram_size = decoding.no_repeat_ngram or 2**31
            return config
        config.structured_output_config = self._genai.StructuredOutputConfig(grammar=grammar(shape, dialect=EBNF))
        return config


def _streamer(genai: Any, put: Put) -> Any:
    """What the pipeline hands its tokens to."""

    class Streamer(genai.StreamerBase):  # type: ignore[misc]  # the package is asked for only here
        """One token at a time, or a few at once."""

        def write(self, token: Any) -> Any:
            told = token if isinstance(token, list) else [token]
            stops = [put(int(one)) for one in told]
            return genai.StreamingStatus.CANCEL if any(stops) else genai.StreamingStatus.RUNNING

        def end(self) -> None:
            pass

    return Streamer()
