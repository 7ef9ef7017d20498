"""The next version of a dataset from the owner's decisions, and two versions compared. The old version stays as it is.

Whole groups stay in one split: a row taken back goes where its group lies, in this version or in one it came from.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from engine.curate.split import FEWEST_ROWS
from engine.errors import Stopped, UserError
from engine.store.consent import copy_roles
from engine.store.datasets import built_by, drop_dataset, freeze_dataset, get_dataset, start_dataset
from engine.store.jobs import Work
from engine.store.lineage import link
from engine.store.open import open_store, writing
from engine.store.preferences import STYLES
from engine.store.reviews import add_edited_row, decide, decisions, require_member
from engine.store.rows import SPLITS, get_row
from engine.store.versions import (
    Outcome,
    ancestors_of,
    copy_members,
    count_only_in,
    edited_pairs,
    groups_of,
    last_ord,
    split_unit,
    splits_of_groups,
)

BATCH = 50_000
"""Rows copied in one transaction: about 0.5 s in which others wait to write."""


def keep_row(db: Database, dataset_id: str, row_id: int, by: str | None = None) -> None:
    """Keep a row, or take a dropped one back. Raises UserError for a row that nothing can be learned from as it is."""
    dataset = get_dataset(db, dataset_id)
    if require_member(db, dataset["id"], row_id)["split"] is None:
        row = _row(db, dataset["id"], row_id)
        _require_learnable(db, dataset, row["messages"], row["target"], row["meta"], before=())
    decide(db, dataset["id"], row_id, "keep", by=by)


def edit_row(
    db: Database, dataset_id: str, row_id: int, target: str, asked: str | None = None, by: str | None = None
) -> int:
    """Record other words for a row: a new target, and optionally what was asked last. Returns the row that holds them.

    Words as they were before only keep the row. Raises UserError for an empty prompt or target, and in a masked dataset for
    text in which personal data is left.
    """
    dataset = get_dataset(db, dataset_id)
    kept = require_member(db, dataset["id"], row_id)["split"] is not None
    old = _row(db, dataset["id"], row_id)
    messages, target = _asked(old["messages"], asked), target.replace("\r\n", "\n").strip()
    same = target == old["target"].strip() and messages == old["messages"]
    before = [old["target"].strip(), *(message["content"] for message in old["messages"])] if kept else []
    _require_learnable(db, dataset, messages, target, old["meta"], before)
    with writing(db):
        edited = row_id if same else add_edited_row(db, row_id, messages, target)
        if edited == row_id:
            decide(db, dataset["id"], row_id, "keep", by=by)
        else:
            decide(db, dataset["id"], row_id, "edit", edited, by)
    return edited


def _row(db: Database, dataset_id: str, row_id: int) -> dict[str, Any]:
    row = get_row(db, dataset_id, row_id)
    assert row is not None
    return row


def _asked(messages: list[dict[str, str]], asked: str | None) -> list[dict[str, str]]:
    """The messages with other words in the last one of the user; with a first one where there was none."""
    said = [dict(message) for message in messages]
    theirs = [message for message in said if message["role"] == "user"]
    words = asked.replace("\r\n", "\n").strip() if asked else ""
    if words and any("cut" in message for message in said):
        raise UserError(
            "이 행의 물음은 조항과 함께 한 틀에 들어 있어 따로 고칠 수 없습니다. 답만 고치거나, 행을 빼세요.",
            "The question of this row stands in one frame with its clause and cannot be changed alone. Edit the answer, or drop the row.",
        )
    if words and theirs and words != theirs[-1]["content"].strip():
        theirs[-1]["content"] = words
    elif words and not theirs:
        said.append({"role": "user", "content": words})
    return said


def _require_learnable(
    db: Database,
    dataset: dict[str, Any],
    messages: list[dict[str, str]],
    target: str,
    meta: dict[str, Any],
    before: Sequence[str],
) -> None:
    """before: texts already scanned when the dataset was frozen."""
    rejected = meta.get("rejected")
    if meta.get("tie") or (rejected is not None and rejected.strip() == target.strip()):
        raise UserError(
            "두 답이 같거나 비긴 쌍이라 어느 쪽이 나은지 배울 수 없습니다. 빼 두거나, 다르게 고른 쌍을 쓰세요.",
            "The two answers of this pair are the same, or neither was chosen over the other, so there is nothing to prefer. "
            "Leave it out.",
        )
    if not target.strip():
        raise UserError(
            "배울 답이 비어 있습니다. 고쳐서 답을 쓰거나, 이 행이 필요 없으면 빼세요.",
            "The target is empty. Edit the row and write an answer, or drop it if it is not needed.",
        )
    if not messages or messages[-1]["role"] not in ("user", "raw"):
        raise UserError(
            "앞말이 없는 행입니다. 무엇에 답하는지 알 수 없어 배울 수 없습니다. 고쳐서 상대의 말을 쓰거나 빼 두세요.",
            "This row has no prompt, so there is nothing to answer. Edit it and write what the other one said, or leave it out.",
        )
    if dataset["masked"]:
        texts = [
            *([rejected] if rejected and not before else []),
            target,
            *(message["content"] for message in messages),
        ]
        _refuse_personal(db, dataset, [text for text in texts if text not in before])


def _refuse_personal(db: Database, dataset: dict[str, Any], texts: Sequence[str]) -> None:
    """Known speakers' names count too, what the owner wants shown does not. The message names what was found by kind,
    never by its words."""
    from engine.privacy.decisions import leftovers_of
    from engine.privacy.names import NameMatcher

    leftovers = leftovers_of(db, dataset["sources"])
    names = NameMatcher(leftovers.speakers)
    kinds = sorted({span.label for text in texts for span in leftovers.find(text, names)})
    if kinds:
        raise UserError(
            f"이 글에 개인정보로 보이는 것이 있습니다({', '.join(kinds)}). 이 데이터셋은 가린 자료로 만들었습니다. 그 자리를 "
            "[이름_1]처럼 가리거나 다른 말로 바꾸세요. 아무것도 저장하지 않았습니다.",
            f"The text seems to hold personal data ({', '.join(kinds)}). This dataset was made from masked material. "
            "Put a mark such as [이름_1] there, or use other words. Nothing was saved.",
        )


def require_changes(db: Database, dataset_id: str) -> dict[str, Any]:
    """The dataset. Raises UserError when its decisions would freeze the same rows again."""
    dataset = get_dataset(db, dataset_id)
    if not _outcomes(db, dataset["id"], {}):
        raise UserError(
            f"데이터셋 {dataset['id']}에서 바꾸기로 정한 행이 없어 새 판이 지금 판과 같습니다. 행을 빼거나 고치거나 되살린 뒤 굳히세요.",
            f"Nothing was decided that changes dataset {dataset['id']}: a new version would be the same. "
            "Drop, edit or take back rows first.",
        )
    return dataset


def freeze_version(work: Work, dataset_id: str, splits: Mapping[str, float]) -> dict[str, Any]:
    """A new dataset from an old one and all decisions on it that count now; what is decided later belongs to the next.

    splits: shares, for groups that lie in no split yet. Returns {dataset_id, parent, rows, splits, dropped, fingerprint,
    decided}. Raises UserError when nothing changes or too little is left; nothing is left behind then.
    """
    with open_store(work.store) as db:
        if frozen := built_by(db, work.job_id):
            return _result(frozen, dataset_id, 0)
        with writing(db):  # one moment: no decision can fall between reading them and the new version's date
            old = require_changes(db, dataset_id)
            outcomes = _outcomes(db, old["id"], splits)
            new = start_dataset(
                db,
                recipe=old["recipe"],
                style=old["style"],
                options=old["options"],
                masked=bool(old["masked"]),
                job_id=work.job_id,
                sources=old["sources"],
            )
            link(db, "dataset", old["id"], "dataset", new)
            copy_roles(db, old["id"], new)
        try:
            _copy(work, db, old["id"], new, outcomes)
            frozen = _frozen(db, old, new)
        except (UserError, Stopped):
            drop_dataset(db, new)
            raise
        return _result(frozen, old["id"], len(outcomes))


def _copy(work: Work, db: Database, old: str, new: str, outcomes: list[Outcome]) -> None:
    last = last_ord(db, old)
    for first in range(0, last + 1, BATCH):
        if work.stop_asked():
            raise Stopped
        copy_members(db, old, new, outcomes, first, BATCH)
        work.progress(what="freeze", done=min(first + BATCH, last + 1), total=last + 1)


def _frozen(db: Database, old: dict[str, Any], new: str) -> dict[str, Any]:
    """Freeze, unless too little is left to learn from and to be judged by."""
    with writing(db):
        frozen = freeze_dataset(db, new)
        counts = frozen["counts"]
        empty = [split for split in SPLITS if old["counts"].get(split) and not counts[split]]
        if empty or sum(counts.values()) < FEWEST_ROWS:
            raise UserError(
                f"남는 행이 모자랍니다({counts}). 학습용·검증용·시험용에 저마다 행이 있고 모두 {FEWEST_ROWS}개는 되어야 합니다. "
                "뺀 것 가운데 몇 개를 되돌리세요.",
                f"Too few rows are left ({counts}). Each of training, validation and test needs some, {FEWEST_ROWS} in all. "
                "Undo some of the drops.",
            )
    return frozen


def _result(dataset: dict[str, Any], parent: str, decided: int) -> dict[str, Any]:
    return {
        "dataset_id": dataset["id"],
        "parent": parent,
        "rows": sum(dataset["counts"].values()),
        "splits": dataset["counts"],
        "dropped": dataset["dropped"],
        "fingerprint": dataset["fingerprint"],
        "decided": decided,
    }


def _outcomes(db: Database, dataset_id: str, shares: Mapping[str, float]) -> list[Outcome]:
    """What changes: rows dropped, edited and taken back. Keeping a kept row and dropping a dropped one change nothing."""
    found: list[Outcome] = []
    back: list[tuple[int, int]] = []
    for made in decisions(db, dataset_id):
        member = require_member(db, dataset_id, made["row_id"])
        place = made["edited_row_id"] or made["row_id"]
        if made["decision"] == "drop":
            found += [(made["row_id"], made["row_id"], None)] if member["split"] else []
        elif member["split"] is None:
            back.append((made["row_id"], place))
        elif place != made["row_id"]:
            found.append((made["row_id"], place, member["split"]))
    where = _splits_for(db, dataset_id, [row for row, _ in back], shares) if back else {}
    return found + [(row, place, where[row]) for row, place in back]


def _splits_for(db: Database, dataset_id: str, row_ids: list[int], shares: Mapping[str, float]) -> dict[int, str]:
    """The split of each row taken back: its group's, here or in an older version; drawn by hash where it has none."""
    preferred = get_dataset(db, dataset_id)["style"] in STYLES
    found: dict[int, str] = {}
    for unit in ("prompt", split_unit(db, dataset_id)) if preferred else (split_unit(db, dataset_id),):
        groups = groups_of(db, [row for row in row_ids if row not in found], unit)
        known = _known_splits(db, dataset_id, groups, unit)
        found |= {row: known[group] for row, group in groups.items() if group in known}
    drawn = groups_of(db, [row for row in row_ids if row not in found], "prompt" if preferred else unit)
    return found | {row: draw_split(group, shares) for row, group in drawn.items()}


