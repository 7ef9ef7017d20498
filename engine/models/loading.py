"""Base models into memory, adapters on top. It knows nothing of datasets, runs or where files come from.

Weights are read from safetensors alone, no code from a model's folder is ever run, and nothing here uses the network
except the first fetch of a hub base.
"""

import json
import logging
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from engine.errors import UserError
from engine.models.bases import ResolvedBase, base_hash, check_folder
from engine.models.special_tokens import FILE, make_room, mend_heads, rows_of
from engine.models.tokenizer import load_tokenizer, tokenizer_notes, turn_end

__all__ = [
    "Quantisation", "check_adapter", "load_base", "load_model", "load_tokenizer", "local_folder", "prepare_for_full",
    "prepare_for_lora", "put_adapter", "sign_adapter", "task_type", "tokenizer_notes", "turn_end",
]  # fmt: skip

Quantisation = Literal["none", "int8", "nf4"]
SIGNATURE = "malmoi_base.json"
"""File beside an adapter that names the base it was trained on: {"base": name, "sha256": hash}."""
LORA_FIELDS = (
    "r", "lora_alpha", "lora_dropout", "target_modules", "exclude_modules", "fan_in_fan_out", "bias", "use_rslora",
    "use_dora", "modules_to_save", "rank_pattern", "alpha_pattern", "layers_to_transform", "layers_pattern",
    "trainable_token_indices",
)  # fmt: skip
"""All that is taken from an adapter's config: other fields can name modules to import or files to open."""


def local_folder(base: ResolvedBase) -> Path:
    """The base's folder on this disk; a hub base is fetched first, once. Raises what `check_folder` and `fetch` raise."""
    from engine.models.download import fetch

    folder = fetch(base)
    check_folder(folder)
    return folder


def load_base(
    base: ResolvedBase, *, quantisation: Quantisation = "nf4", device: str = "auto", dtype: str = "auto"
) -> Any:
    """A language model on one device, in evaluation mode: a decoder, or an encoder-decoder with its head.

    `dtype` is the precision of what is not quantised and of all arithmetic: `auto` is fp32 on a CPU, bf16 on a card that
    has it, else fp16. NF4 with double quantisation (Dettmers et al. 2023, QLoRA) leaves embeddings, norms and head as they
    are. Raises UserError for a damaged, incomplete, foreign or already quantised model, and when bitsandbytes is
    missing. Out of memory is torch's own error.
    """
    from engine.hardware import device as best_device

    hush_libraries()
    folder = local_folder(base)
    where = best_device() if device == "auto" else device
    config = _text_config(base, folder)
    precision = precision_of(where, dtype)
    quantised = _quantised_before(base, config)
    settings = None if quantised else _quantisation(quantisation, precision)
    model, report = _read(base, folder, config, quantization_config=settings, dtype=precision, device_map={"": where})
    if report["missing_keys"]:
        raise _incomplete(base, sorted(report["missing_keys"]))
    if not all(_fits(module) for module in model.modules()):
        raise _misshapen(base)
    _keep_unpacked(model)
    return model.eval()


def hush_libraries() -> None:
    """Warnings that an owner can do nothing about."""
    # on CPUs it warns of an optional kernel package that would be fetched from the hub, and at each int8 product of a cast
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
    # `gradient_checkpointing` is being renamed in transformers, but TRL 1.16 and PEFT still read the old name
    warnings.filterwarnings("ignore", category=FutureWarning, message=".*(gradient|activation)_checkpointing.*")


def _text_config(base: ResolvedBase, folder: Path) -> Any:
    """The configuration of the language model alone: vision parts of a multimodal base are neither loaded nor trained."""
    from transformers import AutoConfig

    try:
        config = AutoConfig.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError, KeyError) as error:
        raise foreign(base, error) from error
    return config.text_config if config.model_type == "gemma3" else config


def foreign(base: ResolvedBase, error: Exception) -> UserError:
    if "custom code" in str(error):
        return UserError(
            f"'{base.name}'은(는) 모델에 딸린 파이썬 코드를 돌려야 열립니다. 남의 코드를 돌리지 않으므로 쓸 수 없습니다. "
            "같은 모델의 표준 구조 판을 찾거나 다른 모델을 고르세요.",
            f"'{base.name}' opens only by running Python code shipped with it. Malmoi runs nobody's code. "
            "Find the same model in a standard architecture, or choose another.",
        )
    return UserError(
        f"'{base.name}'의 config.json을 이 판의 transformers가 읽지 못합니다({type(error).__name__}). "
        "파일이 온전한지 보고, 모델을 다시 받거나 다른 모델을 고르세요.",
        f"This version of transformers cannot read the config.json of '{base.name}' ({type(error).__name__}). "
        "Check that the file is whole, fetch the model again, or choose another.",
    )


