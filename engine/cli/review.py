"""Commands to go through rows and freeze what was decided: review, dataset freeze, dataset compare."""

from typing import Annotated, Any

import typer
from sqlite_utils import Database

from engine.cli.app import app, door, finish, tell
from engine.cli.datasets import dataset
from engine.curate.sampling import EXPECTED, Plan, plan_review
from engine.curate.versions import compare_datasets, edit_row, keep_row, require_changes
from engine.store.datasets import get_dataset
from engine.store.open import open_store
from engine.store.reviews import decide, next_unreviewed, redo, standing, undo, unreviewed
from engine.store.rows import get_row

DatasetOption = Annotated[str, typer.Option("--dataset", help="데이터셋 id 또는 latest. / Dataset id or latest.")]
RowArgument = Annotated[int, typer.Argument(help="행 번호. / The row's number.")]
Wait = Annotated[bool, typer.Option("--wait/--no-wait", help="끝날 때까지 기다립니다. / Wait for the end.")]

ByOption = Annotated[str | None, typer.Option("--by", help="정한 사람. / Who decided.")]
MarginOption = Annotated[
    float | None,
    typer.Option(
        "--margin",
        min=0.5,
        max=50,
        help="표본으로: 잘못된 행의 비율을 ±이만큼(점) 알려면. / From the sample of this plan.",
    ),
]

review = typer.Typer(no_args_is_help=True, help="행 살펴보기. / The review queue.", rich_markup_mode=None)
app.add_typer(review, name="review")


@review.command("next")
def review_next(
    dataset_id: DatasetOption = "latest",
    dropped: Annotated[
        str | None, typer.Option("--dropped", help="이 까닭으로 빠진 행 가운데. / Among rows dropped for this reason.")
    ] = None,
    margin: MarginOption = None,
) -> None:
    """아직 정하지 않은 다음 행을 봅니다. / Show the next row nobody decided on."""
    with open_store(door.store) as db:
        found = get_dataset(db, dataset_id)["id"]
        planned = plan_review(db, found, margin / 100).pending if margin else ()
        row_id = next(iter(planned), None) if margin else next_unreviewed(db, found, dropped)
        row = get_row(db, found, row_id) if row_id is not None else None
        _tell(db, found, {"row": row}, _shown(row) if row else "살펴볼 행이 없습니다.")


@review.command("plan")
def review_plan(
    dataset_id: DatasetOption = "latest",
    margin: Annotated[float, typer.Option("--margin", min=0.5, max=50, help="±점. / Points to either side.")] = 8,
    expect: Annotated[
        float, typer.Option("--expect", min=0, max=50, help="잘못되었으리라 보는 비율(%). / Wrong rows expected, in %.")
    ] = EXPECTED * 100,
) -> None:
    """몇 행을 읽으면 잘못된 행의 비율을 아는지, 지금까지 읽은 것은 무엇을 말하는지 봅니다. / How many rows to read to know the error rate."""
    with open_store(door.store) as db:
        found = get_dataset(db, dataset_id)["id"]
        plan = plan_review(db, found, margin / 100, expect / 100)
        _tell(db, found, _plan_json(plan), plan_text(plan))


def _plan_json(plan: Plan) -> dict[str, Any]:
    told = plan.estimate
    rate = {"value": told.value, "low": told.low, "high": told.high, "n": told.n, "wrong": told.wrong}
    return {
        "rows": plan.rows,
        "sample": len(plan.chosen),
        "margin": plan.margin,
        "expected": plan.expected,
        "types": dict(plan.by_type),
        "error_rate": rate,
        "sample_pending": len(plan.pending),
        "next": next(iter(plan.pending), None),
    }


def plan_text(plan: Plan) -> str:
    """The plan in a sentence, and the rate so far."""
    lines = [
        f"{plan.rows:,}행 가운데 {len(plan.chosen):,}행을 읽으면 잘못된 행의 비율을 ±{plan.margin:.0%} 안에서 압니다."
    ]
    told = plan.estimate
    if told.value is not None:
        lines.append(
            f"  읽은 {told.n:,}행 가운데 {told.wrong:,}행이 잘못: {told.value:.1%} [{told.low:.1%}, {told.high:.1%}]"
        )
    return "\n".join(lines)


@review.command("accept")
def review_accept(row: RowArgument, dataset_id: DatasetOption = "latest", by: ByOption = None) -> None:
    """행을 두거나 되살립니다. / Keep a row, or take a dropped one back."""
    with open_store(door.store) as db:
        found = get_dataset(db, dataset_id)["id"]
        keep_row(db, found, row, by)
        _tell(db, found, {"row_id": row, "decision": "keep"}, f"행 {row}: 둡니다.")


