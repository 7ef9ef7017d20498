"""The encoder-decoder starter: a small Korean BART trained from this project's own generated pairs, no hub needed.

It reads with the vocabulary of the decoder starter, whose embeddings it begins with, and keeps the tokens of published dialogue
sets (`#Person1#`) whole. It knows nothing of recipes, rows or runs.
"""

import math
import random
from collections.abc import Callable, Generator, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from engine.models.bases import STARTER_DIR
from engine.models.starter_corpus.dialogues import PEOPLE, PRIVATE
from engine.models.starter_corpus.pairs import MASK, Pair, pairs
from engine.models.starter_pretrain import Schedule, pretrain

if TYPE_CHECKING:
    import torch
    from transformers import BartForConditionalGeneration, PreTrainedTokenizerFast

TOKENS = 24_000_000
VOCABULARY = 5_152  # 5,120 of the decoder starter, 19 whole tokens, the rest spare rows for an owner's own
WIDTH, FEED_FORWARD, LAYERS, HEADS = (
    192,
    448,
    2,
    6,
)  # multiples of 64: NF4 kernels on CPU; 2.77 M parameters, 5.5 MB in fp16
WINDOW = 512
BATCH_TOKENS = 3_072
SLACK = 24  # places a row may be moved by; one batch in twenty stands anywhere in the window
PAIRS_AT_ONCE = 1_024
CHECK_TEXT = "#Person1#: 내일 세 시에 회의가 있어요. 연락처는 #PhoneNumber#입니다."


