"""A reward model: the base with an adapter and a head of one number, which says how good an answer is.

It knows nothing of the training that uses it. The head stands beside the adapter's weights in its file.
"""

from pathlib import Path
from typing import Any

from engine.errors import UserError
from engine.train.completion_trainer import RunRecorder
from engine.train.preferences.trainers import preference_trainer
from engine.train.session import Session

HEAD = "score"
"""What transformers calls the head in every architecture's classifier."""
QUANTISED = ("is_loaded_in_4bit", "is_loaded_in_8bit", "is_quantized", "quantization_method", "hf_quantizer")


def reward_trainer(run: Session, recorder: RunRecorder, samples: Any, pad: int, shared: Any, given: Any) -> Any:
    """TRL's reward trainer over a base loaded as a language model."""
    import torch
    from trl.trainer.reward_config import RewardConfig
    from trl.trainer.reward_trainer import DataCollatorForPreference, RewardTrainer

    torch.manual_seed(run.settings.seed)
    model = with_score(given["model"])
    given["peft_config"].task_type = "SEQ_CLS"
    given["peft_config"].modules_to_save = [HEAD]
    parts = {name for name, _ in model.named_modules()}
    rows = given["peft_config"].trainable_token_indices or {}  # of words kept whole; this model writes none
    given["peft_config"].trainable_token_indices = {name: ids for name, ids in rows.items() if name in parts} or None
    args = RewardConfig(max_length=None, **shared)
    collator = DataCollatorForPreference(pad)
    make = preference_trainer(RewardTrainer, recorder, samples)
    trainer = make(args=args, data_collator=collator, **{**given, "model": model})
    if run.start:
        _take_over(trainer.model, run.start)
    model.config.get_text_config().pad_token_id = pad  # the head reads the last token that is not padding
    return trainer


def _take_over(model: Any, adapter: Path) -> None:
    """Begin with the adapter of an earlier run instead of a fresh one; the head stays new."""
    from peft import get_peft_model_state_dict, set_peft_model_state_dict
    from safetensors.torch import load_file

    begun = load_file(adapter / "adapter_model.safetensors")
    set_peft_model_state_dict(model, {**get_peft_model_state_dict(model), **begun})


def with_score(model: Any) -> Any:
    """The classifier of the model's own architecture around its body: nothing is loaded twice.

    Raises UserError for an architecture without one.
    """
    import torch
    from transformers import AutoModelForSequenceClassification

    config = model.config
    config.num_labels = 1
    if type(config) not in AutoModelForSequenceClassification._model_mapping:
        raise UserError(
            f"이 모델 구조({config.model_type})에는 점수를 매기는 머리를 얹을 수 없습니다. 보상 모델로는 다른 기반 모델을 고르세요.",
            f"This architecture ({config.model_type}) has no head for scores. Choose another base for the reward model.",
        )
    kind: Any = AutoModelForSequenceClassification._model_mapping[type(config)]
    with torch.device("meta"):
        scored = kind(config)
    setattr(scored, kind.base_model_prefix, model.base_model)
    weight = model.get_input_embeddings().weight
    head = torch.nn.Linear(scored.score.in_features, 1, bias=False, device=weight.device, dtype=weight.dtype)
    head.weight.data.normal_(0.0, config.initializer_range)
    scored.score = head
    for name in QUANTISED:
        if name in vars(model):
            setattr(scored, name, vars(model)[name])
    return scored.train()