@review.command("reject")
def review_reject(row: RowArgument, dataset_id: DatasetOption = "latest", by: ByOption = None) -> None:
    """행을 뺍니다. / Drop a row."""
    with open_store(door.store) as db:
        found = get_dataset(db, dataset_id)["id"]
        decide(db, found, row, "drop", by=by)
        _tell(db, found, {"row_id": row, "decision": "drop"}, f"행 {row}: 뺍니다.")


@review.command("fix")
def review_fix(
    row: RowArgument,
    text: Annotated[str, typer.Option("--text", help="새 답. / The new target.")],
    asked: Annotated[str | None, typer.Option("--asked", help="상대의 마지막 말. / What was asked last.")] = None,
    dataset_id: DatasetOption = "latest",
    by: ByOption = None,
) -> None:
    """행의 답을 고칩니다. / Give a row other words."""
    with open_store(door.store) as db:
        found = get_dataset(db, dataset_id)["id"]
        edited = edit_row(db, found, row, text, asked, by)
        decision = "keep" if edited == row else "edit"
        _tell(
            db,
            found,
            {"row_id": row, "decision": decision, "edited_row_id": edited},
            f"행 {row}: 고쳤습니다({edited}).",
        )


@review.command("undo")
def review_undo(
    dataset_id: DatasetOption = "latest",
    again: Annotated[bool, typer.Option("--redo", help="되돌린 것을 다시 합니다. / Do again what was undone.")] = False,
) -> None:
    """마지막 결정을 되돌립니다. / Take the last decision back."""
    with open_store(door.store) as db:
        found = get_dataset(db, dataset_id)["id"]
        done = redo(db, found) if again else undo(db, found)
        facts = {"row_id": done["row_id"], "decision": done["decision"]} if done else {"row_id": None, "decision": None}
        words = "다시 했습니다" if again else "되돌렸습니다"
        _tell(db, found, facts, f"행 {done['row_id']}의 결정을 {words}." if done else "되돌릴 것이 없습니다.")


def _tell(db: Database, dataset_id: str, facts: dict[str, Any], text: str) -> None:
    """What was done, and where the review stands: pending rows, decided rows, decisions in no version yet."""
    stands, pending = standing(db, dataset_id), unreviewed(db, dataset_id)
    decided = sum(stands.decided.values())
    counts = {"pending": pending, "decided": decided, "decisions": stands.decided, "unfrozen": stands.unfrozen}
    tell(
        {"dataset_id": dataset_id, **facts, **counts},
        f"{text}\n  {dataset_id}: 정한 행 {decided:,}, 남은 행 {pending:,}, 아직 굳히지 않은 것 {stands.unfrozen:,}",
    )


def _shown(row: dict[str, Any]) -> str:
    said = "\n".join(f"    {message['role']}: {message['content']}" for message in row["messages"])
    return f"행 {row['id']} ({row['split'] or row['dropped']})\n{said}\n    → {row['target']}"


@dataset.command("freeze")
def dataset_freeze(dataset_id: Annotated[str, typer.Argument()] = "latest", wait: Wait = True) -> None:
    """정한 대로 새 판을 굳힙니다. / Freeze a new version from the decisions on a dataset."""
    with open_store(door.store) as db:
        found = require_changes(db, get_dataset(db, dataset_id)["id"])
    result = finish("freeze", {"dataset": found["id"]}, wait)
    if result is not None:
        splits = ", ".join(f"{name} {n:,}" for name, n in result["splits"].items())
        tell(result, f"데이터셋 {result['dataset_id']} (이전 판 {result['parent']}): {result['rows']:,}행 ({splits})")


@dataset.command("compare")
def dataset_compare(a: Annotated[str, typer.Argument()], b: Annotated[str, typer.Argument()]) -> None:
    """두 데이터셋을 견줍니다. / Put two datasets beside each other."""
    with open_store(door.store) as db:
        found = compare_datasets(db, a, b)
    sides = [
        {"id": one["id"], "counts": one["counts"], "dropped": one["dropped"], "fingerprint": one["fingerprint"]}
        for one in (found.a, found.b)
    ]
    counts = {"only_a": found.only_a, "only_b": found.only_b, "edited": len(found.edited)}
    lines = [f"  {one['id']}: {one['counts']}" for one in sides]
    lines.append(f"  앞에만 {found.only_a:,} · 뒤에만 {found.only_b:,} · 고친 행 {len(found.edited):,}")
    lines += [f"  {name}: {one} → {other}" for name, (one, other) in found.options.items()]
    tell({"a": sides[0], "b": sides[1], **counts, "options": found.options}, "\n".join(lines))
