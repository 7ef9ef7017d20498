"""Commands for datasets: build, show, export."""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from sqlite_utils import Database

from engine.cli.app import app, door, finish, tell
from engine.cli.data import RecipeOption, Wait
from engine.cli.fields import parse_sets
from engine.cli.personal import AllowPersonal, reason_for
from engine.curate.exchange import Form
from engine.curate.exchange_files import write_dataset
from engine.curate.mix import mix_of
from engine.curate.refusals import refusals_of
from engine.errors import UserError
from engine.recipes.recipe import Recipe, load_recipe, require_style
from engine.sources.whole_file import whole_file
from engine.store.datasets import get_dataset, read_dataset, read_split
from engine.store.open import open_store
from engine.store.preferences import STYLES
from engine.store.rows import SPLITS, Which, find_rows, question_types
from engine.store.sources import get_source, licences_of, list_sources
from engine.store.vault import list_allowances

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
    canaries: Annotated[
        int,
        typer.Option(
            "--canaries",
            min=0,
            max=200,
            help="외우는지 살필 지어낸 행의 수. / Invented rows, to see what is learned by heart.",
        ),
    ] = 0,
    wait: Wait = True,
) -> None:
    """행을 고르고, 나누고, 굳힙니다. / Filter, split and freeze a dataset."""
    found = load_recipe(recipe)
    style = style or found.styles[0]
    require_style(found, style)
    options = row_options(found, style, sets or [])
    style = str(options.get("style", style))
    sources = chosen_sources(recipe, source or [])
    args = {
        "recipe": recipe,
        "sources": sources,
        "style": style,
        "me": me,
        "options": options,
        "seed": seed,
        "canaries": canaries,
    }
    result = finish("dataset", args, wait)
    if result is not None:
        splits = ", ".join(f"{name} {n:,}" for name, n in result["splits"].items())
        dropped = ", ".join(f"{reason} {n:,}" for reason, n in result["dropped"].items())
        lines = types_text(result.get("types", {})) + mix_text(result.get("mix", {}))
        lines += [f"  ! {line}" for line in result.get("warnings", [])]
        lines += [f"  이용 조건({source}): {note}" for source, note in result.get("licences", {}).items()]
        out = f"\n  뺀 사람의 메시지: {result['left_out']:,}개" if result["left_out"] else ""
        tell(
            result,
            f"데이터셋 {result['dataset_id']}: {result['rows']:,}행 ({splits})\n  뺀 것: {dropped or '없음'}{out}"
            + "".join(f"\n{line}" for line in lines),
        )


def row_options(recipe: Recipe, style: str, sets: list[str]) -> dict[str, Any]:
    """Options of the rows. Preferences bring the prompts they were given to."""
    if style not in STYLES:
        return parse_sets(recipe.options, sets, {"style": style} if "style" in recipe.options.model_fields else {})
    if sets:
        raise UserError(
            f"--set {sets[0]}은(는) {style} 데이터셋에 쓸 수 없습니다. 선호는 그때 쓴 물음을 그대로 씁니다. --set을 빼세요.",
            f"--set {sets[0]} has no use with a dataset of {style}: preferences keep the prompts they were given to. "
            "Leave --set out.",
        )
    return {}


def chosen_sources(recipe: str, given: list[str]) -> list[str]:
    names = [name for part in given for name in part.split(",") if name]
    with open_store(door.store) as db:
        if names == ["all"]:
            kinds = load_recipe(recipe).builds
            names = [source["id"] for source in list_sources(db, recipe) if source["kind"] in kinds]
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
    kind: Annotated[str | None, typer.Option("--type", help="이 갈래의 물음만. / Questions of this type only.")] = None,
    limit: Annotated[int, typer.Option("--limit")] = 5,
    model: Annotated[
        str | None, typer.Option("--as-seen-by", help="이 모델이 보는 그대로. / As this base sees the rows.")
    ] = None,
) -> None:
    """데이터셋의 행을 봅니다. / Show a dataset's rows, also as the model sees them."""
    _require_split(split)
    with open_store(door.store) as db:
        found = get_dataset(db, dataset_id)
        if kind:
            rows = find_rows(db, found["id"], Which(split=split, dropped=dropped, kind=kind), limit=limit).rows
        else:
            rows = read_dataset(db, found["id"], split, dropped, limit=limit)
        allowed = list_allowances(db, found["id"])
        types = {kind: kept for kind, (kept, _) in question_types(db, found["id"]).items()}
        refusals, mix = refusals_of(db, found), mix_of(db, found)
        licences = licences_of(db, found["sources"])
    if model:
        from dataclasses import asdict

        from engine.models.bases import resolve_base
        from engine.models.loading import load_tokenizer
        from engine.models.template import as_model_sees

        tokenizer = load_tokenizer(resolve_base(model.removeprefix("base:")))
        for row in rows:
            row["seen"] = asdict(as_model_sees(tokenizer, row["messages"], row["target"], 1024))
    text = [f"{found['id']} ({found['recipe']}, {found['style']}) {found['counts']} · 뺀 것 {found['dropped']}"]
    warnings = [*(refusals.warnings if refusals else []), *(mix.warnings if mix else [])]
    text += types_text(types) + mix_text(mix.as_json() if mix else {}) + [f"  ! {line}" for line in warnings]
    text += [f"  이용 조건({source}): {note}" for source, note in licences.items()]
    text += [f"  의심 {a['hits']:,}행을 그대로 내보냄({a['at'][:10]}): {a['reason']}" for a in allowed]
    for row in rows:
        text.append(f"  #{row['ord']} {row['split'] or row['dropped']}\n{_shown(row)}")
    tell(
        {
            "dataset_id": found["id"],
            **{k: found[k] for k in ("counts", "dropped", "fingerprint")},
            **({"types": types} if types else {}),
            **({"refusing": refusals.refusing} if refusals else {}),
            **({"mix": mix.as_json()} if mix else {}),
            **({"warnings": warnings} if refusals or mix else {}),
            **({"licences": licences} if licences else {}),
            "rows": rows,
            "allowed": allowed,
        },
        "\n".join(text),
    )


