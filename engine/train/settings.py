"""What one training run may be told, each field said once: form, command line and documents read it from here.

Contradictions between fields are refused here; what a machine cannot do is refused where the run starts.
"""

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from engine.errors import UserError
from engine.models.special_tokens import check_tokens

Objective = Literal["sft", "dpo", "kto", "reward", "grpo", "rloo"]
USUAL_BETA = {"dpo": 0.1, "kto": 0.1, "grpo": 0.04, "rloo": 0.05}
"""TRL's defaults; for grpo, where TRL's is 0 and nothing holds the model back, that of its paper (arXiv 2402.03300, 4.2)."""
ON_POLICY: tuple[Objective, ...] = ("grpo", "rloo")
"""Objectives that learn from answers the model makes itself, scored by a reward model."""
RATE_OF_SFT: Mapping[Objective, float] = {"dpo": 0.05, "kto": 0.05, "reward": 0.5, "grpo": 0.05, "rloo": 0.05}
"""Learning rate of an objective as a share of supervised training's. With LoRA TRL's guides give 1e-5 for DPO, KTO and GRPO
(ten times their 1e-6 for full training) and 1e-4 for a reward model, beside 2e-4 for supervised training. A preference run at
the supervised rate keeps its accuracy and loses its language: its margins alone do not show it."""
NO_RUN = "none"
HEAD_MODULES = frozenset({"lm_head", "embed_out"})
TRACKERS = ("tensorboard", "wandb", "mlflow")


