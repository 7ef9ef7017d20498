"""Answers from a transformers model on this machine. It knows nothing of recipes, runs or chats.

Prompts are encoded by the very function that training uses (`engine.models.template`).
"""

import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from engine.curate.row import Message
from engine.errors import UserError
from engine.models.bases import ResolvedBase
from engine.models.batches import decoder_start, mask_of, padded, pair_batch, pair_of, to_generate
from engine.models.family import window
from engine.models.loading import Quantisation, load_model, load_tokenizer
from engine.models.special_tokens import tokens_of
from engine.models.template import (
    Encoded,
    decode_answer,
    encode_example,
    encode_prompt,
    is_shortened,
    least_length,
    loses_words,
)
from engine.models.tokenizer import end_ids
from engine.serve.backend import Forced, Generated
from engine.serve.constraint import Constraint
from engine.serve.decoding import Decoding
from engine.serve.sampling import BeamScores, Sampler, Stopping, trimmed
from engine.serve.scores import forced_by
from engine.serve.streaming import characters, sure_texts
from engine.serve.vocabulary import Vocabulary

BATCH_ROWS = 16
BATCH_TOKENS = 8_192
"""Prompt tokens in one batch, padding included."""
USUAL_WINDOW = 2048
"""Tokens, for the few bases that have no limit."""
BATCH_LOGITS = 64_000_000
"""Logits kept at once when measuring references: 256 MB in fp32."""


def open_backend(
    base: ResolvedBase,
    adapter: Path | None = None,
    quantisation: Quantisation = "nf4",
    device: str = "auto",
    dtype: str = "auto",
) -> "TransformersBackend":
    """Load a base and its adapter. Raises what `load_tokenizer` and `load_model` raise."""
    tokenizer = load_tokenizer(base, tokens_of(adapter))
    bare = load_tokenizer(base) if tokenizer.malmoi.added.tokens and adapter else tokenizer
    return TransformersBackend(
        load_model(base, adapter, quantisation=quantisation, device=device, dtype=dtype), tokenizer, bare
    )