def mix_text(mix: dict[str, Any]) -> list[str]:
    """The parts of a mix with the shares wanted and reached, as a line; none where there is no mix."""
    told = []
    for name, part in mix.items():
        wanted = "" if part["wanted"] is None else f" (바람 {part['wanted']:.0%})"
        told.append(f"{name} {part['rows']:,}행 {part['got']:.1%}{wanted}")
    return ["  섞은 비율(학습 행): " + " · ".join(told)] if told else []


def types_text(types: dict[str, int]) -> list[str]:
    """Kept rows by type of question, with shares, as a line of the table; none where rows have no type."""
    total = sum(types.values())
    return (
        ["  물음의 갈래: " + ", ".join(f"{kind} {n:,} ({n / total:.1%})" for kind, n in types.items())] if total else []
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
    judged = f"\n    ✗ {row['meta']['rejected']}" if "rejected" in row["meta"] else ""
    worth = f" ({row['meta']['rating']:+d})" if "rating" in row["meta"] else ""
    return f"{said}\n    → {row['target']}{worth}{judged}"


@dataset.command("export")
def dataset_export(
    out: Annotated[
        Path, typer.Option("--out", help="쓸 파일, 또는 --as와 함께 폴더. / File to write; with --as also a folder.")
    ],
    dataset_id: Annotated[str, typer.Argument()] = "latest",
    form: Annotated[
        Literal["alpaca", "sharegpt", "openai", "parquet"] | None,
        typer.Option("--as", help="다른 학습 프로그램이 읽는 모양. / A shape that other trainers read."),
    ] = None,
    split: Annotated[str | None, typer.Option("--split")] = None,
    allow: AllowPersonal = None,
) -> None:
    """행을 JSONL로, 또는 LLaMA-Factory, Axolotl, Unsloth가 읽는 모양으로. / Write a dataset's rows as JSONL: {split, messages} with the
    target as last turn, pairs with their rejected answer, ratings with their rating; or in a shape that LLaMA-Factory, Axolotl, Unsloth read."""
    from engine.privacy.gate import require_clean_dataset

    _require_split(split)
    splits = [split] if split else list(SPLITS)
    with open_store(door.store) as db:
        found = get_dataset(db, dataset_id)
        require_clean_dataset(db, found, "export", reason_for(allow))
        if form is not None:
            _export_as(db, found, form, out, splits)
            return
    count = 0
    with open_store(door.store) as db, whole_file(out) as file:
        for name in splits:
            for row in read_split(db, found["id"], name):
                turns = [*row["messages"], {"role": "assistant", "content": row["target"]}]
                judged = {key: row["meta"][key] for key in ("rejected", "rating") if key in row["meta"]}
                line = {"id": row["id"], "split": name, "messages": turns, **judged}
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
                count += 1
    tell({"dataset_id": found["id"], "rows": count, "out": str(out)}, f"{count:,}행을 {out}에 썼습니다.")


def _export_as(db: Database, found: dict[str, Any], form: Form, out: Path, splits: list[str]) -> None:
    """In a shape that other trainers read; licences of the sources go with it."""
    written = write_dataset(db, found, form, out, splits)
    licences = licences_of(db, found["sources"])
    told = {
        "dataset_id": found["id"], "as": form, "rows": written.rows, "out": str(out), "files": [str(path) for path in written.files],
        "left_out": written.counts["no_place"], "warnings": written.warnings, "licences": licences,
    }  # fmt: skip
    lines = [
        f"{written.rows:,}행을 {form} 모양으로 {out}에 썼습니다.",
        *(f"  주의: {line}" for line in written.warnings),
    ]
    tell(told, "\n".join([*lines, *(f"  이용 조건({source}): {note}" for source, note in licences.items())]))