class TrainSettings(BaseModel):
    """Training settings. Each docstring is `Korean / English` help for form and command line."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    objective: Objective = "sft"
    """무엇을 배울지. sft는 본보기 답, 나머지는 선호(실험 중)를 배웁니다. / What is learned: example answers (sft), or preferences (experimental)."""
    beta: float = Field(0.0, ge=0.0, le=10.0)
    """시작 모델에서 멀어지지 않게 잡는 힘(dpo·kto·grpo·rloo). 0이면 목표마다 보통 값. / Pull towards the starting model; 0: the objective's usual value."""
    reward_run: str = Field(NO_RUN, min_length=1)
    """grpo·rloo에서 답에 점수를 매길 보상 모델 학습의 id. / Run of the reward model that scores answers, for grpo and rloo."""
    generations: int = Field(4, ge=2, le=64)
    """grpo·rloo에서 한 질문에 지어 볼 답의 수. / Answers made per prompt, for grpo and rloo."""
    answer_tokens: int = Field(64, ge=4, le=4096)
    """grpo·rloo에서 지어 볼 답의 가장 긴 길이(토큰). / Longest answer made, in tokens, for grpo and rloo."""
    method: Literal["lora", "full"] = "lora"
    """lora는 작은 어댑터만, full은 모델의 가중치를 모두 배웁니다. / lora trains a small adapter, full all weights of the model."""
    quantisation: Literal["nf4", "int8", "none"] = "nf4"
    """기반 모델을 올릴 때의 비트 수. nf4가 메모리를 가장 적게 씁니다. / How the base is loaded; nf4 needs the least memory."""
    precision: Literal["auto", "bf16", "fp16", "fp32"] = "auto"
    """계산 정밀도. auto는 장치에 맞춥니다(CPU는 fp32). / Precision of the computation; auto follows the device (CPU: fp32)."""
    lora_rank: int = Field(16, ge=1, le=512)
    """LoRA 행렬의 크기. 클수록 많이 배우고 메모리를 더 씁니다. / Size of the LoRA matrices; larger learns more, costs more."""
    lora_alpha: int = Field(32, ge=1, le=1024)
    """LoRA가 더해지는 세기. 보통 rank의 두 배입니다. / Strength LoRA is added with; usually twice the rank."""
    lora_dropout: float = Field(0.05, ge=0.0, lt=1.0)
    """학습 때 무작위로 쉬게 하는 비율. 과적합을 줄입니다. / Share dropped at random in training, against overfitting."""
    lora_targets: str = Field("auto", min_length=1)
    """LoRA를 붙일 층. auto(구조별), all-linear, 또는 쉼표로 나눈 이름. / Layers to adapt: auto, all-linear, or names by comma."""
    special_tokens: str = Field("auto", min_length=1)
    """쪼개지 않고 한 토큰으로 둘 말. auto(레시피가 정함), off, 또는 쉼표로 나눈 말. / Kept as one token each: auto (the recipe's), off, or words by comma."""
    use_rslora: bool = False
    """LoRA의 세기를 rank의 제곱근으로 나눕니다. 큰 rank에서 좋습니다. / Scale LoRA by the root of its rank; for large ranks."""
    use_dora: bool = False
    """가중치의 크기도 따로 배웁니다(DoRA). 느리지만 작은 rank에서 좋습니다. / Learn magnitudes too; slower, for small ranks."""
    learning_rate: float = Field(2e-4, gt=0.0, le=0.1)
    """한 번에 배우는 크기. 너무 크면 발산합니다. / Step size; too large and training diverges."""
    scheduler: Literal["cosine", "linear", "constant"] = "cosine"
    """학습률을 줄여 가는 모양. / How the learning rate falls over the run."""
    warmup_ratio: float = Field(0.03, ge=0.0, lt=1.0)
    """처음 이만큼의 스텝 동안 학습률을 천천히 올립니다. / Share of steps over which the learning rate rises."""
    epochs: float = Field(3.0, ge=0.0, le=1000.0)
    """데이터를 몇 번 볼지. max_steps가 0일 때 씁니다. / Passes over the data; used when max_steps is 0."""
    max_steps: int = Field(0, ge=0)
    """스텝 수. 0이면 epochs를 따릅니다. / Number of steps; 0 goes by epochs."""
    batch_size: int = Field(8, ge=1, le=1024)
    """한 번에 올리는 행 수. 메모리가 모자라면 줄이세요. / Rows at once; lower it when memory runs out."""
    accumulation: int = Field(1, ge=1, le=1024)
    """이만큼 모아서 한 스텝을 갑니다. 메모리 없이 배치를 키웁니다. / Batches per step: a larger batch without more memory."""
    processes: int = Field(1, ge=1, le=1024)
    """함께 배우는 프로세스(카드) 수. 배치 = batch_size × accumulation × processes. / Processes (cards) that train together."""
    max_length: int = Field(512, ge=16, le=131072)
    """행의 가장 긴 길이(토큰). 넘으면 오래된 말부터 뺍니다. / Longest row in tokens; beyond it the oldest turns go first."""
    gradient_checkpointing: Literal["auto", "on", "off"] = "auto"
    """중간값을 버리고 다시 계산해 메모리를 아낍니다. auto는 GPU에서만. / Recompute to save memory; auto: on a GPU only."""
    packing: bool = False
    """짧은 행을 max_length까지 이어 붙여 빈칸을 없앱니다. / Join short rows up to max_length, so that none is padded."""
    optimizer: Literal["auto", "adamw_torch", "paged_adamw_8bit", "paged_adamw_32bit"] = "auto"
    """최적화 방법. auto는 GPU면 paged_adamw_8bit, CPU면 adamw_torch. / Optimiser; auto: paged 8-bit on a GPU, else adamw_torch."""
    weight_decay: float = Field(0.0, ge=0.0, le=1.0)
    """가중치를 0 쪽으로 당기는 힘. / Pull of the weights towards zero."""
    max_grad_norm: float = Field(1.0, gt=0.0, le=100.0)
    """한 스텝의 기울기를 이 크기로 자릅니다. / Gradients longer than this are cut."""
    eval_every: int = Field(0, ge=0)
    """몇 스텝마다 검증 손실을 잴지. 0이면 에포크마다. / Steps between validations; 0: once an epoch."""
    save_every: int = Field(0, ge=0)
    """몇 스텝마다 체크포인트를 남길지. 0이면 eval_every와 같습니다. / Steps between checkpoints; 0: as eval_every."""
    early_stop_patience: int = Field(0, ge=0, le=1000)
    """검증이 이만큼 잇달아 나아지지 않으면 멈춥니다. 0이면 끕니다. / Stop after so many validations without gain; 0: off."""
    keep_best: bool = True
    """검증 손실이 가장 낮던 어댑터를 결과로 남깁니다. / Hand over the adapter with the lowest validation loss."""
    log_every: int = Field(5, ge=1)
    """몇 스텝마다 손실을 적을지. / Steps between records of the loss."""
    seed: int = Field(0, ge=0, lt=2**32)
    """같은 씨앗은 같은 순서와 같은 시작 값을 줍니다. / The same seed gives the same order and starting values."""
    memory_limit_gb: float = Field(0.0, ge=0.0, le=4096.0)
    """학습이 쓸 메모리의 한도(GB). 0이면 비어 있는 만큼. / Most memory a run may take, in GB; 0: what is free."""
    retry_smaller: bool = True
    """메모리가 모자라면 더 작은 설정으로 스스로 다시 합니다. / Try again with smaller settings when memory runs out."""
    report_to: str = Field("none", examples=["none", *TRACKERS])
    """none, 또는 tensorboard, wandb, mlflow 가운데 설치된 것. / none, or an installed tracker: tensorboard, wandb, mlflow."""

    @model_validator(mode="after")
    def _refuse_contradictions(self) -> Self:
        if not self.epochs and not self.max_steps:
            raise UserError(
                "epochs와 max_steps가 둘 다 0이라 배울 스텝이 없습니다. 둘 중 하나를 0보다 크게 하세요.",
                "epochs and max_steps are both 0, so there is no step to train. Set one of them above 0.",
            )
        if self.early_stop_patience and not self.keep_best:
            raise UserError(
                f"early_stop_patience={self.early_stop_patience}인데 keep_best=false이면 나빠진 뒤의 어댑터가 남습니다. "
                "keep_best를 켜거나 early_stop_patience를 0으로 하세요.",
                f"early_stop_patience={self.early_stop_patience} with keep_best=false would hand over an adapter that had "
                "already got worse. Switch keep_best on, or set early_stop_patience to 0.",
            )
        self._refuse_method()
        check_tokens(self.kept_tokens())
        if not self.target_names():
            raise UserError(
                f"lora_targets='{self.lora_targets}'에 층 이름이 없습니다. auto, all-linear 또는 층 이름을 쉼표로 나누어 쓰세요.",
                f"lora_targets='{self.lora_targets}' names no layer. Write auto, all-linear, or names of layers by comma.",
            )
        if head := HEAD_MODULES.intersection(self.target_names()):
            raise UserError(
                f"lora_targets의 {', '.join(sorted(head))}은(는) 출력층이라 LoRA를 붙일 수 없습니다. 그 이름을 빼세요.",
                f"lora_targets names the output layer ({', '.join(sorted(head))}), which LoRA cannot adapt here. Leave it out.",
            )
        if unknown := [name for name in self.trackers() if name not in TRACKERS]:
            raise UserError(
                f"report_to에 모르는 이름 '{unknown[0]}'이(가) 있습니다. none 또는 {', '.join(TRACKERS)} 중에서 고르세요.",
                f"report_to names '{unknown[0]}', which is not known. Choose none, or of {', '.join(TRACKERS)}.",
            )
        self._refuse_mixed_objectives()
        if self.processes > 1 and self.objective != "sft":
            raise UserError(
                f"processes={self.processes}은(는) objective=sft에서만 됩니다(지금 objective={self.objective}). processes를 1로 하세요.",
                f"processes={self.processes} works with objective=sft only (now objective={self.objective}). Set processes to 1.",
            )
        return self

    def _refuse_method(self) -> None:
        """Full fine-tuning beside what asks for an adapter."""
        if self.method != "full":
            return
        if self.objective != "sft":
            raise UserError(
                f"objective={self.objective}은(는) 시작 모델과 견주며 어댑터를 배우므로 method=full로는 할 수 없습니다. method=lora로 하세요.",
                f"objective={self.objective} trains an adapter beside the model it starts from, so method=full is not possible. "
                "Set method=lora.",
            )
        if self.processes > 1:
            raise UserError(
                f"processes={self.processes}은(는) 어댑터만 나눠 배웁니다. method=full이면 processes를 1로 하세요.",
                f"processes={self.processes} shares the work of an adapter alone. With method=full, set processes to 1.",
            )
        if self.quantisation != "none":
            raise UserError(
                f"method=full은 가중치를 모두 배우므로 quantisation={self.quantisation}(으)로 줄인 모델에서는 할 수 없습니다. "
                "quantisation=none으로 하거나 method=lora를 쓰세요.",
                f"method=full trains every weight, which cannot be done on a base held in quantisation={self.quantisation}. "
                "Set quantisation=none, or method=lora.",
            )
        if lora := [name for name in ("use_dora", "use_rslora") if getattr(self, name)]:
            raise UserError(
                f"{lora[0]}은(는) LoRA의 설정인데 method=full에는 LoRA가 없습니다. {lora[0]}=false로 하거나 method=lora를 쓰세요.",
                f"{lora[0]} is about LoRA, and method=full has none. Set {lora[0]}=false, or method=lora.",
            )

    def _refuse_mixed_objectives(self) -> None:
        """Fields of one objective beside another: nothing is passed over in silence."""
        objective, own = self.objective, self.reward_run != NO_RUN
        if objective in ON_POLICY and not own:
            raise UserError(
                f"objective={objective}인데 reward_run이 비어 있어 답에 점수를 매길 수 없습니다. 먼저 objective=reward로 보상 모델을 "
                "학습하고 그 학습의 id를 reward_run에 쓰세요.",
                f"objective={objective} without reward_run: nothing scores the answers. Train a reward model with "
                "objective=reward first, and name its run in reward_run.",
            )
        if objective not in ON_POLICY and own:
            raise UserError(
                f"reward_run={self.reward_run}은(는) objective=grpo와 rloo에서만 씁니다(지금 {objective}). 하나를 바꾸세요.",
                f"reward_run={self.reward_run} is only used by objective=grpo and rloo, not {objective}. Change one of them.",
            )
        if self.beta and objective not in USUAL_BETA:
            raise UserError(
                f"beta={self.beta:g}은(는) objective={objective}에서 쓰지 않습니다. beta를 0으로 두거나 objective를 바꾸세요.",
                f"beta={self.beta:g} has no use with objective={objective}. Leave beta at 0, or change objective.",
            )
        if self.packing and objective != "sft":
            raise UserError(
                f"packing은 objective=sft에서만 됩니다(지금 {objective}): 답을 서로 견주려면 행이 따로 있어야 합니다. packing을 끄세요.",
                f"packing works with objective=sft alone, not {objective}: answers that are compared must stay rows of "
                "their own. Switch packing off.",
            )
        if objective == "kto" and self.batch_size < 2:
            raise UserError(
                "objective=kto는 한 묶음의 다른 답과 견주어 KL을 재므로 batch_size=1로는 배울 수 없습니다. batch_size를 2 이상으로 하세요.",
                "objective=kto measures its KL against other answers of the batch, which batch_size=1 does not have. Set "
                "batch_size to 2 or more.",
            )
        answers = self.batch_size * self.accumulation
        if objective in ON_POLICY and answers % self.generations:
            raise UserError(
                f"batch_size×accumulation={answers}이(가) generations={self.generations}로 나누어떨어지지 않습니다. 한 스텝에는 "
                f"질문마다 답 {self.generations}개가 다 들어가야 합니다. batch_size를 {self.generations}의 배수로 하세요.",
                f"batch_size × accumulation = {answers} is not a multiple of generations={self.generations}: a step holds all "
                f"answers to its prompts. Set batch_size to a multiple of {self.generations}.",
            )

    def usual_beta(self) -> float:
        """`beta`, or the objective's usual one."""
        return self.beta or USUAL_BETA[self.objective]

    def target_names(self) -> list[str]:
        """`lora_targets` as a list of names."""
        return [name.strip() for name in self.lora_targets.split(",") if name.strip()]

    def kept_tokens(self) -> tuple[str, ...]:
        """`special_tokens` as names; none while a recipe was not asked yet."""
        names = [name.strip() for name in self.special_tokens.split(",")]
        return () if names in (["auto"], ["off"]) else tuple(dict.fromkeys(name for name in names if name))

    def trackers(self) -> list[str]:
        """`report_to` as a list of names, empty for none."""
        names = [name.strip() for name in self.report_to.split(",")]
        return [] if names == ["none"] else names


