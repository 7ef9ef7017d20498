"""Messages become tokens here, once, for training and serving alike. It knows nothing of models or datasets.

A prompt is rendered by the tokenizer's own chat template and tokenized apart from the target, so that the prompt
a model was trained on and the prompt it is served with are the same tokens. Tokenizers come from `load_tokenizer`.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.curate.row import Message
from engine.models.marks import PROBE, harmless, without_control

NEUTRAL_TEMPLATE = (
    "{%- for message in messages -%}"
    "{%- if message['role'] == 'system' -%}{{- '### 지시:\n' + message['content'] + '\n\n' -}}"
    "{%- elif message['role'] == 'user' -%}{{- '### 사용자:\n' + message['content'] + '\n\n' -}}"
    "{%- else -%}{{- '### 답변:\n' + message['content'] + eos_token + '\n\n' -}}{%- endif -%}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{- '### 답변:\n' -}}{%- endif -%}"
)
"""For bases that bring no template. Plain Korean markers, so no token is added; every answer ends in the end token."""

RAW = "raw"
"""Role of the one message that is a whole prompt: no chat template touches it."""
BEFORE_GAP = 0.6
"""Share of what is kept of a span that stands before the gap in its middle."""

SETTINGS = {"enable_thinking": False, "date_string": "26 Jul 2024"}
"""Templates of Qwen3 and EXAONE 4 think aloud, and Llama 3.2's writes today's date, unless told otherwise."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """One training example. Labels are the ids from `prompt_length` on; `ended`: the last id is the turn end.

    An encoder reads the ids before `prompt_length`, its decoder writes those from there on.
    """

    input_ids: list[int]
    prompt_length: int
    ended: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """One example as the model sees it. `trained` are character spans of `text`; `pieces` the spans of its tokens,
    tokens that share one character grouped."""

    text: str
    trained: list[tuple[int, int]]
    end_token: str
    tokens: int
    trained_tokens: int
    truncated: bool
    pieces: list[tuple[int, int]]


def render_prompt(tokenizer: Any, messages: Sequence[Message]) -> str:
    """The prompt as text, ending where the answer begins. A `raw` message is the prompt itself, begun as the tokenizer
    begins a text."""
    from jinja2.exceptions import TemplateError

    if messages and messages[0]["role"] == RAW:
        opening = "" if tokenizer.malmoi.encoder else _opening(tokenizer)
        return opening + "".join(message["content"] for message in harmless(tokenizer.malmoi.special, messages))
    plain = _merged(harmless(tokenizer.malmoi.marks, messages))
    try:
        text = _render(tokenizer, plain)
    except TemplateError:
        return _render(tokenizer, _folded(plain))
    kept = all(message["content"].strip() in text for message in plain if message["role"] == "system")
    return text if kept else _render(tokenizer, _folded(plain))


def _opening(tokenizer: Any) -> str:
    """What the tokenizer puts before a text: the begin token of most bases, nothing of others."""
    bare = tokenizer(PROBE, add_special_tokens=False)["input_ids"]
    full = tokenizer(PROBE)["input_ids"]
    begins = next((at for at in range(len(full)) if full[at : at + len(bare)] == bare), 0)
    return str(tokenizer.decode(full[:begins], skip_special_tokens=False)) if begins else ""


def _render(tokenizer: Any, messages: Sequence[Message]) -> str:
    return str(tokenizer.apply_chat_template(list(messages), tokenize=False, add_generation_prompt=True, **SETTINGS))


def _merged(messages: Sequence[Message]) -> list[Message]:
    """Neighbours of one role become one message: many templates demand that roles alternate."""
    merged: list[Message] = []
    for message in messages:
        if merged and merged[-1]["role"] == message["role"]:
            content = merged[-1]["content"] + "\n" + message["content"]
            merged[-1] = Message(role=message["role"], content=content)
        else:
            merged.append(message)
    return merged


def _folded(messages: Sequence[Message]) -> list[Message]:
    """For templates without a system role, or that must begin with the user: what stands first joins the user's turn."""
    opening = next((i for i, message in enumerate(messages) if message["role"] == "user"), len(messages))
    after = [message for message in messages[opening:] if message["role"] != "system"]
    lead = "\n\n".join(message["content"] for message in messages if message["role"] == "system")
    spoken = "\n\n".join(message["content"] for message in messages[:opening] if message["role"] != "system")
    own = after[0]["content"] if after else ""
    content = "\n\n".join(part for part in (lead, spoken, own) if part)
    return _merged([Message(role="user", content=content), *after[1:]])


