"""Commands for looking at what the retriever finds: retrieve."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli.app import app, door, tell
from engine.errors import UserError
from engine.store.clause_index import clause_sources
from engine.store.open import open_store
from engine.store.sources import get_source

if TYPE_CHECKING:
    from engine.retrieve.recall import Probe
    from engine.retrieve.retriever import Retriever


@app.command()
def retrieve(
    question: Annotated[str | None, typer.Argument(help="질문. / The question.")] = None,
    sources: Annotated[
        list[str] | None, typer.Option("--sources", help="조항을 찾아볼 자료, all. / Sources to search.")
    ] = None,
    k: Annotated[int, typer.Option("--k", min=1, max=50, help="조항 수. / How many clauses.")] = 3,
    recipe: Annotated[str, typer.Option("--recipe", help="레시피. / The recipe.")] = "policy",
    company: Annotated[str | None, typer.Option("--company", help="이 회사 조항만. / Of this company.")] = None,
    product: Annotated[str | None, typer.Option("--product", help="이 상품 조항만. / Of this product.")] = None,
    embeddings: Annotated[
        str | None, typer.Option("--embeddings", help="뜻으로도 찾을 모델. / A sentence-transformers model.")
    ] = None,
    terms: Annotated[
        bool,
        typer.Option(
            "--terms/--no-terms",
            help="용어 사전의 다른 이름으로도 찾습니다. / Search by the dictionary's other names too.",
        ),
    ] = True,
    check: Annotated[
        str | None,
        typer.Option("--check", help="이 자료의 질문으로 recall@k를 잽니다. / Measure on this source's questions."),
    ] = None,
    tune: Annotated[
        bool,
        typer.Option(
            "--tune", help="--check: 조항 절반으로 무게를 고르고 나머지로 잽니다. / Choose weights on half the clauses."
        ),
    ] = False,
) -> None:
    """질문에 맞는 조항을 찾습니다. / Find the clauses for a question, or measure how well they are found."""
    from engine.recipes.asking import retriever_of
    from engine.recipes.recipe import load_recipe
    from engine.retrieve.recall import probes_of
    from engine.retrieve.settings import RetrievalSettings

    settings = RetrievalSettings(k=k, embeddings=embeddings, terms=terms)
    if (question is None) == (check is None):
        raise UserError(
            "질문과 --check 가운데 하나만 주세요. 질문: 조항을 찾습니다. --check 자료: 그 자료의 질문으로 잽니다.",
            "Give either a question or --check. A question: find clauses. --check SOURCE: measure on its questions.",
        )
    with open_store(door.store) as db:
        found = load_recipe(recipe)
        checked = get_source(db, check, recipe)["id"] if check else None
        probes = probes_of(db, checked) if checked else []
        own = [checked] if checked in clause_sources(db, recipe) else []
        retriever = retriever_of(db, found, None, split_names(sources) or own, settings)
    if question is None:
        _tell_measured(retriever, probes, tune)
    else:
        _tell_found(retriever, question, company, product)


def _tell_found(retriever: "Retriever", question: str, company: str | None, product: str | None) -> None:
    found = retriever.find(question, retriever.settings.k, company, product)
    told: dict[str, Any] = {
        "found": [
            {"chunk_id": one.chunk_id, "score": round(one.score, 5), "text": one.text, "headings": one.headings}
            for one in found
        ],
        "sources": list(retriever.source_ids),
    }
    lines = [f"[{n}] {one.chunk_id}  {one.headings}\n    {one.text[:200]}" for n, one in enumerate(found, start=1)]
    tell(told, "\n".join(lines) or "찾은 조항이 없습니다. / No clause was found.")


def _tell_measured(retriever: "Retriever", probes: Sequence["Probe"], tune: bool) -> None:
    from engine.retrieve.recall import measured, tuned

    result = measured(retriever, probes)
    if tune:
        result["tuned"] = tuned(retriever, probes)
    lines = [_line("모두 / all", result), *(_line(name or "-", one) for name, one in result["types"].items())]
    if tune:
        lines.append(
            _line(f"grams={result['tuned']['grams']}, 고를 때 안 본 조항 / held out", result["tuned"]["held_out"])
        )
    tell({**result, "sources": list(retriever.source_ids)}, "\n".join(lines))


def _line(name: str, one: dict[str, Any]) -> str:
    shares = "  ".join(
        f"recall@{k} {r['value']:.3f} [{r['low']:.3f}, {r['high']:.3f}]" for k, r in one["recall"].items()
    )
    return f"{name}: n={one['n']}  {shares}  MRR {one['mrr']:.3f}"


def split_names(words: list[str] | None) -> list[str]:
    """`--sources a,b --sources c` as a list."""
    return [name for word in words or [] for name in word.split(",") if name]