FIXED = ("method", "lora_rank", "lora_alpha", "lora_targets", "use_rslora", "use_dora", "special_tokens")
"""What a run that goes on from another cannot change: it is the shape of what that one learned."""


def resolve_settings(
    preset_name: str,
    preset: Mapping[str, Any],
    sets: Mapping[str, str],
    before: tuple[str, Mapping[str, Any]] | None = None,
) -> tuple[TrainSettings, dict[str, str]]:
    """Defaults, then the preset, then the run this one goes on from, then `--set`. Returns the settings and the origin of every
    value: `default`, `preset:NAME`, `run:ID`, `--set`, `method` where full fine-tuning asks for it, or `objective:NAME` for a
    learning rate that follows a chosen objective.

    before: (id, values) of that run. Raises UserError for unknown fields, values out of range, and contradictions, always by
    field name.
    """
    for name in [*preset, *sets]:
        if name not in TrainSettings.model_fields:
            raise _unknown_field(name)
    origins = dict.fromkeys(TrainSettings.model_fields, "default")
    run_id, earlier = before or ("", {})
    suited = suited_preset(preset, sets.get("objective", "sft"))
    values = {**suited, **earlier, **sets}
    origins |= dict.fromkeys(preset, f"preset:{preset_name}") | dict.fromkeys(earlier, f"run:{run_id}")
    origins |= dict.fromkeys(sets, "--set")
    if suited != preset and "learning_rate" not in sets:
        origins["learning_rate"] = f"objective:{sets['objective']}"
    if values.get("method") == "full" and origins["quantisation"] != "--set":
        values, origins = {**values, "quantisation": "none"}, {**origins, "quantisation": "method"}
    try:
        settings = TrainSettings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        raise _bad_value(str(first["loc"][0]), first["input"]) from error
    for name in FIXED:
        if name in sets and name in earlier and getattr(settings, name) != earlier[name]:
            raise _fixed(name, sets[name], earlier[name], run_id)
    return settings, origins


