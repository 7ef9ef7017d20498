"""Begin a distillation: everything that can be refused is refused here, before the queue. Pages and commands call the same."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from engine.compress.distil import refuse_distil, to_ask
from engine.compress.prune import refuse_prune
from engine.compress.same_tokens import token_print
from engine.curate.row import Message
from engine.errors import UserError
from engine.jobs.launch import (
    facts_of,
    refuse_here,
    require_trainable,
    run_bytes,
    settings_for,
    with_own_presets,
    with_special_tokens,
)
from engine.jobs.queue import ensure_supervisor
from engine.models.bases import ResolvedBase, base_hash, folder_of, resolve_base
from engine.models.family import read_config
from engine.models.shapes import shape_of
from engine.privacy.decisions import leftovers_of
from engine.recipes.recipe import Recipe
from engine.serve.address import is_here
from engine.serve.choose import Model, choose_model, open_server
from engine.serve.decoding import Decoding
from engine.serve.leaving import SURE
from engine.store.datasets import read_split
from engine.store.jobs import enqueue
from engine.store.lineage import link
from engine.store.open import open_store, require_space, writing
from engine.store.runs import add_run, update_run
from engine.store.sources import get_source
from engine.store.taught import add_prompts
from engine.train.phases import unpacked
from engine.train.settings import TrainSettings

HALF = 0.5
STAYS = ("aihub",)
"""Kinds of sources whose terms of use keep the material on this machine."""
PROMPT_BYTES = 50_000_000
"""Of a file of prompts at most."""
HELLO = [Message(role="user", content="안녕하세요?")]
"""What a server is asked before anything is queued."""
GREETING_SECONDS = 30.0
"""For its answer."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wished for. `student`: a base's name; `keep`: instead of it, the share of the teacher's parameters that a student cut
    from it has; with neither, half the teacher, or of a server's teacher the starter. `how`: None for logits where the two can do
    them. `own`: values of `DistilSettings`; `sets`: settings of training."""

    teacher: str
    student: str | None = None
    keep: float | None = None
    dataset_id: str = "latest"
    how: str | None = None
    prompts: Path | None = None
    own: Mapping[str, Any] = field(default_factory=dict)
    sets: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Begun:
    """A distillation in the queue, and what its owner should know, in Korean and English."""

    run_id: str
    job_id: str
    warnings: tuple[tuple[str, str], ...] = ()


def launch_distil(store: Path, recipe: Recipe, wish: Wish) -> Begun:
    """Record the student's run and queue its job.

    Raises UserError for a teacher that cannot teach this student, a server that does not answer or may not be sent the rows, a
    share that cannot be kept, prompts that cannot be read, and what `launch_run` refuses.
    """
    recipe = with_own_presets(store, recipe)
    with open_store(store) as db:
        model = choose_model(db, wish.teacher, recipe.name)
        _refuse_teacher(model)
        base, keep = _student_of(model, wish)
        settings, origins = settings_for(recipe, base, None, {**wish.sets, "method": "full"})
        refuse_here(settings)
        dataset = require_trainable(db, recipe, wish.dataset_id, base, settings)
        how = _how(db, store, model, base, keep, wish.how)
        if how == "logits":
            settings, origins = _same_words(model, settings, origins)
        else:
            settings, origins = with_special_tokens(db, recipe, dataset["id"], settings, origins)
        prompts = read_prompt_file(wish.prompts, recipe, dataset["options"]) if wish.prompts else []
        _refuse_unmasked(db, dataset, prompts)
        _refuse_leaving(db, model, dataset, prompts)
        require_space(store, run_bytes(settings, base))
        _greet(store, model)
        with writing(db):
            run_id = add_run(
                db,
                recipe=recipe.name,
                dataset_id=dataset["id"],
                base=facts_of(base, base_hash(base)),
                preset=None,
                settings=settings.model_dump(mode="json"),
                origins=origins,
                begins=(model.run["id"], model.run["adapter_id"]) if keep and model.run else None,
            )
            if model.run and not keep:
                link(db, "run", model.run["id"], "run", run_id)
            args = {"run": run_id, "teacher": model.name, "how": how, "keep": keep, "dataset": dataset["id"],
                    "prompts": add_prompts(db, recipe.name, prompts), "settings": dict(wish.own)}  # fmt: skip
            job_id = enqueue(db, "distil", args)
            update_run(db, run_id, job_id=job_id)
    ensure_supervisor(store)
    return Begun(run_id, job_id, _warnings(model, base, keep))


def step_taught_by(
    store: Path,
    db: Database,
    recipe: Recipe,
    given: str,
    base: ResolvedBase,
    dataset: Mapping[str, Any],
    how: str | None,
) -> str:
    """How a model on `base` would be taught by the teacher `given`, where another job teaches it. Raises what `launch_distil` raises of
    a teacher: one that cannot teach it, does not answer, or may not be sent the rows."""
    model = choose_model(db, given, recipe.name)
    _refuse_teacher(model)
    found = _how(db, store, model, base, None, how)
    _refuse_leaving(db, model, dataset, [])
    _greet(store, model)
    return found


def _refuse_teacher(model: Model) -> None:
    if model.others or model.way:
        raise UserError(
            f"스승은 모델 하나여야 하는데 '{model.name}'은(는) 여럿이거나 답하는 방식이 붙어 있습니다. 학습 id나 모델 이름만 쓰세요.",
            f"A teacher is one model, and '{model.name}' is several, or has a way of answering. Give the id of a run or a model's name alone.",
        )


def _student_of(model: Model, wish: Wish) -> tuple[ResolvedBase, float | None]:
    """(the base the run is recorded with, the share kept of the teacher where the student is cut from it)."""
    has_weights = _has_weights(model)
    if wish.student and wish.keep is not None:
        raise UserError(
            "--student와 --keep을 함께 쓸 수 없습니다. 학생을 정하거나, 스승에서 잘라 낼 몫을 정하세요.",
            "--student and --keep cannot go together. Name the student, or the share to cut from the teacher.",
        )
    if wish.student or not (has_weights or wish.keep is not None):
        return resolve_base(wish.student or "starter"), None
    if not has_weights:
        raise UserError(
            f"스승 {model.name}의 가중치가 여기에 없어 학생을 잘라 낼 수 없습니다. --keep 대신 --student를 쓰세요.",
            f"The weights of teacher {model.name} are not here, so no student can be cut from it. Use --student instead of --keep.",
        )
    keep = HALF if wish.keep is None else wish.keep
    if not 0 < keep < 1:
        raise UserError(
            f"--keep {keep:g}은(는) 0과 1 사이가 아닙니다. 반으로 줄이려면 0.5로 하세요.",
            f"--keep {keep:g} is not between 0 and 1. For half the size, use 0.5.",
        )
    if (folder := folder_of(model.base)) is not None and model.whole_id is None:
        refuse_prune(read_config(folder), 1 - keep, "layers")
    return model.base, keep


def _has_weights(model: Model) -> bool:
    """Whether the teacher is transformers' and on this machine: what can be cut, and shows its distribution."""
    return model.endpoint is None and model.engine == "transformers"


