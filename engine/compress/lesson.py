"""A teacher's distribution over each trained token, learned beside the token itself. It knows nothing of runs, stores or servers.

The loss is (1 - share)·cross-entropy + share·T²·D(teacher, student), both softened by a temperature T (Hinton, Vinyals and Dean
2015); D is the generalised Jensen-Shannon divergence of Agarwal et al. (2024, GKD): beta 0 is KL(teacher ‖ student), 1 is
KL(student ‖ teacher). TRL 1.16's own trainers (GKD, distillation) take rows of chats and make them into tokens themselves; only
its kernel fits rows that are encoded and labelled already. It scores hidden states against both heads in tiles, so that no logits
of tokens x vocabulary exist: for 2,048 tokens of a 128k vocabulary these would be 1 GB for each model.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from engine.models.batches import IGNORED
from engine.train.completion_trainer import Taught

SCALES = ("logit_scale", "output_multiplier", "lm_head_multiplier")
"""What architectures multiply their logits by (Cohere; Falcon-H1)."""


@dataclass(frozen=True)
class Lesson:
    """Who teaches, and how much it counts. `teacher`: a loaded model, in evaluation mode and without gradients."""

    teacher: Any
    share: float = 0.7
    temperature: float = 2.0
    beta: float = 0.0
    heard: list[float] = field(default_factory=list)
    """The mean divergence of every batch so far, in nats per trained token, at the lesson's temperature."""


def teach(lesson: Lesson) -> Taught:
    """What makes a trainer's class listen to the teacher while it trains; validations measure the rows alone, as without one."""

    def taught(kind: type) -> type:
        class TaughtTrainer(kind):  # type: ignore[misc]
            def compute_loss(
                self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
            ) -> Any:
                told = {"return_outputs": return_outputs, "num_items_in_batch": num_items_in_batch}
                if not model.training:
                    return super().compute_loss(model, inputs, **told)
                asked, labels = dict(inputs), inputs["labels"]  # the trainer takes them out of its own
                del asked["labels"]
                with states_of(self.model) as mine:
                    own = super().compute_loss(model, inputs, **told)
                losses = divergences(lesson, self.model, mine[0], asked, labels)
                lesson.heard.append(float(losses.detach().mean()) if len(losses) else 0.0)
                tokens = len(losses) if num_items_in_batch is None else num_items_in_batch
                softened = lesson.temperature**2 * losses.sum() / max(1, int(tokens))
                return (1 - lesson.share) * own + lesson.share * softened

        return TaughtTrainer

    return taught


@contextmanager
def states_of(model: Any) -> Iterator[list[Any]]:
    """What the model's head is given in a forward pass while this is held: one tensor (rows, tokens, width) for each pass.

    A decoder's backbone is listened to, for TRL's fused head is never called; an encoder-decoder's head itself.
    """
    bare, seen = _bare(model), list[Any]()
    if bare.config.is_encoder_decoder:
        handle = bare.get_output_embeddings().register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    else:
        handle = bare.base_model.register_forward_hook(lambda _, given, out: seen.append(out.last_hidden_state))
    try:
        yield seen
    finally:
        handle.remove()


def divergences(lesson: Lesson, student: Any, mine: Any, asked: Mapping[str, Any], labels: Any) -> Any:
    """The divergence at every trained token, in nats at the lesson's temperature: a tensor (trained tokens,) with a gradient to
    the student alone. mine: the student's states for the same inputs."""
    import torch

    with torch.no_grad(), states_of(lesson.teacher) as theirs:
        bare = _bare(lesson.teacher)
        (bare if bare.config.is_encoder_decoder else bare.base_model)(**{**asked, "use_cache": False})
    if not bare.config.is_encoder_decoder:  # a decoder says the next token
        labels, mine, theirs = labels[:, 1:], mine[:, :-1], [theirs[0][:, :-1]]
    trained = labels != IGNORED
    return token_divergences(
        mine[trained], _head(student), theirs[0][trained], _head(lesson.teacher), lesson.beta, lesson.temperature
    )


@dataclass(frozen=True)
class Head:
    """From hidden states to logits: softcap·tanh((states·weightᵀ + bias)·scale / softcap)."""

    weight: Any
    bias: Any
    scale: float = 1.0
    softcap: float | None = None

    def rows(self, count: int) -> "Head":
        """The first tokens of the vocabulary alone."""
        bias = None if self.bias is None else self.bias[:count]
        return Head(self.weight[:count], bias, self.scale, self.softcap)


def token_divergences(mine: Any, head: Head, theirs: Any, their_head: Head, beta: float, temperature: float) -> Any:
    """(tokens, width) of student and teacher to (tokens,) divergences. Rows that one vocabulary was padded with are left out."""
    from trl.kernels.chunked_divergence import ChunkedDivergenceFunction

    count = min(len(head.weight), len(their_head.weight))
    own, other = head.rows(count), their_head.rows(count)
    score: Any = ChunkedDivergenceFunction.apply
    losses, _ = score(
        mine, own.weight, own.bias, theirs, other.weight, other.bias, beta, temperature, own.scale, own.softcap,
        other.scale, other.softcap,
    )  # fmt: skip
    return losses


def _head(model: Any) -> Head:
    bare = _bare(model)
    layer, config = bare.get_output_embeddings(), bare.config.get_text_config().to_dict()
    beside = dict(bare.named_buffers()).get("final_logits_bias")  # BART's and mBART's is no part of the layer
    bias = layer.bias if beside is None else beside[0]
    return Head(layer.weight, bias, _scale(config), config.get("final_logit_softcapping"))


def _scale(config: Mapping[str, Any]) -> float:
    """Granite divides by its `logits_scaling`, HyperCLOVA X multiplies by it."""
    named = next((config[name] for name in SCALES if config.get(name) is not None), None)
    if named is None and (divisor := config.get("logits_scaling")):
        return float(divisor) if config["model_type"] == "hyperclovax" else 1 / float(divisor)
    return 1.0 if named is None else float(named)


def _bare(model: Any) -> Any:
    """The model under an adapter, whose layers are in place."""
    from peft import PeftModel

    return model.get_base_model() if isinstance(model, PeftModel) else model
