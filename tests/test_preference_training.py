"""Whole runs of a tiny base on preferences: what each objective learns, tells, hands over and resumes. No card needed."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from engine.curate.row import Message
from engine.errors import UserError
from engine.models.bases import ResolvedBase, resolve_base
from engine.models.loading import load_model
from engine.train import samples
from engine.train.preferences.rows import Preference, encode_preferences, preferences_of
from engine.train.preferences.train import train
from engine.train.settings import TrainSettings
from tests.test_train_runs import QUICK, Told
from tests.tiny_models import make_tiny

ASKED = ("저녁 뭐 먹지", "어디야", "비 와?", "영화 볼래", "잘 잤어?", "주말에 뭐 해", "회의 끝났어?", "커피 마실래")


def asked(text: str) -> list[Message]:
    return [Message(role="user", content=text)]


def pairs(count: int = 8) -> list[Preference]:
    return [(asked(ASKED[n % 8]), (f"네, {ASKED[n % 8]} 좋아요", "몰라 귀찮아"), True) for n in range(count)]


def ratings(count: int = 8) -> list[Preference]:
    return [(messages, (answers[n % 2],), n % 2 == 0) for n, (messages, answers, _) in enumerate(pairs(count))]


ROWS = {"dpo": pairs, "reward": pairs, "kto": ratings, "grpo": pairs, "rloo": pairs}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> ResolvedBase:
    return resolve_base(str(make_tiny("llama", tmp_path_factory.mktemp("base") / "작은 기반")))


def settings(objective: str, **more: Any) -> TrainSettings:
    own = {"generations": 2, "answer_tokens": 6, "reward_run": "run-x"} if objective in ("grpo", "rloo") else {}
    return TrainSettings(**{**QUICK, "quantisation": "none", "objective": objective, "max_steps": 4, **own, **more})


@pytest.fixture(scope="module")
def reward(base: ResolvedBase, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The adapter of a reward model."""
    folder = tmp_path_factory.mktemp("reward")
    return train(base, pairs(), pairs(4), settings("reward"), folder, Told()).adapter


