"""What learning from preferences does on the embedded starter: polite answers preferred over rude ones, invented, fixed seeds.

    python bench/preference.py [--steps 40] [--out FILE]

Trains DPO on invented pairs, a reward model on the same, and GRPO with that reward model, and prints what each gained on
held-out prompts. Minutes on two cores; nothing is fetched and nothing is kept.
"""

import argparse
import itertools
import json
import random
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.curate.row import Message
from engine.models.bases import resolve_base
from engine.train.events import StepMetrics
from engine.train.preferences.rows import Preference
from engine.train.preferences.train import train
from engine.train.settings import TrainSettings

ASKED = ("저녁", "점심", "커피", "영화", "산책", "회의", "숙제", "청소", "여행", "운동", "빨래", "공부")
FORMS = ("{} 어때?", "{} 했어?", "{} 같이 할까?", "오늘 {} 가능해?", "{} 얘기 좀 해 줘", "{} 언제 해?")
POLITE = ("네, {} 좋아요.", "네, {} 같이 해요.", "그럼요, {} 준비할게요.", "좋아요, {} 기대돼요.")
RUDE = ("{} 싫어.", "몰라, {} 귀찮아.", "{} 얘기 그만해.", "됐어, {} 안 해.")


def pairs(seed: int = 0) -> tuple[list[Preference], list[Preference]]:
    """(to learn from, held out): no word that is asked about lies in both."""
    draw = random.Random(seed)
    made: dict[str, list[Preference]] = {}
    for word, form in itertools.product(ASKED, FORMS):
        said = [Message(role="user", content=form.format(word))]
        answers = (draw.choice(POLITE).format(word), draw.choice(RUDE).format(word))
        made.setdefault(word, []).append((said, answers, True))
    return [one for word in ASKED[:9] for one in made[word]], [one for word in ASKED[9:] for one in made[word]]


class Told:
    """Listens to a run and keeps its numbers."""

    def __init__(self) -> None:
        self.steps: list[StepMetrics] = []
        self.answers: dict[int, dict[int, str]] = {}

    def planned(self, total_steps: int) -> None:
        """Nothing to do."""

    def step(self, metrics: StepMetrics) -> None:
        self.steps.append(metrics)

    def said(self, step: int, answers: Mapping[int, str]) -> None:
        self.answers[step] = dict(answers)

    def checkpoint(self, folder: Path, step: int, best: bool) -> None:
        """Nothing to do."""

    def stop_asked(self) -> None:
        """Never."""

    def log(self, text: str) -> None:
        """Nothing to do."""

    def validations(self, name: str) -> list[tuple[int, float]]:
        """(step, number) at every validation, the untuned base first."""
        return [(one.step, round(one.extra[f"eval_{name}"], 4)) for one in self.steps if f"eval_{name}" in one.extra]


def measure(steps: int, folder: Path, seed: int = 0) -> dict[str, Any]:
    """What the three objectives gained on held-out prompts."""
    base, (learned, held_out) = resolve_base("starter"), pairs(seed)
    shared: dict[str, Any] = {
        "quantisation": "none", "batch_size": 8, "max_length": 128, "warmup_ratio": 0.05, "seed": seed, "log_every": 1,
    }  # fmt: skip

    def run(name: str, reward: Path | None = None, **own: Any) -> tuple[Told, Any]:
        told = Told()
        settings = TrainSettings(**{**shared, "objective": name, **own})
        return told, train(base, learned, held_out, settings, folder / name, told, reward=reward)

    dpo, _ = run("dpo", max_steps=steps // 2, eval_every=steps // 4, learning_rate=1e-4)
    judge, made = run("reward", max_steps=steps // 2, eval_every=steps // 4, learning_rate=1e-3)
    more = {"reward_run": "bench", "generations": 4, "answer_tokens": 24, "batch_size": 16, "learning_rate": 2e-4}
    grpo, _ = run("grpo", made.adapter, max_steps=steps, eval_every=steps // 2, **more)
    return {
        "dpo": {name: dpo.validations(name) for name in ("margin", "accuracy", "rewards_chosen")},
        "reward": {name: judge.validations(name) for name in ("accuracy", "margin")},
        "grpo": {name: grpo.validations(name) for name in ("reward", "kl", "completion_length")},
        "said": {step: grpo.answers[step] for step in sorted(grpo.answers)},
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(given.steps, Path(folder))
    text = json.dumps(found, ensure_ascii=False, indent=2)
    print(text)
    if given.out:
        given.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
