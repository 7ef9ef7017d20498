"""Corrections of masks from the terminal: what `mask SOURCE` does with --add, --keep, --accept, --undo, --undo-last, --redo.

A value is named by its placeholder; its original is never printed.
"""

from dataclasses import dataclass
from typing import Annotated

import typer

from engine.cli.app import door, tell
from engine.errors import UserError
from engine.store.open import open_store
from engine.store.sources import get_source

LISTED = 50
Names = list[str] | None
Add = Annotated[Names, typer.Option("--add", help="빠진 말=종류. / A missed word=LABEL, such as 도깨비=PERSON.")]
Keep = Annotated[
    Names, typer.Option("--keep", help="개인정보가 아닌 가림. / A mask that hides nothing personal: [이름_3].")
]
Undo = Annotated[
    Names, typer.Option("--undo", help="--add, --keep, --accept를 되돌림. / Take back a decision: [이름_3].")
]
Accept = Annotated[Names, typer.Option("--accept", help="맞게 가린 것. / A doubtful mask that is right: [이름_3].")]
UndoLast = Annotated[bool, typer.Option("--undo-last", help="마지막 고침을 되돌림. / Undo the last correction.")]
Redo = Annotated[bool, typer.Option("--redo", help="되돌린 고침을 다시 함. / Redo what was undone.")]
Ner = Annotated[
    str | None,
    typer.Option(
        "--ner",
        help="이름을 찾는 내 모델(폴더나 받아 둔 허브 이름). 자료를 가릴 때 고르면 기억하고, 빈 값이면 끕니다. / A token classifier "
        "of yours beside the shipped one: a folder or a cached hub name; kept for later, empty turns it off.",
    ),
]
Doubtful = Annotated[
    bool, typer.Option("--doubtful", help="확인할 것을 셉니다(원래 말은 안 보임). / List what waits for a decision.")
]
Everywhere = Annotated[
    bool, typer.Option("--everywhere", help="--add를 모든 자료에. / With --add: in every source, later ones too.")
]


@dataclass(frozen=True)
class Given:
    """What the command line asks for, in the order in which it is done."""

    add: list[str]
    keep: list[str]
    undo: list[str]
    accept: list[str]
    undo_last: bool
    redo: bool
    everywhere: bool

    @property
    def changes(self) -> bool:
        return bool(self.add or self.keep or self.undo or self.accept or self.undo_last or self.redo)


def require_one_use(source: str | None, of_file: bool, doubtful: bool, given: Given) -> None:
    """Raise UserError when words of two uses of `mask` stand together: one of them would be passed over in silence."""
    if of_file and (source is not None or doubtful or given.changes):
        raise UserError(
            "자료를 가리거나 고치는 말(자료 id, --add, --keep, --doubtful …)과 파일을 가리는 말(--in, --out, --speakers)이 함께 왔습니다. "
            "둘을 나누어 두 번 실행하세요.",
            "Words for a source (its id, --add, --keep, --doubtful …) and words for a file (--in, --out, --speakers) were given "
            "together. Run the command once for each.",
        )
    if doubtful and given.changes:
        raise UserError(
            "--doubtful은 보기만 합니다. 고치는 말(--add, --keep, --undo, --accept, --redo …)과 나누어 실행하세요.",
            "--doubtful only shows. Run it apart from corrections (--add, --keep, --undo, --accept, --redo …).",
        )


def counted(counts: dict[str, int]) -> str:
    """{"PHONE": 3} → PHONE 3."""
    return ", ".join(f"{label} {n:,}" for label, n in counts.items()) or "찾은 것이 없습니다"


def correct(source: str, given: Given) -> None:
    """The owner's decisions, one after the other; the result holds the counts as they are then."""
    from engine.privacy.correct import accept_value, add_word, keep_value, undo_value, value_behind
    from engine.privacy.undo import redo_last, undo_last

    words = [_word(one) for one in given.add]
    with open_store(door.store) as db:
        changed = undo_last(db, source) if given.undo_last else 0
        changed += redo_last(db, source) if given.redo else 0
        changed += sum(undo_value(db, *value_behind(db, one), source) for one in given.undo)
        changed += sum(keep_value(db, *value_behind(db, one), source) for one in given.keep)
        for one in given.accept:
            accept_value(db, *value_behind(db, one), source)
        where = None if given.everywhere else source
        changed += sum(add_word(db, word, label, where, source) for word, label in words)
        report = get_source(db, source)["mask_report"] or {"counts": {}, "residual": 0}
    told = {"source_id": source, "changed": changed, "counts": report["counts"], "residual": report["residual"]}
    tell(told, f"{source}: {changed:,}곳을 고쳤습니다 · {counted(report['counts'])}")


def _word(given: str) -> tuple[str, str]:
    from engine.privacy.correct import label_named

    word, equals, label = given.rpartition("=")
    if not equals:
        raise UserError(
            f"--add에 '{given}'(이)가 왔습니다. 낱말=종류 꼴로 쓰세요(예: 도깨비=PERSON).",
            f"--add got '{given}'; write it as word=LABEL, such as 도깨비=PERSON.",
        )
    return word, label_named(label)


def tell_doubtful(source: str) -> None:
    """What waits for a decision, most frequent names first."""
    from engine.privacy.decisions import placeholder_of
    from engine.store.mask_values import count_doubtful, doubtful_values

    with open_store(door.store) as db:
        values, places = count_doubtful(db, source)
        rows = doubtful_values(db, source, LISTED)
    shown = [
        {"placeholder": placeholder_of(row["label"], row["number"]), "places": row["hidden"]}
        | {"confidence": row["confidence"]}
        for row in rows
    ]
    lines = [
        f"확인할 것 {values:,}가지({places:,}곳)",
        *(f"  {one['placeholder']} {one['places']:,}곳" for one in shown),
    ]
    tell({"source_id": source, "values": values, "places": places, "doubtful": shown}, "\n".join(lines))