def encode_prompt(tokenizer: Any, messages: Sequence[Message], room: int | None = None) -> list[int]:
    """Prompt tokens, at most `room` of them.

    Too long: what may be cut loses its end (or its middle) first, all of it if need be. Then the oldest turns go (the system message
    stays), then the last turn loses up to half of it from its beginning, then the system message goes, then more of the
    last turn. Role markers stay whole as long as they fit.
    """
    ids = _prompt_ids(tokenizer, messages)
    if room is None or len(ids) <= room:
        return ids
    kept = _cut(tokenizer, list(messages), room)
    ids = _prompt_ids(tokenizer, kept)
    while len(ids) > room and (fewer := _without_oldest(kept)) != kept:
        kept = fewer
        ids = _prompt_ids(tokenizer, kept)
    if len(ids) > room:
        ids = _prompt_ids(tokenizer, _shortened(tokenizer, kept, room))
    return ids[max(0, len(ids) - room) :]


def loses_words(tokenizer: Any, messages: Sequence[Message], room: int) -> bool:
    """Whether `encode_prompt` must leave out more than the spans that may be cut."""
    return least_length(tokenizer, messages) > room


def least_length(tokenizer: Any, messages: Sequence[Message]) -> int:
    """Tokens of a prompt without the spans that may be cut."""
    bare = [Message(role=one["role"], content=_without_span(one)) for one in messages]
    return len(_prompt_ids(tokenizer, bare))


def is_shortened(tokenizer: Any, messages: Sequence[Message], room: int) -> bool:
    """Whether `encode_prompt` must leave out anything."""
    return len(_prompt_ids(tokenizer, messages)) > room


def _without_span(message: Message) -> str:
    start, end = message.get("cut", (0, 0))
    return message["content"][:start] + message["content"][end:]


def _prompt_ids(tokenizer: Any, messages: Sequence[Message]) -> list[int]:
    ids = list(tokenizer(render_prompt(tokenizer, messages), add_special_tokens=False)["input_ids"])
    encoder = tokenizer.malmoi.encoder
    return [*encoder.before, *ids, *encoder.after] if encoder else ids


def _cut(tokenizer: Any, messages: list[Message], room: int) -> list[Message]:
    """The spans that may be cut lose their end until the prompt fits, that of the last message first."""
    for at in range(len(messages) - 1, -1, -1):
        if "cut" in messages[at] and len(_prompt_ids(tokenizer, messages)) > room:
            messages = _cut_one(tokenizer, messages, at, room)
    return messages


def _cut_one(tokenizer: Any, messages: list[Message], at: int, room: int) -> list[Message]:
    """As few characters less of one message's span, at its end or in its middle, as make the prompt fit; all when none do."""
    content, (start, end) = messages[at]["content"], messages[at]["cut"]
    place = _middle if messages[at].get("middle") else _end

    def without(characters: int) -> list[Message]:
        first, last = place(content, start, end, characters)
        left = Message(role=messages[at]["role"], content=content[:first] + content[last:])
        return [*messages[:at], left, *messages[at + 1 :]]

    def fits(characters: int) -> bool:
        return len(_prompt_ids(tokenizer, without(characters))) <= room

    return without(bisect_left(range(end - start), True, key=fits))


def _end(content: str, start: int, end: int, characters: int) -> tuple[int, int]:
    return end - characters, end


def _middle(content: str, start: int, end: int, characters: int) -> tuple[int, int]:
    """The place of at least `characters` to leave out, whole lines where there are some before and behind."""
    first = start + int((end - start - characters) * BEFORE_GAP)
    last = first + characters
    line, following = content.rfind("\n", start, first), content.find("\n", last, end)
    return (line + 1 if characters and line >= 0 else first), (following + 1 if characters and following >= 0 else last)


def _shortened(tokenizer: Any, messages: list[Message], room: int) -> list[Message]:
    """As few leading characters less of the last message as make the prompt fit."""
    *before, last = messages

    def without(characters: int) -> list[Message]:
        return [*before, Message(role=last["role"], content=last["content"][characters:])]

    lengths = range(len(last["content"]))
    cut = bisect_left(lengths, True, key=lambda n: len(_prompt_ids(tokenizer, without(n))) <= room)
    if before and cut > len(lengths) // 2:
        return _shortened(tokenizer, [last], room)
    return without(cut)


