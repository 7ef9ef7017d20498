"""The starter model: a small Korean Llama trained from this project's own generated corpus, no hub needed.

Corpus, tokenizer, packed pre-training, files of a Hugging Face model folder, self-check. It knows nothing of recipes,
rows or runs: whoever loads STARTER_DIR sees an ordinary model.
"""

import math
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from engine.errors import UserError
from engine.models.starter_corpus.mix import documents
from engine.models.starter_pretrain import BATCH_TOKENS, GPU_BATCH_TOKENS, Schedule, batches, can_compile, pretrain
from engine.models.starter_tokenizer import train_tokenizer

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

STARTER_DIR = Path(__file__).resolve().parents[2] / "starter" / "model"
VOCABULARY = 5_120
TOKENS = 11_000_000  # what the committed weights were trained on
CONTEXT = 1_024  # trained on 256 and 512 tokens; longer prompts run but were never seen
# the feed-forward width trained, and the width saved: NF4 kernels on CPU need multiples of 64, zero columns change nothing
TRAINED_WIDTH, SAVED_WIDTH = 688, 704
TOKENIZER_DOCUMENTS = 40_000
MIN_TOKENS_TO_COMPILE = 1_000_000  # compiling costs 30-60 s, gained back after about this many tokens
CHECK_TEXTS = (
    '안녕하세요 😊\n뷁 {"risk_level": "높음"}',
    "보험금 1,250,000원 ㅋㅋㅋ [이름_1]",
    "  두 칸\n\nhttps://a.example/?q=1 漢字",
)
CHECK_PROMPT = "오늘 저녁에 뭐 먹을까?"


def train_starter(
    out: Path,
    *,
    seed: int = 0,
    tokens: int = TOKENS,
    device: str = "auto",
    batch_tokens: int | None = None,
    workers: int = 0,
    seconds: float = math.inf,
    progress: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Pre-train the starter into the folder `out` (made when absent, files of the same name replaced).

    Returns parameters, tokens, seconds, loss (weighted mean at the end), bytes of the weights and a sample answer.
    `device`: "auto", "cpu" or "cuda". `batch_tokens` None: what suits the device. `workers`: processes that make the
    corpus ahead (the batches stay the same). `seconds`: at most so long, see pretrain. 11 M tokens: 30 to 40 min on two cores with bf16, longer without.
    Raises UserError for fewer than 1,000 tokens.
    """
    if tokens < 1_000:
        raise UserError(
            f"학습할 토큰이 {tokens}개입니다. 한 배치도 채울 수 없습니다. 1,000 이상을 지정해 주십시오.",
            f"{tokens} tokens to train on do not fill one batch. Give 1,000 or more.",
        )
    import torch

    say = progress or (lambda line: None)
    torch.manual_seed(seed)
    say("corpus and tokenizer")
    tokenizer = train_tokenizer(_texts(seed), vocab_size=VOCABULARY)
    model = new_model(tokenizer, _device(device))
    say(f"{model.num_parameters():,} parameters on {model.device}")
    schedule = Schedule(tokens, batch_tokens or (GPU_BATCH_TOKENS if model.device.type == "cuda" else BATCH_TOKENS))
    # on a GPU a step of so small a model is launches, and two row lengths would be compiled: not gained back
    compiled = tokens >= MIN_TOKENS_TO_COMPILE and model.device.type == "cpu" and can_compile("cpu")
    stream = batches(tokenizer, schedule, seed=seed, workers=workers)
    numbers = pretrain(
        model, stream, schedule, compiled=compiled, report=_reporter(say, tokens), seconds=seconds
    )  # fmt: skip
    stream.close()
    weights_bytes = save_starter(model, tokenizer, out)
    return {"bytes": weights_bytes, **numbers, **check_starter(out)}


def new_model(tokenizer: "PreTrainedTokenizerFast", device: str) -> "LlamaForCausalLM":
    """An untrained Llama of 5.3 M parameters, end, pad and begin tokens as the tokenizer has them."""
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=VOCABULARY, hidden_size=256, intermediate_size=TRAINED_WIDTH, num_hidden_layers=5, num_attention_heads=8,
        num_key_value_heads=8, max_position_embeddings=CONTEXT, tie_word_embeddings=True,
        bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    model: Any = LlamaForCausalLM(config)
    return cast("LlamaForCausalLM", model.to(device))


def save_starter(model: "LlamaForCausalLM", tokenizer: "PreTrainedTokenizerFast", out: Path) -> int:
    """Write the model folder (fp16 safetensors, SAVED_WIDTH) and return the bytes of the weights. `model` stays as it is."""
    import torch
    from transformers import GenerationConfig

    half: Any = widen_feed_forward(model, SAVED_WIDTH)
    half.to(torch.float16)
    half.generation_config = GenerationConfig(  # type: ignore[no-untyped-call]
        bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
        max_new_tokens=128,
    )  # fmt: skip
    half.save_pretrained(out)
    tokenizer.save_pretrained(out)
    return (out / "model.safetensors").stat().st_size


def widen_feed_forward(model: "LlamaForCausalLM", width: int) -> "LlamaForCausalLM":
    """The same function on the CPU with a wider feed-forward: gate, up and down gain zeros, so new units stay silent."""
    import copy

    import torch
    from transformers import LlamaForCausalLM

    config = copy.deepcopy(model.config)
    config.intermediate_size = width
    state = {name: weight.detach().cpu() for name, weight in model.state_dict().items()}
    for name, weight in state.items():
        if "gate_proj" in name or "up_proj" in name:
            state[name] = torch.nn.functional.pad(weight, (0, 0, 0, width - weight.shape[0]))
        elif "down_proj" in name:
            state[name] = torch.nn.functional.pad(weight, (0, width - weight.shape[1]))
    wide = LlamaForCausalLM(config)
    wide.load_state_dict(state)
    return wide


def check_starter(folder: Path) -> dict[str, Any]:
    """Load a starter folder as a stranger would: tokenizer round trip, distinct end and pad, one answer.

    Raises ValueError naming the text that does not survive or the tokens that coincide.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(folder)
    for text in CHECK_TEXTS:
        if tokenizer.decode(tokenizer(text, add_special_tokens=False)["input_ids"]) != text:
            raise ValueError(f"tokenizer does not give back {text!r}")
    if tokenizer.eos_token_id == tokenizer.pad_token_id:
        raise ValueError(f"end and pad token are both {tokenizer.eos_token_id}")
    model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    prompt = tokenizer.apply_chat_template(
        [{"role": "user", "content": CHECK_PROMPT}], add_generation_prompt=True, return_tensors="pt", return_dict=True
    )
    answer = model.generate(**prompt, max_new_tokens=40, do_sample=False)[0, prompt["input_ids"].shape[1] :]
    return {"parameters": model.num_parameters(), "sample": tokenizer.decode(answer, skip_special_tokens=True)}


def _texts(seed: int) -> list[str]:
    return ["".join(text for _, text in document) for document in islice(documents(seed), TOKENIZER_DOCUMENTS)]


def _device(name: str) -> str:
    import torch

    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    return name


def _reporter(say: Callable[[str], None], total: int) -> Callable[[int, float, float], None]:
    """Say a line at every hundredth of the run."""
    said = -1

    def report(seen: int, loss: float, speed: float) -> None:
        nonlocal said
        if seen * 100 // total > said:
            said = seen * 100 // total
            say(f"{seen:,} / {total:,} tokens, loss {loss:.3f}, {speed:,.0f} tokens/s")

    return report
