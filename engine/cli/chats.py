"""Commands for chats that were held: chats list, show, branch, vote, reveal, settings, rename, delete, export."""

from pathlib import Path
from typing import Annotated

import typer
from sqlite_utils import Database

from engine.cli.app import app, door, tell
from engine.cli.personal import AllowPersonal, reason_for
from engine.cli.talk_commands import KEPT
from engine.cli.training import Settings, decoding_settings
from engine.config import language
from engine.errors import UserError
from engine.store.chats import delete_chat, get_chat, get_chats, list_chats, read_messages, rename_chat
from engine.store.open import open_store
from engine.store.talks import branch_chat, keep_model_settings, model_settings, reveal, vote
from engine.store.votes import CHOICES, Choice

chats = typer.Typer(no_args_is_help=True, help="나눈 대화. / Chats that were held.", rich_markup_mode=None)
app.add_typer(chats, name="chats")
ChatId = Annotated[str, typer.Argument(help="대화 id 또는 latest. / Chat id or latest.")]


@chats.command("list")
def chats_list(
    search: Annotated[str, typer.Option("--search", help="제목에 든 말. / Words in the title.")] = "",
    limit: int = 50,
) -> None:
    """나눈 대화의 목록. / Chats, newest first; two held side by side as one."""
    with open_store(door.store) as db:
        found = list_chats(db, limit, search)
    models = [" + ".join(name for name in (one["model"], one["beside_model"]) if name) for one in found]
    lines = [f"  {one['id']}  {one['created_at'][:16]}  {model}  {one['title']}" for one, model in zip(found, models, strict=True)]  # fmt: skip
    tell({"chats": found}, "\n".join(lines) or "대화가 없습니다.")


@chats.command("show")
def chats_show(chat: ChatId = "latest") -> None:
    """한 대화를 처음부터 끝까지. / All of a chat: what was said, what each answer was given with."""
    from engine.serve.chat_export import as_markdown
    from engine.serve.chat_told import told_chat

    with open_store(door.store) as db:
        told = told_chat(db, chat)
        text = as_markdown(db, told["chats"][0]["chat_id"], language() == "en")
    tell(told, text)


At = Annotated[
    int | None, typer.Option("--at", help="말의 번호(show의 seq). 비우면 마지막. / Message; default: the last.")
]


@chats.command("branch")
def chats_branch(chat: ChatId = "latest", at: At = None) -> None:
    """한 말까지를 새 대화로 갈라 냅니다. / Begin another chat with all up to a message."""
    with open_store(door.store) as db:
        found = get_chat(db, chat)
        ids = branch_chat(db, found["id"], _last(db, found["id"]) if at is None else at)
    tell({"chat_ids": ids, "branch_of": found["id"]}, f"갈래: {', '.join(ids)}")


def _last(db: Database, chat_id: str, role: str | None = None) -> int:
    """The number of the last message; of that role, where one is given. Raises UserError where there is none."""
    seqs = [one["seq"] for one in read_messages(db, chat_id) if role in (None, one["role"])]
    if not seqs:
        raise UserError(
            f"대화 {chat_id}에는 아직 그런 말이 없습니다. 먼저 말을 거세요.",
            f"Chat {chat_id} holds no such message yet. Say something first.",
        )
    return int(seqs[-1])


@chats.command("vote")
def chats_vote(
    chat: ChatId = "latest",
    choice: Annotated[str, typer.Option("--choose", help="left, right, both, neither, none.")] = "none",
    at: At = None,
) -> None:
    """나란히 둔 두 답 가운데 나은 쪽을 고릅니다. / Choose between two answers side by side; none takes it back."""
    known: dict[str, Choice | None] = {**{one: one for one in CHOICES}, "none": None}
    if choice not in known:
        raise UserError(
            f"'{choice}'은(는) 고를 수 없습니다. {', '.join(known)} 가운데 하나를 --choose에 쓰세요.",
            f"'{choice}' cannot be chosen. Give one of {', '.join(known)} to --choose.",
        )
    with open_store(door.store) as db:
        left = get_chats(db, chat)[0]["id"]
        seq = _last(db, left, "assistant") if at is None else at
        vote(db, left, seq, known[choice])
    tell({"chat_id": left, "seq": seq, "choice": known[choice]}, f"{left} {seq}: {choice}")