@pytest.fixture(scope="module")
def phase(base: ResolvedBase, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The adapter of a run to go on from."""
    folder = tmp_path_factory.mktemp("phase")
    return train(base, pairs(), [], settings("dpo", learning_rate=2e-2), folder, Told()).adapter


@pytest.fixture(autouse=True)
def short_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "NEW_TOKENS", 4)


def weights(adapter: Path) -> dict[str, Any]:
    from safetensors.torch import load_file

    return load_file(adapter / "adapter_model.safetensors")


def same(a: Path, b: Path) -> bool:
    import torch

    one, other = weights(a), weights(b)
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def run(base: ResolvedBase, objective: str, folder: Path, reward: Path, told: Told, resume: Path | None = None) -> Any:
    rows = ROWS[objective]()
    given = {"reward": reward} if objective in ("grpo", "rloo") else {}
    chosen = settings(objective, eval_every=2, accumulation=2, keep_best=False)  # a stop skips a validation
    return train(base, rows, rows[:3], chosen, folder, told, resume, **given)


NUMBERS = {
    "dpo": {"rewards_chosen", "rewards_rejected", "margin", "accuracy"},
    "kto": {"kl", "rewards_chosen"},
    "reward": {"reward", "margin", "accuracy"},
    "grpo": {"reward", "kl", "completion_length", "clipped"},
    "rloo": {"reward", "kl", "completion_length", "clipped"},
}


@pytest.mark.parametrize("objective", NUMBERS)
def test_a_resumed_run_ends_as_the_unbroken_one(
    base: ResolvedBase, tmp_path: Path, reward: Path, objective: str
) -> None:
    whole, broken, rest = Told(), Told(stop_at=2), Told()
    unbroken = run(base, objective, tmp_path / "a", reward, whole)
    first = run(base, objective, tmp_path / "b", reward, broken)
    assert (first.stopped, first.steps) == ("save", 2)
    resumed = run(base, objective, tmp_path / "b", reward, rest, tmp_path / "b" / "checkpoint-2")
    assert same(unbroken.adapter, resumed.adapter)
    losses = [(one.step, one.loss) for one in whole.steps if one.loss is not None]
    assert losses == [(one.step, one.loss) for told in (broken, rest) for one in told.steps if one.loss is not None]
    last = next(one for one in reversed(whole.steps) if one.loss is not None)
    judged = next(one for one in reversed(whole.steps) if one.eval_loss is not None)
    assert NUMBERS[objective] <= set(last.extra)
    assert any(name.startswith("eval_") for name in judged.extra)
    assert [path.name for path in unbroken.adapter.iterdir() if path.is_dir()] == []  # no second adapter travels along


@pytest.mark.parametrize("quantisation", ["none", "nf4"])
def test_the_reference_of_a_run_that_goes_on_is_where_it_went_on_from(
    base: ResolvedBase, tmp_path: Path, phase: Path, quantisation: str
) -> None:
    """Not the bare base: at its first step the model is its own reference, so that nothing is rewarded yet."""
    told = Told()
    more = {"quantisation": quantisation, "learning_rate": 1e-5, "max_steps": 1}
    made = train(base, pairs(), pairs(3), settings("dpo", **more), tmp_path / "two", told, start=phase).adapter
    untuned = next(one for one in told.steps if one.eval_loss is not None)
    assert untuned.step == 0 and untuned.extra["eval_margin"] == untuned.extra["eval_rewards_chosen"] == 0.0
    assert load_model(base, made, quantisation="none", device="cpu").peft_config  # a plain adapter


def test_a_reward_model_goes_on_from_an_adapter(base: ResolvedBase, tmp_path: Path, phase: Path) -> None:
    import torch

    goes_on = settings("reward", learning_rate=1e-9, max_steps=1)
    made = train(base, pairs(), [], goes_on, tmp_path / "two", Told(), start=phase).adapter
    before, after = weights(phase), weights(made)
    assert set(after) - set(before) == {"base_model.model.score.weight"}
    assert all(torch.allclose(before[name], after[name], atol=1e-6) for name in before)


def test_an_encoder_decoder_is_refused(tmp_path: Path) -> None:
    bart = resolve_base(str(make_tiny("bart", tmp_path / "base")))
    with pytest.raises(UserError, match="objective=dpo"):
        train(bart, pairs(), [], settings("dpo"), tmp_path / "x", Told())


def test_the_margin_rises(base: ResolvedBase, tmp_path: Path) -> None:
    told = Told()
    train(base, pairs(), pairs(4), settings("dpo", max_steps=8, eval_every=4), tmp_path, told)
    margins = [one.extra["eval_margin"] for one in told.steps if one.eval_loss is not None]
    assert margins[0] == 0.0 < margins[1] < margins[-1]


def test_a_pair_that_does_not_fit_is_left_out_and_both_answers_share_a_prompt(base: ResolvedBase) -> None:
    from engine.models.tokenizer import load_tokenizer

    tokenizer = load_tokenizer(base)
    long = [*[Message(role=role, content="지난 이야기 " * 8) for role in ("user", "assistant") * 4], *asked("어디야")]
    rows: list[Preference] = [(long, ("네, 가요", "몰라"), True), (asked("?"), ("네 " * 400, "몰라"), True)]
    found = encode_preferences(tokenizer, rows, 96, "dpo")
    assert (len(found.examples), found.rows.left_out, found.rows.cut) == (1, 1, 1)
    only = found.examples[0]
    assert len(only["prompt_ids"]) + max(len(only["chosen_ids"]), len(only["rejected_ids"])) <= 96
    assert only["chosen_ids"][-1] == only["rejected_ids"][-1] == tokenizer.eos_token_id


def test_rows_become_what_each_objective_reads() -> None:
    row = {"id": 1, "messages": asked("어디야"), "target": "가는 중", "meta": {"rejected": "몰라"}}
    bad = {"id": 2, "messages": asked("어디야"), "target": "몰라", "meta": {"rating": -1}}
    assert preferences_of([row], "dpo") == ([1], [(asked("어디야"), ("가는 중", "몰라"), True)])
    ids, rated = preferences_of([row, bad], "kto")
    assert ids == [1, 1, 2] and [(one[1][0], one[2]) for one in rated] == [
        ("가는 중", True),
        ("몰라", False),
        ("몰라", False),
    ]
    assert preferences_of([row, bad], "grpo")[0] == [1]  # one prompt, asked once


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"objective": "grpo"}, "reward_run"),
        ({"objective": "dpo", "reward_run": "run-1"}, "reward_run"),
        ({"objective": "sft", "beta": 0.1}, "beta"),
        ({"objective": "reward", "beta": 0.1}, "beta"),
        ({"objective": "kto", "batch_size": 1}, "batch_size"),
        ({"objective": "rloo", "reward_run": "run-1", "batch_size": 6, "generations": 4}, "generations"),
    ],
)
def test_settings_that_contradict_an_objective_are_refused_by_name(given: dict[str, Any], named: str) -> None:
    with pytest.raises(UserError) as refused:
        TrainSettings(**given)
    assert named in refused.value.ko and named in refused.value.en


def test_a_base_without_a_head_for_scores_is_refused(base: ResolvedBase, tmp_path: Path) -> None:
    from engine.train.preferences.reward import with_score

    class Config:
        model_type = "바다"

    class Model:
        config = Config()

    with pytest.raises(UserError, match="바다"):
        with_score(Model())


def test_a_checkpoint_of_another_objective_is_not_gone_on_from(
    base: ResolvedBase, tmp_path: Path, reward: Path
) -> None:
    """The adapter of a reward model is no checkpoint of a run."""
    shutil.copytree(reward, tmp_path / "checkpoint-2")
    with pytest.raises(UserError):
        run(base, "dpo", tmp_path / "x", reward, Told(), tmp_path / "checkpoint-2")