def _without_oldest(messages: list[Message]) -> list[Message]:
    """Without the oldest turn and the answers to it; the last turn always stays."""
    system = [message for message in messages if message["role"] == "system"]
    turns = [message for message in messages if message["role"] != "system"]
    rest = turns[1:]
    while len(rest) > 1 and rest[0]["role"] != "user":
        rest = rest[1:]
    return system + (rest or turns)


def target_ids(tokenizer: Any, target: str) -> list[int]:
    """Tokens of a target with the turn-end token. Special tokens written out in it stay ordinary text."""
    return [*without_control(tokenizer, tokenizer.malmoi.special, target), tokenizer.eos_token_id]


def encode_example(tokenizer: Any, messages: Sequence[Message], target: str, max_length: int | None = None) -> Encoded:
    """Prompt + target + turn end. Beyond `max_length` tokens the prompt is cut as in `encode_prompt`; only a target
    that alone is too long loses its end, and then `ended` is False."""
    answer = target_ids(tokenizer, target)
    if max_length is not None:
        answer = answer[:max_length]
    prompt = encode_prompt(tokenizer, messages, None if max_length is None else max_length - len(answer))
    return Encoded([*prompt, *answer], len(prompt), answer[-1] == tokenizer.eos_token_id)


def as_model_sees(tokenizer: Any, messages: Sequence[Message], target: str, max_length: int) -> Seen:
    """One example, cut to `max_length` tokens, decoded again: every character and which of them are trained."""
    example = encode_example(tokenizer, messages, target, max_length)
    prompt = Pieces(tokenizer, example.input_ids[: example.prompt_length])
    answer = Pieces(tokenizer, example.input_ids[example.prompt_length :])
    start = len(prompt.text)
    whole = encode_example(tokenizer, messages, target)
    return Seen(
        text=prompt.text + answer.text,
        trained=[(start, start + len(answer.text))],
        end_token=str(tokenizer.eos_token),
        tokens=len(example.input_ids),
        trained_tokens=len(example.input_ids) - example.prompt_length,
        truncated=len(whole.input_ids) > len(example.input_ids),
        pieces=prompt.spans + [(start + first, start + last) for first, last in answer.spans],
    )


class Pieces:
    """Tokens as text, and the character span of each group of tokens that makes whole characters."""

    def __init__(self, tokenizer: Any, ids: Sequence[int], *, skip_special: bool = False) -> None:
        self.text = ""
        self.spans: list[tuple[int, int]] = []
        decoder = Decoder(tokenizer, skip_special=skip_special)
        for index, token in enumerate(ids):
            piece = decoder.feed(token) + (decoder.flush() if index == len(ids) - 1 else "")
            if piece:
                self.spans.append((len(self.text), len(self.text) + len(piece)))
                self.text += piece


class Decoder:
    """Tokens in, whole characters out: a syllable whose bytes are not all there yet is held back."""

    def __init__(self, tokenizer: Any, *, skip_special: bool = True) -> None:
        self._tokenizer = tokenizer
        self._skip = skip_special
        self._before: list[int] = []
        self._held: list[int] = []

    def feed(self, token: int) -> str:
        """Text that became certain with this token; often empty inside a syllable."""
        self._held.append(token)
        piece = self._piece()
        if piece.endswith("\ufffd") and len(self._held) < 8:  # no character takes more than 4 byte tokens
            return ""
        return self._emit(piece)

    def flush(self) -> str:
        """What is still held, broken bytes as replacement characters."""
        return self._emit(self._piece()) if self._held else ""

    def _piece(self) -> str:
        """Held tokens as they read after the ones before: some tokenizers drop the space at the start of a text."""
        before = self._decode(self._before)
        return self._decode(self._before + self._held)[len(before) :]

    def _emit(self, piece: str) -> str:
        self._before = self._held if piece else self._before + self._held
        self._held = []
        return piece

    def _decode(self, ids: list[int]) -> str:
        return str(self._tokenizer.decode(ids, skip_special_tokens=self._skip, clean_up_tokenization_spaces=False))


def decode_answer(tokenizer: Any, ids: Sequence[int]) -> str:
    """Answer tokens as text, without special tokens; the same characters that a `Decoder` gives one by one."""
    return Pieces(tokenizer, ids, skip_special=True).text
