"""Answers from CTranslate2: decoders and encoder-decoders with 8-bit weights on a CPU. It knows nothing of recipes, runs or chats.

It has no hook for logits: JSON is written by `json_skeleton`. Prompts are encoded by the very function that training uses.
"""

import json
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from pathlib import Path
from threading import Lock
from typing import Any

from engine.curate.row import Message
from engine.errors import UserError
from engine.models.family import read_config, window
from engine.models.template import decode_answer, encode_example, encode_prompt, least_length
from engine.models.tokenizer import end_ids
from engine.serve.backend import Generated
from engine.serve.decoding import Decoding
from engine.serve.json_shape import shape_of
from engine.serve.json_skeleton import fill
from engine.serve.sampling import trimmed
from engine.serve.streaming import Put, characters, live, sure_texts
from engine.serve.vocabulary import Vocabulary

ROWS = 16
USUAL_WINDOW = 2048
"""Tokens, for the few bases that have no limit."""

LIGHT = False
"""It wants tokens by name, and the package brings torch by itself."""


def require() -> None:
    """CTranslate2 comes with the project."""


def convert(folder: Path, tokenizer: Any, out: Path, bits: int) -> None:
    """The model of a transformers folder, in 8 bits: `bits` are no other. Raises UserError for an architecture that CTranslate2 does not know."""
    from ctranslate2.converters import TransformersConverter
    from transformers import BartConfig, MBartConfig

    # transformers 5 no longer keeps these two of BART's and mBART's configurations, and the converter asks for the first
    class Converter(TransformersConverter):  # type: ignore[misc]  # the package has no types
        """Names the spare rows of a padded vocabulary, which for BART the package does not, and settings that have moved."""

        def load_model(self, model_class: Any, name: str, **how: Any) -> Any:
            model = super().load_model(model_class, name, **how)
            if model.config.model_type == "gpt_neox":  # as transformers 4 named them
                model.config.rotary_pct = model.config.rope_parameters["partial_rotary_factor"]
                model.embed_out = model.lm_head
            return model

        def load_tokenizer(self, tokenizer_class: Any, name: str, **how: Any) -> Any:
            tokenizer = super().load_tokenizer(tokenizer_class, name, **how)
            spare = int(read_config(folder).get("vocab_size", 0)) - len(tokenizer)
            if read_config(folder).get("is_encoder_decoder"):
                tokenizer.add_tokens([f"<spare_{number}>" for number in range(spare)])
            return tokenizer

    for config, before in ((BartConfig, False), (MBartConfig, True)):
        setattr(config, "normalize_before", before)  # noqa: B010
    try:
        Converter(str(folder)).convert(str(out), quantization="int8_float32", force=True)
    except (ValueError, KeyError, TypeError, NotImplementedError, AttributeError) as error:
        raise unknown(folder, type(error).__name__) from error
    _name_tokens(out / "config.json", tokenizer)


def _name_tokens(path: Path, tokenizer: Any) -> None:
    """Words that a model does not have must have some name. What stands around an encoder's text is told by us, as in training."""
    told = json.loads(path.read_text(encoding="utf-8"))
    encoder = tokenizer.malmoi.encoder
    start = tokenizer.convert_ids_to_tokens(encoder.start[0] if encoder else tokenizer.eos_token_id)
    told |= {name: start for name in ("bos_token", "eos_token", "unk_token") if told.get(name, "") is None}
    if encoder:
        told |= {"decoder_start_token": start, "add_source_bos": False, "add_source_eos": False}
    path.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")


def require_known(folder: Path) -> None:
    """Raises UserError for an architecture that the package has no converter for."""
    from ctranslate2.converters.transformers import _MODEL_LOADERS
    from transformers import CONFIG_MAPPING

    kind = str(read_config(folder).get("model_type"))
    made = CONFIG_MAPPING[kind].__name__ if kind in CONFIG_MAPPING else kind
    if made not in _MODEL_LOADERS:
        raise unknown(folder, "no converter")


