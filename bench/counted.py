"""Counts the memory of one real training step on a card that is not there: the trainer runs with tensors that have shapes and
no contents (torch's FakeTensorMode), and every storage is counted from its birth to its death.

What a fake tensor cannot tell is said here: the temporary inside the 4-bit product, what a flash attention kernel keeps,
and whether the loss folds its tiles in Triton (Linux) or in torch (Windows). The stand-in card is the fake processor,
since a build of torch without CUDA makes no fake CUDA tensors that autograd accepts.
"""

import contextlib
import tempfile
import weakref
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal
from unittest import mock

import torch
from bitsandbytes.functional import QuantState
from bitsandbytes.nn import Linear4bit
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode, _disable_current_modes
from torch.utils._pytree import tree_leaves

from engine.models.bases import ResolvedBase
from engine.models.special_tokens import Added
from engine.train import sft, trained_model
from engine.train.completion_trainer import RunRecorder, as_it_is
from engine.train.data import to_dataset
from engine.train.memory import GB
from engine.train.session import Session
from engine.train.settings import TrainSettings

Device = Literal["triton", "torch", "cpu"]
"""A card whose loss folds its tiles in Triton (Linux) or in torch (Windows), or the processor."""
BLOCK = 512
"""Bytes the CUDA allocator rounds every tensor up to."""
RANDOM = ("aten::uniform_", "aten::normal_", "aten::bernoulli_", "aten::trunc_normal_")


