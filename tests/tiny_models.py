"""Tiny random checkpoints of every architecture on the list, with the tokenizer habits their real namesakes have."""

from functools import cache
from pathlib import Path
from typing import Any

SENTENCES = (
    "오늘 저녁에 뭐 먹을까?", "나는 파스타가 좋은데! 자기는?", "내일 비가 온대요. 우산 챙기세요.", "응응 지금 가는 중 ㅎㅎ",
    "보험금은 사고일부터 삼 년 안에 청구합니다.", "머리가 아프고 열이 나면 물을 많이 드세요.", "주말에 영화 볼래? 좋아 ㅋㅋㅋ",
    "아래 대화를 요약해 주세요.", "회의는 세 시에 시작합니다.", "고양이가 창가에서 잠을 잔다.",
)  # fmt: skip
CHATML = (
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
GEMMA = (
    "{{ bos_token }}{% for m in messages %}{% if m['role'] == 'system' %}{{ raise_exception('no system role') }}{% endif %}"
    "{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('roles must alternate') }}{% endif %}"
    "{{ '<start_of_turn>' + ('model' if m['role'] == 'assistant' else m['role']) + '\n' + (m['content'] | trim)"
    " + '<end_of_turn>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}"
)
EXAONE = (
    "{% for m in messages %}{{ '[|' + m['role'] + '|]\n' + m['content'] + '[|endofturn|]\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '[|assistant|]\n' }}{% if not enable_thinking %}{{ '<think>\n\n</think>\n\n' }}"
    "{% endif %}{% endif %}"
)
# kind of BPE, special tokens by role, further special tokens, template; as published for a model of that family
TOKENIZERS: dict[str, tuple[str, dict[str, str], tuple[str, ...], str | None]] = {
    "gpt_neox": ("bytes", {"eos_token": "<|endoftext|>"}, ("<|unused0|>",), None),
    "llama": ("metaspace", {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}, (), None),
    "gemma3_text": (
        "metaspace",
        {"pad_token": "<pad>", "eos_token": "<eos>", "bos_token": "<bos>", "unk_token": "<unk>"},
        ("<start_of_turn>", "<end_of_turn>"),
        GEMMA,
    ),
    "gpt2": ("bytes", {"bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>"}, (), None),
    "gptj": ("bytes", {"bos_token": "[BOS]", "eos_token": "[EOS]", "pad_token": "[PAD]"}, (), None),
    "phi": ("bytes", {"eos_token": "<|endoftext|>"}, ("<|im_start|>", "<|im_end|>"), CHATML),
    "qwen2": (
        "bytes",
        {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>"},
        ("<|endoftext|>", "<|im_start|>", "<|im_end|>"),
        CHATML,
    ),
    "qwen3": (
        "bytes",
        {"eos_token": "<|endoftext|>", "pad_token": "<|endoftext|>"},
        ("<|endoftext|>", "<|im_start|>", "<|im_end|>"),
        CHATML,
    ),
    "exaone4": ("bytes", {"eos_token": "[|endofturn|]", "pad_token": "[PAD]", "bos_token": "[BOS]"}, (), EXAONE),
}
ARCHITECTURES = tuple(TOKENIZERS)
SEQ2SEQ = ("bart", "mbart", "mbart50", "t5", "mt5")
"""Encoder-decoders: KoBART, the first mBART, mBART-50, T5 and mT5."""
VOCAB = 600


def make_tiny(architecture: str, folder: Path) -> Path:
    """A random checkpoint of two layers, hidden size 64, saved as any published model is; returns its folder."""
    import torch
    from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM

    torch.manual_seed(0)
    if architecture in SEQ2SEQ:
        tokenizer = _seq2seq_tokenizer(architecture)
        model = AutoModelForSeq2SeqLM.from_config(_seq2seq_config(architecture, tokenizer))
    else:
        tokenizer = _tokenizer(architecture)
        model = AutoModelForCausalLM.from_config(_config(architecture, tokenizer))
    target = folder / architecture
    model.save_pretrained(target)
    tokenizer.save_pretrained(target)
    return target


def _config(architecture: str, tokenizer: Any) -> Any:
    from transformers import CONFIG_MAPPING

    shape: dict[str, Any] = {"num_hidden_layers": 2, "num_attention_heads": 4, "hidden_size": 64}
    if architecture in ("gpt2", "gptj"):
        shape = {"n_layer": 2, "n_head": 4, "n_embd": 64, "n_positions": 256, "n_inner": 128}
        shape |= {"rotary_dim": 8} if architecture == "gptj" else {}
    else:
        shape |= {"intermediate_size": 128, "max_position_embeddings": 256}
    if architecture in ("llama", "gemma3_text", "qwen2", "qwen3", "exaone4"):
        shape |= {"num_key_value_heads": 2}
    if architecture in ("gemma3_text", "qwen3"):
        shape |= {"head_dim": 16}
    if architecture in ("gemma3_text", "exaone4"):
        shape |= {"sliding_window": 32}
    vocabulary = max(VOCAB, len(tokenizer)) + (0 if architecture in ("gpt2", "qwen3") else 8)
    if architecture in ("gpt2", "qwen3"):
        vocabulary = len(tokenizer)
    ids = {"bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id}
    return CONFIG_MAPPING[architecture](vocab_size=vocabulary, pad_token_id=tokenizer.pad_token_id, **ids, **shape)


@cache
def _tokenizer(architecture: str) -> Any:
    from transformers import PreTrainedTokenizerFast

    kind, named, extra, template = TOKENIZERS[architecture]
    special = list(dict.fromkeys([*named.values(), *extra]))
    return PreTrainedTokenizerFast(
        tokenizer_object=_bpe(kind, tuple(special)),
        **named,
        additional_special_tokens=list(extra),
        chat_template=template,
    )


@cache
def _bpe(kind: str, special: tuple[str, ...]) -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    if kind == "bytes":
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(
            vocab_size=VOCAB, special_tokens=list(special), initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        )  # fmt: skip
    else:
        tokenizer = Tokenizer(models.BPE(byte_fallback=True, fuse_unk=True, unk_token="<unk>"))
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
        steps = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
        tokenizer.decoder = decoders.Sequence(steps)
        byte_tokens = [f"<0x{byte:02X}>" for byte in range(256)]
        trainer = trainers.BpeTrainer(vocab_size=VOCAB, special_tokens=[*special, *byte_tokens], show_progress=False)
    tokenizer.train_from_iterator(SENTENCES, trainer)
    return _plain_bytes(tokenizer, special)


def _plain_bytes(tokenizer: Any, special: tuple[str, ...]) -> Any:
    """Byte tokens enter training as special tokens; afterwards they are ordinary ones."""
    import json

    from tokenizers import Tokenizer

    state = json.loads(tokenizer.to_str())
    state["added_tokens"] = [token for token in state["added_tokens"] if token["content"] in special]
    return Tokenizer.from_str(json.dumps(state, ensure_ascii=False))


def _seq2seq_config(architecture: str, tokenizer: Any) -> Any:
    """Two layers of encoder and decoder each, with the ids that the published namesake names."""
    from transformers import CONFIG_MAPPING

    if architecture in ("t5", "mt5"):
        shape = {"d_model": 64, "d_kv": 16, "d_ff": 128, "num_layers": 2, "num_heads": 4, "decoder_start_token_id": 0}
        gated = {"feed_forward_proj": "gated-gelu"} if architecture == "mt5" else {}
        return CONFIG_MAPPING[architecture](vocab_size=len(tokenizer) + 8, **shape, **gated)
    sides = {f"{side}_{name}": n for side in ("encoder", "decoder")
             for name, n in (("layers", 2), ("attention_heads", 4), ("ffn_dim", 128))}  # fmt: skip
    ids = {"bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id}
    start = {"bart": tokenizer.eos_token_id, "mbart": None, "mbart50": tokenizer.eos_token_id}[architecture]
    return CONFIG_MAPPING[architecture.removesuffix("50")](
        vocab_size=len(tokenizer), d_model=64, max_position_embeddings=256, **sides, **ids,
        pad_token_id=tokenizer.pad_token_id, decoder_start_token_id=start,
    )  # fmt: skip


@cache
def _seq2seq_tokenizer(architecture: str) -> Any:
    """KoBART's adds no token to a text; T5's and mBART's are SentencePiece unigrams with an end token or a language after it."""
    from transformers import MBart50Tokenizer, MBartTokenizer, PreTrainedTokenizerFast, T5Tokenizer

    if architecture == "bart":
        named = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}
        return PreTrainedTokenizerFast(tokenizer_object=_bpe("metaspace", tuple(named.values())), **named)
    if architecture in ("t5", "mt5"):
        return T5Tokenizer(vocab=_unigrams(("<pad>", "</s>", "<unk>")), extra_ids=10)
    kind = MBartTokenizer if architecture == "mbart" else MBart50Tokenizer
    return kind(vocab=_unigrams(("<s>", "<pad>", "</s>", "<unk>")), src_lang="en_XX", tgt_lang="ro_RO")


@cache
def _unigrams(special: tuple[str, ...]) -> list[tuple[str, float]]:
    """(piece, log probability), the special tokens first."""
    import json

    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=VOCAB, special_tokens=list(special), unk_token="<unk>", show_progress=False
    )
    tokenizer.train_from_iterator(SENTENCES * 3, trainer)
    return [(piece, score) for piece, score in json.loads(tokenizer.to_str())["model"]["vocab"]]
