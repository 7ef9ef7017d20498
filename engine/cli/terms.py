"""Commands for dictionaries: list, link, expand, check, red-flags, export, forget."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli.app import app, door, tell
from engine.errors import UserError
from engine.store.open import open_store

if TYPE_CHECKING:
    from engine.terms.dictionary import Dictionary

terms = typer.Typer(no_args_is_help=True, help="용어 사전과 관계. / Terms and relations.", rich_markup_mode=None)
app.add_typer(terms, name="terms")

RecipeOf = Annotated[
    str | None, typer.Option("--recipe", help="이 레시피의 사전만(비우면 모두). / Of this recipe; of all when absent.")
]
Shipped = Annotated[
    bool,
    typer.Option(
        "--shipped", help="저장소 대신 함께 온 의학 용어를 씁니다. / Use the medical terms that come with Malmoi."
    ),
]
Text = Annotated[str, typer.Argument(help="글. / The text.")]


def _dictionary(recipe: str | None, shipped: bool = False) -> "Dictionary":
    """Raises UserError for an unknown recipe, and where there is no term to work with."""
    from engine.recipes.recipe import load_recipe
    from engine.store.terms import read_dictionary
    from engine.terms.shipped import shipped_dictionary

    if shipped:
        return shipped_dictionary()
    if recipe:
        load_recipe(recipe)
    with open_store(door.store) as db:
        found = read_dictionary(db, recipe)
    if not found.terms:
        where = f"'{recipe}'" if recipe else "저장소"
        raise UserError(
            f"{where}에 용어가 0개입니다. 먼저 `import 파일 --as terms --recipe 레시피`로 가져오거나, 함께 온 의학 용어를 --shipped로 쓰세요.",
            f"There are 0 terms ({recipe or 'in the store'}). Import some with `import FILE --as terms --recipe RECIPE`, or use the medical ones that come along with --shipped.",
        )
    return found


@terms.command("list")
def terms_list(
    words: Annotated[str, typer.Argument(help="이 말이 든 이름만. / Only names that hold this.")] = "",
    recipe: RecipeOf = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100_000, help="보일 수. / How many.")] = 50,
    shipped: Shipped = False,
) -> None:
    """용어, 관계, 여러 뜻을 가진 이름, 이어지지 못한 관계. / Terms, relations, names of several meanings, relations that wait."""
    from engine.store.terms import term_sources

    found = _dictionary(recipe, shipped)
    with open_store(door.store) as db:
        sources = [] if shipped else term_sources(db, recipe)
    shown = found.search(words, limit)
    ambiguous = [{"name": name, "terms": [found.named(id_) for id_ in ids]} for name, ids in found.ambiguous()]
    told = {
        "terms": [_told(found, id_) for id_ in shown],
        "count": len(found.terms),
        "relations": len(found.relations),
        "pending": [one._asdict() for one in found.pending[:limit]],
        "pending_count": len(found.pending),
        "ambiguous": ambiguous[:limit],
        "ambiguous_count": len(ambiguous),
        "sources": sources,
    }
    lines = [
        f"용어 {len(found.terms):,} · 관계 {len(found.relations):,} · 기다리는 관계 {len(found.pending):,} · 뜻이 여럿인 이름 {len(ambiguous):,}"
    ]
    lines += [
        f"  자료 {one['source_id'] or '(직접 넣음)'}: 용어 {one['terms']:,} · 관계 {one['relations']:,}"
        for one in sources
    ]
    lines += [_line(found, id_) for id_ in shown]
    tell(told, "\n".join(lines))


def _told(found: "Dictionary", id_: str) -> dict[str, Any]:
    around = [
        {"head": found.named(one.head), "relation": one.relation, "tail": found.named(one.tail)}
        for one in found.around.get(id_, ())
    ]
    return {**found.by_id[id_]._asdict(), "relations": around}


def _line(found: "Dictionary", id_: str) -> str:
    term = found.by_id[id_]
    others = ", ".join((*term.abbreviations, *term.synonyms, *term.lay))
    return f"  {term.name} [{term.kind or '-'}] {others} · 관계 {len(found.around.get(id_, ())):,}"


@terms.command("link")
def terms_link(text: Text, recipe: RecipeOf = None, shipped: Shipped = False) -> None:
    """글에서 용어를 찾습니다. / Find the terms in a text."""
    found = _dictionary(recipe, shipped)
    mentions = found.link(text)
    told = [
        {**one._asdict(), "name": found.named(one.term_id), "candidates": [found.named(id_) for id_ in one.candidates]}
        for one in mentions
    ]
    lines = [
        f"  [{one['start']}:{one['end']}] {one['surface']} → {one['name']}"
        + (f" (후보: {', '.join(one['candidates'])})" if one["candidates"] else "")
        for one in told
    ]
    tell({"mentions": told}, "\n".join(lines) or "찾은 용어가 없습니다. / No term was found.")


@terms.command("expand")
def terms_expand(text: Text, recipe: RecipeOf = None, shipped: Shipped = False) -> None:
    """질문에 다른 이름을 보탭니다. / Add the other names of a question's terms."""
    found = _dictionary(recipe, shipped)
    added = found.expansions(text)
    told = [{"term": found.named(one.term_id), "surface": one.surface, "added": list(one.added)} for one in added]
    lines = [f"  {one['surface']} → {', '.join(one['added'])}" for one in told]
    tell({"query": found.expand(text), "added": told}, "\n".join([found.expand(text), *lines]))


