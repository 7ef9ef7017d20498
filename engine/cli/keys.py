"""Commands for keys: set, list, delete. A key is read from the keyboard or a pipe, never from the command line."""

import getpass
import sys
from typing import Annotated

import typer

from engine.cli.app import app, tell
from engine.keys import check_name, delete_key, list_keys, set_key

keys = typer.Typer(no_args_is_help=True, help="열쇠(API 키, 허브 토큰)를 OS 키링에 둡니다. / Keys in the OS keyring.")
app.add_typer(keys, name="keys")

Name = Annotated[str, typer.Argument(metavar="NAME", help="예: HF_TOKEN. / Such as HF_TOKEN.")]


@keys.command("set")
def set_(name: Name) -> None:
    """열쇠를 넣습니다. 값은 물어봅니다(또는 파이프로). / Keep a key; its value is asked for, or piped in."""
    check_name(name)
    value = getpass.getpass(f"{name}: ") if sys.stdin.isatty() else sys.stdin.readline()
    set_key(name, value)
    tell({"name": name, "where": "keyring"}, f"{name}: 저장됨(OS 키링)")


@keys.command("list")
def list_() -> None:
    """있는 열쇠의 이름. 값은 보여 주지 않습니다. / Names of the keys there are, never their values."""
    found = list_keys()
    text = "\n".join(f"  {name}  {where}" for name, where in found)
    tell({"keys": [{"name": name, "where": where} for name, where in found]}, text or "열쇠가 없습니다.")


@keys.command("delete")
def delete(name: Name) -> None:
    """열쇠를 지웁니다. / Remove a key."""
    delete_key(name)
    tell({"name": name, "deleted": True}, f"{name}: 지웠습니다.")
