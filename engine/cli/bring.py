"""Commands that bring material in: import with a look beforehand, and recount."""

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from engine.cli.app import app, door, finish, note, tell
from engine.cli.masks import counted
from engine.errors import UserError
from engine.recipes.recipe import Recipe, load_recipe
from engine.sources.columns import parse_mapping
from engine.sources.hub import is_hub
from engine.sources.mapped import MAPPED, mapped_kind, mapped_reader
from engine.store.open import open_store
from engine.store.sources import get_source

Wait = Annotated[bool, typer.Option("--wait/--no-wait", help="끝날 때까지 기다립니다. / Wait for the end.")]
BaseOption = Annotated[
    str | None,
    typer.Option("--base", help="토큰을 셀 모델(비우면 starter). / Whose tokenizer counts; the starter's when absent."),
]
Longest = Annotated[
    int | None,
    typer.Option("--longest", min=64, max=100_000, help="조항 하나의 최대 토큰(512). / Most tokens of a clause (512)."),
]
SAMPLE = 3


@app.command("import")
def import_(
    files: Annotated[
        list[str],
        typer.Argument(
            help="파일(나뉜 것은 모두), 폴더, zip, eml, hub:이름. / Files (all parts), a folder, a zip, an eml, hub:NAME."
        ),
    ],
    recipe: Annotated[str, typer.Option("--recipe", help="레시피 이름. / The recipe.")],
    kind: Annotated[
        str | None, typer.Option("--as", help="종류(비우면 알아냅니다). / Kind; guessed when absent.")
    ] = None,
    me: Annotated[str | None, typer.Option("--me", help="나의 이름. / Which speaker is me.")] = None,
    masks: Annotated[bool, typer.Option("--mask", help="이어서 가립니다. / Mask right after.")] = False,
    columns: Annotated[
        str | None,
        typer.Option(
            "--map",
            help="표의 열: question=질문,answer=답변 · dialogue=대화,summary=요약 · choices=보기1+보기2. / Columns of a table: question=Q,answer=A.",
        ),
    ] = None,
    preview: Annotated[
        bool,
        typer.Option("--preview", help="열을 어떻게 읽을지만 봅니다. / Only show how the columns would be read."),
    ] = False,
    base: BaseOption = None,
    longest: Longest = None,
    wait: Wait = True,
) -> None:
    """자료를 가져옵니다. / Read sources into the store."""
    import time

    found = load_recipe(recipe)
    mapped = kind if kind in MAPPED else mapped_kind(found.source_kinds) or "qa"
    mapping = parse_mapping(columns, MAPPED[mapped][0]) if columns else {}
    kind = kind or (mapped if mapping or preview else None)
    _require_files(files, kind, found)
    if preview:
        _preview([Path(file) for file in files if not is_hub(file)], mapped, mapping)
        return
    began = time.monotonic()
    paths = [file if is_hub(file) else str(Path(file).resolve()) for file in files]
    args = {
        "recipe": recipe, "files": paths, "kind": kind, "me": me, "mask": masks, "map": mapping, "base": base, "longest": longest,
    }  # fmt: skip
    result = finish("import", args, wait)
    if result is None:
        return
    result["seconds"] = round(time.monotonic() - began, 2)
    tell(result, "\n".join(_lines(result)))


def _lines(result: dict[str, Any]) -> list[str]:
    lines = [f"자료 {result['source_id']}: {result['kind']} 기록 {result['records']:,}개 ({result['seconds']}초)"]
    if result["kind"] == "kakao":
        speakers = ", ".join(f"{name} {n:,}" for name, n in list(result["speakers"].items())[:6])
        lines.append(f"  말한 사람: {speakers or '-'}")
    if "tokens" in result:
        lines += _clause_lines(result)
    if "dictionary" in result:
        held = result["dictionary"]
        lines.append(f"  사전: 용어 {held['terms']:,} · 관계 {held['relations']:,} · 기다리는 관계 {held['pending']:,}")
    if "forms" in result:
        lines.append("  갈래: " + ", ".join(f"{form} {count:,}" for form, count in result["forms"].items()))
        lines += [f"  이용 조건({file}): {note[:200]}" for file, note in result["licence"].items()]
        lines += [f"  읽지 못한 파일: {file}" for file in result["unparsed_files"][:SAMPLE]]
    if "mapping" in result:
        lines.append("  열: " + ", ".join(f"{field}={column}" for field, column in result["mapping"].items()))
    see = f" (보기: messages {result['source_id']} --unparsed)" if result["unparsed"] else ""
    lines.append(f"  알아듣지 못한 줄: {result['unparsed']:,}{see}")
    lines += [f"  주의: {warning}" for warning in result["warnings"]]
    if "mask" in result:
        lines.append(f"  가림: {counted(result['mask']['counts'])} · 남은 의심 {result['mask']['residual']:,}곳")
    return lines


