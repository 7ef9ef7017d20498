"""Commands for runs and their judgement: train, eval, answer, score, chat."""

from pathlib import Path
from typing import Annotated, Any

import typer
from sqlite_utils import Database

from engine.cli.again import refuse_beside_again, refuse_beside_dry_run, require_recipe, train_again
from engine.cli.app import app, door, finish_job, follow, note, tell
from engine.cli.data import RecipeOption, Wait
from engine.cli.fields import parse_sets, split_sets
from engine.cli.retrieval import split_names
from engine.config import language
from engine.errors import UserError
from engine.recipes.recipe import Recipe, load_recipe, recipe_names
from engine.serve.decoding import Decoding
from engine.sources.whole_file import whole_file
from engine.store.datasets import list_datasets
from engine.store.open import open_store

Settings = Annotated[
    list[str] | None, typer.Option("--settings", "--set", help="생성 설정 k=v. / Decoding setting k=v.")
]


def decoding_settings(
    words: list[str] | None, recipe: Recipe | None, kept: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The recipe's decoding, or what a chat kept, changed by `--settings k=v` words; each `stop=` adds a phrase (a comma
    is part of it)."""
    split = [word.partition("=") for word in words or []]
    stops = [phrase.strip() for name, _, phrase in split if name.strip() == "stop"]
    others = [name + equals + value for name, equals, value in split if name.strip() != "stop"]
    given = kept or (dict(recipe.decoding) if recipe else {})
    return parse_sets(Decoding, others, {**given, "stop": stops} if stops else given)


def retrieval_settings(words: list[str] | None, recipe: Recipe) -> tuple[list[str], dict[str, Any]]:
    """(the `--settings` words for decoding, the retrieval settings the others give)."""
    from engine.retrieve.settings import RetrievalSettings

    names = set(RetrievalSettings.model_fields) if recipe.retrieves else set()
    mine = [word for word in words or [] if word.partition("=")[0].strip() in names]
    others = [word for word in words or [] if word not in mine]
    return others, parse_sets(RetrievalSettings, mine, {}) if mine else {}


@app.command()
def train(
    recipe: Annotated[str | None, typer.Option("--recipe", help="레시피 이름. / The recipe.")] = None,
    dataset: Annotated[
        str | None, typer.Option("--dataset", help="데이터셋 id, 비우면 가장 새것. / Dataset id; default: the newest.")
    ] = None,
    base: Annotated[
        str | None,
        typer.Option("--base", help="starter(기본), 허브 이름, 폴더. / starter (default), a hub name or a folder."),
    ] = None,
    preset: Annotated[str | None, typer.Option("--preset", help="미리 정한 설정. / Preset.")] = None,
    sets: Annotated[list[str] | None, typer.Option("--set", help="설정 k=v. / A setting k=v.")] = None,
    from_run: Annotated[
        str | None, typer.Option("--from", help="이어 배울 학습의 id. / Go on from what this run learned.")
    ] = None,
    then_eval: Annotated[
        bool, typer.Option("--then-eval", help="끝나면 기반 모델과 견줍니다. / Then judge it beside its base.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="세 스텝만 재 보고 남기지 않습니다. / Measure three steps, keep nothing.")
    ] = False,
    again: Annotated[
        str | None,
        typer.Option("--again", help="이 학습을 똑같이 다시. / Repeat this run: same rows, base, settings, seed."),
    ] = None,
    wait: Wait = True,
) -> None:
    """학습합니다. / Train an adapter."""
    from engine.jobs.judge import judge_run
    from engine.jobs.launch import launch_run, usual_base

    if again is not None:
        given = {
            "--recipe": recipe,
            "--dataset": dataset,
            "--base": base,
            "--preset": preset,
            "--from": from_run,
            "--set": sets,
            "--then-eval": then_eval,
        }
        refuse_beside_again(again, [name for name, value in given.items() if value])
        train_again(again, wait)
        return
    found = load_recipe(require_recipe(recipe))
    if dry_run:
        refuse_beside_dry_run([name for name, given in (("--from", from_run), ("--then-eval", then_eval)) if given])
        _dry_run(found, dataset or "latest", base or "starter", preset, sets or [], wait)
        return
    run_id, job_id = launch_run(
        door.store,
        found,
        dataset_id=dataset or "latest",
        base_name=base or usual_base(door.store, from_run),
        preset=preset,
        sets=split_sets(sets or []),
        from_run=from_run,
    )
    judge_id = judge_run(door.store, run_id) if then_eval else None
    if not wait:
        queued = {"run_id": run_id, "job_id": job_id, "state": "queued"}
        told = {**queued, "evaluation_job_id": judge_id} if judge_id else queued
        tell(told, f"학습 {run_id}을(를) 대기열에 넣었습니다.")
        return
    result = follow(job_id)
    if judge_id is None:
        told_run(result)
        return
    judged = follow(judge_id)
    tell({**result, "evaluation": judged}, leaderboard(judged, found))


def _dry_run(recipe: Recipe, dataset: str, base: str, preset: str | None, sets: list[str], wait: bool) -> None:
    from engine.cli.plan import probe_text
    from engine.jobs.dry_run import launch_probe

    job_id = launch_probe(door.store, recipe, dataset_id=dataset, base_name=base, preset=preset, sets=split_sets(sets))
    result = finish_job(job_id, wait)
    if result is not None:
        tell(result, probe_text(result))


def told_run(result: dict[str, Any]) -> None:
    """Tell how a run ended."""
    run_id = result["run_id"]
    loss = f"검증 손실 {result['eval_loss']:.3f}" if result["eval_loss"] is not None else "검증 손실 없음"
    tell(
        result,
        f"학습 {run_id} 끝: {result['steps']}단계, {loss}, {result['tokens_per_second'] or 0:.0f} 토큰/초, "
        f"최대 메모리 {result['peak_gb']:.2f} GB\n  말해 보기: python -m engine chat {run_id}",
    )


@app.command("eval")
def evaluate(
    model: Annotated[list[str], typer.Option("--model", help="run id, latest, base, base:이름. / What to judge.")],
    more: Annotated[list[str] | None, typer.Argument(help="더 견줄 모델. / More models.")] = None,
    suite: Annotated[str, typer.Option("--suite", help="평가(레시피 이름). / The suite: a recipe's name.")] = "persona",
    dataset: Annotated[
        str | None, typer.Option("--dataset", help="비우면 그 학습의 데이터셋. / Default: the run's own.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=0, help="문항 수, 0은 모두. / Items; 0 for all.")] = 300,
    seed: int = 0,
    settings: Settings = None,
    overlap: Annotated[
        bool,
        typer.Option("--allow-overlap", help="배운 문항도 넣고 표시합니다. / Keep, and mark, questions trained on."),
    ] = False,
    best: Annotated[
        bool, typer.Option("--best", help="sweep이 고른 설정으로 답합니다. / Answer with what a sweep chose.")
    ] = False,
    wait: Wait = True,
) -> None:
    """모델을 견주어 평가합니다. / Judge models side by side."""
    from engine.jobs.judge import judge_models

    recipe = load_recipe(suite)
    models = [name for part in [*model, *(more or [])] for name in part.split(",") if name]
    words, retrieval = retrieval_settings(settings, recipe)
    decoding = decoding_settings(words, recipe)
    job_id = judge_models(
        door.store,
        recipe,
        models=models,
        dataset_id=dataset,
        decoding=decoding,
        limit=limit,
        seed=seed,
        retrieval=retrieval,
        allow_overlap=overlap,
        best=best,
    )
    result = finish_job(job_id, wait)
    if result is not None:
        tell(result, leaderboard(result, recipe))


def leaderboard(result: dict[str, Any], recipe: Recipe) -> str:
    """The evaluation as a table in plain words."""
    from engine.evaluate.table import leaderboard_text

    return leaderboard_text(result, recipe.suite, "en" if language() == "en" else "ko")


def rates_by_decoding(result: dict[str, Any], recipe: Recipe) -> str:
    """The evaluations of the sample journey side by side, one line per model and decoding."""
    from engine.evaluate.table import rates_text

    spoken: Any = "en" if language() == "en" else "ko"
    names = {run["run_id"]: style for run, style in zip(result["runs"], recipe.journey_styles, strict=True)}
    table = rates_text(result["evaluations"], names, recipe.suite, spoken)
    return "\n".join([table, *_verdicts(result, names, recipe, spoken)])


def _verdicts(result: dict[str, Any], names: dict[str, str], recipe: Recipe, spoken: Any) -> list[str]:
    """The first metric between the tuned models, and of each model between the decodings, in words."""
    from engine.evaluate.compare import in_words
    from engine.evaluate.policy_report import between

    metric = recipe.suite.metrics[0]
    ids = {name: found["evaluation_id"] for name, found in result["evaluations"].items()}
    (first, before), *others = ids.items()
    models = [model["model"] for model in result["evaluation"]["models"]]
    pairs = [
        (f"{names[models[-2]]} → {names[models[-1]]} ({name})", (id_, models[-2]), (id_, models[-1]))
        for name, id_ in ids.items()
    ]
    pairs += [
        (f"{first} → {name} ({names.get(model, model)})", (before, model), (id_, model))
        for name, id_ in others
        for model in models
    ]
    with open_store(door.store) as db:
        tests = [(said, between(db, a, b, metric.name)) for said, a, b in pairs]
    return [f"  {said}: {metric.name} {test.delta or 0:+.1%}, {in_words(test, metric, spoken)}" for said, test in tests]


@app.command()
def answer(
    recipe: RecipeOption,
    src: Annotated[Path, typer.Option("--in", help="질문 JSONL. / Questions.")],
    out: Annotated[Path, typer.Option("--out", help="답 JSONL. / Answers.")],
    model: Annotated[str, typer.Option("--model")] = "latest",
    sources: Annotated[
        list[str] | None,
        typer.Option("--sources", help="조항을 찾아볼 자료, all. / Sources whose clauses are searched."),
    ] = None,
    k: Annotated[
        int | None, typer.Option("--k", min=1, max=50, help="보여 줄 조항 수(보통 3). / Clauses shown; usually 3.")
    ] = None,
    best: Annotated[
        bool | None,
        typer.Option(
            "--best/--no-best", help="sweep이 고른 설정으로(있으면 늘). / What a sweep chose; used where there is any."
        ),
    ] = None,
    backend: Annotated[str, typer.Option("--backend", help="transformers뿐. / Only transformers.")] = "transformers",
    form: Annotated[str, typer.Option("--decoding", help="free뿐. / Only free.")] = "free",
    settings: Settings = None,
) -> None:
    """질문 파일에 답합니다. / Answer a file of questions."""
    import time

    from engine.recipes.asking import item_prompt, refuse_sources
    from engine.retrieve.settings import RetrievalSettings
    from engine.serve.batch import answer_file
    from engine.serve.choose import choose_model, open_model

    _refuse_unbuilt(backend, form)
    found, searched, began = load_recipe(recipe), split_names(sources), time.monotonic()
    refuse_sources(found, searched)
    words, looked_up = retrieval_settings(settings, found)
    with open_store(door.store) as db:
        chosen = choose_model(db, model, recipe)
        kept = _swept(db, recipe, chosen.name, best)
        shown = {name: n for name, n in (("k", kept.pop("k", None)), *looked_up.items(), ("k", k)) if n is not None}
        decoding = Decoding(**decoding_settings(words, found, {**found.decoding, **kept}))
        prompt = item_prompt(db, found, chosen.run, searched, RetrievalSettings(**shown))
    with whole_file(out) as file:
        rows = answer_file(lambda: open_model(door.store, chosen), src, file, prompt, decoding)
    doubtful = _doubtful(out, chosen.name)
    seconds = round(time.monotonic() - began, 2)
    told = {"rows": rows, "seconds": seconds, "model": chosen.name, "personal": doubtful}
    tell(told, f"{rows:,}개에 답했습니다({seconds}초).")


def _swept(db: Database, recipe: str, model: str, best: bool | None) -> dict[str, Any]:
    """What a sweep chose for the model: decoding settings and k. Asked for, it must be there; not asked for, it is used where it is."""
    from engine.store.sweeps import best_settings

    chosen = best_settings(db, recipe, model) if best is not False else None
    if chosen is None and best:
        raise UserError(
            f"{model}에 골라 둔 설정이 없습니다. 먼저 `sweep --model {model}`으로 고르거나 --best를 빼세요.",
            f"No settings were chosen for {model}. Choose some with `sweep --model {model}`, or leave --best out.",
        )
    return dict(chosen["settings"]) if chosen else {}


def _doubtful(out: Path, model: str) -> int:
    """Lines that seem to hold personal data, in what a model says that learned from masked material; told, not stopped:
    the questions are the owner's own, and an answer cannot be mended by masking."""
    from engine.privacy.decisions import leftovers_of
    from engine.privacy.gate import scan_bytes
    from engine.store.facts import masked_sources_behind

    with open_store(door.store) as db:
        sources = masked_sources_behind(db, model)
        hits = scan_bytes(out.read_bytes(), leftovers_of(db, sources)).hits if sources else 0
    if hits:
        note(
            f"답 {hits:,}줄에 개인정보로 보이는 것이 있습니다. 남에게 주기 전에 보세요. / {hits:,} lines seem to hold personal data."
        )
    return hits


