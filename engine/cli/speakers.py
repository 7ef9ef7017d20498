"""The command for the people of a source: who is me, whose words are learned, shown or left out, who agreed, who is one."""

from typing import Annotated, Any

import typer

from engine.cli.app import app, door, tell
from engine.errors import UserError
from engine.sources.speakers import one_speaker
from engine.store.consent import (
    CONSENTS,
    Role,
    Speaker,
    built_with_other_roles,
    list_roles,
    same_name,
    set_consent,
    set_role,
)
from engine.store.open import open_store, writing
from engine.store.replace import merge_speakers
from engine.store.sources import get_source, get_speakers, set_me

Names = list[str] | None
ROLE_WORDS = {"target": "배움", "context": "보임", "left_out": "뺌"}
CONSENT_WORDS = {"asked": "물어봄", "agreed": "동의", "declined": "거절"}


@app.command()
def speakers(
    source: Annotated[str, typer.Argument(help="자료 id 또는 latest. / Source id or latest.")] = "latest",
    me: Annotated[str | None, typer.Option("--me", help="나의 이름. / Which speaker is me.")] = None,
    target: Annotated[
        Names, typer.Option("--target", help="나의 다른 이름: 이 말도 배웁니다. / Another name of mine: learned too.")
    ] = None,
    context: Annotated[
        Names, typer.Option("--context", help="앞말로만 보입니다. / Shown as prompt, never learned.")
    ] = None,
    leave_out: Annotated[
        Names, typer.Option("--leave-out", help="배우지도 보이지도 않습니다. / Never learned, never shown.")
    ] = None,
    consent: Annotated[
        Names,
        typer.Option("--consent", help="이름=asked|agreed|declined|none, 날짜는 이름=agreed:2026-05-01. / A note."),
    ] = None,
    merge: Annotated[
        Names, typer.Option("--merge", help="같은 사람: 옛이름=새이름. / The same person: OLD=NEW.")
    ] = None,
    everywhere: Annotated[
        bool, typer.Option("--everywhere", help="같은 이름의 다른 자료에도. / In every source where the name speaks.")
    ] = False,
) -> None:
    """말한 사람과 그 역할, 동의. / The people of a source, their roles and consent."""
    roles: list[tuple[Names, Role, str]] = [
        (target, "target", "--target"),
        (context, "context", "--context"),
        (leave_out, "left_out", "--leave-out"),
    ]
    with open_store(door.store) as db:
        found = get_source(db, source)
        with writing(db):  # all or nothing
            moved = sum(merge_speakers(db, found["id"], *_names(db, found["id"], pair)) for pair in merge or [])
            known = get_speakers(db, found["id"])
            if me is not None:
                set_me(db, found["id"], one_speaker(known, me, "--me"))
            for given, note, day in map(_note, consent or []):
                name = one_speaker(known, given, "--consent")
                for place in _places(db, found["id"], name, everywhere):
                    set_consent(db, place, name, note, day)
            for names, role, option in roles:
                for given in names or []:
                    name = one_speaker(known, given, option)
                    for place in _places(db, found["id"], name, everywhere):
                        set_role(db, place, name, role)
        found = get_source(db, found["id"])
        listed = list_roles(db, found["id"], found["me"])
        outdated = built_with_other_roles(db, found["id"])
    told = {
        "source_id": found["id"],
        "me": found["me"],
        "speakers": {one.name: one.records for one in listed},
        "people": [_as_json(one, sum(known.values())) for one in listed],
        "moved": moved,
        "other_roles": [{"dataset_id": one.dataset_id, "runs": one.runs} for one in outdated],
        **{name: found["report"].get(name, {}) for name in ("renamed", "renamed_evidence", "merged_names")},
    }
    lines = [f"자료 {found['id']}: {len(listed)}명", *(_line(one, found["me"]) for one in listed)]
    tell(told, "\n".join([*lines, *_notes(told), *([f"  기록 {moved:,}개를 합쳤습니다."] if merge else [])]))


def _notes(told: dict[str, Any]) -> list[str]:
    """What the owner may want to act on: people who seem to be one, datasets built with other roles."""
    notes = [
        f"  이름이 바뀐 듯: {old} → {new} (같은 말 {told['renamed_evidence'][old]:,}개). 같은 사람이면 --merge '{old}={new}'"
        for old, new in told["renamed"].items()
    ]
    return notes + [
        f"  다른 역할로 만든 데이터셋: {one['dataset_id']} (학습: {', '.join(one['runs']) or '없음'})"
        for one in told["other_roles"]
    ]


def _places(db: Any, source_id: str, name: str, everywhere: bool) -> list[str]:
    return [source_id, *(same_name(db, source_id, name) if everywhere else [])]


def _note(given: str) -> tuple[str, Any, str | None]:
    """NAME=agreed or NAME=agreed:2026-05-01 to (name, consent or None, day). Raises UserError for anything else."""
    name, equals, said = given.rpartition("=")
    note, _, day = said.partition(":")
    if not equals or note not in (*CONSENTS, "none"):
        known = ", ".join(CONSENTS)
        raise UserError(
            f"--consent에 '{given}'(이)가 왔습니다. 이름=동의 꼴로 쓰고, 동의는 {known}, none 가운데 하나여야 합니다.",
            f"--consent got '{given}'. Write it as NAME=CONSENT with one of {known}, none.",
        )
    return name, None if note == "none" else note, day or None


def _as_json(one: Speaker, total: int) -> dict[str, Any]:
    return {
        "name": one.name,
        "records": one.records,
        "share": round(one.records / total, 4) if total else 0.0,
        "role": one.role,
        "consent": one.consent,
        "consent_on": one.consent_on,
        "declined_elsewhere": one.declined_elsewhere,
    }


def _line(one: Speaker, me: str | None) -> str:
    consent = f"{CONSENT_WORDS[one.consent]} {one.consent_on}" if one.consent else ""
    marks = [
        ROLE_WORDS[one.role],
        "나" if one.name == me else consent,
        "다른 자료에서 거절" if one.declined_elsewhere else "",
    ]
    return f"  {one.name}: {one.records:,}개 · {' · '.join(mark for mark in marks if mark)}"


def _names(db: Any, source_id: str, pair: str) -> tuple[str, str]:
    """Both names; a name may hold "=" itself, so the split is where both sides speak, else at the first."""
    known = get_speakers(db, source_id)
    splits = [(pair[:place], pair[place + 1 :]) for place, letter in enumerate(pair) if letter == "="]
    if not splits:
        raise UserError(
            f"--merge에 '{pair}'이(가) 왔습니다. 옛이름=새이름 꼴로 쓰세요.",
            f"--merge got '{pair}'; write it as OLD=NEW.",
        )
    return next(((old, new) for old, new in splits if known.get(old) and known.get(new)), splits[0])
