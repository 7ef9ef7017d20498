"""A tokenizer for looking at rows, without transformers or torch: tokenizer.json and the chat template, nothing else.

It has just what `template` asks of a tokenizer. It mends nothing: a base whose end token, template or tokenizer files need
the care of `load_tokenizer` is refused with None, and the caller loads the real one.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.models.encoder import Encoder
from engine.models.family import is_encoder_decoder
from engine.models.marks import PROBE, end_names, marks_of, pattern_of
from engine.models.template import SETTINGS

ENCODER = "malmoi_encoder"
"""In tokenizer_config.json: {before, after, start} of an encoder-decoder, as `write_tokenizer` found them."""


@dataclass(frozen=True, slots=True)
class _Fitted:
    """What `template`, `linter` and the engines of converted models look for under `malmoi`."""

    special: re.Pattern[str]
    marks: re.Pattern[str]
    published: list[int]
    end_ids: list[int]
    end_names: tuple[str, ...]
    encoder: Encoder | None = None


class LightTokenizer:
    """Text to tokens and back, and the chat template, as the whole tokenizer of the folder would."""

    def __init__(self, folder: Path) -> None:
        from jinja2.sandbox import ImmutableSandboxedEnvironment
        from tokenizers import Tokenizer

        config = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
        self._template = environment.from_string((folder / "chat_template.jinja").read_text(encoding="utf-8"))
        self._names = {name: str(config[name]) for name in ("bos_token", "eos_token", "pad_token") if config.get(name)}
        self.eos_token = self._names["eos_token"]
        self.pad_token = self._names.get("pad_token")
        self.eos_token_id = int(self._tokenizer.token_to_id(self.eos_token) or 0)
        added = self._tokenizer.get_added_tokens_decoder().values()
        special = sorted({token.content for token in added if token.special and len(token.content) > 1}, key=len)
        self.all_special_tokens = special
        published = _published(folder)
        ends = list(dict.fromkeys([self.eos_token_id, *published]))
        around = {name: tuple(ids) for name, ids in config.get(ENCODER, {}).items()}
        written = marks_of(lambda talk: self.apply_chat_template(talk, False, True, **SETTINGS))
        self.malmoi = _Fitted(
            pattern_of(special), pattern_of([*special, *written]), published, ends, end_names(self, ends),
            Encoder(**around) if around else None,
        )  # fmt: skip

    def get_added_vocab(self) -> dict[str, int]:
        """Added tokens that are not special: none that end a turn here."""
        return {}

    @property
    def backend_tokenizer(self) -> Any:
        """The tokenizer of the library `tokenizers`."""
        return self._tokenizer

    @property
    def added_tokens_decoder(self) -> dict[int, Any]:
        """Added tokens by id, the special ones among them."""
        return dict(self._tokenizer.get_added_tokens_decoder())

    @property
    def all_special_ids(self) -> list[int]:
        """Of tokens that are no text."""
        return [id_ for id_, token in self.added_tokens_decoder.items() if token.special]

    def get_vocab(self) -> dict[str, int]:
        """Every token by its name."""
        return dict(self._tokenizer.get_vocab())

    def convert_ids_to_tokens(self, ids: Sequence[int]) -> list[str]:
        """Tokens by name."""
        return [str(self._tokenizer.id_to_token(id_)) for id_ in ids]

    def convert_tokens_to_ids(self, names: Sequence[str]) -> list[int]:
        """Tokens by number; a spare row of the model, which has no word, reads as the end."""
        found = (self._tokenizer.token_to_id(name) for name in names)
        return [self.eos_token_id if id_ is None else int(id_) for id_ in found]

    def __call__(
        self, text: str, add_special_tokens: bool = True, split_special_tokens: bool = False
    ) -> dict[str, Any]:
        """{input_ids}; `split_special_tokens`: special tokens written out in the text stay ordinary text."""
        self._tokenizer.encode_special_tokens = split_special_tokens
        return {"input_ids": self._tokenizer.encode(text, add_special_tokens=add_special_tokens).ids}

    def decode(
        self, ids: Sequence[int], skip_special_tokens: bool = False, clean_up_tokenization_spaces: bool = False
    ) -> str:
        """Tokens as text."""
        return str(self._tokenizer.decode(list(ids), skip_special_tokens=skip_special_tokens))

    def apply_chat_template(
        self,
        messages: Sequence[Mapping[str, str]],
        tokenize: bool = False,
        add_generation_prompt: bool = False,
        **more: Any,
    ) -> str:
        """The messages as one text."""
        settings = {"add_generation_prompt": add_generation_prompt, **self._names, **more}
        return str(self._template.render(messages=list(messages), **settings))


def _published(folder: Path) -> list[int]:
    for name in ("generation_config.json", "config.json"):
        path = folder / name
        stops = json.loads(path.read_text(encoding="utf-8")).get("eos_token_id") if path.is_file() else None
        if stops is not None:
            return [stops] if isinstance(stops, int) else list(stops)
    return []


def light_tokenizer(folder: Path) -> LightTokenizer | None:
    """The folder's tokenizer, or None when it needs the care of `load_tokenizer`: no template file, no end token named,
    a template that ends turns with another token, or no fast tokenizer."""
    from jinja2.exceptions import TemplateError

    needed = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja")
    if not all((folder / name).is_file() for name in needed):
        return None
    config = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    if (
        is_encoder_decoder(folder)
        or not isinstance(config.get("eos_token"), str)
        or config.get("tokenizer_class") != "TokenizersBackend"
    ):
        return None
    talk = [{"role": "user", "content": PROBE}, {"role": "assistant", "content": PROBE}]
    try:
        tokenizer = LightTokenizer(folder)
        tail = tokenizer.apply_chat_template(talk, False, False, **SETTINGS).rpartition(PROBE)[2]
    except TemplateError:  # it calls what only transformers offers to templates
        return None
    return tokenizer if tail.startswith(tokenizer.eos_token) else None
