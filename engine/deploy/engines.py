"""Which engine a bundle answers with, and what each wants of pip. It loads nothing and makes nothing."""

from collections.abc import Collection, Mapping

from engine.errors import UserError
from engine.models.bases import folder_of
from engine.models.family import is_encoder_decoder
from engine.serve.choose import Model

DECODERS = ("gguf", "gguf-int4", "openvino", "openvino-int4", "ctranslate2")
"""What answers as a decoder without torch; the first is the usual one: one file, on every system, least memory."""
ENCODERS = ("ctranslate2",)
"""The one that reads with an encoder: llama.cpp and OpenVINO's pipeline, as they are used here, hold decoders alone."""
ENGINES = DECODERS
"""What `--engine` takes; empty: the usual one of the model's kind."""
GPU = "transformers"
"""What answers on a graphics card, with the base as it is and the adapter beside it."""
LIBRARIES: Mapping[str, tuple[str, ...]] = {
    "gguf": ("xllamacpp", "httpx2", "numpy"),
    "openvino": ("openvino", "openvino-genai", "numpy"),
    "ctranslate2": ("ctranslate2", "llguidance", "numpy"),
    GPU: ("torch", "transformers", "peft", "accelerate", "bitsandbytes", "safetensors", "llguidance", "numpy", "huggingface-hub"),
}  # fmt: skip
"""What each imports when it answers, as pip knows it."""
BROUGHT: Mapping[str, tuple[str, ...]] = {
    "gguf": ("xllamacpp",),
    "openvino": ("openvino", "openvino_genai"),
    "ctranslate2": ("ctranslate2",),
    GPU: ("torch", "transformers", "peft", "accelerate", "bitsandbytes"),
}
"""The heavy ones among them, as code imports them."""
MODULES: Mapping[str, str] = {
    "gguf": "gguf_backend", "openvino": "openvino_backend", "ctranslate2": "ct2_backend", GPU: "transformers_backend",
}  # fmt: skip
"""In engine/serve."""


def bare(engine: str) -> str:
    """Without its bits."""
    return engine.removesuffix("-int4")


def engines_for(model: Model) -> tuple[str, ...]:
    """Those that can carry the model, the usual one first; of a hub base that was not fetched yet a decoder's."""
    folder = folder_of(model.base)
    return ENCODERS if folder and is_encoder_decoder(folder) else DECODERS


def engine_of(model: Model, engine: str, gpu: bool, target: str) -> str:
    """The engine that is asked for, else the usual one. Raises UserError for one that is unknown or cannot carry the model, and for
    a card where none is."""
    if gpu:
        return _on_card(engine, target)
    able = engines_for(model)
    if engine and engine not in ENGINES:
        raise _unknown(engine, able)
    if engine and engine not in able:
        raise UserError(
            f"{model.name}은(는) 글을 읽는 부분과 쓰는 부분이 나뉜 모델(인코더-디코더)이라 '{engine}' 엔진이 담지 못합니다. --engine을 빼면 "
            f"{able[0]}(으)로 만듭니다.",
            f"{model.name} reads with an encoder and answers with a decoder, which the engine '{engine}' cannot hold. Leave --engine out: "
            f"{able[0]} answers then.",
        )
    return engine or able[0]


def _on_card(engine: str, target: str) -> str:
    if engine not in ("", GPU):
        raise UserError(
            f"--gpu는 transformers로 답하므로 --engine {engine}과(와) 함께 쓸 수 없습니다. 둘 가운데 하나를 빼세요.",
            f"--gpu answers with transformers and does not go with --engine {engine}. Leave one of the two out.",
        )
    if target == "local":
        raise UserError(
            "--gpu는 --target hf-space에만 있습니다. 이 컴퓨터의 카드는 대시보드의 채팅이 이미 씁니다. `invite`로 초대하고 터널로 여세요.",
            "--gpu is for --target hf-space. The card of this machine answers in the dashboard's own chat already: invite with `invite`, "
            "and open it through a tunnel.",
        )
    if target != "hf-space":
        raise UserError(
            f"{target}에는 그래픽 카드가 없어 --gpu를 쓸 수 없습니다. --gpu를 빼거나 --target hf-space로 하세요.",
            f"{target} has no graphics card, so --gpu is of no use there. Leave --gpu out, or use --target hf-space.",
        )
    return GPU


def _unknown(engine: str, able: Collection[str]) -> UserError:
    known = ", ".join(able)
    return UserError(
        f"꾸러미는 '{engine}' 엔진으로 답하지 못합니다. {known} 가운데 하나를 --engine에 쓰거나 비워 두세요.",
        f"A bundle cannot answer with the engine '{engine}'. Give --engine one of {known}, or leave it out.",
    )