def _how(db: Database, store: Path, model: Model, base: ResolvedBase, keep: float | None, asked: str | None) -> str:
    """What the two can do, or what was asked for. Raises UserError where they cannot."""
    if not _has_weights(model):
        refuse_distil({}, None, False, asked or "sequences")
        return "sequences"
    if keep is not None:
        return asked or "logits"
    teacher = unpacked(db, store, model.whole_id) if model.whole_id else folder_of(model.base)
    student = folder_of(base)
    if teacher is None or student is None:  # not fetched yet: the job itself can tell
        return asked or "logits"
    same = token_print(teacher) == token_print(student)
    configs = read_config(student), read_config(teacher)
    fit = same and configs[0].get("is_encoder_decoder") == configs[1].get("is_encoder_decoder")
    refuse_distil(*configs, same, asked or ("logits" if fit else "sequences"))
    return asked or ("logits" if fit else "sequences")


def _same_words(model: Model, settings: TrainSettings, origins: dict[str, str]) -> tuple[TrainSettings, dict[str, str]]:
    """Words kept whole are the teacher's: other tokens would have no distribution."""
    words = str(model.run["settings"].get("special_tokens", "off")) if model.run else "off"
    return settings.model_copy(update={"special_tokens": words}), {**origins, "special_tokens": f"run:{model.name}"}


def _warnings(model: Model, base: ResolvedBase, keep: float | None) -> tuple[tuple[str, str], ...]:
    teacher, student = shape_of(model.base) if _has_weights(model) else None, shape_of(base)
    if keep or teacher is None or student is None or teacher.parameters >= student.parameters:
        return ()
    sizes = f"{teacher.parameters / 1e6:,.1f}M", f"{student.parameters / 1e6:,.1f}M"
    return (
        (
            f"스승({sizes[0]})이 학생({sizes[1]})보다 작습니다. 가벼워지는 것은 없습니다.",
            f"The teacher ({sizes[0]} parameters) is smaller than the student ({sizes[1]}): nothing gets lighter.",
        ),
    )


def _greet(store: Path, model: Model) -> None:
    """Raises UserError for a server that is not there, does not know the model, or does not take the key."""
    if model.endpoint:
        backend = open_server(store, model.endpoint, GREETING_SECONDS)
        try:
            backend.generate([HELLO], Decoding.model_validate({"temperature": 0.0, "max_new_tokens": 8}))
        finally:
            backend.close()


