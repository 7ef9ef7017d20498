"""What may be searched, and between which values: a range per field of TrainSettings. It proposes nothing.

Every range is a window around the preset's value, inside the field's own limits. A field that would change the yardstick
(the validation loss itself), only costs time or memory, or names something outside the run is refused with its reason.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from engine.errors import UserError
from engine.train.settings import TrainSettings, resolve_settings

DEFAULT = ("learning_rate", "lora_rank", "lora_dropout")
"""Searched when none is named: the learning rate matters most by far; rank and dropout decide how much is remembered."""
RATE_WINDOW = 5.0
"""The learning rate is searched from a fifth of the preset's to five times it, evenly in its logarithm."""


@dataclass(frozen=True, slots=True)
class Range:
    """The values of one field: from `low` to `high` (evenly in the logarithm when `log`), or one of `choices`."""

    name: str
    kind: Literal["float", "int", "choice"]
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    choices: tuple[Any, ...] = ()

    def told(self) -> dict[str, Any]:
        """As the store keeps it."""
        return {**asdict(self), "choices": list(self.choices)}

    def holds(self, value: Any) -> bool:
        """Whether the value is one that could be proposed."""
        return value in self.choices if self.kind == "choice" else self.low <= value <= self.high


def as_range(told: Mapping[str, Any]) -> Range:
    """What the store kept."""
    return Range(**{**told, "choices": tuple(told["choices"])})


def _times(*factors: float) -> Callable[[Any], list[Any]]:
    """Multiples of the preset's value, of its own type."""
    return lambda usual: [type(usual)(usual * factor) for factor in factors]


def _among(*values: Any) -> Callable[[Any], list[Any]]:
    return lambda usual: [*values, usual]


CHOICES: Mapping[str, Callable[[Any], list[Any]]] = {
    "lora_rank": _times(0.25, 0.5, 1, 2, 4),
    "lora_alpha": _times(0.5, 1, 2, 4),
    "lora_dropout": _among(0.0, 0.05, 0.1, 0.2),
    "lora_targets": _among("auto", "all-linear"),
    "warmup_ratio": _among(0.0, 0.03, 0.1),
    "epochs": _times(0.5, 1, 2),
    "max_steps": _times(0.5, 1, 2),
    "batch_size": _times(0.5, 1, 2),
    "accumulation": _times(0.5, 1, 2),
    "weight_decay": _among(0.0, 0.01, 0.1),
    "max_grad_norm": _among(0.3, 1.0),
}
"""Values to choose from, by the preset's own."""
ENUMERATED = ("scheduler", "quantisation", "precision", "optimizer", "packing", "use_dora", "use_rslora")
"""Every value the field itself allows."""
SEARCHABLE = ("learning_rate", *CHOICES, *ENUMERATED)
YARDSTICK = ("다른 검증 행을 재게 되어 손실끼리 견줄 수 없습니다", "it changes what the validation loss is measured on")
ONLY_COST = ("시간이나 메모리만 바꾸고 손실은 낮추지 못합니다", "it changes time or memory, and cannot lower the loss")
WHY_NOT: Mapping[str, tuple[str, str]] = {
    "max_length": YARDSTICK,
    "objective": YARDSTICK,
    "method": (
        "모델 전체를 배우는 일은 메모리와 학습률이 다른 다른 학습이라 한 탐색에 섞지 않습니다. --set method=full로 정해 두고 찾으세요",
        "training the whole model takes other memory and another learning rate, so it is not mixed into one search. Fix it with --set method=full",
    ),
    "seed": ("우연만 바꿉니다. 가장 좋은 설정은 다른 씨앗으로 다시 확인합니다", "it changes luck alone; the best is repeated with other seeds"),
    **dict.fromkeys(
        ("gradient_checkpointing", "eval_every", "save_every", "log_every", "early_stop_patience", "keep_best", "report_to", "processes", "memory_limit_gb", "retry_smaller"),
        ONLY_COST,
    ),
}  # fmt: skip
UNKNOWN = ("손실끼리 견줄 수 있는지 알 수 없습니다", "it is not known whether losses stay comparable")


