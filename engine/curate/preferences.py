"""Pairs and ratings from what the owner preferred, split and frozen as a dataset. It knows nothing of recipes or screens.

An answer chosen over another makes a pair; an answer liked or disliked makes a rating. Answers to one prompt that were liked
and disliked apart make a pair, too.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from engine.curate.freeze import Member, built, mine_in, residual, store_members, unmasked
from engine.curate.row import Message
from engine.errors import Stopped, UserError
from engine.store.consent import Roles, keep_roles, left_out_count, roles_of
from engine.store.datasets import add_members, built_by, drop_dataset, freeze_dataset, get_dataset, start_dataset
from engine.store.jobs import Work
from engine.store.lineage import link
from engine.store.open import open_store, writing
from engine.store.preferences import (
    NewRow,
    Origin,
    add_preferences,
    read_choices,
    read_decisions,
    spoken_by,
)
from engine.store.sources import get_source

GOOD, BAD = 1, -1


@dataclass(frozen=True, slots=True)
class Opinion:
    """Answers to one prompt and what the owner thinks of each; `problem` names why nothing can be learned from it."""

    messages: tuple[Message, ...]
    answers: tuple[tuple[str, int], ...]
    origin: Origin | None
    group: str
    source_id: str | None = None
    records: tuple[int | None, int | None] = (None, None)
    parent: tuple[str, str] | None = None
    """(kind, id) of where it was said, as lineage names it: an evaluation or a chat."""
    dataset_id: str | None = None
    """The dataset whose options shaped the prompt."""
    problem: str | None = None
    split: str | None = None
    """Where it was said to belong; None: it is drawn."""

    @property
    def prompt(self) -> str:
        """The prompt as one key."""
        return json.dumps(self.messages, ensure_ascii=False)


def opinions_in(db: Database, recipe: str) -> list[Opinion]:
    """What was said in reviews and blind votes; chats are shaped by their recipe and come from there."""
    return [*map(_of_decision, read_decisions(db, recipe)), *map(_of_choice, read_choices(db, recipe))]


def _of_decision(made: dict[str, Any]) -> Opinion:
    """Kept: good. Dropped: bad. Rewritten: the new words over the old ones, if they answer the same prompt."""
    answers: tuple[tuple[str, int], ...] = ((made["target"], GOOD if made["decision"] == "keep" else BAD),)
    if made["decision"] == "edit":
        answers = ((made["edited_target"], GOOD), (made["target"], BAD))
    other = made["decision"] == "edit" and made["edited_messages"] != made["messages"]
    return Opinion(
        tuple(made["messages"]), answers, Origin("review", from_row_id=made["row_id"]), made["split_group"],
        made["source_id"], (made["record_first"], made["record_last"]), None, made["dataset_id"],
        "prompt_changed" if other else None,
    )  # fmt: skip


CHOSEN = {"left": (GOOD, BAD), "right": (BAD, GOOD), "both": (GOOD, GOOD), "neither": (BAD, BAD)}


def _of_choice(vote: dict[str, Any]) -> Opinion:
    left, right = CHOSEN[vote["choice"]]
    sides = [(vote["left_answer"], left, vote["left_id"]), (vote["right_answer"], right, vote["right_id"])]
    sides.sort(key=lambda side: -side[1])  # the better one first; of two alike, the left one
    return Opinion(
        tuple(vote["messages"]), tuple((text, worth) for text, worth, _ in sides),
        Origin("vote", answer_id=sides[0][2], other_answer_id=sides[1][2]), vote["split_group"],
        vote["source_id"], (vote["record_first"], vote["record_last"]), ("evaluation", vote["evaluation_id"]),
        vote["dataset_id"],
    )  # fmt: skip


@dataclass(slots=True)
class Candidate:
    """A row to be, and why it is dropped."""

    opinion: Opinion
    target: str
    meta: dict[str, Any]
    dropped: str | None

    def as_row(self) -> NewRow:
        """As it is stored."""
        one = self.opinion
        return NewRow(one.source_id, one.records, one.group, one.messages, self.target, self.meta, one.origin)


def pairs_of(opinions: Sequence[Opinion]) -> list[Candidate]:
    """Every answer chosen over another, ties among them as dropped rows; then answers judged apart to the same prompt."""
    found = [_pair(one) for one in opinions if len(one.answers) == 2]
    found += [_met(one, other) for one, other in _apart(opinions)]
    _drop_repeated(found, lambda row: (row.target, str(row.meta["rejected"])))
    return found


def _pair(one: Opinion) -> Candidate:
    (better, worth), (worse, other) = one.answers
    tie = worth == other
    reason = one.problem or ("tie" if tie else _empty_or_same(better, worse))
    return Candidate(one, better, {"rejected": worse, **({"tie": True} if tie else {})}, reason)


def _met(liked: Opinion, disliked: Opinion) -> Candidate:
    (better, _), (worse, _) = liked.answers[0], disliked.answers[0]
    return Candidate(liked, better, {"rejected": worse}, _empty_or_same(better, worse))


def _apart(opinions: Sequence[Opinion]) -> Iterable[tuple[Opinion, Opinion]]:
    """(liked, disliked) of single answers to one prompt."""
    single = [one for one in opinions if len(one.answers) == 1 and not one.problem]
    disliked: dict[str, list[Opinion]] = {}
    for one in single:
        if one.answers[0][1] == BAD:
            disliked.setdefault(one.prompt, []).append(one)
    return ((one, other) for one in single if one.answers[0][1] == GOOD for other in disliked.get(one.prompt, []))


def ratings_of(opinions: Sequence[Opinion]) -> list[Candidate]:
    """Every answer with what the owner thinks of it."""
    found = [
        Candidate(one, text, {"rating": worth}, one.problem or (None if text.strip() else "empty"))
        for one in opinions
        for text, worth in one.answers
    ]
    _drop_repeated(found, lambda row: (row.target, row.meta["rating"]))
    return found


def _empty_or_same(better: str, worse: str) -> str | None:
    if not better.strip() or not worse.strip():
        return "empty"
    return "same" if better.strip() == worse.strip() else None


def _drop_repeated(rows: Sequence[Candidate], key: Callable[[Candidate], tuple[Any, ...]]) -> None:
    """What was said before is a duplicate; what was also said the other way round is dropped both times."""
    kept = [row for row in rows if row.dropped is None]
    said = {(row.opinion.prompt, *key(row)) for row in kept}
    seen = set()
    for row in kept:
        mine = (row.opinion.prompt, *key(row))
        if _opposite(mine) in said:
            row.dropped = "contradiction"
        elif mine in seen:
            row.dropped = "duplicate"
        seen.add(mine)


def _opposite(key: tuple[Any, ...]) -> tuple[Any, ...]:
    prompt, target, other = key
    return (prompt, target, -other) if isinstance(other, int) else (prompt, other, target)


def units_of(rows: Sequence[Candidate]) -> list[str]:
    """What each row is split by: groups that share a prompt are one."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent.setdefault(name, name) != name:
            name = parent[name]
        return name

    for row in rows:
        one, other = sorted((root(f"group {row.opinion.group}"), root(f"prompt {row.opinion.prompt}")))
        parent[other] = one
    return [root(f"group {row.opinion.group}") for row in rows]