def _fixed(name: str, asked: str, earlier: Any, run_id: str) -> UserError:
    return UserError(
        f"학습 {run_id}에서 이어 배우므로 {name}은(는) 그때의 {earlier}이어야 하는데 {asked}(으)로 정했습니다. --set {name}을 빼거나 "
        "이어 배우지 말고 새로 학습하세요.",
        f"This run goes on from {run_id}, whose {name} is {earlier}, but {asked} was set. Leave --set {name} out, or train anew "
        "without going on.",
    )


def suited_preset(preset: Mapping[str, Any], objective: str) -> dict[str, Any]:
    """A preset with the learning rate of an objective chosen beside it; one that names its own objective is as it is."""
    share = next(
        (share for name, share in RATE_OF_SFT.items() if name == objective and "objective" not in preset), None
    )
    if share is None:
        return dict(preset)
    rate = preset.get("learning_rate", TrainSettings.model_fields["learning_rate"].default)
    return {**preset, "learning_rate": float(f"{rate * share:.2g}")}


def _unknown_field(name: str) -> UserError:
    from rapidfuzz import process

    near = ", ".join(match[0] for match in process.extract(name, list(TrainSettings.model_fields), limit=3))
    return UserError(
        f"'{name}'이라는 학습 설정은 없습니다. 비슷한 이름: {near}. 이름을 고쳐 다시 실행하세요.",
        f"There is no training setting '{name}'. Near: {near}. Correct the name and run again.",
    )


