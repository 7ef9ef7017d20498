"""A model as files that other programs open: its adapter, whole weights, OpenVINO's 8-bit form, one GGUF file. It knows no recipe."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.config import require_new_folder
from engine.errors import UserError
from engine.models.loading import load_tokenizer
from engine.serve.choose import Model, ready_folders, whole_parts, with_engine
from engine.serve.converting import PROBES, whole_folder

KINDS = ("adapter", "merged", "int8", "gguf")
ENGINE_OF = {"int8": "openvino", "gguf": "gguf"}
TEXTS = (*(target for _, target in PROBES), "1) 3.5kg, 12시 30분!\n  ㅋㅋㅋ 😀 OK?\n\nA/B 테스트 (가)~(나) 「약관」")
"""That a file's own way of cutting is compared on."""


def export_model(store: Path, model: Model, kind: str, out: Path) -> list[Path]:
    """The files written into the folder `out`, which must be new or empty.

    Raises UserError for a kind that the model has no form of, a folder with something in it, and a GGUF file whose own tokenizer would
    cut texts otherwise than the model learned them.
    """
    if model.endpoint or model.others:
        raise UserError(
            f"{model.name}은(는) 이 컴퓨터의 한 모델이 아니라서 내보낼 수 없습니다.",
            f"{model.name} is not one model on this machine.",
        )
    require_new_folder(out)
    base, adapter = whole_parts(store, model)
    if kind == "adapter" and adapter is None:
        raise UserError(
            f"{model.name}에는 어댑터가 없습니다. --as merged나 gguf로 내보내세요.",
            f"{model.name} has no adapter. Use --as merged or gguf.",
        )
    if kind in ENGINE_OF:
        (source,) = ready_folders(store, with_engine(model, ENGINE_OF[kind]))
    else:
        source = adapter if kind == "adapter" and adapter else whole_folder(base, adapter, _made(out))
    if kind == "gguf":
        _require_same_cut(source, load_tokenizer(base))
    _made(out)
    for path in sorted(source.iterdir()) if source != out else []:
        if path.is_file():
            shutil.copyfile(path, out / path.name)
    return sorted(path for path in out.iterdir() if path.is_file())


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"'{folder}' 폴더를 만들 수 없습니다({type(error).__name__}). 쓸 수 있는 다른 곳을 --out에 주세요.",
            f"The folder '{folder}' cannot be made ({type(error).__name__}). Give --out another place that can be written to.",
        ) from error
    return folder


def _require_same_cut(folder: Path, tokenizer: Any) -> None:
    from engine.serve.gguf_backend import FILE, cut_by_llama

    own = [list(tokenizer(text, add_special_tokens=False)["input_ids"]) for text in TEXTS]
    apart = first_apart(own, cut_by_llama(folder / FILE, TEXTS))
    if apart is not None:
        raise UserError(
            f"llama.cpp가 이 모델의 토크나이저를 그대로 옮기지 못합니다({apart}번째 글에서 다름). Ollama 같은 프로그램에서는 말을 다르게 잘라 답이 "
            "나빠집니다. --as merged나 int8로 내보내세요. 말모이 안에서는 gguf 엔진을 그대로 쓸 수 있습니다.",
            f"llama.cpp cannot cut texts as this model's tokenizer does (text {apart} differs), so that Ollama and the like would answer "
            "worse. Use --as merged or int8. Inside Malmoi the gguf engine is safe: it cuts with the model's own tokenizer.",
        )


def first_apart(own: Sequence[Sequence[int]], theirs: Sequence[Sequence[int]]) -> int | None:
    """The number, from 1, of the first text cut otherwise."""
    return next((at for at, (a, b) in enumerate(zip(own, theirs, strict=True), start=1) if list(a) != list(b)), None)
