"""Commands for material that is here: messages, mask."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.app import app, door, finish, note, tell
from engine.cli.masks import (
    Accept,
    Add,
    Doubtful,
    Everywhere,
    Given,
    Keep,
    Ner,
    Redo,
    Undo,
    UndoLast,
    correct,
    counted,
    require_one_use,
    tell_doubtful,
)
from engine.errors import UserError
from engine.sources.whole_file import whole_file
from engine.store.clause_records import CLAUSE, PAIR
from engine.store.open import open_store
from engine.store.sources import count_unparsed, get_source, read_records, read_unparsed

if TYPE_CHECKING:
    from engine.privacy.policy import MaskPolicy

Wait = Annotated[bool, typer.Option("--wait/--no-wait", help="끝날 때까지 기다립니다. / Wait for the end.")]
RecipeOption = Annotated[str, typer.Option("--recipe", help="레시피 이름. / The recipe.")]


@app.command()
def messages(
    source: Annotated[str, typer.Argument(help="자료 id 또는 latest. / Source id or latest.")],
    out: Annotated[Path | None, typer.Option("--out", help="쓸 JSONL 파일. / JSONL file to write.")] = None,
    unparsed: Annotated[
        bool, typer.Option("--unparsed", help="알아듣지 못한 줄만 봅니다. / Show only the lines nobody could read.")
    ] = False,
    limit: Annotated[int, typer.Option("--limit", help="--unparsed로 볼 줄 수. / Lines shown by --unparsed.")] = 20,
) -> None:
    """읽어들인 기록을 JSONL로 쓰거나, 알아듣지 못한 줄을 봅니다. / Write the parsed messages as JSONL, or show what was not understood."""
    if unparsed:
        _show_unparsed(source, limit)
        return
    if out is None:
        raise UserError(
            "쓸 파일이 없습니다. `messages 자료id --out F.jsonl` 또는 `messages 자료id --unparsed`로 쓰세요.",
            "No file to write was named. Use `messages SOURCE --out F.jsonl` or `messages SOURCE --unparsed`.",
        )
    count = 0
    with open_store(door.store) as db, whole_file(out) as file:
        for row in read_records(db, get_source(db, source)["id"]):
            line = {"at": row["at"], "speaker": row["speaker"], "text": row["text"], "kind": row["kind"]}
            if row["kind"] in (CLAUSE, PAIR):  # where a clause stands, how a question is answered
                line["meta"] = json.loads(row["meta_json"] or "{}")
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
            count += 1
    note("가리지 않은 원문입니다. 남에게 주지 마세요. / These are the originals, unmasked. Do not hand them on.")
    tell({"rows": count, "out": str(out)}, f"{count:,}줄을 {out}에 썼습니다.")


def _show_unparsed(source: str, limit: int) -> None:
    with open_store(door.store) as db:
        found = get_source(db, source)
        lines, count = read_unparsed(db, found["id"], limit=max(0, limit)), count_unparsed(db, found["id"])
    text = "".join(f"\n  {row['seq'] + 1:,}번째 기록: {row['text']}" for row in lines)
    more = f"\n  … 더 보기: --limit {count}" if count > len(lines) else ""
    result = {"source_id": found["id"], "unparsed": count, "rows": len(lines), "lines": lines}
    tell(result, f"알아듣지 못한 줄 {count:,}개{text}{more}")


@app.command()
def mask(
    source: Annotated[str | None, typer.Argument(help="자료 id 또는 latest. / Source id or latest.")] = None,
    src: Annotated[Path | None, typer.Option("--in", help="{id, text} JSONL.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="{id, masked, spans} JSONL.")] = None,
    speakers: Annotated[str, typer.Option("--speakers", help="이름, 쉼표로. / Names, comma separated.")] = "",
    add: Add = None,
    keep: Keep = None,
    undo: Undo = None,
    accept: Accept = None,
    undo_last: UndoLast = False,
    redo: Redo = False,
    doubtful: Doubtful = False,
    everywhere: Everywhere = False,
    company_lines: Annotated[
        bool | None,
        typer.Option(
            "--company-lines/--no-company-lines",
            help="1588-… 같은 대표번호도. 자료를 가릴 때 고르면 기억합니다. / Numbers of companies too; kept for later.",
        ),
    ] = None,
    crisis_lines: Annotated[
        bool | None,
        typer.Option(
            "--crisis-lines/--no-crisis-lines",
            help="112, 1366 같은 번호도. / Emergency and help lines too; kept for later.",
        ),
    ] = None,
    quasi: Annotated[
        bool | None,
        typer.Option(
            "--quasi/--no-quasi",
            help="나이·학교·직장·건강 따위도. / Age, school, work, health and the like too; kept for later.",
        ),
    ] = None,
    style: Annotated[
        str | None,
        typer.Option(
            "--style",
            help="placeholder([이름_1]) 또는 pseudonym(지어낸 값). 자료에는 저장소 전체의 설정입니다. / What stands instead; for sources a setting of the whole store.",
        ),
    ] = None,
    vault: Annotated[
        Path | None,
        typer.Option("--vault", help="원래 값을 잠가 둘 새 파일(--in과 함께). / New file for the sealed originals."),
    ] = None,
    ner: Ner = None,
    wait: Wait = True,
) -> None:
    """개인정보를 가립니다. / Mask personal data, in a source or in a file; or correct what is masked."""
    given = Given(add or [], keep or [], undo or [], accept or [], undo_last, redo, everywhere)
    require_one_use(source, bool(src or out or speakers), doubtful, given)
    asked = {"company_lines": company_lines, "crisis_lines": crisis_lines, "quasi": quasi}
    switches = {name: on for name, on in asked.items() if on is not None}
    if src is not None and out is not None:
        from engine.privacy.policy import MaskPolicy

        people = [name.strip() for name in speakers.split(",") if name.strip()]
        _mask_file(src, out, people, MaskPolicy(**switches), style, vault, ner or "")
        return
    if vault is not None:
        raise UserError(
            "--vault는 파일을 가릴 때(--in, --out) 씁니다. 저장소의 금고는 `vault on`으로 켭니다.",
            "--vault goes with --in and --out. The store's own vault is turned on with `vault on`.",
        )
    if source is None:
        raise UserError(
            "무엇을 가릴지 없습니다. `mask 자료id` 또는 `mask --in F.jsonl --out G.jsonl`로 쓰세요.",
            "Nothing to mask was named. Use `mask SOURCE` or `mask --in F.jsonl --out G.jsonl`.",
        )
    found = _chosen(source, switches, style, ner)
    if doubtful:
        tell_doubtful(found)
        return
    if given.changes:
        correct(found, given)
        return
    told = finish("mask", {"source": found}, wait)
    if told is not None:
        counts = counted(told["counts"])
        tell(told, f"{found}: {counts} · 남은 의심 {told['residual']:,}곳 ({told['seconds']:.1f}초)")


def _chosen(source: str, switches: dict[str, bool], style: str | None, ner: str | None) -> str:
    """The source's id; what the words choose for the whole store is kept there."""
    with open_store(door.store) as db:
        if switches:
            from engine.privacy.policy import set_mask_policy

            set_mask_policy(db, **switches)
        if style:
            from engine.privacy.style import set_style

            set_style(db, style)
        if ner is not None:
            from engine.privacy.taggers import set_ner

            set_ner(db, ner)
        return str(get_source(db, source)["id"])


def _mask_file(
    src: Path, out: Path, speakers: list[str], policy: "MaskPolicy", style: str | None, vault: Path | None, ner: str
) -> None:
    from engine.privacy.files import mask_file
    from engine.privacy.style import checked_style

    chosen = checked_style(style or "placeholder")
    if vault is None:
        result = mask_file(src, out, speakers, chosen, policy=policy, ner=ner)
    else:
        from engine.cli.vault import new_lock
        from engine.privacy.vault import FileVault

        with FileVault(vault, new_lock()) as kept:
            result = mask_file(src, out, speakers, chosen, kept, policy, ner)
        result["vault"] = str(vault)
    tell(result, f"{result['rows']:,}행에서 {result['spans']:,}곳을 가렸습니다({result['seconds']:.1f}초).")
