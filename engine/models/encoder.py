"""What an encoder-decoder reads and how its answer begins: the tokens around a prompt and before a target. It knows nothing of
weights or training.

A row's prompt is the encoder's text, its target the decoder's. BART (Lewis et al. 2020) opens both with its begin token; T5
(Raffel et al. 2020) ends its text alone; mBART (Liu et al. 2020) names the language in both.
"""

from dataclasses import dataclass
from typing import Any

KOREAN = "ko_KR"
"""The language code of mBART's vocabularies."""
PROBE = "가나다라"

ENCODER_TEMPLATE = (
    "{%- set turns = messages | rejectattr('role', 'equalto', 'system') | list -%}"
    "{%- for message in messages -%}"
    "{%- if message['role'] == 'system' or turns | length == 1 -%}{{- message['content'] -}}"
    "{%- elif message['role'] == 'user' -%}{{- '사용자: ' + message['content'] -}}"
    "{%- else -%}{{- '답변: ' + message['content'] -}}{%- endif -%}"
    "{%- if not loop.last -%}{{- '\n\n' -}}{%- endif -%}"
    "{%- endfor -%}"
)
"""For encoders that bring no template: the instruction, a blank line, the text, as such models were trained; who said what is
marked only where several speak."""


@dataclass(frozen=True, slots=True)
class Encoder:
    """Token ids: `before` and `after` the encoder's text, and `start`, with which every answer of the decoder begins."""

    before: tuple[int, ...]
    after: tuple[int, ...]
    start: tuple[int, ...]


def fit_encoder(tokenizer: Any, decoder_start: int | None) -> Encoder:
    """Read off the tokenizer how texts begin and end; mBART's is set to Korean first. decoder_start: the config's, if any."""
    korean = tokenizer.get_vocab().get(KOREAN)
    if korean is not None:
        tokenizer.src_lang = tokenizer.tgt_lang = KOREAN
    before, after = _around(tokenizer)
    if not before and not after:  # KoBART's tokenizer leaves to its user what its model was trained with
        before = () if tokenizer.bos_token_id is None else (tokenizer.bos_token_id,)
        after = (tokenizer.eos_token_id,)
    return Encoder(before, after, _start(tokenizer, decoder_start, before, after, korean))


def _around(tokenizer: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
    bare = tokenizer(PROBE, add_special_tokens=False)["input_ids"]
    full = tokenizer(PROBE)["input_ids"]
    begins = next((at for at in range(len(full)) if full[at : at + len(bare)] == bare), 0)
    return tuple(full[:begins]), tuple(full[begins + len(bare) :])


def _start(
    tokenizer: Any, decoder_start: int | None, before: tuple[int, ...], after: tuple[int, ...], korean: int | None
) -> tuple[int, ...]:
    if korean is not None:  # the first mBART begins with the language; mBART-50 with the end token and the language
        return (korean,) if korean in after else (tokenizer.eos_token_id, korean)
    usual = (decoder_start, tokenizer.bos_token_id, tokenizer.pad_token_id)
    start = next((token for token in usual if token is not None), tokenizer.eos_token_id)
    return (start, *(token for token in before if token != start))
