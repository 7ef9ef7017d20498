"""GRPO and RLOO: the model answers, a reward model scores, and better answers become likelier.

Shao et al. 2024 (DeepSeekMath) and Ahmadian et al. 2024, by TRL's trainers. Policy, reference and reward model are adapters
of one base in memory, switched between; the reward model must therefore be of the same base.
"""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.models.loading import adapter_config
from engine.models.tokenizer import end_ids
from engine.train.completion_trainer import RunRecorder
from engine.train.preferences.reward import HEAD
from engine.train.preferences.trainers import preference_trainer
from engine.train.samples import never_said
from engine.train.session import Session

REWARD = "reward"
"""Name of the reward model's adapter beside the policy's."""


def on_policy_trainer(
    run: Session,
    recorder: RunRecorder,
    samples: Any,
    pad: int,
    shared: Any,
    given: Any,
    reward: Path,
) -> Any:
    """The trainer of `settings.objective`, with the reward model of folder `reward` on the same base."""
    from trl.trainer.grpo_config import GRPOConfig
    from trl.trainer.grpo_trainer import GRPOTrainer
    from trl.trainer.rloo_config import RLOOConfig
    from trl.trainer.rloo_trainer import RLOOTrainer

    settings, model, tokenizer = run.settings, given["model"], given["processing_class"]
    ends = end_ids(tokenizer)
    model.generation_config.eos_token_id = ends
    config, kind = (GRPOConfig, GRPOTrainer) if settings.objective == "grpo" else (RLOOConfig, RLOOTrainer)
    args = config(
        beta=settings.usual_beta(),
        num_generations=settings.generations,
        num_generations_eval=1,
        max_completion_length=settings.answer_tokens,
        generation_kwargs={"suppress_tokens": never_said(model, tokenizer, ends) or None},
        disable_dropout=True,  # the answer's likelihood is compared with itself a moment ago
        **shared,
    )
    scorer = Scorer(pad)
    trainer = _on_policy(preference_trainer(kind, recorder, samples))(args=args, reward_funcs=[scorer.score], **given)
    scorer.attach(trainer.model, reward)
    return trainer


def _on_policy(kind: Any) -> Any:
    """The class with prompts that arrive as tokens, an order of them that a resume meets again, and a validation that throws
    the same dice every time and leaves those of the training alone."""

    class OnPolicy(kind):  # type: ignore[misc]
        def _tokenize_prompts(self, prompts: list[Any]) -> tuple[list[Any], None, dict[str, Any]]:
            return prompts, None, {}

        def _get_train_sampler(self, train_dataset: Any = None) -> Any:
            per_step = self.args.generation_batch_size // self.num_generations
            return PromptOrder(
                len(self.train_dataset), per_step, self.num_generations, self.args.steps_per_generation, self.args.seed
            )

        def validated(self) -> dict[str, float]:
            import torch

            device = self.accelerator.device
            with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
                torch.manual_seed(self.args.seed)
                found = super().validated()
            # answers are to be scored high; the loss of a step says nothing about that
            return {**found, "eval_loss": -found["eval_reward"]}

    return OnPolicy


class PromptOrder:
    """Prompts by (seed, epoch) alone, each as often as it is answered; the last step of an epoch is filled up from its
    first. (TRL's own order draws on from epoch to epoch, which a resumed run does not meet again, and leaves prompts out.)

    Each step's prompts come once per batch it is made of: answers are made at the first and shared out.
    """

    def __init__(self, prompts: int, per_step: int, generations: int, batches: int, seed: int) -> None:
        self._prompts = prompts
        self._per_step = per_step
        self._generations = generations
        self._batches = batches
        self._seed = seed
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        self._epoch = epoch

    def __len__(self) -> int:
        return -(-self._prompts // self._per_step) * self._per_step * self._generations * self._batches

    def __iter__(self) -> Iterator[int]:
        order = list(range(self._prompts))
        random.Random(f"{self._seed} {self._epoch}").shuffle(order)
        for first in range(0, self._prompts, self._per_step):
            chosen = [order[place % self._prompts] for place in range(first, first + self._per_step)]
            for _ in range(self._batches):
                yield from (prompt for prompt in chosen for _ in range(self._generations))


class Scorer:
    """The reward model beside the policy: its adapter and head."""

    def __init__(self, pad: int) -> None:
        self._pad = pad
        self._model: Any = None
        self._head: Any = None

    def attach(self, model: Any, folder: Path) -> None:
        """Put the reward model's adapter beside the policy's, frozen; the policy's stays in use."""
        from peft import set_peft_model_state_dict
        from safetensors.torch import load_file

        weights = load_file(folder / "adapter_model.safetensors")
        head = next(name for name in weights if name.endswith(f"{HEAD}.weight"))
        where = model.get_input_embeddings().weight.device
        self._model, self._head = model, weights.pop(head).to(where).float()
        config = adapter_config(folder)
        config.modules_to_save, config.lora_dropout = None, 0.0
        model.add_adapter(REWARD, config)
        set_peft_model_state_dict(model, weights, adapter_name=REWARD)
        for name, parameter in model.named_parameters():
            if f".{REWARD}." in name:
                parameter.requires_grad_(False)

    def score(self, prompts: list[list[int]], completion_ids: list[list[int]], **_: Any) -> list[float]:
        """One number per answer: the head's, at the last token that is not padding."""
        import torch
        from trl.trainer.utils import use_adapter

        rows = [[*prompt, *answer] for prompt, answer in zip(prompts, completion_ids, strict=True)]
        width, where = max(map(len, rows)), self._head.device
        ids = torch.tensor([row + [self._pad] * (width - len(row)) for row in rows], device=where)
        mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows], device=where)
        last = ((ids != self._pad).int() * torch.arange(width, device=where)).argmax(-1)
        body = self._model.get_base_model().base_model
        with torch.no_grad(), use_adapter(self._model, REWARD):
            hidden = body(input_ids=ids, attention_mask=mask, use_cache=False).last_hidden_state
        ends = hidden[torch.arange(len(rows), device=where), last].float()
        return [float(value) for value in (ends @ self._head.T).squeeze(-1)]