def _bad_value(name: str, value: Any) -> UserError:
    ko, en = _allowed(name)
    return UserError(
        f"학습 설정 {name}에 '{value}'을(를) 쓸 수 없습니다. 쓸 수 있는 값: {ko}.",
        f"The training setting {name} cannot be '{value}'. Allowed: {en}.",
    )


def _allowed(name: str) -> tuple[str, str]:
    """What a field takes, as (Korean, English), read from its JSON schema."""
    schema = TrainSettings.model_json_schema()["properties"][name]
    if "enum" in schema:
        choices = ", ".join(schema["enum"])
        return choices, choices
    if schema["type"] == "boolean":
        return "true, false", "true, false"
    if schema["type"] == "string":
        return "빈칸이 아닌 글자", "text that is not empty"
    limits = [
        f"{sign} {schema[key]:g}"
        for key, sign in (("minimum", ">="), ("exclusiveMinimum", ">"), ("maximum", "<="), ("exclusiveMaximum", "<"))
        if key in schema
    ]
    ko, en = ("정수", "a whole number") if schema["type"] == "integer" else ("수", "a number")
    return " ".join([ko, *limits]), " ".join([en, *limits])


def field_help(language: str) -> list[tuple[str, str, str]]:
    """(name, default, help) of every field in order; `language` is ko or en."""
    place = 1 if language == "en" else 0
    return [
        (name, str(field.default), (field.description or "").split(" / ")[place].strip())
        for name, field in TrainSettings.model_fields.items()
    ]
