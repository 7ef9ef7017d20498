"""Rows joined into packs: whether that made fewer of them, and whether the base keeps the rows of a pack apart.

Packs are best-fit-decreasing (TRL). Positions start anew with each row of a pack; from them transformers builds the mask, or
FlashAttention the bounds. A base that ignores them would let a row read its neighbour: that is measured, not looked up.
"""

from collections.abc import Sequence
from typing import Any

from engine.errors import UserError
from engine.train.data import EncodedRows
from engine.train.session import say
from engine.train.settings import TrainSettings

PROBE = 40
"""Tokens a probe row: more than the sliding window of the tests' bases, few enough for a tenth of a second."""
CLOSE = 0.05
"""Of the largest difference that leaving the neighbour in sight makes; rounding of 16-bit products stays far below."""


def pack_note(rows: EncodedRows, packs: int, settings: TrainSettings) -> str:
    """How many packs the rows became, and how many rows a step holds now; a warning when nothing was joined."""
    count = len(rows.examples)
    if packs >= count:
        return say(
            f"이어 붙인 행이 없습니다: {count}개 행이 저마다 max_length={settings.max_length}에 가깝습니다. packing이 하는 일이 없습니다.",
            f"No rows were joined: {count} rows are each near max_length={settings.max_length}. Packing does nothing here.",
        )
    filled = 100 * rows.tokens / (packs * settings.max_length)
    step = settings.batch_size * settings.accumulation * count / packs
    return say(
        f"{count}개 행을 {packs}개로 이어 붙였습니다(빈틈없이 {filled:.0f} %). 한 스텝이 행 {step:.0f}개쯤을 봅니다.",
        f"{count} rows were joined into {packs} packs ({filled:.0f} % full). A step sees about {step:.0f} rows.",
    )


def refuse_leaks(model: Any) -> None:
    """Raises UserError when a row reads its neighbour in a pack: the same row must get the same answer behind any other."""
    if leak(model) > CLOSE:
        kind = model.config.model_type
        raise UserError(
            f"packing=true인데 이 구조({kind})는 이어 붙인 행끼리 서로를 봅니다. packing=false로 바꾸세요. 길이가 비슷한 행끼리 묶어 "
            "빈칸은 어차피 거의 없습니다.",
            f"packing=true, but this architecture ({kind}) lets joined rows see each other. Set packing=false: rows of like "
            "length are batched together, so that little is padded anyway.",
        )


def leak(model: Any) -> float:
    """How much a row's last logits change with the row before it in the pack, as a share of how much they change when that
    row really is its context. 0: kept apart; 1: read as one text."""
    import torch

    device = model.get_input_embeddings().weight.device
    vocabulary = model.get_input_embeddings().weight.shape[0]
    draw = torch.Generator().manual_seed(0)
    one, other, row = (torch.randint(vocabulary, (PROBE,), generator=draw) for _ in range(3))
    was_training = model.training
    model.eval()
    with torch.no_grad():
        apart = [_last_logits(model, [before, row], device, joined=False) for before in (one, other)]
        joined = [_last_logits(model, [before, row], device, joined=True) for before in (one, other)]
    model.train(was_training)
    seen = float((joined[0] - joined[1]).abs().max())
    return float((apart[0] - apart[1]).abs().max()) / seen if seen else 0.0


def _last_logits(model: Any, rows: Sequence[Any], device: Any, *, joined: bool) -> Any:
    """Logits after the last token of a pack; `joined`: as one text instead of a pack."""
    import torch

    ids = torch.cat(list(rows))[None].to(device)
    whole = torch.arange(ids.shape[1]) if joined else torch.cat([torch.arange(len(row)) for row in rows])
    return model(input_ids=ids, position_ids=whole[None].to(device), use_cache=False).logits[0, -1].float()
