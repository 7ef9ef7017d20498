"""Commands that answer files of questions and score files of answers: answer, score."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from sqlite_utils import Database

from engine.cli.app import app, door, note, tell
from engine.cli.data import RecipeOption
from engine.cli.retrieval import split_names
from engine.cli.training import Settings, decoding_settings, retrieval_settings
from engine.errors import UserError
from engine.recipes.recipe import load_recipe, prepared, require_together, way_of
from engine.serve.decoding import Decoding
from engine.sources.whole_file import whole_file
from engine.store.open import open_store

if TYPE_CHECKING:
    from engine.serve.choose import Model


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
    backend: Annotated[
        str | None, typer.Option("--backend", help="transformers, ctranslate2, openvino. / What answers.")
    ] = None,
    form: Annotated[
        str | None,
        typer.Option(
            "--decoding", help="답하는 방식(free, json …). / A way of answering of the recipe (free, json …)."
        ),
    ] = None,
    settings: Settings = None,
) -> None:
    """질문 파일에 답합니다. / Answer a file of questions."""
    import time

    from engine.recipes.asking import item_prompt, refuse_sources
    from engine.retrieve.settings import RetrievalSettings
    from engine.serve.batch import answer_file
    from engine.serve.choose import choose_model, open_model, with_engine

    found, searched, began = load_recipe(recipe), split_names(sources), time.monotonic()
    refuse_sources(found, searched)
    words, looked_up = retrieval_settings(settings, found)
    with open_store(door.store) as db:
        found = prepared(db, found)
        chosen = choose_model(db, model, recipe)
        chosen = with_engine(chosen, backend) if backend is not None else chosen
        way = way_of(found, form or chosen.way)
        require_together(found, len(chosen.members), way)
        kept = _swept(db, recipe, chosen.name, best)
        shown = {name: n for name, n in (("k", kept.pop("k", None)), *looked_up.items(), ("k", k)) if n is not None}
        decoding = Decoding(**decoding_settings(words, found, {**found.decoding, **kept, **way.decoding}))
        looked = RetrievalSettings(**shown)
        prompts = [item_prompt(db, found, one.run, searched, looked) for one in chosen.members]
    _note_leaving(chosen.members)
    openers = [partial(open_model, door.store, one) for one in chosen.members]
    with whole_file(out) as file:
        rows = answer_file(openers, src, file, prompts, decoding, way, found.read)
    doubtful = _doubtful(out, [one.run["id"] for one in chosen.members if one.run])
    seconds = round(time.monotonic() - began, 2)
    told = {"rows": rows, "seconds": seconds, "model": chosen.name, "personal": doubtful}
    tell(told, f"{rows:,}개에 답했습니다({seconds}초).")


def _note_leaving(models: "Sequence[Model]") -> None:
    """As before a generation: what goes to another machine is told before it goes."""
    from urllib.parse import urlsplit

    from engine.serve.address import is_here

    for model in models:
        if model.endpoint and not is_here(model.endpoint.address):
            host = urlsplit(model.endpoint.address).hostname
            note(f"질문이 이 컴퓨터를 떠나 {host}(으)로 갑니다. / The questions leave this machine, to {host}.")


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


def _doubtful(out: Path, runs: list[str]) -> int:
    """Lines that seem to hold personal data, in what a model says that learned from masked material; told, not stopped:
    the questions are the owner's own, and an answer cannot be mended by masking."""
    from engine.privacy.decisions import leftovers_of
    from engine.privacy.gate import scan_bytes
    from engine.store.facts import masked_sources_behind

    with open_store(door.store) as db:
        sources = [source for run in runs for source in masked_sources_behind(db, run)]
        hits = scan_bytes(out.read_bytes(), leftovers_of(db, sources)).hits if sources else 0
    if hits:
        note(
            f"답 {hits:,}줄에 개인정보로 보이는 것이 있습니다. 남에게 주기 전에 보세요. / {hits:,} lines seem to hold personal data."
        )
    return hits


@app.command()
def score(
    suite: Annotated[str, typer.Argument(help="평가 이름. / The suite.")],
    src: Annotated[Path, typer.Option("--in", help="문항과 본보기 답. / Items with references.")],
    pred: Annotated[Path, typer.Option("--pred", help="{id, answer} JSONL.")],
) -> None:
    """다른 데서 만든 답을 채점합니다. / Score answers made elsewhere."""
    from engine.evaluate.score import score_files

    result = score_files(load_recipe(suite).suite, src, pred)
    lines = [
        f"  {name}: {m['value']} [{m['low']}, {m['high']}] n={m['n']}"
        + "".join(f" · {floor} {value:.3f}" for floor, value in m.get("floors", {}).items())
        for name, m in result["metrics"].items()
    ]
    tell(result, "\n".join(lines))
