"""Who speaks in a source, and people who go by two names: `speakers`."""

from typing import Annotated, Any

import typer

from engine.cli.app import app, door, tell
from engine.errors import UserError
from engine.store.open import open_store
from engine.store.replace import merge_speakers
from engine.store.sources import get_source, get_speakers


@app.command()
def speakers(
    source: Annotated[str, typer.Argument(help="자료 id 또는 latest. / Source id or latest.")] = "latest",
    merge: Annotated[
        list[str] | None,
        typer.Option("--merge", help="같은 사람: 옛이름=새이름. / The same person: OLD=NEW."),
    ] = None,
) -> None:
    """말한 사람을 보고, 이름이 바뀐 사람을 하나로 합칩니다. / Show who speaks; make one person of two names."""
    with open_store(door.store) as db:
        found = get_source(db, source)
        moved = 0
        for pair in merge or []:
            moved += merge_speakers(db, found["id"], *_names(pair, get_speakers(db, found["id"])))
        counts = {name: count for name, count in get_speakers(db, found["id"]).items() if count}
        report = get_source(db, found["id"])["report"]
    result: dict[str, Any] = {"source_id": found["id"], "speakers": counts, "moved": moved}
    result |= {name: report.get(name, {}) for name in ("renamed", "renamed_evidence", "merged_names")}
    lines = [f"{found['id']}: 말한 사람 {len(counts)}명"]
    lines += [f"  {name} {count:,}" for name, count in counts.items()]
    lines += [
        f"  이름이 바뀐 듯: {old} → {new} (같은 말 {result['renamed_evidence'][old]:,}개). 같은 사람이면 --merge '{old}={new}'"
        for old, new in result["renamed"].items()
    ]
    tell(result, "\n".join(lines + ([f"  기록 {moved:,}개를 합쳤습니다."] if merge else [])))


def _names(pair: str, known: dict[str, int]) -> tuple[str, str]:
    """Both names; a name may hold "=" itself, so the split is where both sides speak, else at the first."""
    splits = [(pair[:place], pair[place + 1 :]) for place, letter in enumerate(pair) if letter == "="]
    if not splits:
        raise UserError(
            f"--merge에 '{pair}'이(가) 왔습니다. 옛이름=새이름 꼴로 쓰세요.",
            f"--merge got '{pair}'; write it as OLD=NEW.",
        )
    return next(((old, new) for old, new in splits if known.get(old) and known.get(new)), splits[0])