def _known_splits(db: Database, dataset_id: str, groups: Mapping[int, str], unit: str) -> dict[str, str]:
    """The split of each group, in this version or the nearest one it came from."""
    known: dict[str, str] = {}
    for version in [dataset_id, *ancestors_of(db, dataset_id)]:
        missing = set(groups.values()) - set(known)
        known |= splits_of_groups(db, version, missing, unit) if missing else {}
    return known


def draw_split(group: str, shares: Mapping[str, float]) -> str:
    """A split for a group nobody placed yet, the same every time, as often as the shares say."""
    wanted = {name: share for name, share in shares.items() if share > 0} or {"train": 1.0}
    place = int.from_bytes(hashlib.blake2b(group.encode(), digest_size=8).digest()) / 2**64 * sum(wanted.values())
    for name, share in wanted.items():
        if place < share:
            return name
        place -= share
    return next(iter(wanted))


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two datasets beside each other. `options`: {name: (a, b)} that differ; `edited`: {old row: new row}."""

    a: dict[str, Any]
    b: dict[str, Any]
    only_a: int
    only_b: int
    edited: dict[int, int]
    options: dict[str, tuple[Any, Any]]


def compare_datasets(db: Database, a: str, b: str) -> Comparison:
    """Counts, what only one of them holds, what was edited between them. Raises UserError for an unknown id."""
    one, other = get_dataset(db, a), get_dataset(db, b)
    edited = edited_pairs(db, one["id"], other["id"])
    names = dict.fromkeys([*one["options"], *other["options"]])
    values = {name: (one["options"].get(name), other["options"].get(name)) for name in names}
    return Comparison(
        a=one,
        b=other,
        only_a=count_only_in(db, one["id"], other["id"]) - len(edited),
        only_b=count_only_in(db, other["id"], one["id"]) - len(edited),
        edited=edited,
        options={name: pair for name, pair in values.items() if json.dumps(pair[0]) != json.dumps(pair[1])},
    )
