"""Begin a compression: everything that can be refused is refused here, before the queue. Pages and commands call the same."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from sqlite_utils import Database

from engine.compress.forms import refuse_step
from engine.compress.gate import check_points, gate_metric
from engine.compress.making import shape_folder
from engine.compress.plan import FORMS, TRAINS, WHOLE, Step, parse_steps
from engine.compress.prune import refuse_prune
from engine.errors import UserError
from engine.evaluate.plan import plan_evaluation
from engine.jobs.judge import LIMIT
from engine.jobs.launch import require_trainable, settings_for, with_own_presets, with_special_tokens
from engine.jobs.queue import ensure_supervisor
from engine.models.family import read_config
from engine.models.shapes import shape_of
from engine.recipes.recipe import Recipe, load_recipe
from engine.retrieve.settings import RetrievalSettings
from engine.serve.choose import Model, choose_model
from engine.serve.decoding import Decoding
from engine.store.compressions import add_compression, update_compression
from engine.store.datasets import get_dataset
from engine.store.jobs import enqueue
from engine.store.open import open_store, require_space, writing

POINTS = 3.0
"""Of 100 that the gate's metric may fall, where nobody says otherwise."""
OnFail = Literal["rollback", "stop"]


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be made of a run. `dataset_id`: what is healed with and judged on, None for the run's own; `limit`: held-out items at
    most, 0 for all; `sets`: training settings of healing, distilling and LoRA."""

    plan: str
    dataset_id: str | None = None
    points: float = POINTS
    metric: str | None = None
    on_fail: OnFail = "rollback"
    limit: int = LIMIT
    seed: int = 0
    rounds: int = 3
    sets: Mapping[str, str] = field(default_factory=dict)


def launch_compression(store: Path, run_id: str, wish: Wish) -> tuple[str, str]:
    """Record a compression of a run and queue its job; returns (compression id, job id).

    Raises UserError for a plan that cannot be, a run that is none or left nothing, a dataset of another recipe or without held-out
    rows, a metric or points that nothing can be held to, a technique that this architecture does not bear, and a full disk.
    """
    steps: Sequence[Step] = parse_steps(wish.plan)
    check_points(wish.points)
    with open_store(store) as db:
        model = _model(db, run_id)
        assert model.run is not None
        recipe = with_own_presets(store, load_recipe(model.run["recipe"]))
        dataset = _dataset(db, recipe, model.run, wish.dataset_id)
        metric = gate_metric(recipe.suite, wish.metric)
        refuse_shape(shape_folder(db, store, model.run), steps)
        training = _training(db, recipe, model, dataset["id"], steps, wish.sets)
        steps = [_taught(store, db, recipe, model, dataset, step) for step in steps]
        require_space(store, needed_bytes(model, steps))
        plan_evaluation(
            db, recipe=recipe.name, suite=recipe.suite, models=[model.name], dataset_id=dataset["id"], limit=wish.limit,
            seed=wish.seed, allow_overlap=False,
        )  # fmt: skip
        settings = {
            "plan": ",".join(step.words for step in steps if not step.added),
            "gate": {"metric": metric.name, "points": wish.points, "on_fail": wish.on_fail},
            "training": training,
            "evaluate": _asked(recipe, wish),
            "rounds": wish.rounds,
        }
        with writing(db):
            compression_id = add_compression(
                db, run_id=model.run["id"], recipe=recipe.name, dataset_id=dataset["id"], settings=settings,
                steps=[asdict(step) for step in steps],
            )  # fmt: skip
            job_id = enqueue(db, "compress", {"compression": compression_id})
            update_compression(db, compression_id, job_id=job_id)
    ensure_supervisor(store)
    return compression_id, job_id


def _model(db: Database, given: str) -> Model:
    """The run's model. Raises UserError for a base or a server's model: what comes of it could not be told from where it came."""
    model = choose_model(db, given)
    if model.run is None or model.others or model.engine != "transformers" or model.way:
        raise UserError(
            f"'{given}'은(는) 학습 하나가 아니어서 줄일 수 없습니다. `models list`에 있는 학습의 id나 latest를 쓰세요.",
            f"'{given}' is not one run, so it cannot be made lighter. Give the id of a run in `models list`, or latest.",
        )
    return model


def _dataset(db: Database, recipe: Recipe, run: Mapping[str, Any], given: str | None) -> dict[str, Any]:
    """What is healed with and judged on. Raises UserError where there is none, or it is another recipe's."""
    named = given or run["dataset_id"]
    if named is None:
        raise UserError(
            f"학습 {run['id']}은(는) 데이터셋 없이 들여온 것이라 무엇으로 견줄지 알 수 없습니다. --dataset에 '{recipe.name}' 데이터셋을 주세요.",
            f"Run {run['id']} was brought in without a dataset, so there is nothing to judge it on. Give --dataset one of '{recipe.name}'.",
        )
    dataset = get_dataset(db, named, recipe.name)
    if dataset["recipe"] != recipe.name:
        raise UserError(
            f"데이터셋 {dataset['id']}은(는) '{dataset['recipe']}' 레시피의 것이라 '{recipe.name}' 학습을 견줄 수 없습니다. 다른 데이터셋을 주세요.",
            f"Dataset {dataset['id']} belongs to recipe '{dataset['recipe']}' and cannot judge a run of '{recipe.name}'. Give another.",
        )
    return dataset


