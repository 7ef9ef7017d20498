"""What TRL's trainers of preferences log, under one set of names. It knows nothing of trainers."""

from collections.abc import Mapping

NAMES = {
    "reward": "reward",
    "mean_reward": "reward",
    "kl": "kl",
    "completions/mean_length": "completion_length",
    "completions/clipped_ratio": "clipped",
    "frac_reward_zero_std": "alike",
    "rewards/chosen": "rewards_chosen",
    "rewards/rejected": "rewards_rejected",
    "rewards/margins": "margin",
    "margin": "margin",
    "rewards/accuracies": "accuracy",
    "accuracy": "accuracy",
}
"""TRL's name to ours. DPO and KTO: implicit rewards, in nats times beta; reward model: scores; `kl` in nats per answer
(KTO) or per token (GRPO, RLOO); lengths in tokens; the rest are shares from 0 to 1."""
EVAL = "eval_"


def reward_numbers(logged: Mapping[str, float]) -> dict[str, float]:
    """Those of the logged numbers that the run page draws; names of a validation keep their `eval_`. Empty for
    supervised training."""
    found = {}
    for name, value in logged.items():
        bare = name.removeprefix(EVAL)
        if bare in NAMES and isinstance(value, int | float):
            found[f"{EVAL if bare != name else ''}{NAMES[bare]}"] = float(value)
    return found