def precision_of(where: str, dtype: str) -> Any:
    """torch's dtype for a device and fp32, bf16, fp16 or auto."""
    import torch

    named = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
    if dtype != "auto":
        return named[dtype]
    if where == "cpu":
        return torch.float32
    # is_bf16_supported says yes for cards that only emulate it (before Ampere, capability 8), where fp16 is faster
    native = where.startswith("cuda") and torch.cuda.get_device_capability(where)[0] >= 8
    return torch.bfloat16 if native else torch.float16


def _quantised_before(base: ResolvedBase, config: Any) -> bool:
    """True for a checkpoint saved by bitsandbytes, which loads as it is. Other formats are refused."""
    saved = config.to_dict().get("quantization_config")
    if saved is None:
        return False
    method = str(saved.get("quant_method"))
    if method == "bitsandbytes":
        return True
    raise UserError(
        f"'{base.name}'은(는) 이미 {method} 방식으로 압축되어 있어 LoRA 학습에 쓸 수 없습니다. 압축하지 않은 원본을 쓰세요.",
        f"'{base.name}' is already quantised with {method} and cannot take LoRA here. Use the original weights.",
    )


def _quantisation(quantisation: Quantisation, precision: Any) -> Any:
    if quantisation == "none":
        return None
    _need_bitsandbytes(quantisation)
    from transformers import BitsAndBytesConfig

    if quantisation == "int8":
        return BitsAndBytesConfig(load_in_8bit=True)  # type: ignore[no-untyped-call]
    return BitsAndBytesConfig(  # type: ignore[no-untyped-call]
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True, bnb_4bit_compute_dtype=precision
    )


def _need_bitsandbytes(quantisation: str) -> None:
    try:
        import bitsandbytes  # noqa: F401
    except ImportError as error:
        raise UserError(
            f"{quantisation}로 열려면 bitsandbytes가 있어야 하는데 설치되어 있지 않습니다. 설치(pip install bitsandbytes)하거나 "
            "압축하지 않고(none) 여세요.",
            f"Loading in {quantisation} needs bitsandbytes, which is not installed. Install it (pip install bitsandbytes), "
            "or load without quantisation (none).",
        ) from error


def _read(base: ResolvedBase, folder: Path, config: Any, **settings: Any) -> tuple[Any, dict[str, Any]]:
    """(model, loading report)."""
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()  # type: ignore[no-untyped-call]
    if config.model_type == "gemma3_text":  # the published 4B keeps its language model beside a vision tower
        settings["key_mapping"] = {r"^(model\.)?language_model\.(model\.)?": "model."}
    kind: Any = AutoModelForSeq2SeqLM if config.is_encoder_decoder else AutoModelForCausalLM
    try:
        read: Any = kind.from_pretrained(
            str(folder), config=config, use_safetensors=True, local_files_only=True, trust_remote_code=False,
            output_loading_info=True, **settings,
        )  # fmt: skip
    except torch.OutOfMemoryError:
        raise
    except SafetensorError as error:
        raise UserError(
            f"'{base.name}'의 가중치 파일이 손상되었습니다({error}). 받다가 끊겼을 수 있으니 다시 받으세요.",
            f"A weight file of '{base.name}' is damaged ({error}). The download may have broken off: fetch it again.",
        ) from error
    except RuntimeError as error:
        if "ignore_mismatched_sizes" not in str(error):
            raise
        raise _misshapen(base) from error
    except (OSError, ValueError) as error:
        raise foreign(base, error) from error
    model, report = read
    return model, report


def _keep_unpacked(model: Any) -> None:
    """On CPUs with AVX512-BF16, bitsandbytes 0.50 repacks 4-bit weights at the first evaluation. Its kernel then computes in
    bf16, has no gradient (training after an evaluation learns wrongly without an error), and fails on odd widths."""
    for module in model.modules():
        if type(module).__name__ == "Linear4bit":
            module.support_avx512bf16_for_cpu = False