def unknown(folder: Path, what: str) -> UserError:
    kind = read_config(folder).get("model_type", "?")
    return UserError(
        f"CTranslate2가 이 모델의 구조('{kind}')를 제대로 옮기지 못합니다({what}). --backend transformers로 답하게 하세요.",
        f"CTranslate2 cannot carry over this model's architecture ('{kind}', {what}). Answer with --backend transformers.",
    )


def open(folder: Path, tokenizer: Any, config: dict[str, Any]) -> "Ct2Backend":
    """The converted model in memory."""
    return Ct2Backend(folder, tokenizer, config)


class Ct2Backend:
    """One converted model in memory; calls from several threads wait for each other. Implements `Backend`."""

    def __init__(self, folder: Path, tokenizer: Any, config: dict[str, Any]) -> None:
        """config: the base's config.json."""
        import ctranslate2

        self._tokenizer = tokenizer
        self._encoder = self._tokenizer.malmoi.encoder
        self._ends = end_ids(self._tokenizer)
        self._context = window(config) or USUAL_WINDOW
        self._engine: Any = (ctranslate2.Translator if self._encoder else ctranslate2.Generator)(
            str(folder), device="cpu"
        )
        self._slides = config.get("text_config", config).get("sliding_window")
        self._random = ctranslate2.set_random_seed
        self._lock = Lock()
        self._vocabulary: Vocabulary | None = None

    def generate(self, prompts: Sequence[Sequence[Message]], decoding: Decoding) -> list[Generated]:
        """One answer per prompt, in order; a text prompt's `duration_ms` is its batch's time shared evenly."""
        decoding = self._settled(decoding)
        with self._lock:
            self._random(decoding.seed)
            if decoding.json_schema is not None:
                return [self._filled(prompt, decoding, decoding.json_schema) for prompt in prompts]
            batches = [prompts[at : at + ROWS] for at in range(0, len(prompts), ROWS)]
            return [made for batch in batches for made in self._answered(batch, decoding)]

    def stream(self, prompt: Sequence[Message], decoding: Decoding) -> Generator[str, None, Generated]:
        """Pieces of one text as they are made; closing the iterator stops the engine. JSON, which is written part by part and out of
        order, an encoder-decoder's answer and what beams decide come in one piece."""
        if self._encoder or decoding.json_schema is not None or decoding.beams > 1:
            made = self.generate([prompt], decoding)[0]
            yield made.text
            return made
        began, decoding = time.perf_counter(), self._settled(decoding)
        ids, answer = self._prompt(prompt, decoding), list[int]()

        def told(put: Put) -> None:
            self.run([ids], [[]], decoding.max_new_tokens, lambda step: put(step.token_id), **_drawing(decoding))

        def kept() -> Iterator[int]:
            for token in tokens:
                if token in self._ends:
                    return
                answer.append(token)
                yield token
                if decoding.stop and any(phrase in decode_answer(self._tokenizer, answer) for phrase in decoding.stop):
                    return

        with self._lock, closing(live(told)) as tokens:
            self._random(decoding.seed)
            yield from sure_texts(characters(self._tokenizer, kept()), decoding.stop)
        return self._generated(ids, answer, decoding, round((time.perf_counter() - began) * 1000))

    def measured(self, prompt: Sequence[Message], decoding: Decoding) -> tuple[int, int]:
        """As in `Reader`."""
        return least_length(self._tokenizer, prompt), self._room(self._settled(decoding))

    def losses(self, pairs: Sequence[tuple[Sequence[Message], str]]) -> list[tuple[float | None, int]]:
        """(summed negative log-likelihood in nats, token count) of each target, as the 8-bit model has it; None where the text is
        longer than a window that slides: CTranslate2 4.8 answers beyond it but cannot score."""
        examples = [encode_example(self._tokenizer, prompt, target, self._context) for prompt, target in pairs]
        within = [one for one in examples if self._slides is None or len(one.input_ids) <= self._slides]
        prompts = [example.input_ids[: example.prompt_length] for example in within]
        targets = [example.input_ids[example.prompt_length :] for example in within]
        with self._lock:
            scored = iter(self._scored(prompts, targets) if within else [])
        found: list[tuple[float | None, int]] = []
        for one in examples:
            scores = next(scored) if one in within else None
            found.append((None, 0) if scores is None else (-sum(scores), len(scores)))
        return found

    def without_adapter(self) -> AbstractContextManager[None]:
        """What has no adapter beside its weights answers as ever."""
        return nullcontext()

    def close(self) -> None:
        """Free the memory."""
        with self._lock:
            self._engine.unload_model()

    def _settled(self, decoding: Decoding) -> Decoding:
        """As in `TransformersBackend`: half the window at most is for the answer, and JSON ends by itself."""
        room = self._context - len(self._encoder.start) if self._encoder else self._context // 2
        stop = () if decoding.json_schema is not None else (*decoding.stop, *self._tokenizer.malmoi.end_names)
        return decoding.model_copy(update={"max_new_tokens": min(decoding.max_new_tokens, room), "stop": stop})

    def _prompt(self, messages: Sequence[Message], decoding: Decoding) -> list[int]:
        return encode_prompt(self._tokenizer, messages, self._room(decoding))

    def _room(self, decoding: Decoding) -> int:
        return self._context - (0 if self._encoder else decoding.max_new_tokens)

    def _answered(self, prompts: Sequence[Sequence[Message]], decoding: Decoding) -> list[Generated]:
        began = time.perf_counter()
        encoded = [self._prompt(prompt, decoding) for prompt in prompts]
        drawing = _drawing(decoding) | {"least": decoding.max_new_tokens if decoding.unending else 0}
        answers = self.run(encoded, [[] for _ in encoded], decoding.max_new_tokens, **drawing)
        spent = round((time.perf_counter() - began) * 1000 / len(prompts))
        return [self._generated(ids, answer, decoding, spent) for ids, answer in zip(encoded, answers, strict=True)]

    def _generated(self, prompt: list[int], answer: list[int], decoding: Decoding, spent: int) -> Generated:
        raw = decode_answer(self._tokenizer, answer)
        ended = len(answer) < decoding.max_new_tokens or any(phrase in raw for phrase in decoding.stop)
        return Generated(trimmed(raw, decoding.stop), raw, spent, len(answer), ended, len(prompt))

    def _filled(self, prompt: Sequence[Message], decoding: Decoding, schema: dict[str, Any]) -> Generated:
        began = time.perf_counter()
        self._vocabulary = self._vocabulary or Vocabulary(self._tokenizer, self._ends)
        ids = self._prompt(prompt, decoding)
        pen = _Ct2Pen(self, self._vocabulary, ids, _drawing(decoding))
        text = fill(shape_of(schema, max(32, decoding.max_new_tokens // 2)), pen, decoding.max_new_tokens - 1)
        spent = round((time.perf_counter() - began) * 1000)
        return Generated(text, text, spent, pen.count(text) + 1, True, len(ids))

    def run(
        self,
        prompts: list[list[int]],
        written: list[list[int]],
        room: int,
        until: Any = None,
        least: int = 0,
        **drawing: Any,
    ) -> list[list[int]]:
        """Answer tokens that follow what is `written` of each answer, `least` at the least, without an end token."""
        sources, before = self._split(prompts, written)
        ends = self._tokenizer.convert_ids_to_tokens(self._ends)
        asked = {"end_token": ends, "callback": until, **drawing}
        if self._encoder:
            found = self._engine.translate_batch(
                sources,
                target_prefix=before,
                max_decoding_length=room + max(map(len, before)),
                min_decoding_length=least,
                **asked,
            )
            cut = [len(one) for one in before]
            hypotheses = [result.hypotheses[0][skip:] for result, skip in zip(found, cut, strict=True)]
            return [self._tokenizer.convert_tokens_to_ids(one) for one in hypotheses]
        results = self._engine.generate_batch(
            before, max_length=room, min_length=least, include_prompt_in_result=False, **asked
        )
        return [list(result.sequences_ids[0]) for result in results]

    def steps_given(self, written: list[int]) -> int:
        """Steps of an answer's decoding that only repeat what it is given: an encoder-decoder's prefix counts as steps."""
        return len(self._encoder.start) - 1 + len(written) if self._encoder else 0

    def _split(self, prompts: list[list[int]], written: list[list[int]]) -> tuple[list[list[str]], list[list[str]]]:
        """(what the encoder reads, what the decoder goes on from), as CTranslate2 takes them."""
        names = self._tokenizer.convert_ids_to_tokens
        if self._encoder:
            return [names(ids) for ids in prompts], [names([*self._encoder.start[1:], *ids]) for ids in written]
        return [], [names([*ids, *done]) for ids, done in zip(prompts, written, strict=True)]

    def _scored(self, prompts: list[list[int]], targets: list[list[int]]) -> list[list[float]]:
        """Log-probabilities of the tokens of each target after its prompt."""
        sources, whole = self._split(prompts, targets)
        results = self._engine.score_batch(sources, whole) if self._encoder else self._engine.score_batch(whole)
        ends = len(self._encoder.start) - 1 if self._encoder else None
        lengths = [len(target) for target in targets]
        if ends is not None:
            return [list(one.log_probs[ends : ends + n]) for one, n in zip(results, lengths, strict=True)]
        return [list(one.log_probs[-n:]) for one, n in zip(results, lengths, strict=True)]

    def scored_after(self, prompt: list[int], written: list[int], options: list[list[int]]) -> list[float]:
        """Log-probability of each option after what is written."""
        found = self._scored([prompt] * len(options), [[*written, *one] for one in options])
        return [sum(scores[len(written) :]) for scores in found]


class _Ct2Pen:
    """One answer of one model. Implements `Pen`."""

    def __init__(self, backend: Ct2Backend, vocabulary: Vocabulary, prompt: list[int], drawing: dict[str, Any]) -> None:
        self._backend, self._vocabulary, self._prompt, self._drawing = backend, vocabulary, prompt, drawing

    def choose(self, written: str, options: Sequence[str]) -> int:
        ids = self._ids(written)
        scores = self._backend.scored_after(
            self._prompt, ids, [self._vocabulary.split(one.encode()) for one in options]
        )
        return max(range(len(options)), key=scores.__getitem__)

    def go_on(self, written: str, tokens: int, until: str) -> str:
        sign, pieces, before = until.encode(), self._vocabulary.tokens, self._ids(written)
        given = self._backend.steps_given(before)

        def ends(step: Any) -> bool:
            return step.step >= given and (step.token_id >= len(pieces) or sign in pieces[step.token_id])

        made = self._backend.run([self._prompt], [before], max(1, tokens), ends, **self._drawing)[0]
        return self._vocabulary.text_of([id_ for id_ in made if id_ < len(pieces)]).decode(errors="ignore")

    def count(self, text: str) -> int:
        return len(self._vocabulary.split((self._vocabulary.lead + text).encode()))

    def _ids(self, written: str) -> list[int]:
        return self._vocabulary.split((self._vocabulary.lead + written).encode())


def _drawing(decoding: Decoding) -> dict[str, Any]:
    """Settings as CTranslate2 names them. Its repetition penalty and its random numbers are its own."""
    if decoding.json_schema is not None:
        return {"beam_size": 1, **({"sampling_topk": 1} if decoding.temperature == 0.0 else _warm(decoding))}
    pressed = {"repetition_penalty": decoding.repetition_penalty, "no_repeat_ngram_size": decoding.no_repeat_ngram}
    if decoding.beams > 1:
        return {**pressed, "beam_size": decoding.beams, "length_penalty": decoding.length_penalty}
    return {**pressed, "beam_size": 1, **({"sampling_topk": 1} if decoding.temperature == 0.0 else _warm(decoding))}


def _warm(decoding: Decoding) -> dict[str, Any]:
    return {"sampling_topk": 0, "sampling_topp": decoding.top_p, "sampling_temperature": decoding.temperature}
