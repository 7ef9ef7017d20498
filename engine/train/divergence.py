"""Numbers that say that a run is lost: it ends at once, with the field to change. It trains nothing.

A loss that is no number does not come back. A gradient that is none has spoilt the weights already, except in fp16, whose scaler
passes over such a step and lowers its scale: there only a row of them is a loss.
"""

import math
from collections.abc import Sequence
from typing import Any

from engine.errors import UserError
from engine.train.settings import TrainSettings

DIVERGED_NATS, DIVERGED_RECORDS = 2.0, 3
"""A loss this far above the first record, this many records running, does not come back: 7 times the perplexity."""
OVERFLOWS = 5
"""Records running whose gradient overflows in fp16: the scaler halves its scale at each, and 5 are a 32nd of it."""


def refuse_divergence(history: Sequence[dict[str, Any]], step: int, loss: float, settings: TrainSettings) -> None:
    """Raises UserError when a training or validation loss is no number, or has stayed far above the first record."""
    records = [entry["loss"] for entry in history if "loss" in entry]
    last = records[1:][-DIVERGED_RECORDS:]
    risen = len(last) == DIVERGED_RECORDS and min(last) > records[0] + DIVERGED_NATS
    if math.isfinite(loss) and not risen:
        return
    raise _unable(loss, settings) if step == 0 else _diverged(f"{loss:.3g}", step, settings)


def refuse_overflow(history: Sequence[dict[str, Any]], step: int, fp16: bool, settings: TrainSettings) -> None:
    """Raises UserError when the gradient of the newest record is no number; in fp16 when that of the last OVERFLOWS is none."""
    norms = [entry["grad_norm"] for entry in history if "grad_norm" in entry]
    last = norms[-OVERFLOWS if fp16 else -1 :]
    if not last or any(math.isfinite(norm) for norm in last) or (fp16 and len(last) < OVERFLOWS):
        return
    if not fp16:
        raise _diverged("nan", step, settings)
    raise UserError(
        f"{step}스텝까지 기울기가 {len(last)}번 잇달아 fp16의 범위를 넘어 아무것도 배우지 못했습니다(precision={settings.precision}). "
        "precision을 bf16이나 fp32로 바꾸거나 learning_rate를 낮추어 다시 학습하세요.",
        f"Up to step {step} the gradient overflowed fp16 {len(last)} times running, so nothing was learned "
        f"(precision={settings.precision}). Set precision to bf16 or fp32, or lower learning_rate, and train again.",
    )


def _diverged(found: str, step: int, settings: TrainSettings) -> UserError:
    rate = settings.learning_rate
    return UserError(
        f"{step}스텝에서 손실이 {found}이(가) 되어 학습이 발산했습니다(learning_rate={rate:g}). "
        f"learning_rate를 {rate / 5:g} 정도로 낮추거나 warmup_ratio를 늘려 다시 학습하세요.",
        f"Training diverged: the loss at step {step} is {found} with learning_rate={rate:g}. "
        f"Set learning_rate to about {rate / 5:g}, or raise warmup_ratio, and train again.",
    )


def _unable(loss: float, settings: TrainSettings) -> UserError:
    """Nothing was trained yet: the base itself, or its precision, gives no number."""
    return UserError(
        f"배우기 전인데 검증 손실이 {loss:.3g}입니다(precision={settings.precision}, quantisation={settings.quantisation}). 기반 모델이 "
        "깨졌거나 이 정밀도로는 계산이 넘칩니다. precision을 bf16이나 fp32로 바꾸어 보고, 그래도 같으면 모델을 다시 받으세요.",
        f"The validation loss is {loss:.3g} before any training (precision={settings.precision}, "
        f"quantisation={settings.quantisation}): the base is damaged, or overflows at this precision. Try precision bf16 or fp32; "
        "if that changes nothing, fetch the model again.",
    )