def _fits(module: Any) -> bool:
    """Quantised layers take weights of any size without a word; the others are checked by transformers."""
    kind = type(module).__name__
    if kind == "Linear4bit":
        return bool(module.weight.quant_state.shape == (module.out_features, module.in_features))
    return kind != "Linear8bitLt" or tuple(module.weight.shape) == (module.out_features, module.in_features)


def _misshapen(base: ResolvedBase) -> UserError:
    return UserError(
        f"'{base.name}'의 가중치 크기가 config.json과 맞지 않습니다. 다른 모델의 파일이 섞였는지 보고 다시 받으세요.",
        f"The weights of '{base.name}' do not fit its config.json. Files of two models may be mixed: fetch it again.",
    )


def _incomplete(base: ResolvedBase, missing: list[str]) -> UserError:
    return UserError(
        f"'{base.name}'에 가중치 {len(missing)}개가 없습니다(예: {missing[0]}). 빈 곳을 무작위로 채우지 않습니다. 모델을 다시 받으세요.",
        f"'{base.name}' lacks {len(missing)} weights (for instance {missing[0]}). Gaps are not filled at random. "
        "Fetch the model again.",
    )


def load_model(
    base: ResolvedBase,
    adapter: Path | None,
    *,
    quantisation: Quantisation = "nf4",
    device: str = "auto",
    dtype: str = "auto",
) -> Any:
    """`load_base`, with the LoRA adapter of folder `adapter` on top, frozen.

    Raises UserError when the adapter is damaged, pickled, not LoRA, or was trained on another base.
    """
    if adapter is None:
        return load_base(base, quantisation=quantisation, device=device, dtype=dtype)
    check_adapter(adapter, base)
    model = load_base(base, quantisation=quantisation, device=device, dtype=dtype)
    return put_adapter(model, base, adapter).requires_grad_(False).eval()


def check_adapter(adapter: Path, base: ResolvedBase) -> None:
    """Raises UserError when the adapter is not LoRA, damaged, or signed for another base; nothing is loaded."""
    adapter_config(adapter)
    _check_signature(adapter, base)


def adapter_config(adapter: Path) -> Any:
    """The `peft.LoraConfig` of a saved adapter, of fields that can do no harm. Raises UserError when it is not one."""
    from peft import LoraConfig

    if not (adapter / "adapter_model.safetensors").is_file():
        raise UserError(
            f"어댑터 폴더 '{adapter.name}'에 adapter_model.safetensors가 없습니다. 피클(.bin) 어댑터는 안전하지 않아 읽지 않습니다. "
            "safetensors로 저장한 어댑터를 주세요.",
            f"The adapter folder '{adapter.name}' has no adapter_model.safetensors. Pickled (.bin) adapters are unsafe and "
            "not read. Give an adapter saved as safetensors.",
        )
    try:
        saved = json.loads((adapter / "adapter_config.json").read_text(encoding="utf-8"))
        if saved["peft_type"] != "LORA":
            raise ValueError(saved["peft_type"])
        return LoraConfig(**{name: saved[name] for name in LORA_FIELDS if name in saved})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"'{adapter.name}'의 adapter_config.json이 없거나, 손상되었거나, LoRA가 아닙니다. LoRA 어댑터 폴더를 주세요.",
            f"The adapter_config.json of '{adapter.name}' is missing, damaged or not LoRA. Give a LoRA adapter's folder.",
        ) from error


def sign_adapter(adapter: Path, base: ResolvedBase) -> None:
    """Write beside a saved adapter which base it belongs to, so that no other base is ever put under it."""
    signature = {"base": base.name if base.source != "folder" else Path(base.location).name, "sha256": base_hash(base)}
    (adapter / SIGNATURE).write_text(json.dumps(signature, ensure_ascii=False), encoding="utf-8")


def _check_signature(adapter: Path, base: ResolvedBase) -> None:
    """Adapters made elsewhere carry no signature: for those only shapes can be compared."""
    path = adapter / SIGNATURE
    if not path.is_file():
        return
    signature = json.loads(path.read_text(encoding="utf-8"))
    if signature["sha256"] != base_hash(base):
        raise _other_base(adapter, base, str(signature["base"]))


def _other_base(adapter: Path, base: ResolvedBase, trained_on: str) -> UserError:
    return UserError(
        f"어댑터 '{adapter.name}'은(는) 다른 모델({trained_on})로 학습한 것이라 '{base.name}'에 얹을 수 없습니다. "
        "학습할 때 쓴 모델을 고르세요.",
        f"The adapter '{adapter.name}' was trained on another model ({trained_on}) and does not fit '{base.name}'. "
        "Choose the base it was trained on.",
    )