@terms.command("check")
def terms_check(
    answer: Annotated[str, typer.Argument(help="답. / The answer.")],
    question: Annotated[str, typer.Option("--question", help="질문. / The question.")] = "",
    recipe: RecipeOf = None,
    shipped: Shipped = False,
) -> None:
    """답이 말하는 관계를 사전과 견줍니다. / Hold the relations that an answer claims against the dictionary."""
    flags = [flag._asdict() for flag in _dictionary(recipe, shipped).check(question, answer)]
    says = {"unknown_relation": "사전에 없는 관계", "contradicted": "사전과 어긋남"}
    lines = [
        f"  [{one['start']}:{one['end']}] {says[one['kind']]}: {one['head']} · {one['relation']} · {one['tail']}"
        for one in flags
    ]
    tell({"flags": flags}, "\n".join(lines) or "사전과 어긋나는 것을 찾지 못했습니다. / Nothing speaks against it.")


@terms.command("red-flags")
def terms_red_flags(text: Text, recipe: RecipeOf = None) -> None:
    """글에서 응급 신호를 찾습니다. / Find the emergencies that a text tells of."""
    from engine.store.terms import read_dictionary

    with open_store(door.store) as db:
        flags = [flag._asdict() for flag in read_dictionary(db, recipe).red_flags(text)]
    lines = [f"  [{one['start']}:{one['end']}] {one['name']}: {one['surface']}" for one in flags]
    tell({"red_flags": flags}, "\n".join(lines) or "응급 신호가 없습니다. / No red flag.")


@terms.command("export")
def terms_export(
    out: Annotated[Path, typer.Option("--out", help="JSONL 파일. / A JSONL file.")],
    relations: Annotated[
        bool, typer.Option("--relations", help="용어 대신 관계를. / Relations instead of terms.")
    ] = False,
    recipe: RecipeOf = None,
    shipped: Shipped = False,
) -> None:
    """사전을 다시 가져올 수 있는 JSONL로 내보냅니다. / Write the dictionary as JSONL that can be imported again."""
    from engine.sources.whole_file import whole_file

    found = _dictionary(recipe, shipped)
    rows = _relation_rows(found) if relations else _term_rows(found)
    with whole_file(out) as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    tell({"out": str(out), "rows": len(rows)}, f"{len(rows):,}줄을 {out}에 썼습니다.")


def _term_rows(found: "Dictionary") -> list[dict[str, Any]]:
    return [
        {
            "term": one.name, "kind": one.kind, "synonyms": list(one.synonyms), "lay": list(one.lay),
            "abbreviations": list(one.abbreviations), "definition": one.definition,
        }
        for one in found.terms
    ]  # fmt: skip


def _relation_rows(found: "Dictionary") -> list[dict[str, Any]]:
    known = [(found.named(one.head), one.relation, found.named(one.tail)) for one in found.relations]
    return [dict(zip(("head", "relation", "tail"), one, strict=True)) for one in [*known, *map(tuple, found.pending)]]


@terms.command("forget")
def terms_forget(
    source: Annotated[str, typer.Argument(help="terms·relations 자료 id. / A source of terms or relations.")],
    yes: Annotated[bool, typer.Option("--yes", help="묻지 않고 지웁니다. / Delete without asking.")] = False,
) -> None:
    """한 자료가 가져온 용어와 관계를 그 자료와 함께 지웁니다. / Delete a source with the terms and relations it brought in."""
    from engine.privacy.forgetting import forget
    from engine.sources.dictionary import KINDS
    from engine.store.sources import get_source
    from engine.store.terms import term_sources

    with open_store(door.store) as db:
        found = get_source(db, source)
        if found["kind"] not in KINDS:
            raise UserError(
                f"자료 {found['id']}은(는) 용어가 아니라 {found['kind']} 자료입니다. 지우려면 `forget --source {found['id']}`를 쓰세요.",
                f"Source {found['id']} holds no terms but is of kind {found['kind']}. To delete it use `forget --source {found['id']}`.",
            )
        held = next(
            (one for one in term_sources(db, None) if one["source_id"] == found["id"]), {"terms": 0, "relations": 0}
        )
        if not yes:
            raise UserError(
                f"자료 {found['id']}의 용어 {held['terms']:,}개와 관계 {held['relations']:,}개가 지워집니다. 그러려면 --yes를 붙이세요.",
                f"This deletes {held['terms']:,} terms and {held['relations']:,} relations of source {found['id']}. Add --yes to do so.",
            )
    told = forget(door.store, "source", found["id"])
    tell(
        {**told, "terms": held["terms"], "relations": held["relations"]},
        f"용어 {held['terms']:,}개, 관계 {held['relations']:,}개를 지웠습니다.",
    )