def _refuse_unbuilt(backend: str, form: str) -> None:
    for option, given, only in (("--backend", backend, "transformers"), ("--decoding", form, "free")):
        if given != only:
            raise UserError(
                f"{option} {given}은(는) 아직 만들지 않았습니다. 지금은 {only}만 됩니다. {option}을 빼고 다시 하세요.",
                f"{option} {given} is not built yet. For now there is only {only}. Leave {option} out and try again.",
            )


@app.command()
def score(
    suite: Annotated[str, typer.Argument(help="평가 이름. / The suite.")],
    src: Annotated[Path, typer.Option("--in", help="문항과 본보기 답. / Items with references.")],
    pred: Annotated[Path, typer.Option("--pred", help="{id, answer} JSONL.")],
) -> None:
    """다른 데서 만든 답을 채점합니다. / Score answers made elsewhere."""
    from engine.evaluate.score import score_files

    result = score_files(load_recipe(suite).suite, src, pred)
    lines = [f"  {name}: {m['value']} [{m['low']}, {m['high']}] n={m['n']}" for name, m in result["metrics"].items()]
    tell(result, "\n".join(lines))


@app.command()
def chat(
    model: Annotated[str, typer.Argument(help="run id, latest, base, base:이름.")] = "latest",
    say: Annotated[str | None, typer.Option("--say", help="한마디만 하고 끝냅니다. / Say one thing and leave.")] = None,
    resume: Annotated[str | None, typer.Option("--chat", help="이어 갈 대화 id. / Go on with this chat.")] = None,
    settings: Settings = None,
) -> None:
    """이야기합니다. / Talk to a model; the chat is kept in the store."""
    from engine.recipes.asking import chat_prompt, usual_settings
    from engine.serve.chat import Conversation
    from engine.serve.choose import choose_model
    from engine.store.chats import get_chat

    if say is not None and not say.strip():
        raise UserError("--say가 비어 있습니다. 할 말을 쓰세요.", "--say is empty. Write what to say.")
    with open_store(door.store) as db:
        known = get_chat(db, resume) if resume else None
        chosen = choose_model(db, known["model"] if known else model)
        recipe = load_recipe(chosen.run["recipe"]) if chosen.run else None
        shape = chat_prompt(db, chosen.run)
        usual = known["settings"] if known else usual_settings(db, recipe, chosen.run) if recipe else None
    kept = {name: value for name, value in usual.items() if name != "k"} if usual else None
    decoding = Decoding(**decoding_settings(settings, recipe, kept))
    talk = Conversation(door.store, chosen, shape, decoding, known["id"] if known else None)
    try:
        if say is not None:
            text = "".join(talk.say(say))
            told = {"chat_id": talk.chat_id, "model": talk.model.name, "answer": text}
            shown = {"retrieved": [clause.chunk_id for clause in talk.found]} if recipe and recipe.retrieves else {}
            tell({**told, **shown}, "\n".join([text, *_grounds(talk)]))
            return
        note(f"{talk.model.name}와 이야기합니다. 끝내려면 빈 줄에서 Ctrl-D(Windows는 Ctrl-Z) 또는 /끝")
        _talk(talk)
        tell({"chat_id": talk.chat_id, "model": talk.model.name}, f"대화 {talk.chat_id}에 저장했습니다.")
    finally:
        talk.close()


def _talk(talk: Any) -> None:
    while True:
        try:
            said = input("나> ").strip()
        except EOFError:
            return
        if said in ("/끝", "/quit", "/exit"):
            return
        if said:
            print("AI> ", end="", flush=True)
            for piece in talk.say(said):
                print(piece, end="", flush=True)
            print("\n".join(["", *_grounds(talk)]))


def _grounds(talk: Any) -> list[str]:
    """The clauses an answer was given with, a line each."""
    return [f"  [{place}] {one.chunk_id}  {one.headings}".rstrip() for place, one in enumerate(talk.found, start=1)]


@app.command()
def recipes() -> None:
    """레시피 목록. / The recipes found."""
    from engine.jobs.launch import with_own_presets

    found = [with_own_presets(door.store, load_recipe(name)) for name in recipe_names()]
    with open_store(door.store) as db:
        counts = {r.name: len(list_datasets(db, r.name)) for r in found}
    listed: list[dict[str, Any]] = [
        {"name": r.name, "ko": r.ko, "presets": list(r.presets), "datasets": counts[r.name]} for r in found
    ]
    tell({"recipes": listed}, "\n".join(f"{r['name']}: {r['ko']} · preset {', '.join(r['presets'])}" for r in listed))