def put_adapter(model: Any, base: ResolvedBase, adapter: Path, dropout: float | None = None) -> Any:
    """The loaded base with an adapter on it whose weights, and nothing else, can be trained. dropout: instead of the saved one.

    Raises UserError when the adapter does not fit.
    """
    from peft import PeftModel, set_peft_model_state_dict
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    config, rows = adapter_config(adapter), rows_of(adapter)
    make_room(model, rows)
    _refuse_foreign_rows(config, rows, base, adapter)
    config.task_type = task_type(model)
    if dropout is not None:
        config.lora_dropout = dropout
    try:
        weights = load_file(adapter / "adapter_model.safetensors")
        tuned = PeftModel(model, config)
        mend_heads(tuned)
        result: Any = set_peft_model_state_dict(tuned, weights)
    except SafetensorError as error:
        raise UserError(
            f"어댑터 '{adapter.name}'의 가중치 파일이 손상되었습니다({error}). 다시 복사하세요.",
            f"The weight file of adapter '{adapter.name}' is damaged ({error}). Copy it again.",
        ) from error
    except (ValueError, RuntimeError) as error:
        if "arget modules" not in str(error) and "size mismatch" not in str(error):
            raise
        raise _other_base(adapter, base, "구조가 다름 / another shape") from error
    lacking = [name for name in result.missing_keys if "lora_" in name]
    if result.unexpected_keys or lacking:
        raise _other_base(adapter, base, "구조가 다름 / another shape")
    return tuned


def _refuse_foreign_rows(config: Any, rows: Mapping[int, Any], base: ResolvedBase, adapter: Path) -> None:
    """Rows of the embedding belong to words: without those, texts would be cut as they never were in training."""
    told = config.trainable_token_indices or {}
    named = {row for part in (told.values() if isinstance(told, dict) else [told]) for row in part}
    if named != set(rows):
        raise UserError(
            f"어댑터 '{adapter.name}'은(는) 토큰을 더해 배웠는데({len(named)}개) 그 말이 적힌 {FILE}과 맞지 않아 '{base.name}'에 얹을 수 "
            "없습니다. 어댑터 폴더를 통째로 다시 복사하거나 토큰을 더하지 않고 배운 어댑터를 쓰세요.",
            f"The adapter '{adapter.name}' learned added tokens ({len(named)}) which its {FILE} does not name, so it cannot be put on "
            f"'{base.name}'. Copy the whole folder again, or use an adapter without added tokens.",
        )


def task_type(model: Any) -> str:
    """PEFT's word for what the model does; written beside an adapter for whoever uses it elsewhere."""
    return "SEQ_2_SEQ_LM" if model.config.is_encoder_decoder else "CAUSAL_LM"


def prepare_for_lora(model: Any, *, gradient_checkpointing: bool = True) -> Any:
    """Freeze the base, compute its norms in fp32, switch on gradient checkpointing; returns the model in training mode.

    PEFT's `prepare_model_for_kbit_training` also turns embeddings and head to fp32, which for an 8B model at 2,048 tokens
    took 12.36 GB where this takes 8.92 GB.
    """
    import torch

    model.requires_grad_(False)
    precision = model.get_input_embeddings().weight.dtype
    if precision != torch.float32:
        for module in model.modules():
            if type(module).__name__.endswith("Norm"):
                _norm_in_fp32(module, precision)
    return _in_training(model, gradient_checkpointing)


def prepare_for_full(model: Any, *, gradient_checkpointing: bool = True) -> Any:
    """Every weight is trained; returns the model in training mode."""
    return _in_training(model.requires_grad_(True), gradient_checkpointing)


def _in_training(model: Any, gradient_checkpointing: bool) -> Any:
    if gradient_checkpointing:
        model.config.use_cache = False
        model.activation_checkpointing_enable(activation_checkpointing_kwargs={"use_reentrant": False})
    return model.train()


def _norm_in_fp32(module: Any, precision: Any) -> None:
    """fp32 inside the norm, `precision` outside it: the layers that follow hold 16-bit weights."""
    module.float()
    module.register_forward_pre_hook(lambda _, inputs: (inputs[0].float(), *inputs[1:]))
    module.register_forward_hook(lambda _, inputs, output: output.to(precision))
