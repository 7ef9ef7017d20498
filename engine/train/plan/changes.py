"""What to change so that a run fits, each change with what it costs; and the order in which to give things up. It runs nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.models.shapes import Shape
from engine.train.arguments import checkpointing
from engine.train.plan.footprint import CUDA_BASE_GB, memory_parts
from engine.train.plan.machine import Machine, Verdict, verdict
from engine.train.settings import TrainSettings

SHORTEST = 128
"""No plan cuts rows below so many tokens."""
SMALLER = 0.9
"""After an out-of-memory the next plan is one that is estimated to take at most this share of what failed."""
SMALL_RANK = 8
FEW_LAYERS = "q_proj,v_proj"
IDLE = (
    ("max_length",), ("lora_targets",), ("lora_rank", "lora_alpha"), ("lora_dropout",), ("optimizer",), ("quantisation",),
    ("gradient_checkpointing",),
)  # fmt: skip
"""What is taken back first when it does not alter a verdict."""
RECOMPUTED = 1.33
"""Time with checkpointing: the forward pass is made twice, 6N operations a token instead of 4N with frozen weights."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that could be changed. `time_factor`: of the run's time; below 1 it gets faster."""

    set: dict[str, Any]
    saves_gb: float
    peak_gb: float
    fits: Verdict
    time_factor: float
    cost_ko: str
    cost_en: str


@dataclass(frozen=True, slots=True)
class Ground:
    """What a plan is made on: a base's shape, the tokens of its longest row, and the machine."""

    shape: Shape
    longest: int
    machine: Machine
    factor: float = 1.0
    """What this machine's measurements make of an estimate."""

    def needed(self, settings: TrainSettings) -> float:
        """GB of a run with these settings."""
        longest = min(self.longest, settings.max_length)
        return self.factor * sum(memory_parts(self.shape, settings, longest, self.machine).values())

    def peak(self, settings: TrainSettings) -> float:
        """GB as a run reports its peak: on a card without the driver's own share."""
        return self.needed(settings) - self._aside()

    def uncorrected(self, settings: TrainSettings) -> float:
        """The peak by the formula alone: what measurements are compared with."""
        return self.needed(settings) / self.factor - self._aside()

    def _aside(self) -> float:
        return CUDA_BASE_GB if self.machine.kind == "cuda" else 0.0


def ranked_changes(ground: Ground, settings: TrainSettings) -> list[Change]:
    """Every single change that saves memory: those that fit first, and among them those that cost least."""
    now = ground.needed(settings)
    found = []
    for changed, time_factor, cost_ko, cost_en in _offers(ground, settings):
        after = ground.needed(settings.model_copy(update=changed))
        if after < now:
            fits = verdict(after, ground.machine)
            found.append(Change(changed, now - after, after, fits, time_factor, cost_ko, cost_en))
    places = {id(change): place for place, change in enumerate(found)}
    return sorted(found, key=lambda change: (("yes", "tight", "no").index(change.fits), places[id(change)]))


Offer = tuple[dict[str, Any], float, str, str]


def _offers(ground: Ground, settings: TrainSettings) -> Iterator[Offer]:
    """(settings, time factor, cost in Korean, in English), from what costs nothing but time to what costs most."""
    yield from _free_offers(ground, settings)
    yield from _costly_offers(ground, settings)