@chats.command("reveal")
def chats_reveal(chat: ChatId = "latest") -> None:
    """가리고 견준 두 모델의 이름을 봅니다. / Name the two models of a blind chat."""
    with open_store(door.store) as db:
        models = reveal(db, chat)
    tell({"models": models}, " · ".join(models))


@chats.command("settings")
def chats_settings(
    model: Annotated[str, typer.Argument(help="모델. / The model.")] = "latest",
    settings: Settings = None,
    forget: Annotated[bool, typer.Option("--forget", help="남긴 설정을 지웁니다. / Forget what is kept.")] = False,
) -> None:
    """모델에 남겨 둔 설정을 보고 바꿉니다. / What new chats with a model begin with: see, keep, forget."""
    from engine.recipes.asking import recipe_decoding, with_settings
    from engine.serve.choose import choose_model, settings_name

    with open_store(door.store) as db:
        chosen = choose_model(db, model)
        name, usual = settings_name(chosen.name), recipe_decoding(db, chosen.name)
        if forget:
            keep_model_settings(db, name, None)
        if settings:
            now = with_settings(usual, model_settings(db, name)).model_dump(mode="json")
            keep_model_settings(db, name, {one: decoding_settings(settings, None, now)[one] for one in KEPT})
        kept = model_settings(db, name)
        held = with_settings(usual, kept).model_dump(mode="json", include=set(KEPT))
    tell({"model": name, "kept": kept, "settings": held}, " · ".join(f"{one}={value}" for one, value in held.items()))


@chats.command("rename")
def chats_rename(chat: ChatId, title: Annotated[str, typer.Argument(help="새 제목. / The new title.")]) -> None:
    """제목을 바꿉니다. / Give a chat another title."""
    with open_store(door.store) as db:
        chat_id = get_chat(db, chat)["id"]
        given = rename_chat(db, chat_id, title)
    tell({"chat_id": chat_id, "title": given}, f"대화 {chat_id}의 제목: {given}")


@chats.command("delete")
def chats_delete(
    chat: ChatId, yes: Annotated[bool, typer.Option("--yes", help="묻지 않고 지웁니다. / Do not ask.")] = False
) -> None:
    """대화를 지웁니다. 되돌릴 수 없습니다. / Delete a chat for good, with the one beside it."""
    with open_store(door.store) as db:
        chat_id = get_chat(db, chat)["id"]
        if not yes:
            raise UserError(
                f"대화 {chat_id}을(를) 지우면 되돌릴 수 없습니다. 정말 지우려면 --yes를 붙여 다시 하세요.",
                f"Deleting {chat_id} cannot be undone. Add --yes to do it.",
            )
        gone = delete_chat(db, chat_id)
    tell({"deleted": gone}, f"지웠습니다: {', '.join(gone)}")


@chats.command("export")
def chats_export(
    chat: ChatId = "latest",
    out: Annotated[Path | None, typer.Option("--out", help=".md 또는 .jsonl. / .md or .jsonl.")] = None,
    allow: AllowPersonal = None,
) -> None:
    """대화를 파일로 씁니다(.md는 읽을 글, .jsonl은 한 줄에 한 마디). / Write a chat as Markdown or JSONL."""
    from engine.serve.chat_export import as_jsonl, as_markdown, require_clean_chat
    from engine.sources.whole_file import whole_file

    with open_store(door.store) as db:
        ids = [one["id"] for one in get_chats(db, chat)]
        path = out or Path(f"malmoi-{ids[0]}.md")
        if path.suffix.lower() not in (".md", ".jsonl"):
            raise UserError(
                f"'{path.name}'은(는) 쓸 수 없는 꼴입니다. 파일 이름을 .md나 .jsonl로 끝내세요.",
                f"'{path.name}' has an ending that cannot be written. End the file's name in .md or .jsonl.",
            )
        text = as_jsonl(db, ids[0]) if path.suffix.lower() == ".jsonl" else as_markdown(db, ids[0], language() == "en")
        require_clean_chat(db, ids[0], text, reason_for(allow))
    with whole_file(path) as file:
        file.write(text)
    tell({"chat_ids": ids, "file": str(path)}, f"대화를 {path}에 썼습니다.")
