"""Commands for material: import, messages, mask, dataset."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli.app import app, door, finish, note, tell
from engine.cli.fields import parse_sets
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
from engine.cli.personal import AllowPersonal, reason_for
from engine.errors import UserError
from engine.recipes.recipe import load_recipe
from engine.sources.whole_file import whole_file
from engine.store.datasets import get_dataset, read_dataset, read_split
from engine.store.open import open_store
from engine.store.sources import count_unparsed, get_source, list_sources, read_records, read_unparsed
from engine.store.vault import list_allowances

if TYPE_CHECKING:
    from engine.privacy.policy import MaskPolicy

SPLITS = ("train", "validation", "test")
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


dataset = typer.Typer(no_args_is_help=True, help="데이터셋. / Datasets.", rich_markup_mode=None)
app.add_typer(dataset, name="dataset")


@dataset.command("build")
def dataset_build(
    recipe: RecipeOption,
    source: Annotated[list[str] | None, typer.Option("--source", help="자료 id, latest, all. 비우면 견본.")] = None,
    style: Annotated[str | None, typer.Option("--style", help="행의 모양. / Row style.")] = None,
    me: Annotated[str | None, typer.Option("--me", help="나의 이름. / Which speaker is me.")] = None,
    sets: Annotated[list[str] | None, typer.Option("--set", help="옵션 k=v. / An option k=v.")] = None,
    seed: int = 0,
    wait: Wait = True,
) -> None:
    """행을 고르고, 나누고, 굳힙니다. / Filter, split and freeze a dataset."""
    found = load_recipe(recipe)
    style = style or found.styles[0]
    if style not in found.styles:
        raise UserError(
            f"'{style}' 모양은 없습니다. '{recipe}' 레시피의 모양: {', '.join(found.styles)}.",
            f"There is no style '{style}'. Styles of recipe '{recipe}': {', '.join(found.styles)}.",
        )
    options = parse_sets(found.options, sets or [], {"style": style} if "style" in found.options.model_fields else {})
    style = str(options.get("style", style))
    sources = _chosen_sources(recipe, source or [])
    args = {"recipe": recipe, "sources": sources, "style": style, "me": me, "options": options, "seed": seed}
    result = finish("dataset", args, wait)
    if result is not None:
        splits = ", ".join(f"{name} {n:,}" for name, n in result["splits"].items())
        dropped = ", ".join(f"{reason} {n:,}" for reason, n in result["dropped"].items())
        out = f"\n  뺀 사람의 메시지: {result['left_out']:,}개" if result["left_out"] else ""
        tell(
            result,
            f"데이터셋 {result['dataset_id']}: {result['rows']:,}행 ({splits})\n  뺀 것: {dropped or '없음'}{out}",
        )


def _chosen_sources(recipe: str, given: list[str]) -> list[str]:
    names = [name for part in given for name in part.split(",") if name]
    with open_store(door.store) as db:
        if names == ["all"]:
            names = [source["id"] for source in list_sources(db, recipe)]
            if not names:
                get_source(db, "latest", recipe)
        return list(dict.fromkeys(get_source(db, name, recipe)["id"] for name in names))


@dataset.command("show")
def dataset_show(
    dataset_id: Annotated[str, typer.Argument()] = "latest",
    split: Annotated[str | None, typer.Option("--split")] = None,
    dropped: Annotated[
        str | None, typer.Option("--dropped", help="뺀 까닭, 또는 any. / A drop reason, or any.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit")] = 5,
    model: Annotated[
        str | None, typer.Option("--as-seen-by", help="이 모델이 보는 그대로. / As this base sees the rows.")
    ] = None,
) -> None:
    """데이터셋의 행을 봅니다. / Show a dataset's rows, also as the model sees them."""
    _require_split(split)
    with open_store(door.store) as db:
        found = get_dataset(db, dataset_id)
        rows = read_dataset(db, found["id"], split, dropped, limit=limit)
        allowed = list_allowances(db, found["id"])
    if model:
        from dataclasses import asdict

        from engine.models.bases import resolve_base
        from engine.models.loading import load_tokenizer
        from engine.models.template import as_model_sees

        tokenizer = load_tokenizer(resolve_base(model.removeprefix("base:")))
        for row in rows:
            row["seen"] = asdict(as_model_sees(tokenizer, row["messages"], row["target"], 1024))
    text = [f"{found['id']} ({found['recipe']}, {found['style']}) {found['counts']} · 뺀 것 {found['dropped']}"]
    text += [f"  의심 {a['hits']:,}행을 그대로 내보냄({a['at'][:10]}): {a['reason']}" for a in allowed]
    for row in rows:
        text.append(f"  #{row['ord']} {row['split'] or row['dropped']}\n{_shown(row)}")
    tell(
        {
            "dataset_id": found["id"],
            **{k: found[k] for k in ("counts", "dropped", "fingerprint")},
            "rows": rows,
            "allowed": allowed,
        },
        "\n".join(text),
    )


def _require_split(split: str | None) -> None:
    if split is not None and split not in SPLITS:
        raise UserError(
            f"--split에 '{split}'(을)를 쓸 수 없습니다. {', '.join(SPLITS)} 가운데 하나를 쓰세요.",
            f"--split cannot be '{split}'. Use one of {', '.join(SPLITS)}.",
        )


def _shown(row: dict[str, Any]) -> str:
    """A row for the terminal; as the model sees it, the trained part stands between ⟦ ⟧."""
    if "seen" in row:
        text, at = [], 0
        for start, end in row["seen"]["trained"]:
            text += [row["seen"]["text"][at:start], "⟦", row["seen"]["text"][start:end], "⟧"]
            at = end
        return "".join(
            [*text, row["seen"]["text"][at:], f"\n    토큰 {row['seen']['tokens']}, 끝 토큰 {row['seen']['end_token']}"]
        )
    said = "\n".join(f"    {m['role']}: {m['content']}" for m in row["messages"])
    return f"{said}\n    → {row['target']}"


@dataset.command("export")
def dataset_export(
    out: Annotated[Path, typer.Option("--out", help="쓸 JSONL 파일. / JSONL file to write.")],
    dataset_id: Annotated[str, typer.Argument()] = "latest",
    split: Annotated[str | None, typer.Option("--split")] = None,
    allow: AllowPersonal = None,
) -> None:
    """행을 JSONL로 씁니다. / Write a dataset's rows as JSONL: {split, messages} with the target as last turn."""
    from engine.privacy.gate import require_clean_dataset

    _require_split(split)
    count = 0
    with open_store(door.store) as db, whole_file(out) as file:
        found = get_dataset(db, dataset_id)
        require_clean_dataset(db, found, "export", reason_for(allow))
        for name in [split] if split else SPLITS:
            for row in read_split(db, found["id"], name):
                turns = [*row["messages"], {"role": "assistant", "content": row["target"]}]
                file.write(json.dumps({"id": row["id"], "split": name, "messages": turns}, ensure_ascii=False) + "\n")
                count += 1
    tell({"dataset_id": found["id"], "rows": count, "out": str(out)}, f"{count:,}행을 {out}에 썼습니다.")