def train_seq2seq(
    out: Path,
    *,
    seed: int = 0,
    tokens: int = TOKENS,
    seconds: float = math.inf,
    progress: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Pre-train on the CPU into the folder `out`; the decoder starter must be there: its vocabulary is used.

    `tokens`: places read and written, padding among them. `seconds`: at most so long, the learning rate run down as in `pretrain`.
    Returns parameters, tokens, seconds, loss (nats per token written, weighted mean at the end), bytes and a sample answer.
    """
    import torch

    say = progress or (lambda line: None)
    torch.manual_seed(seed)
    tokenizer = whole_tokenizer()
    model = new_seq2seq(tokenizer)
    say(f"{model.num_parameters():,} parameters")
    said = -1

    def report(seen: int, loss: float, speed: float) -> None:
        """A line at every hundredth of the run, the model as it stands at every tenth: a run that is cut off leaves one."""
        nonlocal said
        if seen * 100 // tokens > said:
            said = seen * 100 // tokens
            say(f"{seen:,} / {tokens:,} tokens, loss {loss:.3f}, {speed:,.0f} tokens/s")
            if said % 10 == 0:
                save_seq2seq(model, tokenizer, out)

    numbers = pretrain(
        model, pair_batches(tokenizer, seed), Schedule(tokens, BATCH_TOKENS), compiled=False,
        report=report, seconds=seconds, loss=pair_loss,
    )  # fmt: skip
    weights_bytes = save_seq2seq(model, tokenizer, out)
    return {"bytes": weights_bytes, "parameters": model.num_parameters(), **numbers, "sample": sample_of(out)}


def whole_tokenizer() -> "PreTrainedTokenizerFast":
    """The decoder starter's tokenizer with the mask and the tokens of dialogue sets, which are text: no decoder skips them."""
    from tokenizers import AddedToken
    from transformers import AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(STARTER_DIR)
    tokenizer.chat_template = None
    tokenizer.add_tokens([AddedToken(name, special=False, normalized=False) for name in (*PEOPLE, *PRIVATE)])
    tokenizer.add_special_tokens({"mask_token": MASK})
    tokenizer.model_max_length = WINDOW
    return cast("PreTrainedTokenizerFast", tokenizer)


def new_seq2seq(tokenizer: "PreTrainedTokenizerFast") -> "BartForConditionalGeneration":
    """An untrained BART whose embeddings are the decoder starter's, projected on their WIDTH strongest directions, and whose
    positions are sinusoids: copying is learnt in half the steps. Both are trained on."""
    import torch
    from transformers import BartConfig, BartForConditionalGeneration

    sides: dict[str, Any] = {f"{side}_{name}": value for side in ("encoder", "decoder")
             for name, value in (("layers", LAYERS), ("attention_heads", HEADS), ("ffn_dim", FEED_FORWARD))}  # fmt: skip
    config = BartConfig(
        vocab_size=VOCABULARY, d_model=WIDTH, max_position_embeddings=WINDOW, dropout=0.0, attention_dropout=0.0, activation_dropout=0.0,
        bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
        decoder_start_token_id=tokenizer.bos_token_id, forced_eos_token_id=None, **sides,
    )  # fmt: skip
    model = BartForConditionalGeneration(config)
    with torch.no_grad():
        known = _projected()
        weight: Any = model.get_input_embeddings().weight
        weight.normal_(0.0, float(known.std()))
        weight[: len(known)] = known
        for side in (model.model.encoder, model.model.decoder):
            side.embed_positions.weight.copy_(_sinusoids(WINDOW + 2, WIDTH) * known.std())
    return model


def _projected() -> "torch.Tensor":
    """(decoder starter's vocabulary, WIDTH): its embeddings without their weakest directions, of deviation 0.05."""
    import torch
    from safetensors.torch import load_file

    weights = load_file(STARTER_DIR / "model.safetensors")["model.embed_tokens.weight"].float()
    _, _, directions = torch.linalg.svd(weights - weights.mean(0), full_matrices=False)
    # turned at random: single directions would otherwise carry most of the variance, which the norms dislike
    turn, _ = torch.linalg.qr(torch.randn(WIDTH, WIDTH))
    kept = (weights - weights.mean(0)) @ directions[:WIDTH].T @ turn
    return cast("torch.Tensor", kept / kept.std() * 0.05)


def _sinusoids(count: int, width: int) -> "torch.Tensor":
    import torch

    angles = torch.arange(count)[:, None] / 10_000 ** (torch.arange(0, width, 2) / width)
    return torch.cat([angles.sin(), angles.cos()], dim=1) * math.sqrt(2)


def pair_batches(tokenizer: "PreTrainedTokenizerFast", seed: int) -> Generator[tuple["torch.Tensor", "torch.Tensor"]]:
    """Endless (read, written), rows of like length together. Text read stands at a random place of its row, so that every
    position is met; what is written begins with the begin token. Pairs beyond the window are left out."""
    import torch

    rng = random.Random(f"places {seed}")
    pad, stream = int(tokenizer.pad_token_id or 0), pairs(seed)
    while True:
        found = [pair for pair in encode_pairs(tokenizer, list(islice(stream, PAIRS_AT_ONCE))) if _fits(pair)]
        for rows in _alike(found, rng):
            room = rng.randint(0, SLACK) if rng.random() < 0.95 else WINDOW
            read = min(WINDOW, max(len(one) for one, _ in rows) + room)
            write = max(len(two) for _, two in rows)
            yield (
                torch.tensor([_placed(one, read, pad, rng.randint(0, read - len(one))) for one, _ in rows]),
                torch.tensor([_placed(two, write, pad, 0) for _, two in rows]),
            )


def _fits(pair: tuple[list[int], list[int]]) -> bool:
    return max(len(part) for part in pair) <= WINDOW


def _alike(found: list[tuple[list[int], list[int]]], rng: random.Random) -> list[list[tuple[list[int], list[int]]]]:
    """Pairs in batches of about BATCH_TOKENS, each of like lengths, in random order."""
    found.sort(key=lambda pair: (len(pair[0]) // 16, len(pair[1])))
    batches: list[list[tuple[list[int], list[int]]]] = [[]]
    for pair in found:
        longest = [max(len(one[side]) for one in (*batches[-1], pair)) for side in (0, 1)]
        if sum(longest) * (len(batches[-1]) + 1) > BATCH_TOKENS and batches[-1]:
            batches.append([])
        batches[-1].append(pair)
    rng.shuffle(batches)
    return batches


def encode_pairs(tokenizer: "PreTrainedTokenizerFast", batch: list[Pair]) -> Iterator[tuple[list[int], list[int]]]:
    """(ids read, ids written) of each pair, begun and ended as `fit_encoder` has it for this tokenizer."""
    begin, end = int(tokenizer.bos_token_id or 0), int(tokenizer.eos_token_id or 0)
    backend = tokenizer.backend_tokenizer
    read = backend.encode_batch([source for source, _ in batch], add_special_tokens=False)
    written = backend.encode_batch([target for _, target in batch], add_special_tokens=False)
    for one, two in zip(read, written, strict=True):
        yield [begin, *one.ids, end], [begin, *two.ids, end]


def _placed(ids: list[int], width: int, pad: int, before: int) -> list[int]:
    return [pad] * before + ids + [pad] * (width - before - len(ids))


def pair_loss(model: "BartForConditionalGeneration", read: "torch.Tensor", written: "torch.Tensor") -> "torch.Tensor":
    """Mean cross-entropy of each token written after the ones before it."""
    import torch

    pad = model.config.pad_token_id
    with torch.autocast(read.device.type, dtype=torch.bfloat16):
        logits = model(
            input_ids=read,
            attention_mask=read.ne(int(pad or 0)).long(),
            decoder_input_ids=written[:, :-1],
            use_cache=False,
        ).logits
    return torch.nn.functional.cross_entropy(
        logits.flatten(0, 1).float(), written[:, 1:].flatten(), ignore_index=int(pad or 0)
    )


def save_seq2seq(model: "BartForConditionalGeneration", tokenizer: "PreTrainedTokenizerFast", out: Path) -> int:
    """Write the model folder (fp16 safetensors) and return the bytes of the weights. `model` stays as it is."""
    import copy

    import torch
    from transformers import GenerationConfig

    half: Any = copy.deepcopy(model)
    half.to(torch.float16)
    half.generation_config = GenerationConfig(  # type: ignore[no-untyped-call]
        bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
        decoder_start_token_id=tokenizer.bos_token_id, max_new_tokens=128,
    )  # fmt: skip
    half.save_pretrained(out)
    tokenizer.save_pretrained(out)
    return (out / "model.safetensors").stat().st_size


def answer_texts(folder: Path, texts: list[str], *, max_new_tokens: int = 120) -> list[str]:
    """What the folder's model writes for each text, decoded greedily in fp32."""
    import torch
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(folder)
    model: Any = AutoModelForSeq2SeqLM.from_pretrained(folder, dtype=torch.float32)
    framed = [f"{tokenizer.bos_token}{text}{tokenizer.eos_token}" for text in texts]
    answers: list[str] = []
    for start in range(0, len(framed), 16):
        batch = tokenizer(framed[start : start + 16], padding=True, return_tensors="pt", add_special_tokens=False)
        out = model.generate(
            input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], max_new_tokens=max_new_tokens
        )
        answers += tokenizer.batch_decode(out, skip_special_tokens=True)
    return answers


def held_out_loss(folder: Path, stream: Iterator[Pair], count: int) -> float:
    """Mean cross-entropy a token written over `count` pairs, in nats, in fp32; pairs beyond the window are left out."""
    import torch
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(folder)
    model: Any = AutoModelForSeq2SeqLM.from_pretrained(folder, dtype=torch.float32).eval()
    total, tokens = 0.0, 0
    with torch.inference_mode():
        for one, two in filter(_fits, encode_pairs(tokenizer, list(islice(stream, count)))):
            logits = model(input_ids=torch.tensor([one]), decoder_input_ids=torch.tensor([two[:-1]])).logits[0]
            total += float(torch.nn.functional.cross_entropy(logits, torch.tensor(two[1:]), reduction="sum"))
            tokens += len(two) - 1
    return total / tokens


def sample_of(folder: Path) -> str:
    """Load the folder as a stranger would and answer once. Raises ValueError when its tokenizer loses a text."""
    from transformers import AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(folder)
    ids = tokenizer(CHECK_TEXT, add_special_tokens=False)["input_ids"]
    if tokenizer.decode(ids, skip_special_tokens=True) != CHECK_TEXT:
        raise ValueError(f"tokenizer does not give back {CHECK_TEXT!r}")
    return answer_texts(folder, [CHECK_TEXT])[0]