class LiveTensors(TorchDispatchMode):
    """Bytes of all fake tensors alive now, and the most there ever were."""

    def __init__(self, ragged: bool) -> None:
        super().__init__()
        self.ragged = ragged
        self.live = self.peak = 0
        self.known: dict[int, tuple[int, str]] = {}
        self.at_peak: list[tuple[int, str]] = []
        self.detailed = False

    def forget_peak(self) -> None:
        self.peak = self.live

    def see(self, tensor: Any, made_by: str) -> None:
        """Count a tensor's storage, once, until it is freed."""
        if not isinstance(tensor, FakeTensor):
            return
        storage = tensor.untyped_storage()
        key = storage._cdata
        if key in self.known:
            return
        size = -(-storage.nbytes() // BLOCK) * BLOCK
        self.known[key] = (size, f"{made_by} {tuple(tensor.shape)} {str(tensor.dtype).removeprefix('torch.')}")
        self.live += size
        weakref.finalize(storage, self._gone, key)
        self.hold(0)

    def hold(self, more: int) -> None:
        """A kernel holds so many bytes more for a moment."""
        if self.live + more > self.peak:
            self.peak = self.live + more
            if self.detailed:
                self.at_peak = [*self.known.values(), (more, "temporary of a kernel")]

    def _gone(self, key: int) -> None:
        self.live -= self.known.pop(key)[0]

    def largest(self, count: int) -> list[tuple[float, int, str]]:
        """(GB, tensors, what) of what was alive at the peak, largest first; needs `detailed`."""
        sizes, numbers = Counter[str](), Counter[str]()
        for size, what in self.at_peak:
            sizes[what] += size
            numbers[what] += 1
        return [(size / GB, numbers[what], what) for what, size in sizes.most_common(count)]

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = func.name()
        out = self._without_contents(name, args)
        if out is None:
            out = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(out):
            self.see(leaf, name)
        if name == "bitsandbytes::gemm_4bit":  # beyond small batches it spreads the weights out and multiplies
            rows, columns = args[2]
            self.hold(rows * columns * args[0].element_size() + rows * columns // 16)
        return out

    def _without_contents(self, name: str, args: Any) -> Any:
        """Answers to what fake tensors cannot be asked: masks are full unless rows are ragged, all numbers are one."""
        if name == "aten::_local_scalar_dense":
            kind = args[0].dtype
            return not self.ragged if kind == torch.bool else 1.0 if kind.is_floating_point else 1
        if name == "aten::equal":
            return True
        if name.startswith(RANDOM):
            return args[0]
        if name == "aten::native_dropout":
            return torch.empty_like(args[0]), torch.empty_like(args[0], dtype=torch.bool)
        if name == "aten::index.Tensor" and args[1][0] is not None and args[1][0].dtype == torch.bool:
            tensor, mask = args[0], args[1][0]
            return tensor.new_empty((mask.numel(), *tensor.shape[mask.dim() :]))
        return None


class FlashAttention(torch.autograd.Function):
    """What a flash kernel keeps: the output and a number per query. With a mask: the mask as numbers too."""

    @staticmethod
    def forward(ctx: Any, query: Any, key: Any, value: Any, mask: Any) -> Any:
        out = torch.empty_like(query.transpose(1, 2)).transpose(1, 2)
        sums = torch.empty(query.shape[:3], dtype=torch.float32)
        kept = torch.empty_like(mask, dtype=query.dtype) if mask is not None and mask.dtype == torch.bool else mask
        ctx.save_for_backward(query, key, value, out, sums, kept)
        return out

    @staticmethod
    def backward(ctx: Any, gradient: Any) -> Any:
        query, key, value, _, sums, _ = ctx.saved_tensors
        summed = torch.empty(query.shape, dtype=torch.float32), torch.empty_like(sums)
        wide = [torch.empty_like(query) for _ in range(2) if key.shape[1] < query.shape[1]]
        out = torch.empty_like(query), torch.empty_like(key), torch.empty_like(value), None
        del summed, wide
        return out


def dropout(tensor: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """In place of torch's: a card's kernel keeps a byte for each number, where the processor keeps a number."""
    return torch.native_dropout(tensor, p, training)[0] if training and p else tensor


def attention(query: Any, key: Any, value: Any, attn_mask: Any = None, **_: Any) -> Any:
    """In place of torch's scaled_dot_product_attention."""
    return FlashAttention.apply(query, key, value, attn_mask)


@dataclass(frozen=True, slots=True)
class Counted:
    """GB of 2**30 bytes: of the base alone, and at the heaviest moment of two steps."""

    weights_gb: float
    peak_gb: float
    largest: list[tuple[float, int, str]] = field(default_factory=list)


def count_step(
    config: Any, settings: TrainSettings, tokens: int, *, device: Device = "triton", detailed: bool = False
) -> Counted:
    """Run two optimiser steps of our supervised trainer on rows of `tokens` tokens, and count.

    `config` is a transformers configuration. Rows of a batch of several count as ragged: they need a mask. The second
    step has the optimiser's state, as every later one.
    """
    counter = LiveTensors(ragged=settings.batch_size > 1 and not settings.packing)
    with _stand_in(counter, device), tempfile.TemporaryDirectory() as folder:
        model = fake_base(config, settings)
        weights = counter.live
        trainer = _trainer(model, settings, tokens, Path(folder))
        trainer.create_optimizer()
        trainer.model, trainer.optimizer = trainer.accelerator.prepare(trainer.model, trainer.optimizer)
        rows = [trainer.train_dataset[0]] * settings.batch_size
        counter.forget_peak()
        counter.detailed = detailed
        for _ in range(2):
            for _ in range(min(2, settings.accumulation)):
                inputs = _batch(trainer, rows)
                trainer.training_step(trainer.model, inputs, num_items_in_batch=torch.ones((), dtype=torch.long))
            trainer.accelerator.clip_grad_norm_(trainer.model.parameters(), settings.max_grad_norm)
            trainer.optimizer.step()
            trainer.model.zero_grad()
        return Counted(weights / GB, counter.peak / GB, counter.largest(40))


def _batch(trainer: Any, rows: list[Any]) -> dict[str, Any]:
    """The batch the trainer's collator makes of these rows, collated in earnest, then without its contents."""
    with _disable_current_modes():
        batch = trainer.data_collator(rows)
    return {
        name: torch.zeros(value.shape, dtype=value.dtype) if isinstance(value, torch.Tensor) else value
        for name, value in batch.items()
    }


def count_plain(config: Any, rows: int, tokens: int, *, widened: bool) -> Counted:
    """Two steps of a plain loop with the model's own loss over all logits, nf4, checkpointing and 8-bit Adam. `widened`: as
    PEFT's `prepare_model_for_kbit_training` does, embeddings, head and norms in fp32."""
    from bitsandbytes.optim import AdamW8bit
    from peft import LoraConfig, get_peft_model

    from engine.models.targets import lora_targets

    counter = LiveTensors(ragged=False)
    with _stand_in(counter, "triton"):
        model = fake_base(config, TrainSettings())
        weights = counter.live
        model.requires_grad_(False)
        if widened:
            for parameter in model.parameters():
                if parameter.dtype != torch.uint8:
                    parameter.data = parameter.data.float()
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
        model.enable_input_require_grads()
        adapters = LoraConfig(task_type="CAUSAL_LM", r=16, target_modules=lora_targets(config.model_type))
        tuned = get_peft_model(model, adapters).train()
        optimiser = AdamW8bit([weight for weight in tuned.parameters() if weight.requires_grad])
        ids = torch.zeros((rows, tokens), dtype=torch.long)
        counter.forget_peak()
        for _ in range(2):
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=not widened):
                loss = tuned(input_ids=ids, labels=ids, use_cache=False).loss
            loss.backward()
            optimiser.step()
            optimiser.zero_grad()
            del loss
    return Counted(weights / GB, counter.peak / GB)


def _trainer(model: Any, settings: TrainSettings, tokens: int, folder: Path) -> Any:
    """The trainer of sft.py around a fake base."""
    base = ResolvedBase("fake", "folder", str(folder), None)
    run = Session(base, settings, folder, SimpleNamespace(), "cpu", None, _tokenizer())  # type: ignore[arg-type]
    plan = sft.plan_steps(1, settings)
    recorder = RunRecorder(run.events, settings, plan, folder, "cpu")
    example = SimpleNamespace(input_ids=[1] * tokens, prompt_length=1)
    dataset = to_dataset([example], packed_to=tokens if settings.packing else None)  # type: ignore[list-item]
    tokenizer = _tokenizer()
    given = mock.patch.object(trained_model, "load_base", lambda *_, **__: model)
    unmeasured = mock.patch.object(
        sft, "refuse_leaks", lambda _: None
    )  # fake numbers cannot tell whether rows see each other
    with given, unmeasured:
        return sft._trainer(run, plan, recorder, None, tokenizer, dataset, None, as_it_is)


def _tokenizer() -> Any:
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast

    words = Tokenizer(models.WordLevel({"<pad>": 0, "<eos>": 1}, unk_token="<pad>"))
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=words, pad_token="<pad>", eos_token="<eos>")
    tokenizer.malmoi = SimpleNamespace(encoder=None, added=Added())
    return tokenizer


def fake_base(config: Any, settings: TrainSettings) -> Any:
    """A base of that configuration without contents, as `load_base` would put it on a card."""
    from transformers import AutoModelForCausalLM

    kind = torch.float32 if settings.precision == "fp32" else torch.bfloat16
    model = AutoModelForCausalLM.from_config(config, dtype=kind, attn_implementation="sdpa")
    if settings.quantisation == "nf4":
        _pack(model)
        model.is_loaded_in_4bit = model.is_quantized = True
        model.hf_device_map = {"": "cpu"}
        model.hf_quantizer = SimpleNamespace(is_trainable=True, quantization_config=None)
    return model.eval()


def _pack(model: Any) -> None:
    """Every linear layer but the head as bitsandbytes stores it: two weights a byte, scales, scales of scales."""
    for module in list(model.modules()):
        for name, child in list(module.named_children()):
            if type(child) is torch.nn.Linear and name not in ("lm_head", "embed_out"):
                setattr(module, name, _packed(child))


def _packed(linear: torch.nn.Linear) -> Linear4bit:
    packed = Linear4bit.__new__(Linear4bit)
    torch.nn.Module.__init__(packed)
    packed.in_features, packed.out_features = linear.in_features, linear.out_features
    packed.compute_dtype, packed.compute_type_is_set = linear.weight.dtype, True
    packed.quant_state, packed.quant_storage, packed.support_avx512bf16_for_cpu = None, torch.uint8, False
    packed.bias = linear.bias
    blocks = -(-linear.weight.numel() // 64)
    outer = QuantState(absmax=torch.empty(-(-blocks // 256)), code=torch.empty(256), blocksize=256, dtype=torch.float32)
    weight = torch.nn.Parameter(torch.empty((linear.weight.numel() // 2, 1), dtype=torch.uint8), requires_grad=False)
    weight.quant_state = QuantState(  # type: ignore[attr-defined]
        absmax=torch.empty(blocks, dtype=torch.uint8), shape=linear.weight.shape, code=torch.empty(16), blocksize=64,
        quant_type="nf4", dtype=linear.weight.dtype, offset=torch.empty(()), state2=outer,
    )  # fmt: skip
    for name, value in (("bnb_quantized", True), ("quant_type", "nf4"), ("compress_statistics", True)):
        setattr(weight, name, value)
    packed.weight = weight
    return packed


class _NoKernel:
    def __getitem__(self, _: Any) -> Any:
        return lambda *_, **__: None


@contextlib.contextmanager
def _stand_in(counter: LiveTensors, device: Device) -> Iterator[None]:
    """Fake tensors, counted; for a card, with the processor in its place."""
    from transformers import masking_utils
    from trl.kernels import chunked_logprob
    from trl.trainer import utils

    on_card = torch.is_autocast_enabled
    patches = [
        mock.patch.object(torch.nn.Module, "_apply", _apply),
        # rows of one length need no mask, which fake tensors cannot be asked about
        mock.patch.object(masking_utils, "is_tracing", lambda *_: False),
    ]
    if device != "cpu":
        patches += [
            mock.patch("torch.nn.functional.scaled_dot_product_attention", attention),
            mock.patch("torch.nn.functional.dropout", dropout),
            # PEFT and others ask for the card's autocast; the fake card's is the processor's
            mock.patch.object(torch, "is_autocast_enabled", lambda device="cpu": on_card("cpu")),
            mock.patch.object(chunked_logprob, "_addmm_fp32", lambda *_: None),  # in place on a card
        ]
    if device == "triton":
        patches += [
            mock.patch.object(chunked_logprob, "_use_triton", lambda _: True),
            mock.patch.object(utils, "_use_triton", lambda _: True),
            mock.patch.object(chunked_logprob, "_forward_kernel", _NoKernel()),
            mock.patch.object(chunked_logprob, "_backward_kernel", _NoKernel()),
            mock.patch.object(chunked_logprob, "triton", SimpleNamespace(cdiv=lambda a, b: -(-a // b)), create=True),
        ]
    with contextlib.ExitStack() as stack:
        for patch in patches:
            stack.enter_context(patch)
        stack.enter_context(FakeTensorMode(allow_non_fake_inputs=True))
        stack.enter_context(counter)
        yield


def _apply(module: torch.nn.Module, function: Any, recurse: bool = True) -> torch.nn.Module:
    """Module.to and .float for fake parameters, whose storage cannot be swapped."""
    for child in module.children():
        child._apply(function)
    for name, parameter in module._parameters.items():
        if parameter is not None and (new := function(parameter.detach())).dtype != parameter.dtype:
            module._parameters[name] = torch.nn.Parameter(new, requires_grad=parameter.requires_grad)
    for name, buffer in module._buffers.items():
        if buffer is not None and (new := function(buffer)).dtype != buffer.dtype:
            module._buffers[name] = new
    return module