def build_preferences(
    work: Work,
    *,
    recipe: str,
    style: str,
    source_ids: Sequence[str],
    must_mask: bool,
    splits: Mapping[str, float],
    seed: int,
    opinions: Callable[[Database], Sequence[Opinion]],
) -> dict[str, Any]:
    """Build, split and freeze; returns the `dataset build` result. `source_ids`: only what was said about answers from these
    sources; empty for all.

    Raises UserError for an unmasked source where masking is due, or too few rows; nothing is left behind then.
    """
    with open_store(work.store) as db:
        if frozen := built_by(db, work.job_id):  # killed between freezing and its ending
            return built(frozen)
        said = [one for one in opinions(db) if not source_ids or one.source_id in source_ids]
        if not said:
            raise _nothing_said(style)
        behind = [get_dataset(db, id_) for id_ in dict.fromkeys(one.dataset_id for one in said) if id_]
        held = {id_ for dataset in behind for id_ in dataset["sources"]} | {
            one.source_id for one in said if one.source_id
        }
        sources = [get_source(db, id_) for id_ in sorted(held)]
        if must_mask and (open_ := [source["id"] for source in sources if not source["masked_at"]]):
            raise unmasked(open_[0])
        dataset_id = start_dataset(
            db, recipe=recipe, style=style, options=_options(behind, said), masked=must_mask, job_id=work.job_id,
            sources=[source["id"] for source in sources],
        )  # fmt: skip
        try:
            roles = _keep_roles(db, dataset_id, sources)
            rows = pairs_of(said) if style == "pairs" else ratings_of(said)
            _drop_left_out(db, rows, roles)
            _store(work, db, dataset_id, recipe, rows, must_mask, splits, seed)
        except (UserError, Stopped):
            drop_dataset(db, dataset_id)
            raise
        with writing(db):
            for kind, id_ in dict.fromkeys(one.parent for one in said if one.parent):
                link(db, kind, id_, "dataset", dataset_id)
        return built(freeze_dataset(db, dataset_id))


