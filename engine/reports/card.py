"""A model card for the hub, written from the store: data in words, how it was trained, metrics with intervals, licence, limits.

It holds no row, no answer and no speaker's name. English stands first, Korean below it: the hub is read by both.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlite_utils import Database

from engine.errors import UserError
from engine.evaluate.report import escape
from engine.models.catalogue import BASES, Base
from engine.recipes.recipe import load_recipe
from engine.reports.markdown import fact, joined, number, table
from engine.reports.run import base_name
from engine.reports.words import Language, say
from engine.store.datasets import get_dataset
from engine.store.evaluations import get_evaluation
from engine.store.facts import described_sources, evaluations_of
from engine.store.runs import get_run
from engine.store.sources import licences_of

LIMITS: dict[Language, str] = {
    "en": "A small model tuned on one owner's material. It can be wrong with confidence, repeats the habits of its data, and can say what it was "
    "shown. Figures hold for the held-out rows of its own data set, not for other texts.",
    "ko": "한 사람의 자료로 다듬은 작은 모델입니다. 자신 있게 틀릴 수 있고, 배운 자료의 버릇을 되풀이하며, 배운 말을 그대로 할 수 있습니다. 수치는 그 데이터셋에서 "
    "떼어 둔 행에 대한 것이고 다른 글에는 맞지 않을 수 있습니다.",
}
_WORDS: dict[str, dict[Language, str]] = {
    "data": {"ko": "데이터", "en": "Data"},
    "training": {"ko": "학습", "en": "Training"},
    "measured": {"ko": "잰 것(95% 구간)", "en": "Measured (95 % intervals)"},
    "limits": {"ko": "한계", "en": "Limits"},
    "licence": {"ko": "이용 조건", "en": "Licence"},
    "form": {"ko": "파일", "en": "Files"},
    "scan_clean": {"ko": "학습 행의 개인정보 검사: 남은 의심 없음.", "en": "Scan of the training rows for personal data: nothing left."},
    "scan_hits": {"ko": "학습 행의 개인정보 검사: 의심 {n}행. 올린 이가 그대로 두었습니다.",
                  "en": "Scan of the training rows for personal data: {n} rows with a doubt, left by the owner."},
    "scan_none": {"ko": "개인정보를 가리지 않는 자료입니다(검사하지 않음).", "en": "Material that needs no masking (not scanned)."},
}  # fmt: skip


def model_card(db: Database, run_id: str, form: str, hits: int | None) -> str:
    """The README.md of a run's model. form: adapter, merged …; hits: rows with a doubt in the last scan, None: not scanned.

    Raises UserError when there is no such run.
    """
    run = get_run(db, run_id)
    dataset = get_dataset(db, run["dataset_id"]) if run["dataset_id"] else None
    languages: tuple[Language, ...] = ("en", "ko")
    parts = ["\n".join(["---", *_front(run, form), "---"]), f"# {escape(run['id'])}"]
    for language in languages:
        parts += _body(db, run, dataset, form, hits, language)
    return joined(parts)


def _front(run: Mapping[str, Any], form: str) -> Iterator[str]:
    """The block of YAML that the hub reads."""
    base = _known_base(run)
    yield "language: ko"
    yield f"license: {base.licence.casefold().replace(' ', '-') if base and _is_spdx(base.licence) else 'other'}"
    if base and "/" in base.hub_id:
        yield f"base_model: {base.hub_id}"
        yield f"base_model_relation: {'adapter' if form == 'adapter' else 'finetune'}"
    yield f"library_name: {'peft' if form == 'adapter' else 'transformers'}"
    yield "pipeline_tag: text-generation"
    yield "tags:\n- malmoi"


def _is_spdx(licence: str) -> bool:
    return licence.casefold() in ("apache-2.0", "mit", "cc-by-4.0", "cc-by-sa-4.0", "cc-by-nc-4.0", "cc-by-nc-sa-4.0")


def _known_base(run: Mapping[str, Any]) -> Base | None:
    wanted = run["base"].casefold()
    return next((base for base in BASES if wanted in (base.name.casefold(), base.hub_id.casefold())), None)


def _body(
    db: Database,
    run: Mapping[str, Any],
    dataset: Mapping[str, Any] | None,
    form: str,
    hits: int | None,
    language: Language,
) -> Iterator[str]:
    recipe = load_recipe(run["recipe"])
    yield f"## {'English' if language == 'en' else '한국어'}"
    yield escape(recipe.en if language == "en" else recipe.ko)
    if recipe.notice:
        yield f"**{escape(recipe.notice[language == 'en'])}**"
    yield fact(_WORDS["form"][language], form)
    yield f"### {_WORDS['data'][language]}"
    yield from _data(db, dataset, hits, language)
    yield f"### {_WORDS['training'][language]}"
    yield from _training(run, language)
    yield f"### {_WORDS['measured'][language]}"
    yield from _measured(db, run["id"], language)
    yield f"### {_WORDS['licence'][language]}"
    base = _known_base(run)
    yield fact(say("licence", language), base.licence if base else say("licence_unknown", language))
    for source, note in licences_of(db, dataset["sources"] if dataset else []).items():
        yield fact(source, note)
    yield f"### {_WORDS['limits'][language]}"
    yield LIMITS[language]


def _data(db: Database, dataset: Mapping[str, Any] | None, hits: int | None, language: Language) -> Iterator[str]:
    """Kinds and counts; names of files can be names of people."""
    if not dataset:
        yield f"- {say('no_dataset', language)}"
        return
    for source in described_sources(db, dataset["sources"]):
        yield fact(say("source", language), f"{source['kind']}, {source['record_count']:,} {say('records', language)}")
    counts = ", ".join(f"{say(split, language)} {n:,}" for split, n in dataset["counts"].items())
    yield fact(say("rows", language), counts)
    key = "scan_none" if hits is None else "scan_hits" if hits else "scan_clean"
    yield f"- {_WORDS[key][language].format(n=hits)}"


def _training(run: Mapping[str, Any], language: Language) -> Iterator[str]:
    yield fact(say("base", language), base_name(run["base"], language))
    yield fact(say("steps", language), f"{run['steps_done']:,}")
    yield fact(say("eval_best", language), number(run["eval_loss"]))
    wanted = (
        "quantisation",
        "lora_rank",
        "lora_alpha",
        "learning_rate",
        "epochs",
        "batch_size",
        "accumulation",
        "max_length",
    )
    for name in wanted:
        if name in run["settings"]:
            yield fact(name, run["settings"][name])


def _measured(db: Database, run_id: str, language: Language) -> Iterator[str]:
    """The newest evaluation."""
    found = evaluations_of(db, run_id, 1)
    if not found:
        yield say("not_evaluated", language)
        return
    evaluation = get_evaluation(db, found[0])
    try:
        meanings = {
            one.name: one.en if language == "en" else one.ko for one in load_recipe(evaluation["recipe"]).suite.metrics
        }
    except UserError:
        meanings = {}
    mine: dict[str, Any] = next(
        (one["metrics"] for one in evaluation["models"] if one["model"].split("@")[0] == run_id), {}
    )
    rows = [
        (name, _interval(score), score["n"], meanings.get(name, ""))
        for name, score in mine.items()
        if score["value"] is not None
    ]
    yield from table(["metric", "value", "n", say("meaning", language)], rows)


def _interval(score: Mapping[str, Any]) -> str:
    between = f" [{number(score['low'], 3)}, {number(score['high'], 3)}]" if score["low"] is not None else ""
    return f"{number(score['value'], 3)}{between}"