def _refuse_leaving(
    db: Database, model: Model, dataset: Mapping[str, Any], prompts: Sequence[Sequence[Message]]
) -> None:
    """Raises UserError where rows would go to a server elsewhere that may not, or that hold what is surely personal."""
    if model.endpoint is None or is_here(model.endpoint.address):
        return
    rows = list(read_split(db, dataset["id"], "train"))
    asked = [rows[place] for place in to_ask(rows)]
    kinds = {source["id"]: source["kind"] for source in (get_source(db, id_) for id_ in dataset["sources"])}
    if bound := sum(kinds.get(row["source_id"]) in STAYS for row in asked):
        raise UserError(
            f"물을 행 {bound:,}개는 이용 조건 때문에 이 컴퓨터를 떠날 수 없는 자료(AI Hub)에서 왔습니다. 이 컴퓨터의 모델을 스승으로 쓰거나 다른 자료로 데이터셋을 만드세요.",
            f"{bound:,} rows to be asked come from material that may not leave this machine by its terms of use (AI Hub). Take a teacher on "
            "this machine, or build a dataset from other material.",
        )
    if told := _personal(db, dataset, [*(row["messages"] for row in asked), *prompts], SURE):
        raise UserError(
            f"스승에게 보낼 글에 개인정보로 보이는 것이 있어({told}) 아무것도 보내지 않았습니다. 가린 자료로 데이터셋을 다시 만들거나 이 컴퓨터의 모델을 스승으로 쓰세요.",
            f"What would be sent to the teacher seems to hold personal data ({told}), so nothing was sent. Build the dataset from masked "
            "material, or take a teacher on this machine.",
        )


def _refuse_unmasked(db: Database, dataset: Mapping[str, Any], prompts: Sequence[Sequence[Message]]) -> None:
    """Raises UserError where the owner's prompts would bring something personal into a dataset of masked material."""
    if dataset["masked"] and (told := _personal(db, dataset, prompts, 0.0)):
        raise UserError(
            f"프롬프트에 개인정보로 보이는 것이 있습니다({told}). 이 데이터셋은 가린 자료로 만들었습니다. 그 자리를 [이름_1]처럼 가린 뒤 다시 하세요.",
            f"The prompts seem to hold personal data ({told}). This dataset was made from masked material. Put a mark such as [이름_1] there, "
            "and try again.",
        )


def _personal(db: Database, dataset: Mapping[str, Any], prompts: Sequence[Sequence[Message]], least: float) -> str:
    """Kinds and counts of what seems personal with at least this confidence; empty for nothing. Never the words themselves."""
    leftovers, found = leftovers_of(db, dataset["sources"]), Counter[str]()
    for messages in prompts:
        spans = leftovers.find("\n".join(message["content"] for message in messages))
        found.update(span.label for span in spans if span.confidence >= least)
    return ", ".join(f"{kind} {count:,}" for kind, count in found.most_common())


def read_prompt_file(file: Path, recipe: Recipe, options: Mapping[str, Any]) -> list[Sequence[Message]]:
    """The owner's prompts, one JSON object a line: {prompt} or {turns}, shaped as the recipe shapes a chat. Raises UserError naming
    the line that cannot be read."""
    if not file.is_file() or file.stat().st_size > PROMPT_BYTES:
        raise UserError(
            f"프롬프트 파일 {file.name}이(가) 없거나 {PROMPT_BYTES // 1_000_000} MB보다 큽니다. 경로를 확인하거나 나누세요.",
            f"The prompts {file.name} do not exist, or are larger than {PROMPT_BYTES // 1_000_000} MB. Check the path, or split them.",
        )
    shaped = recipe.options(**options)
    found: list[Sequence[Message]] = []
    for number, line in enumerate(file.read_bytes().split(b"\n"), start=1):
        if line.strip():
            turns = _turns(line, file.name, number)
            found.append(recipe.prompt({"turns": turns}, shaped) if recipe.chats else tuple(turns))
    if not found:
        raise UserError(
            f'프롬프트 파일 {file.name}이(가) 비어 있습니다. 한 줄에 하나씩 {{"prompt": "…"}}를 쓰세요.',
            f'The prompts {file.name} are empty. Write one {{"prompt": "…"}} a line.',
        )
    return found


def _turns(line: bytes, name: str, number: int) -> list[Message]:
    try:
        item = json.loads(line.decode("utf-8-sig"))
        turns = item["turns"] if "turns" in item else [{"role": "user", "content": item["prompt"]}]
        said = [Message(role=turn["role"], content=turn["content"].strip()) for turn in turns]
        good = all(one["content"] and one["role"] in ("system", "user", "assistant") for one in said)
        if not (said and good and said[-1]["role"] == "user"):
            raise ValueError("turns")
        for one in said:
            one["content"].encode("utf-8")  # a lone surrogate is nothing a tokenizer takes
        return said
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UserError(
            f'{name} {number}번째 줄을 프롬프트로 읽을 수 없습니다({type(error).__name__}). {{"prompt": "…"}}나 사용자의 말로 끝나는 {{"turns": [{{"role", "content"}}]}}여야 합니다.',
            f'Line {number} of {name} is no prompt ({type(error).__name__}). It must be {{"prompt": "…"}}, or {{"turns": [{{"role", "content"}}]}} that '
            "end with the user.",
        ) from error