def _clause_lines(found: dict[str, Any]) -> list[str]:
    tokens = found["tokens"]
    names = {"회사": found["companies"], "상품": found["products"], "종류": found["policy_types"]}
    return [
        f"  토큰({found['base']}): 모두 {tokens['total']:,} · 가운데 {tokens['median']:,} · 가장 긴 조항 {tokens['longest']:,}",
        *(
            f"  {name}: " + ", ".join(f"{what or '(없음)'} {n:,}" for what, n in list(counts.items())[:6])
            for name, counts in names.items()
            if any(counts)
        ),
    ]


def _preview(files: list[Path], kind: str, mapping: dict[str, str]) -> None:
    """The columns of each file, the guess, and the first rows: on the owner's screen, in no log."""
    if not files:
        raise UserError(
            "--preview는 파일에 씁니다. 허브 데이터셋은 가져온 뒤 결과의 열을 보고, 틀리면 --map으로 다시 가져오세요.",
            "--preview works on files. For a data set of the hub look at the columns in the result, and import again with --map.",
        )
    told: list[dict[str, Any]] = []
    lines = []
    for file in files:
        guess = mapped_reader(kind, mapping).look(file)
        told.append(
            {"file": file.name, "columns": guess.columns, "mapping": guess.mapping, "sample": guess.sample[:SAMPLE]}
        )
        lines.append(f"{file.name}\n  열: {', '.join(guess.columns)}")
        lines.append(
            "  읽는 법: " + (", ".join(f"{f}={c}" for f, c in guess.mapping.items()) or "(모름: --map으로 알려 주세요)")
        )
        for row in guess.sample[:SAMPLE]:
            lines += [f"    {field}: {str(value)[:80]}" for field, value in row.items() if value] + ["    -"]
    tell(
        {"files": told, "mapping": told[0]["mapping"], "columns": told[0]["columns"], "sample": told[0]["sample"]},
        "\n".join(lines),
    )


def _require_files(files: list[str], kind: str | None, recipe: Recipe) -> None:
    """What no job would be able to read is refused here; a file of unknown letters is shown as each encoding would have it."""
    from engine.sources.decoding import UnknownEncoding, decoding_samples
    from engine.sources.gather import require_readable

    if any(map(is_hub, files)) and "qa" not in recipe.source_kinds:
        raise UserError(
            f"hub:… 데이터셋은 '{recipe.name}' 레시피가 읽지 않습니다. 파일을 주세요.",
            f"Recipe '{recipe.name}' reads no data sets of the hub (hub:…). Give a file.",
        )
    for file in (Path(file) for file in files if not is_hub(file)):
        if not os.path.exists(file):  # False, too, for what may not be looked at
            raise UserError(
                f"파일이 없습니다: {file}. 경로를 확인하세요.", f"There is no such file: {file}. Check the path."
            )
        try:
            require_readable(file, kind, recipe.reads)
        except UnknownEncoding:
            for encoding, sample in decoding_samples(file).items():
                note(f"--- {encoding} ---\n{sample}")
            raise


@app.command()
def recount(
    source: Annotated[str, typer.Argument(help="자료 id 또는 latest. / Source id or latest.")] = "latest",
    base: Annotated[str, typer.Option("--base", help="토큰을 셀 모델. / Whose tokenizer counts.")] = "starter",
    longest: Annotated[
        int, typer.Option("--longest", min=64, max=100_000, help="긴 조항의 기준. / From when a clause is long.")
    ] = 512,
    wait: Wait = True,
) -> None:
    """조항의 토큰을 다른 모델로 다시 세고, 같은 글을 다시 찾습니다. / Count a source's clauses anew, with another base."""
    with open_store(door.store) as db:
        found = get_source(db, source)
    if found["kind"] not in ("chunks", "clauses"):
        raise UserError(
            f"'{found['id']}'은(는) 조항이 아니라 {found['kind']} 자료입니다. 약관을 가져온 자료에 쓰세요.",
            f"'{found['id']}' holds no clauses but is of kind {found['kind']}. Use a source of clauses.",
        )
    told = finish("recount", {"source": found["id"], "base": base, "longest": longest}, wait)
    if told is not None:
        tell(
            told, "\n".join([f"자료 {found['id']}", *_clause_lines(told), *(f"  주의: {w}" for w in told["warnings"])])
        )
