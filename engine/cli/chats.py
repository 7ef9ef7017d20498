"""Commands for chats that were held: chats list, rename, delete, export."""

from pathlib import Path
from typing import Annotated

import typer

from engine.cli.app import app, door, tell
from engine.cli.personal import AllowPersonal, reason_for
from engine.config import language
from engine.errors import UserError
from engine.store.chats import delete_chat, get_chat, get_chats, list_chats, rename_chat
from engine.store.open import open_store

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
