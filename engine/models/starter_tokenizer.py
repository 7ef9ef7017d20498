"""The starter model's tokenizer: byte-fallback BPE trained on the generated corpus, and its chat template.

Spaces, newlines, digits and punctuation keep their own places, so numbers are copied digit by digit and
decode(encode(x)) == x. It knows nothing of training or of what the documents mean.
"""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from engine.models.starter_corpus.words import EMOJI, HANJA, JAMO, KS_SYLLABLES, MARKS

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

PAD, BOS, END = "<pad>", "<s>", "<|end|>"
ROLES = ("<|system|>", "<|user|>", "<|assistant|>")
SPECIAL_TOKENS = [PAD, BOS, END, *ROLES]
BYTE_TOKENS = [f"<0x{byte:02X}>" for byte in range(256)]
# at most five characters a token: longer ones would be the generator's own phrases, useless on other people's text
MAX_TOKEN_LENGTH = 5
CHAT_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}"
    "{{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)


def train_tokenizer(texts: Iterable[str], *, vocab_size: int) -> "PreTrainedTokenizerFast":
    """A tokenizer of exactly `vocab_size` tokens when the texts are varied enough, fewer otherwise.

    Every syllable of KS X 1001, every jamo and printable ASCII has its own token; other characters fall back to bytes.
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE(byte_fallback=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split("\n", "isolated"), pre_tokenizers.Digits(individual_digits=True),
        pre_tokenizers.Punctuation("isolated"), pre_tokenizers.Metaspace(prepend_scheme="never"),
    ])  # fmt: skip
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    ascii_characters = "".join(chr(code) for code in range(32, 127))
    alphabet = [*KS_SYLLABLES, *JAMO, *ascii_characters, *EMOJI, *MARKS, *HANJA, "\n", "▁"]
    # byte tokens enter as special tokens because the trainer would otherwise not keep them
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size, special_tokens=SPECIAL_TOKENS + BYTE_TOKENS, initial_alphabet=alphabet,
        limit_alphabet=len(alphabet), max_token_length=MAX_TOKEN_LENGTH, show_progress=False,
    )  # fmt: skip
    tokenizer.train_from_iterator(texts, trainer)
    return _wrap(_bytes_as_ordinary_tokens(tokenizer.to_str()))


def _bytes_as_ordinary_tokens(tokenizer_json: str) -> str:
    """Drop byte tokens from the added tokens: decoding with skip_special_tokens would lose them."""
    state = json.loads(tokenizer_json)
    state["added_tokens"] = [token for token in state["added_tokens"] if token["content"] in SPECIAL_TOKENS]
    return json.dumps(state, ensure_ascii=False)


def _wrap(tokenizer_json: str) -> "PreTrainedTokenizerFast":
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerFast

    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=Tokenizer.from_str(tokenizer_json), bos_token=BOS, eos_token=END, pad_token=PAD,
        additional_special_tokens=list(ROLES), chat_template=CHAT_TEMPLATE, clean_up_tokenization_spaces=False,
        model_max_length=1024, padding_side="right",
    )  # fmt: skip
