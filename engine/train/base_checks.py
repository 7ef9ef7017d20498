"""What a base cannot do with the settings of a run, told from its config.json before anything is loaded. It trains nothing."""

from pathlib import Path

from engine.errors import UserError
from engine.models.bases import layer_names
from engine.models.family import is_encoder_decoder, read_config, window
from engine.train.settings import TrainSettings


def check_base(settings: TrainSettings, name: str, folder: Path | None) -> None:
    """Raises UserError, by field name. folder: where the base lies; None for a hub base that is not fetched yet."""
    if folder is None:
        return
    longest = window(read_config(folder))
    if longest is not None and settings.max_length > longest:
        raise UserError(
            f"max_length={settings.max_length}인데 '{name}'은(는) {longest}토큰까지만 읽습니다. max_length를 {longest} 이하로 하세요.",
            f"max_length={settings.max_length}, but '{name}' reads {longest} tokens at most. Set max_length to {longest} or less.",
        )
    if is_encoder_decoder(folder):
        _check_encoder_decoder(settings, name)
    _check_targets(settings, name, layer_names(folder))


def _check_targets(settings: TrainSettings, name: str, layers: set[str]) -> None:
    """A layer that no weight belongs to; one that has weights and cannot be adapted is told when the base is loaded."""
    targets = settings.target_names()
    if settings.method == "full" or targets in (["auto"], ["all-linear"]) or not layers:
        return
    if unknown := [target for target in targets if target.rsplit(".", 1)[-1] not in layers]:
        known = ", ".join(sorted(layer for layer in layers if "norm" not in layer and not layer.isdigit()))
        raise UserError(
            f"lora_targets의 '{unknown[0]}'은(는) '{name}'에 없는 층입니다. 있는 층: {known}. 그중에서 고르거나 auto로 두세요.",
            f"lora_targets names '{unknown[0]}', a layer '{name}' does not have. It has {known}. Choose of these, or auto.",
        )


def _check_encoder_decoder(settings: TrainSettings, name: str) -> None:
    if settings.packing:
        raise UserError(
            f"'{name}'은(는) 인코더-디코더라 packing=true로 행을 이어 붙일 수 없습니다. packing=false로 하세요.",
            f"'{name}' is an encoder-decoder, whose rows cannot be joined with packing=true. Set packing=false.",
        )
    if settings.objective != "sft":
        raise UserError(
            f"'{name}'은(는) 인코더-디코더라 objective={settings.objective}을(를) 배울 수 없습니다. objective=sft로 하거나 디코더 모델을 고르세요.",
            f"'{name}' is an encoder-decoder and cannot learn objective={settings.objective}. Set objective=sft, or choose a decoder.",
        )


def fit_to_base(
    settings: TrainSettings, origins: dict[str, str], folder: Path | None
) -> tuple[TrainSettings, dict[str, str]]:
    """Settings and origins with `max_length` lowered to the base's window where the owner did not set it: its origin is then
    `base`."""
    longest = window(read_config(folder)) if folder else None
    if longest is None or settings.max_length <= longest or origins["max_length"] == "--set":
        return settings, origins
    return settings.model_copy(update={"max_length": longest}), {**origins, "max_length": "base"}