def _nothing_said(style: str) -> UserError:
    return UserError(
        f"{style} 데이터셋을 만들 의견이 아직 없습니다. 검토에서 답을 고쳐 쓰거나(`review fix`) 평가에서 가린 투표를 하거나(`vote`) 대화의 "
        "답에 엄지를 누르면 생깁니다.",
        f"There are no opinions yet to make {style} of. They come from answers rewritten in review (`review fix`), blind votes "
        "(`vote`), and thumbs on answers in a chat.",
    )


def _options(behind: Sequence[dict[str, Any]], said: Sequence[Opinion]) -> dict[str, Any]:
    """Those that shaped most of the prompts: a model that learns from them is asked the same way."""
    used = Counter(one.dataset_id for one in said)
    most = max(behind, key=lambda dataset: used[dataset["id"]], default=None)
    return dict(most["options"]) if most else {}


def _keep_roles(db: Database, dataset_id: str, sources: Sequence[dict[str, Any]]) -> dict[str, Roles]:
    names = mine_in(db, sources, None)
    roles = {source["id"]: roles_of(db, source["id"], name) for source, name in zip(sources, names, strict=True)}
    keep_roles(db, dataset_id, roles, sum(left_out_count(db, id_, one) for id_, one in roles.items()))
    return roles


def _drop_left_out(db: Database, rows: Sequence[Candidate], roles: Mapping[str, Roles]) -> None:
    """Rows made from words of somebody who is left out now."""
    for row in rows:
        one = row.opinion
        if one.source_id is None or one.records[0] is None or one.records[1] is None or one.source_id not in roles:
            continue
        if roles[one.source_id].left_out & spoken_by(db, one.source_id, one.records[0], one.records[1]):
            row.dropped = "left_out"


def _store(
    work: Work,
    db: Database,
    dataset_id: str,
    recipe: str,
    rows: Sequence[Candidate],
    must_mask: bool,
    splits: Mapping[str, float],
    seed: int,
) -> None:
    ids = add_preferences(db, recipe, [row.as_row() for row in rows])
    kept, known = list[Member](), set[int]()
    for place, (id_, row, unit) in enumerate(zip(ids, rows, units_of(rows), strict=True)):
        if row.dropped is None and id_ not in known:
            kept.append((place, id_, unit, unit, row.opinion.split))
            known.add(id_)
        else:
            add_members(db, dataset_id, [(place, id_, None, row.dropped or "duplicate")])
    dropped = Counter(row.dropped for row in rows if row.dropped)
    left = residual(work, kept, _leftovers(db, dataset_id)) if must_mask else set[int]()
    store_members(db, dataset_id, kept, left, dropped, splits, seed)


def _leftovers(db: Database, dataset_id: str) -> Any:
    from engine.privacy.decisions import leftovers_of
    from engine.store.clause_index import dataset_sources

    return leftovers_of(db, dataset_sources(db, dataset_id))