def _free_offers(ground: Ground, settings: TrainSettings) -> Iterator[Offer]:
    """Changes after which the same is learned."""
    batch = settings.batch_size
    for part in (2, batch):
        if batch >= part > 1 and (part == 2 or batch > 2):
            smaller = {"batch_size": batch // part, "accumulation": settings.accumulation * part}
            yield (
                smaller,
                1.05 if part == 2 else 1.15,
                "배우는 것은 같습니다: 모아서 한 스텝을 갑니다.",
                "The same is learned: a step gathers more batches.",
            )
    if not checkpointing(settings, _device(ground)):
        ko, en = "결과는 같고, 중간값을 다시 계산합니다.", "The same result; values are computed again."
        yield {"gradient_checkpointing": "on"}, RECOMPUTED, ko, en
    if ground.machine.kind == "cuda" and settings.optimizer not in ("auto", "paged_adamw_8bit"):
        ko, en = (
            "최적화 기억을 8비트로 줄입니다. 차이는 거의 없습니다.",
            "The optimiser remembers in 8 bits: hardly a difference.",
        )
        yield {"optimizer": "paged_adamw_8bit"}, 1.02, ko, en


def _costly_offers(ground: Ground, settings: TrainSettings) -> Iterator[Offer]:
    """Changes after which something else, or less, is learned."""
    if settings.lora_dropout:
        ko, en = "과적합을 막는 힘이 조금 줄어듭니다.", "A little less protection against overfitting."
        yield {"lora_dropout": 0.0}, 0.95, ko, en
    if settings.quantisation != "nf4" and settings.method == "lora":
        ko, en = "가중치가 4비트로 거칠어집니다. 조금 느립니다.", "Weights get coarser, 4 bits; a little slower."
        yield {"quantisation": "nf4"}, 1.1, ko, en
    if settings.lora_rank > SMALL_RANK:
        ko, en = "어댑터가 담을 수 있는 것이 줄어듭니다.", "The adapter can hold less."
        yield _smaller_rank(settings), 0.97, ko, en
    if _could_adapt_fewer(settings, ground):
        ko, en = "LoRA를 붙인 층이 줄어 덜 배웁니다.", "Fewer layers are adapted: less is learned."
        yield {"lora_targets": FEW_LAYERS}, 0.85, ko, en
    shorter = min(settings.max_length, ground.longest) // 32 * 16
    while shorter >= SHORTEST:
        ko = f"{shorter}토큰보다 긴 행은 앞의 말을 잃습니다."
        yield {"max_length": shorter}, 1.0, ko, f"Rows over {shorter} tokens lose their beginnings."
        shorter = shorter // 32 * 16


def _device(ground: Ground) -> str:
    return "cpu" if ground.machine.kind == "cpu" else "cuda:0"


def smallest_plan(ground: Ground, settings: TrainSettings) -> tuple[dict[str, Any], float]:
    """The fewest changes after which the run fits well, or as near as they get: (settings to change, GB with them).
    Rows are cut only where the run would not fit at all otherwise."""
    plan: dict[str, Any] = {}
    while (fits := verdict(ground.needed(settings.model_copy(update=plan)), ground.machine)) != "yes":
        change = _next_change(settings.model_copy(update=plan), ground)
        if change is None or (fits == "tight" and "max_length" in change):
            break
        plan |= change
    return _without_idle(plan, ground, settings)


def _without_idle(plan: dict[str, Any], ground: Ground, settings: TrainSettings) -> tuple[dict[str, Any], float]:
    """The plan without changes that do not alter a verdict other than no; those that cost most were made last and go first."""

    def needed(changes: dict[str, Any]) -> float:
        return ground.needed(settings.model_copy(update=changes))

    for idle in IDLE:
        fewer = {name: value for name, value in plan.items() if name not in idle}
        if verdict(needed(fewer), ground.machine) == verdict(needed(plan), ground.machine) != "no":
            plan = fewer
    return plan, needed(plan)


def next_plan(ground: Ground, settings: TrainSettings) -> dict[str, Any] | None:
    """What to change after these settings ran out of memory, None when there is nothing left to give up."""
    failed, plan = ground.needed(settings), dict[str, Any]()
    while change := _next_change(settings.model_copy(update=plan), ground):
        plan |= change
        if ground.needed(settings.model_copy(update=plan)) <= SMALLER * failed:
            break
    return plan or None


def _next_change(settings: TrainSettings, ground: Ground) -> dict[str, Any] | None:
    """What to give up next: nothing but time first, then exactness, then the beginnings of long rows."""
    if settings.batch_size > 1:
        half = settings.batch_size // 2
        return {"batch_size": half, "accumulation": settings.accumulation * settings.batch_size // half}
    if not checkpointing(settings, _device(ground)):
        return {"gradient_checkpointing": "on"}
    if settings.quantisation != "nf4" and settings.method == "lora":
        return {"quantisation": "nf4"}
    if ground.machine.kind == "cuda" and settings.optimizer not in ("auto", "paged_adamw_8bit"):
        return {"optimizer": "paged_adamw_8bit"}
    if settings.lora_dropout:
        return {"lora_dropout": 0.0}
    if settings.lora_rank > SMALL_RANK:
        return _smaller_rank(settings)
    if _could_adapt_fewer(settings, ground):
        return {"lora_targets": FEW_LAYERS}
    shorter = min(settings.max_length, ground.longest) // 32 * 16
    return {"max_length": shorter} if shorter >= SHORTEST else None


def _smaller_rank(settings: TrainSettings) -> dict[str, Any]:
    """A small rank of the same strength: alpha over rank stays."""
    return {"lora_rank": SMALL_RANK, "lora_alpha": max(1, settings.lora_alpha * SMALL_RANK // settings.lora_rank)}


def _could_adapt_fewer(settings: TrainSettings, ground: Ground) -> bool:
    return settings.lora_targets != FEW_LAYERS and "v_proj" in ground.shape.matrices()