def space_of(fields: Sequence[str], ranges: Mapping[str, str], baseline: TrainSettings) -> list[Range]:
    """The ranges of the named fields; `ranges` {field: `low..high` or `a,b,c`} says some of them in the owner's words.

    Raises UserError for a field that does not exist or cannot be searched, and for a range without two values.
    """
    names = list(dict.fromkeys([*fields, *ranges]))
    if not names:
        raise UserError(
            f"찾을 설정이 없습니다. --fields에 하나 이상 쓰세요. 찾을 수 있는 설정: {', '.join(offered())}.",
            f"No field is to be searched. Name at least one with --fields: {', '.join(offered())}.",
        )
    for name in names:
        _refuse_unsearchable(name)
    return [_given(name, ranges[name]) if name in ranges else _window(name, baseline) for name in names]


def offered() -> list[str]:
    """The fields that can be searched, in order."""
    return [name for name in SEARCHABLE if name in TrainSettings.model_fields]


def _refuse_unsearchable(name: str) -> None:
    if name in offered():
        return
    resolve_settings(
        "search", {}, {name: "0"} if name not in TrainSettings.model_fields else {}
    )  # unknown: says what is near
    ko, en = WHY_NOT.get(name, UNKNOWN)
    raise UserError(
        f"{name}은(는) 찾을 수 없는 설정입니다: {ko}. 값은 --set {name}=…으로 정하세요. 찾을 수 있는 설정: {', '.join(offered())}.",
        f"{name} cannot be searched: {en}. Fix it with --set {name}=…. Searchable: {', '.join(offered())}.",
    )


def _window(name: str, baseline: TrainSettings) -> Range:
    """The range around the preset's value."""
    usual = baseline.model_dump()[name]
    if name == "learning_rate":
        return Range(name, "float", usual / RATE_WINDOW, min(usual * RATE_WINDOW, 0.1), log=True)
    if name == "max_steps" and not usual:
        raise UserError(
            "max_steps가 0이라 epochs를 따릅니다. epochs를 찾거나, --set max_steps=…으로 정한 뒤 찾으세요.",
            "max_steps is 0, so the run goes by epochs. Search epochs, or set max_steps first with --set max_steps=….",
        )
    values = CHOICES[name](usual) if name in CHOICES else _enumerated(name)
    fit = [value for value in values if _allowed(name, value)]
    return _chosen(name, fit if isinstance(usual, str) else sorted(fit))


def _enumerated(name: str) -> list[Any]:
    schema = TrainSettings.model_json_schema()["properties"][name]
    return list(schema.get("enum", [False, True]))


def _allowed(name: str, value: Any) -> bool:
    """Whether the field itself takes the value; contradictions with other fields are looked at later."""
    try:
        value_of(name, str(value))
    except UserError:
        return False
    return True


def value_of(name: str, text: str) -> Any:
    """A field's value from its text. Raises UserError, by field name, for one it does not take."""
    beside = {"max_steps": "1"} if name == "epochs" else {}
    settings, _ = resolve_settings("search", {}, {**beside, name: text})
    return settings.model_dump()[name]


def _given(name: str, text: str) -> Range:
    """A range in the owner's words."""
    low, dots, high = text.partition("..")
    if not dots:
        return _chosen(name, [value_of(name, part.strip()) for part in text.split(",") if part.strip()])
    ends = [value_of(name, part.strip()) for part in (low, high)]
    if any(isinstance(end, bool) or not isinstance(end, int | float) for end in ends):
        raise UserError(
            f"{name}은(는) 수가 아니라서 '{text}' 같은 범위를 쓸 수 없습니다. 값을 쉼표로 나눠 쓰세요.",
            f"{name} is no number, so a range like '{text}' cannot be. Give its values separated by commas.",
        )
    if ends[0] >= ends[1]:
        raise _empty(name, text)
    whole = isinstance(ends[0], int)
    return Range(name, "int" if whole else "float", ends[0], ends[1], log=name == "learning_rate")


def _chosen(name: str, values: Sequence[Any]) -> Range:
    unlike = tuple(dict.fromkeys(values))
    if len(unlike) < 2:
        raise _empty(name, ", ".join(str(value) for value in unlike))
    return Range(name, "choice", choices=unlike)


def _empty(name: str, text: str) -> UserError:
    return UserError(
        f"{name}의 범위 '{text}'에는 고를 값이 둘이 안 됩니다. `--range {name}=낮은값..높은값`이나 `--range {name}=a,b`로 넓히거나, "
        f"한 값이면 `--set {name}=…`으로 정하세요.",
        f"The range '{text}' of {name} does not hold two values. Widen it with `--range {name}=low..high` or "
        f"`--range {name}=a,b`, or fix one value with `--set {name}=…`.",
    )
