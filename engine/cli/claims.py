"""The command that shows claims as a tree: of a source, a file or a text."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.app import app, door, tell
from engine.errors import UserError

if TYPE_CHECKING:
    from engine.claims.parse import Claim
    from engine.claims.tree import Tree

NOT_ADVICE = "법률 자문이 아닙니다. / This is not legal advice."


@app.command()
def claims(
    source: Annotated[
        str | None, typer.Argument(help="patent 자료 id 또는 latest. / A patent source's id or latest.")
    ] = None,
    src: Annotated[Path | None, typer.Option("--in", help="청구항이 든 글 파일. / A text file with claims.")] = None,
    text: Annotated[str | None, typer.Option("--text", help="청구항 글. / The claim itself.")] = None,
) -> None:
    """청구항을 구성요소로 나누고 인용 관계를 봅니다. / Cut claims into elements and show which goes back to which."""
    from engine.claims.tree import told

    if sum(one is not None for one in (source, src, text)) != 1:
        raise UserError(
            "무엇을 볼지 하나만 주세요: `claims 자료id`, `claims --in 파일` 또는 `claims --text 글`.",
            "Name one thing to show: `claims SOURCE`, `claims --in FILE` or `claims --text TEXT`.",
        )
    tree = _of_source(source) if source else _of_text(text if text is not None else _read(src or Path()))
    lines = [line for claim in tree.claims for line in _lines(tree, claim)]
    result = {"claims": [told(claim) for claim in tree.claims], "problems": list(tree.problems)}
    tell(result, "\n".join([*lines, *(f"  ! {problem}" for problem in tree.problems), NOT_ADVICE]))


def _of_source(source: str) -> "Tree":
    from engine.curate.patent_tree import source_tree
    from engine.store.open import open_store
    from engine.store.sources import get_source

    with open_store(door.store) as db:
        return source_tree(db, get_source(db, source))


def _of_text(text: str) -> "Tree":
    from engine.claims.numbered import numbered_claims
    from engine.claims.tree import claim_tree

    _, found = numbered_claims(text)
    found = found or ([(1, text.strip())] if text.strip() else [])
    if not found:
        raise UserError(
            "글이 비어 있어 나눌 청구항이 없습니다. 청구항을 그대로 붙여 넣으세요.",
            "The text is empty: there is no claim to cut. Paste the claim as it is.",
        )
    return claim_tree(found)


def _read(path: Path) -> str:
    from engine.sources.decoding import decode_head
    from engine.sources.detect import read_head

    read_head(path)  # says what is wrong with a path
    found = decode_head(path.read_bytes())
    if found is None:
        raise UserError(
            f"'{path.name}' 파일은 글이 아닙니다. 청구항을 txt로 저장해 주세요.",
            f"'{path.name}' is no text. Save the claims as txt.",
        )
    return found


def _lines(tree: "Tree", claim: "Claim") -> list[str]:
    pad = "  " * tree.depth(claim)
    back = f" ← {', '.join(map(str, claim.depends_on))}" if claim.depends_on else ""
    head = f"{pad}[{claim.number}]{back} {claim.subject} ({claim.category})"
    before = [f"{pad}  · {claim.preamble}"] if claim.preamble else []
    return [head, *before, *(f"{pad}  - {element}" for element in claim.elements)]


@app.command()
def names(
    source: Annotated[
        list[str] | None, typer.Option("--source", help="자료 id. 비우면 모든 patent 자료. / Sources; all when absent.")
    ] = None,
    add: Annotated[str | None, typer.Option("--add", help="약어=전체 이름. / SHORT=FULL NAME.")] = None,
    remove: Annotated[str | None, typer.Option("--remove", help="뺄 이름. / A name to take out.")] = None,
    recipe: Annotated[str, typer.Option("--recipe", help="레시피. / The recipe.")] = "patent",
) -> None:
    """약어와 전체 이름의 사전을 보고 고칩니다. / Show and correct the dictionary of abbreviations and what they stand for."""
    from engine.curate.patent_names import add_names, names_known, remove_name
    from engine.store.open import open_store
    from engine.store.sources import get_source, list_sources

    with open_store(door.store) as db:
        sources = [get_source(db, id_, recipe)["id"] for id_ in source or []] or [
            one["id"] for one in list_sources(db, recipe)
        ]
        if add:
            add_names(db, add.split("="))
        if remove:
            remove_name(db, remove, sources)
        groups = names_known(db, sources)
    lines = [" = ".join(group) for group in groups]
    tell(
        {"names": [list(group) for group in groups]},
        "\n".join(lines) or "사전이 비어 있습니다. / The dictionary is empty.",
    )
