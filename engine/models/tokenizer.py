"""Tokenizers made fit for chat: a template, a turn end that is the end token, a pad token. It knows nothing of weights.

Only words that shall be kept whole may need a larger embedding: every other token used has a row in the model already.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from engine.errors import UserError
from engine.models.bases import ResolvedBase
from engine.models.encoder import ENCODER_TEMPLATE, Encoder, fit_encoder
from engine.models.marks import PROBE, end_names, marks_of, pattern_of
from engine.models.special_tokens import Added, add_tokens, tokens_of, told_added
from engine.models.template import NEUTRAL_TEMPLATE, SETTINGS

END_NAMES = ("<|endoftext|>", "</s>", "<|end_of_text|>", "<eos>", "[EOS]")
PAD_NAMES = ("<|pad|>", "<pad>", "[PAD]", "<|finetune_right_pad_id|>", "<|unused0|>", "<|reserved_special_token_0|>")
NEVER_IN_TEXT = ("<0xFF>", "ÿ")
"""The token of byte 0xFF, which UTF-8 never holds, in byte-fallback and in byte-level vocabularies."""


@dataclass
class _Fitted:
    """What `load_tokenizer` found out; kept on the tokenizer as `malmoi`."""

    notes: list[str] = field(default_factory=list)
    end_ids: list[int] = field(default_factory=list)
    published: list[int] = field(default_factory=list)
    """End tokens of the base's own generation_config.json, else of its config.json."""
    special: re.Pattern[str] = re.compile(r"(?!)")
    """Finds special tokens written out in a text."""
    marks: re.Pattern[str] = re.compile(r"(?!)")
    """Finds these, and what the chat template writes between turns."""
    end_names: tuple[str, ...] = ()
    """End tokens as they are written out."""
    added: Added = field(default_factory=Added)
    """Words kept whole."""
    rows: int = 0
    """Of the model's embedding, those of new words among them."""
    encoder: Encoder | None = None
    """Of an encoder-decoder: how its texts begin and end; None for a decoder."""


def load_tokenizer(base: ResolvedBase, whole: Sequence[str] = ()) -> Any:
    """The base's tokenizer with a chat template, `eos_token` = the token that ends a turn, and a pad token of its own.

    `whole`: words it shall keep whole; a model that was trained whole brings its own. What had to be changed is told by `tokenizer_notes`. Raises UserError when it cannot be read or has no usable tokens.
    """
    from engine.models.loading import local_folder

    folder = local_folder(base)
    tokenizer = _read(base, folder)
    fitted = tokenizer.malmoi = _Fitted()
    fitted.added = add_tokens(tokenizer, whole or tokens_of(folder))
    if fitted.added.tokens:
        fitted.notes.append(told_added(fitted.added))
    config = _configs(base, folder)
    _ensure_end(base, tokenizer, config, fitted)
    if config["encoder_decoder"]:
        _fit_encoder(tokenizer, config, fitted)
    elif not tokenizer.chat_template:
        tokenizer.chat_template = _begins(tokenizer) + NEUTRAL_TEMPLATE
        fitted.notes.append("대화 틀이 없어 기본 틀을 씁니다. / No chat template: the neutral one is used.")
    fitted.end_ids = [tokenizer.eos_token_id]
    if fitted.encoder is None:
        _end_as_template_does(tokenizer, fitted)
    fitted.published = _ids(config.get("stops"))
    fitted.end_ids = list(dict.fromkeys([tokenizer.eos_token_id, *fitted.end_ids, *fitted.published]))
    _ensure_pad(base, tokenizer, int(config["vocab_size"]), fitted)
    fitted.rows = max([int(config["vocab_size"]), *(row + 1 for row in fitted.added.rows)])
    special = [
        *(str(token) for token in tokenizer.added_tokens_decoder.values() if token.special),
        *tokenizer.all_special_tokens,
    ]
    fitted.special, fitted.marks = pattern_of(special), pattern_of([*special, *marks_of(partial(_rendered, tokenizer))])
    fitted.end_names = end_names(tokenizer, fitted.end_ids)
    return tokenizer


def _fit_encoder(tokenizer: Any, config: dict[str, Any], fitted: _Fitted) -> None:
    """An encoder's template ends no answers: the decoder's always end in the end token."""
    if not tokenizer.chat_template:
        tokenizer.chat_template = ENCODER_TEMPLATE
        ko = "대화 틀이 없어 지시와 본문을 빈 줄로 이은 글을 인코더에 넣습니다."
        fitted.notes.append(
            f"{ko} / No chat template: the encoder reads instruction and text with a blank line between."
        )
    fitted.encoder = fit_encoder(tokenizer, config["decoder_start"])
    if "\n" not in tokenizer.decode(tokenizer("가\n나", add_special_tokens=False)["input_ids"]):
        ko = "이 모델의 토크나이저는 줄바꿈을 모릅니다. 글과 답의 줄바꿈은 빈칸이 됩니다."
        fitted.notes.append(
            f"{ko} / This base's tokenizer has no line breaks: in texts and answers they become blanks."
        )


def _rendered(tokenizer: Any, talk: Sequence[dict[str, str]]) -> str:
    return str(tokenizer.apply_chat_template(talk, tokenize=False, add_generation_prompt=True, **SETTINGS))


def tokenizer_notes(tokenizer: Any) -> list[str]:
    """What `load_tokenizer` changed, one `Korean / English` line each."""
    return list(tokenizer.malmoi.notes)