class TransformersBackend:
    """One model in memory; calls from several threads wait for each other. Implements `Backend`."""

    def __init__(self, model: Any, tokenizer: Any, bare: Any = None) -> None:
        """`bare`: the base's own tokenizer, where the adapter's keeps words whole that the base reads in pieces."""
        self._model = model
        self._context = window(model.config.get_text_config().to_dict()) or USUAL_WINDOW
        self._lock = threading.Lock()
        self._bare = tokenizer if bare is None else bare
        self._read_with(tokenizer)

    def _read_with(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._ends = end_ids(tokenizer)
        self._pad = tokenizer.pad_token_id
        self._rows = tokenizer.malmoi.rows  # a base beside its adapter knows nothing of the rows that joined
        known = max(tokenizer.get_vocab().values()) + 1  # many models have rows for tokens that do not exist
        unknown = range(known, self._model.config.get_text_config().vocab_size)
        self._never = [*unknown, *({self._pad} - set(self._ends))]
        self._encoder = tokenizer.malmoi.encoder
        self._vocabulary: Vocabulary | None = None

    def generate(self, prompts: Sequence[Sequence[Message]], decoding: Decoding) -> list[Generated]:
        """One answer per prompt, in order. `duration_ms` is the batch's time shared evenly.

        A prompt too long for the model's window is cut as in `encode_prompt`.
        """
        decoding = self._settled(decoding)
        encoded = [self._prompt(prompt, decoding) for prompt in prompts]
        answers: dict[int, Generated] = {}
        beams = decoding.beams
        for batch in _batches([len(ids) for ids in encoded], lambda rows, width: rows * width * beams <= BATCH_TOKENS):
            made = self._answer([prompts[i] for i in batch], [encoded[i] for i in batch], decoding)
            answers.update(zip(batch, made, strict=True))
        return [answers[i] for i in range(len(encoded))]

    def stream(self, prompt: Sequence[Message], decoding: Decoding) -> Generator[str, None, Generated]:
        """Pieces of one answer; together they are `generate`'s text. Closing the iterator stops the model. Beams are decided
        at the end: then the answer comes in one piece."""
        decoding, began = self._settled(decoding), time.perf_counter()
        ids = self._prompt(prompt, decoding)
        tokens: SimpleQueue[int | None] = SimpleQueue()
        cancelled = threading.Event()
        with ThreadPoolExecutor(1, "answer") as pool:
            streamer = _Streamer(tokens) if decoding.beams == 1 else None
            future = pool.submit(self._run, [ids], decoding, cancelled.is_set, streamer)
            future.add_done_callback(lambda _: tokens.put(None))
            try:
                yield from self._texts(iter(tokens.get, None), decoding)
                if streamer is None:
                    yield from self._texts(future.result()[0], decoding)
            finally:
                cancelled.set()
        spent = round((time.perf_counter() - began) * 1000)
        return self._generated(prompt, ids, future.result()[0], decoding, spent)

    def measured(self, prompt: Sequence[Message], decoding: Decoding) -> tuple[int, int]:
        """As in `Reader`."""
        return least_length(self._tokenizer, prompt), self._room(self._settled(decoding))

    def losses(self, pairs: Sequence[tuple[Sequence[Message], str]]) -> list[tuple[float, int]]:
        """(summed negative log-likelihood in nats, token count) of each target, its end token included.

        Examples beyond the model's window are cut as in `encode_example`.
        """
        examples = [encode_example(self._tokenizer, prompt, target, self._context) for prompt, target in pairs]
        vocabulary = self._model.config.get_text_config().vocab_size
        found: dict[int, tuple[float, int]] = {}
        lengths = [len(example.input_ids) for example in examples]
        for batch in _batches(lengths, lambda rows, width: rows * width * vocabulary <= BATCH_LOGITS):
            found.update(zip(batch, self._measure([examples[i] for i in batch]), strict=True))
        return [found[i] for i in range(len(examples))]

    def forced(
        self, pairs: Sequence[tuple[Sequence[Message], str]], asked: Sequence[Sequence[int]] | None = None
    ) -> list[list[Forced]]:
        """What the model makes of each token of each target, cut as in `encode_example`. asked: as in `Scorer`."""
        examples = [encode_example(self._tokenizer, prompt, target, self._context) for prompt, target in pairs]
        found = []
        for place, example in enumerate(examples):
            tokens = example.input_ids[example.prompt_length :] if asked is None else asked[place]
            found.append(forced_by(self._logits(example), tokens))
        return found

    @contextmanager
    def without_adapter(self) -> Iterator[None]:
        """The base answers while this is held; what has no adapter answers as ever."""
        from peft import PeftModel

        tuned = self._tokenizer
        with self._model.disable_adapter() if isinstance(self._model, PeftModel) else nullcontext():
            self._read_with(self._bare)
            try:
                yield
            finally:
                self._read_with(tuned)

    def close(self) -> None:
        """Free the memory. The backend cannot be used afterwards."""
        import gc

        import torch

        with self._lock:
            del self._model
            gc.collect()
            if torch.cuda.is_available():
                torch.cuda.empty_cache()

    def _settled(self, decoding: Decoding) -> Decoding:
        """Half the window at most is for the answer: the prompt needs the rest. An encoder's prompt has a window of its own.
        JSON ends by itself: a stop phrase inside one of its texts would break it."""
        room = self._context - len(self._encoder.start) if self._encoder else self._context // 2
        longest = min(decoding.max_new_tokens, room)
        stop = () if decoding.json_schema else (*decoding.stop, *self._tokenizer.malmoi.end_names)
        return decoding.model_copy(update={"max_new_tokens": longest, "stop": stop})

    def _constraint(self, decoding: Decoding) -> Constraint | None:
        if decoding.json_schema is None:
            return None
        if decoding.beams > 1:
            raise UserError(
                f"JSON으로 답할 때는 갈래(beams {decoding.beams})를 나누지 않습니다. beams=1로 하거나 json_schema를 빼세요.",
                f"Answers in JSON are not searched in beams (beams is {decoding.beams}). Set beams=1, or leave json_schema out.",
            )
        self._vocabulary = self._vocabulary or Vocabulary(self._tokenizer, self._ends)
        return Constraint(self._vocabulary, decoding.json_schema, decoding.max_new_tokens)

    def _prompt(self, messages: Sequence[Message], decoding: Decoding) -> list[int]:
        return encode_prompt(self._tokenizer, messages, self._room(decoding))

    def _room(self, decoding: Decoding) -> int:
        """Tokens that a prompt may have."""
        return self._context if self._encoder else self._context - decoding.max_new_tokens

    def _answer(
        self, prompts: Sequence[Sequence[Message]], encoded: list[list[int]], decoding: Decoding
    ) -> list[Generated]:
        began = time.perf_counter()
        answers = self._run(encoded, decoding, lambda: False, None)
        spent = round((time.perf_counter() - began) * 1000 / len(prompts))
        made = zip(prompts, encoded, answers, strict=True)
        return [self._generated(prompt, ids, answer, decoding, spent) for prompt, ids, answer in made]

    def _run(
        self, prompts: list[list[int]], decoding: Decoding, cancelled: Callable[[], bool], streamer: Any
    ) -> list[list[int]]:
        """Answer tokens per prompt, up to and including the end token if it came."""
        from transformers import GenerationConfig, LogitsProcessorList, StoppingCriteriaList

        settings = GenerationConfig(  # type: ignore[no-untyped-call]
            max_new_tokens=decoding.max_new_tokens, do_sample=False, eos_token_id=None if decoding.unending else self._ends, pad_token_id=self._pad,
            decoder_start_token_id=decoder_start(self._tokenizer),
            **_beams(decoding),
        )  # fmt: skip
        inputs, given = to_generate(self._tokenizer, prompts, self._model.device)
        before = [self._encoder.start] * len(prompts) if self._encoder else prompts
        scoring = (
            BeamScores(before, decoding, self._ends, self._never)
            if decoding.beams > 1
            else Sampler(prompts, before, decoding, self._ends, self._never, self._constraint(decoding))
        )
        stopping = Stopping(self._text, decoding.stop, given, cancelled)
        with self._lock:
            self._model.generation_config = settings
            out = self._model.generate(
                **inputs, generation_config=settings, streamer=streamer,
                logits_processor=LogitsProcessorList([scoring]), stopping_criteria=StoppingCriteriaList([stopping]),
            )  # fmt: skip
        made = [row[given:].tolist() for row in out]
        return made if decoding.unending else [self._until_end(row) for row in made]

    def _until_end(self, answer: list[int]) -> list[int]:
        for index, token in enumerate(answer):
            if token in self._ends:
                return answer[: index + 1]
            if token == self._pad:
                return answer[:index]
        return answer

    def _text(self, ids: list[int]) -> str:
        text = self._tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return str(text)

    def _generated(
        self, prompt: Sequence[Message], ids: list[int], answer: list[int], decoding: Decoding, spent: int
    ) -> Generated:
        raw = decode_answer(self._tokenizer, answer)
        ended = (bool(answer) and answer[-1] in self._ends) or any(phrase in raw for phrase in decoding.stop)
        shortened = is_shortened(self._tokenizer, prompt, self._room(decoding))
        cut = shortened and loses_words(self._tokenizer, prompt, self._room(decoding))
        return Generated(trimmed(raw, decoding.stop), raw, spent, len(answer), ended, len(ids), cut, shortened)

    def _texts(self, tokens: Iterable[int], decoding: Decoding) -> Iterator[str]:
        return sure_texts(characters(self._tokenizer, tokens), decoding.stop)

    def _measure(self, examples: Sequence[Encoded]) -> list[tuple[float, int]]:
        """Logits are made only from the first target position of the batch on."""
        import torch

        if self._encoder:
            return self._measure_pairs(examples)
        sequences = [example.input_ids for example in examples]
        batch = {"input_ids": padded(sequences, self._pad), "attention_mask": mask_of(sequences)}
        first = min(max(example.prompt_length, 1) for example in examples)
        kept = batch["input_ids"].shape[1] - first + 1
        with self._lock, torch.inference_mode():
            logits = self._model(**self._there(batch), logits_to_keep=kept, use_cache=False).logits[..., : self._rows]
        return [_nll(logits[row], example, first) for row, example in enumerate(examples)]

    def _measure_pairs(self, examples: Sequence[Encoded]) -> list[tuple[float, int]]:
        """Of an encoder-decoder: its decoder is shown the target alone."""
        import torch

        batch = self._there(pair_batch([pair_of(example, self._encoder) for example in examples], self._pad))
        labels = batch.pop("labels")
        with self._lock, torch.inference_mode():
            logits = self._model(**batch, use_cache=False).logits[..., : self._rows].float().transpose(1, 2)
        losses = torch.nn.functional.cross_entropy(logits, labels, reduction="none").sum(1)
        return [(float(loss), int(count)) for loss, count in zip(losses, (labels >= 0).sum(1), strict=True)]

    def _logits(self, example: Encoded) -> Any:
        """An array (tokens of the target, vocabulary) of one example."""
        import torch

        if self._encoder:
            batch = self._there(pair_batch([pair_of(example, self._encoder)], self._pad))
            kept = (batch.pop("labels")[0] >= 0).nonzero()[:, 0]
        else:
            batch = self._there({"input_ids": torch.tensor([example.input_ids])})
            kept = torch.arange(example.prompt_length - 1, len(example.input_ids) - 1)
        with self._lock, torch.inference_mode():
            return self._model(**batch, use_cache=False).logits[0, kept, : self._rows].float().cpu().numpy()

    def _there(self, batch: dict[str, Any]) -> dict[str, Any]:
        return {name: tensor.to(self._model.device) for name, tensor in batch.items()}


class _Streamer:
    """What `generate` hands its tokens to: the prompt first, then one at a time."""

    def __init__(self, tokens: "SimpleQueue[int | None]") -> None:
        self._tokens = tokens
        self._prompt = True

    def put(self, value: Any) -> None:
        if not self._prompt:
            self._tokens.put(int(value.reshape(-1)[0]))
        self._prompt = False

    def end(self) -> None:
        pass


def _beams(decoding: Decoding) -> dict[str, Any]:
    """Settings of a beam search; it ends as soon as that many answers are whole. None for one beam: the sampler draws."""
    if decoding.beams == 1:
        return {}
    return {"num_beams": decoding.beams, "length_penalty": decoding.length_penalty, "early_stopping": True}


def _nll(logits: Any, example: Encoded, first: int) -> tuple[float, int]:
    """`logits` (positions kept, vocabulary); row 0 predicts token `first`."""
    import torch

    start = max(example.prompt_length, 1)
    targets = torch.tensor(example.input_ids[start:], device=logits.device)
    rows = logits[start - first : start - first + len(targets)].float()
    return float(torch.nn.functional.cross_entropy(rows, targets, reduction="sum")), len(targets)


def _batches(lengths: Sequence[int], fits: Callable[[int, int], bool]) -> Iterator[list[int]]:
    """Indices, sorted by length so that little is padded, in groups that fit; a group has at least one."""
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lambda i: lengths[i]):
        if batch and (len(batch) == BATCH_ROWS or not fits(len(batch) + 1, lengths[index])):
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch
