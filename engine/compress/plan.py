"""A plan in words (`prune:0.25,distil,int8`) becomes steps in an order that makes sense. It looks at no model and no store."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from engine.errors import UserError

WHOLE = ("prune", "heal", "distil", "lora")
"""Techniques that leave a whole model, which becomes a run."""
FORMS = ("int8", "int4")
"""Techniques that leave another form of the last run's weights, for an engine."""
TRAINS = ("heal", "distil", "lora")
"""Techniques that learn: after a prune one of them must come, and what it gave is judged then."""
PRUNES = ("layers", "width", "magnitude", "wanda")
DISTILS = ("logits", "sequences")
ENGINES = {"int8": ("openvino", "ctranslate2", "gguf", "bitsandbytes"), "int4": ("openvino", "gguf")}
"""What may follow int8: or int4:. Which of them are on this machine, and know an architecture, they say themselves."""
MOST_SHARE = 0.9
"""Beyond that nothing of a model is left to heal; what an architecture bears is less, and its pruner says so."""
GRAMMAR = "prune:0.25[:layers|width|magnitude|wanda], heal, distil[:TEACHER][:logits|sequences], lora, int8[:ENGINE], int4[:ENGINE]"


@dataclass(frozen=True, slots=True)
class Step:
    """One technique. `share`: of the weights that a prune takes, 0-1. `how`: what follows the last colon. `added`: not asked for."""

    technique: str
    share: float | None = None
    how: str | None = None
    teacher: str | None = None
    added: bool = False

    @property
    def words(self) -> str:
        """As it is written in a plan."""
        share = f"{self.share:g}" if self.share is not None else None
        return ":".join(part for part in (self.technique, share, self.teacher, self.how) if part)


def parse_steps(text: str) -> tuple[Step, ...]:
    """The steps of a plan, a `heal` added behind every prune that nothing heals.

    Raises UserError for an unknown technique, a share that cannot be, a word it does not know, and an order that makes no sense.
    """
    words = [word.strip() for word in text.split(",")]
    if not all(words):
        raise UserError(
            f"'{text}'에 빈 단계가 있습니다. 쉼표 사이를 채우거나 쉼표를 빼세요. 쓸 수 있는 것: {GRAMMAR}.",
            f"'{text}' holds an empty step. Fill in what stands between the commas, or drop one. Known: {GRAMMAR}.",
        )
    steps = [_step(word) for word in words]
    _refuse_order(steps)
    return with_healing(steps)


def with_healing(steps: Sequence[Step]) -> tuple[Step, ...]:
    """The steps with a `heal` behind every prune that no learning follows."""
    found: list[Step] = []
    for step, after in pairwise((*steps, None)):
        assert step is not None
        found.append(step)
        if step.technique == "prune" and (after is None or after.technique not in TRAINS):
            found.append(Step("heal", added=True))
    return tuple(found)


def stages(steps: Sequence[Step]) -> list[list[int]]:
    """Places of the steps that are judged together: a prune with what heals it, every other step by itself."""
    found: list[list[int]] = []
    for place in range(len(steps)):
        if place and steps[place - 1].technique == "prune":
            found[-1].append(place)
        else:
            found.append([place])
    return found


def _step(word: str) -> Step:
    technique, _, rest = word.partition(":")
    if technique == "prune":
        return _prune(word, rest)
    if technique == "distil":
        return _distil(rest)
    if technique in FORMS:
        return Step(technique, how=_one_of(word, rest, ENGINES[technique]))
    if technique in ("heal", "lora"):
        return Step(technique, how=_one_of(word, rest, ()))
    raise UserError(
        f"'{word}'(이)라는 방법은 모릅니다. 쓸 수 있는 것: {GRAMMAR}.",
        f"There is no technique '{word}'. Known: {GRAMMAR}.",
    )


def _prune(word: str, rest: str) -> Step:
    share, _, how = rest.partition(":")
    if not re.fullmatch(r"\d*\.?\d+", share) or not 0 < float(share) < 1 or not math.isfinite(float(share)):
        raise UserError(
            f"'{word}'에는 줄일 몫이 있어야 합니다. 0과 1 사이로, 예: prune:0.25 (4분의 1).",
            f"'{word}' needs the share to take away, between 0 and 1, as in prune:0.25 (a quarter).",
        )
    if float(share) > MOST_SHARE:
        raise UserError(
            f"'{word}'은(는) 모델을 {1 - float(share):.0%}만 남깁니다. 그만큼 줄이면 되살릴 것이 없습니다. 0.2-0.3부터 해 보고 {MOST_SHARE:g}를 넘기지 마세요.",
            f"'{word}' leaves {1 - float(share):.0%} of the model: nothing that could be healed. Begin with 0.2-0.3, and stay below {MOST_SHARE:g}.",
        )
    return Step("prune", float(share), _one_of(word, how, PRUNES))


def _distil(rest: str) -> Step:
    teacher, _, last = rest.rpartition(":")
    if last in DISTILS:
        return Step("distil", how=last, teacher=teacher or None)
    return Step("distil", teacher=rest or None)


def _one_of(word: str, given: str, known: Sequence[str]) -> str | None:
    """The word after the last colon, None where there is none. Raises UserError for one that is not known."""
    if not given:
        return None
    if given not in known:
        able = ", ".join(known) or "-"
        raise UserError(
            f"'{word}'의 '{given}'을(를) 모릅니다. 그 자리에 쓸 수 있는 것: {able}.",
            f"'{given}' in '{word}' is not known. What may stand there: {able}.",
        )
    return given


def _refuse_order(steps: Sequence[Step]) -> None:
    """A form comes last, for nothing can be pruned or taught in it; healing needs something pruned; nothing is made twice."""
    for before, after in pairwise(steps):
        if before.technique in FORMS and after.technique in WHOLE:
            raise UserError(
                f"{before.words} 다음에 {after.words}은(는) 할 수 없습니다. 정수로 바꾼 가중치는 더 줄이거나 가르칠 수 없습니다. "
                f"{after.words}을(를) 앞에 두세요.",
                f"{after.words} cannot come after {before.words}: weights in integers can be neither pruned nor taught. "
                f"Put {after.words} before it.",
            )
    for place, step in enumerate(steps):
        if step.technique == "heal" and (place == 0 or steps[place - 1].technique != "prune"):
            raise UserError(
                "heal은 prune 바로 다음에만 씁니다. 줄인 것이 없으면 되살릴 것도 없습니다. 그냥 더 가르치려면 lora를 쓰세요.",
                "heal comes right after prune: where nothing was pruned there is nothing to heal. To teach some more, use lora.",
            )
    forms = [step.words for step in steps if step.technique in FORMS]
    if twice := next((word for word in forms if forms.count(word) > 1), None):
        raise UserError(f"{twice}이(가) 두 번 있습니다. 하나를 빼세요.", f"{twice} stands there twice. Leave one out.")