def end_ids(tokenizer: Any) -> list[int]:
    """Tokens at which generation ends: the turn end first, then what the base was published with."""
    return list(tokenizer.malmoi.end_ids)


def turn_end(tokenizer: Any) -> str | None:
    """The special token the chat template puts after an assistant's turn; None when it puts none there."""
    messages = [{"role": "user", "content": PROBE}, {"role": "assistant", "content": PROBE}]
    text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=False, **SETTINGS)
    tail = text.rpartition(PROBE)[2]
    special = {*tokenizer.all_special_tokens, *tokenizer.get_added_vocab()}
    found = sorted((tail.index(token), -len(token), token) for token in special if token in tail)
    return str(found[0][2]) if found else None


def _read(base: ResolvedBase, folder: Path) -> Any:
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise UserError(
            f"'{base.name}'의 토크나이저를 읽지 못했습니다({type(error).__name__}). tokenizer.json이 있고 온전한지, 딸린 코드를 "
            "요구하지는 않는지 보고 모델을 다시 받으세요.",
            f"The tokenizer of '{base.name}' cannot be read ({type(error).__name__}). Check that tokenizer.json is there and "
            "whole and that it asks for no code of its own, then fetch the model again.",
        ) from error


def _configs(base: ResolvedBase, folder: Path) -> dict[str, Any]:
    """`vocab_size`; `stops`: the end ids of generation_config.json, else of config.json; `encoder_decoder`, and the token its
    decoder starts with."""
    from transformers import AutoConfig

    from engine.models.loading import foreign

    try:
        config = AutoConfig.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)
        path = folder / "generation_config.json"
        generation = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except (OSError, ValueError, KeyError) as error:
        raise foreign(base, error) from error
    text = config.get_text_config()
    return {
        "vocab_size": text.vocab_size,
        "stops": generation.get("eos_token_id", text.eos_token_id),
        "encoder_decoder": config.is_encoder_decoder,
        "decoder_start": generation.get("decoder_start_token_id", _of(config, "decoder_start_token_id")),
    }


def _of(config: Any, name: str) -> Any:
    """A value of config.json; None where this architecture's configuration has none of that name."""
    return config.to_dict().get(name)


def _ids(found: int | list[int] | None) -> list[int]:
    return [] if found is None else [found] if isinstance(found, int) else list(found)


def _begins(tokenizer: Any) -> str:
    """The neutral template begins as the tokenizer itself begins a text."""
    first = tokenizer(PROBE)["input_ids"][0]
    return "{{- bos_token -}}" if tokenizer.bos_token_id is not None and first == tokenizer.bos_token_id else ""


def _ensure_end(base: ResolvedBase, tokenizer: Any, config: dict[str, Any], fitted: _Fitted) -> None:
    if tokenizer.eos_token is not None:
        return
    vocabulary = tokenizer.get_vocab()
    from_config = [tokenizer.convert_ids_to_tokens(number) for number in _ids(config["stops"])]
    found = next((name for name in [*from_config, *END_NAMES] if name in vocabulary), None)
    if found is None:
        raise UserError(
            f"'{base.name}'의 토크나이저에 끝 토큰이 없어 답을 끝내는 법을 가르칠 수 없습니다. 다른 모델을 고르세요.",
            f"The tokenizer of '{base.name}' has no end token, so it cannot learn to stop. Choose another base.",
        )
    tokenizer.eos_token = found
    fitted.notes.append(f"끝 토큰을 {found}(으)로 정했습니다. / The end token is now {found}.")


def _end_as_template_does(tokenizer: Any, fitted: _Fitted) -> None:
    """A base trained to end turns with one token while its tokenizer names another would never stop."""
    end = turn_end(tokenizer)
    if end is None:
        fitted.notes.append(
            f"대화 틀에 차례 끝 토큰이 없어 {tokenizer.eos_token}(으)로 끝냅니다. / "
            f"The template ends turns with no token: {tokenizer.eos_token} is used."
        )
    elif end != tokenizer.eos_token:
        before, tokenizer.eos_token = tokenizer.eos_token, end
        fitted.notes.append(
            f"끝 토큰을 {before}에서 대화 틀의 {end}(으)로 바꿨습니다. / End token {before} replaced by the template's {end}."
        )


def _ensure_pad(base: ResolvedBase, tokenizer: Any, rows: int, fitted: _Fitted) -> None:
    """A pad token other than the end token: a pad that is the end token teaches never to end.

    First a spare special token, then a new one where the model has a spare row, then one that no text contains.
    """
    if tokenizer.pad_token_id not in (None, tokenizer.eos_token_id):
        return
    vocabulary = tokenizer.get_vocab()
    spare = next((name for name in PAD_NAMES if name in vocabulary and name != tokenizer.eos_token), None)
    if spare is None and len(tokenizer) < rows and max(vocabulary.values()) + 1 < rows:
        spare = PAD_NAMES[0]
    others = (tokenizer.unk_token, *NEVER_IN_TEXT, tokenizer.bos_token)
    usable = (name for name in others if name in vocabulary and name != tokenizer.eos_token)
    chosen = spare or next(usable, None)
    if chosen is None:
        raise UserError(
            f"'{base.name}'의 토크나이저에 채움 토큰으로 쓸 것이 없습니다. 다른 모델을 고르세요.",
            f"The tokenizer of '{base.name}' has nothing to pad with. Choose another base.",
        )
    tokenizer.add_special_tokens({"pad_token": chosen})
    fitted.notes.append(f"채움 토큰을 {chosen}(으)로 정했습니다. / The pad token is now {chosen}.")