def _training(
    db: Database, recipe: Recipe, model: Model, dataset_id: str, steps: Sequence[Step], sets: Mapping[str, str]
) -> dict[str, Any]:
    """Settings of the steps that learn, as the recipe would train this base; refused as a run would be where any step learns."""
    settings, origins = settings_for(recipe, model.base, None, sets)
    if any(step.technique in TRAINS for step in steps):
        require_trainable(db, recipe, dataset_id, model.base, settings)
    settings, _ = with_special_tokens(db, recipe, dataset_id, settings, origins)
    return settings.model_dump(mode="json")


def refuse_shape(folder: Path | None, steps: Sequence[Step]) -> None:
    """Raises UserError for a prune that the architecture does not bear, and a form that no engine here can make of it.

    Several prunes are asked for together: each takes its share of what the one before it left. folder: of the model's config.json, None
    where it is not here yet.
    """
    if folder is None:
        return
    left = 1.0
    for step in steps:
        if step.technique == "prune" and step.share is not None:
            left *= 1 - step.share
            refuse_prune(read_config(folder), round(1 - left, 4), step.how or "layers")
        if step.technique in FORMS:
            refuse_step(step, folder)


def _taught(store: Path, db: Database, recipe: Recipe, model: Model, dataset: Mapping[str, Any], step: Step) -> Step:
    """The step with how it is taught; without a teacher it is the original, whose tokens are the student's own."""
    if step.technique != "distil":
        return step
    if step.teacher is None:
        return replace(step, how=step.how or "logits")
    from engine.jobs.distilling import step_taught_by

    return replace(step, how=step_taught_by(store, db, recipe, step.teacher, model.base, dataset, step.how))


def _asked(recipe: Recipe, wish: Wish) -> dict[str, Any]:
    """How every model is asked: arguments of an evaluation. Greedy, so that the same weights say the same and chance stays out of the gate."""
    asked = {
        "decoding": Decoding(**{**recipe.decoding, "temperature": 0.0}).model_dump(mode="json"),
        "limit": wish.limit,
        "seed": wish.seed,
    }
    return asked | ({"retrieval": RetrievalSettings().model_dump(mode="json")} if recipe.retrieves else {})


def needed_bytes(model: Model, steps: Sequence[Step]) -> int:
    """Free bytes that a plan asks for: each whole model in 32 bits in the folder it is made in, the store and the unpacked copy; each
    form of 8 bits for three engines in its folder and the store. 0 where the base's shape is not known."""
    shape = shape_of(model.base)
    if shape is None:
        return 0
    whole = sum(step.technique in WHOLE for step in steps)
    forms = sum(step.technique in FORMS for step in steps)
    return shape.parameters * (4 * 3 * (whole + 1) + 1 * 2 * 3 * forms)
