"""Commands for what visitors thought of answers: feedback list, show, accept, reject, export, import."""

from pathlib import Path
from typing import Annotated, Any

import typer

from engine.cli.app import app, door, tell
from engine.errors import UserError
from engine.store.feedback import (
    State,
    as_lines,
    count_feedback_states,
    get_feedback,
    judged_again,
    list_feedback,
)
from engine.store.open import open_store

feedback = typer.Typer(
    no_args_is_help=True, help="손님의 의견. / What visitors thought of answers.", rich_markup_mode=None
)
app.add_typer(feedback, name="feedback")
FeedbackId = Annotated[str, typer.Argument(help="의견 id(said-…). / Feedback id.")]


@feedback.command("list")
def feedback_list(
    state: Annotated[str, typer.Option("--state", help="waiting, accepted, rejected, all.")] = "waiting",
    limit: int = 50,
) -> None:
    """손님이 남긴 의견. 이 대시보드에서 새로 남긴 것도 가려서 들여놓습니다. / The inbox, newest first; what was judged here is brought in, masked."""
    from engine.privacy.feedback import gather

    chosen = _state(state)
    with open_store(door.store) as db:
        new = gather(db)
        found, counts = list_feedback(db, chosen, limit), count_feedback_states(db)
    lines = [f"  {one['id']}  {_mark(one)} {one['who']}  {_short(one['answer'])}" for one in found]
    told = f"기다리는 의견 {counts['waiting']:,}, 받아들인 것 {counts['accepted']:,}, 버린 것 {counts['rejected']:,}"
    tell({"feedback": found, "counts": counts, "new": new}, "\n".join([told, *lines]))


@feedback.command("show")
def feedback_show(id_: FeedbackId) -> None:
    """의견 하나를 앞의 대화와 함께 봅니다. / One of them, with the talk before it."""
    with open_store(door.store) as db:
        found = get_feedback(db, id_)
    lines = [f"  {turn['role']}: {turn['content']}" for turn in found["turns"]]
    lines += [f"  → {_mark(found)} {found['answer']}"] + ([f"  ✎ {found['correction']}"] if found["correction"] else [])
    tell({"feedback": found}, "\n".join(lines))


@feedback.command("accept")
def feedback_accept(
    id_: FeedbackId,
    text: Annotated[
        str | None, typer.Option("--text", help="더 나은 답을 고쳐서. / The better answer in your words.")
    ] = None,
) -> None:
    """받아들입니다: 다음에 만드는 pairs·ratings 데이터셋에 들어갑니다. / Take it: it goes into pairs and ratings that are built from now on."""
    _decide(id_, "accepted", text, "받아들였습니다")


@feedback.command("reject")
def feedback_reject(id_: FeedbackId) -> None:
    """버립니다. / Leave it out."""
    _decide(id_, "rejected", None, "버렸습니다")


@feedback.command("wait")
def feedback_wait(id_: FeedbackId) -> None:
    """결정을 되돌려 다시 기다리게 합니다. / Take the decision back: it waits again."""
    _decide(id_, "waiting", None, "다시 기다립니다")


def _decide(id_: str, state: State, text: str | None, words: str) -> None:
    from engine.privacy.feedback import decide

    with open_store(door.store) as db:
        found = decide(db, id_, state, text)
        counts = count_feedback_states(db)
    tell({"feedback": found, "counts": counts}, f"{found['id']}: {words}. 기다리는 의견 {counts['waiting']:,}.")


@feedback.command("export")
def feedback_export(
    out: Annotated[Path, typer.Argument(help="파일. / File to write.")],
    state: Annotated[str, typer.Option("--state", help="waiting, accepted, rejected, all.")] = "accepted",
) -> None:
    """들여놓은 의견을 가린 채로 파일에 씁니다. / Write the inbox, masked as it is, a line each."""
    from engine.sources.whole_file import whole_file

    with open_store(door.store) as db:
        found = list_feedback(db, _state(state), 1_000_000)
    with whole_file(out) as file:
        for line in as_lines(judged_again(one) for one in reversed(found)):
            file.write(f"{line}\n")
    tell({"rows": len(found), "file": str(out)}, f"의견 {len(found):,}개를 {out}에 썼습니다.")


@feedback.command("import")
def feedback_import(
    file: Annotated[
        Path, typer.Argument(help="꾸러미에서 내려받은 파일. / The file that a bundle's visitor downloaded.")
    ],
) -> None:
    """꾸러미의 손님이 내려받은 의견을 가려서 들여놓습니다. / Take in feedback from a bundle, masked."""
    from engine.privacy.feedback import lines_of, read_lines, take_in

    try:
        with file.open(encoding="utf-8-sig", newline="\n") as lines:  # other line ends may stand inside a text
            given = read_lines(lines_of(lines))
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"{file.name}을(를) 읽을 수 없습니다({type(error).__name__}). UTF-8로 쓰인 의견 파일인지 확인하세요.",
            f"{file.name} cannot be read ({type(error).__name__}). Check that it is a feedback file in UTF-8.",
        ) from error
    with open_store(door.store) as db:
        done, counts = take_in(db, given, "file"), count_feedback_states(db)
    tell(
        {**done, "counts": counts},
        f"새 의견 {done['new']:,}개(이미 있던 것 {done['known']:,}), 가린 값 {done['masked']:,}개.",
    )


STATES: dict[str, State | None] = {"waiting": "waiting", "accepted": "accepted", "rejected": "rejected", "all": None}


def _state(given: str) -> State | None:
    if given not in STATES:
        raise UserError(
            f"--state {given}은(는) 없습니다. {', '.join(STATES)} 가운데서 고르세요.",
            f"There is no --state {given}. Choose among {', '.join(STATES)}.",
        )
    return STATES[given]


def _mark(one: dict[str, Any]) -> str:
    return "👍" if one["thumb"] == "up" else "👎"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:59]}…"
