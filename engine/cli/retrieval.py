"""Commands for looking at what the retriever finds: retrieve."""

from typing import Annotated, Any

import typer

from engine.cli.app import app, door, tell
from engine.errors import UserError
from engine.store.open import open_store


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
    check: Annotated[
        str | None,
        typer.Option("--check", help="이 자료의 질문으로 recall@k를 잽니다. / Measure on this source's questions."),
    ] = None,
) -> None:
    """질문에 맞는 조항을 찾습니다. / Find the clauses for a question, or measure how well they are found."""
    from engine.recipes.asking import retriever_of
    from engine.recipes.recipe import load_recipe
    from engine.retrieve.settings import RetrievalSettings

    settings, searched = RetrievalSettings(k=k, embeddings=embeddings), split_names(sources)
    if question is None:
        raise UserError(
            "질문이 없습니다. 질문을 쓰거나 --check를 주세요.", "There is no question. Give one, or --check."
        )
    with open_store(door.store) as db:
        retriever = retriever_of(db, load_recipe(recipe), None, searched, settings)
    found = retriever.find(question, k, company, product)
    told: dict[str, Any] = {
        "found": [
            {"chunk_id": one.chunk_id, "score": round(one.score, 5), "text": one.text, "headings": one.headings}
            for one in found
        ],
        "sources": list(retriever.source_ids),
    }
    lines = [f"[{n}] {one.chunk_id}  {one.headings}\n    {one.text[:200]}" for n, one in enumerate(found, start=1)]
    tell(told, "\n".join(lines) or "찾은 조항이 없습니다. / No clause was found.")


def split_names(words: list[str] | None) -> list[str]:
    """`--sources a,b --sources c` as a list."""
    return [name for word in words or [] for name in word.split(",") if name]
