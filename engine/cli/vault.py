"""Commands for the vault: vault on, off, unlock, lock, show; unmask. A passphrase never stands on the command line."""

import getpass
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.app import app, door, tell
from engine.errors import UserError
from engine.store.open import open_store

if TYPE_CHECKING:
    from engine.privacy.vault import Lock

vault = typer.Typer(no_args_is_help=True, help="가린 값의 원래 말을 잠가 두는 금고. / The vault of masked originals.")
app.add_typer(vault, name="vault")
VARIABLE = "MALMOI_PASSPHRASE"


def passphrase(twice: bool = False) -> str | None:
    """From MALMOI_PASSPHRASE, the keyboard (a new one is typed twice), or a pipe; None when there is none."""
    if VARIABLE in os.environ:
        return os.environ[VARIABLE] or None
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n") or None
    given = getpass.getpass("암호 문구(비우면 OS 키링) / Passphrase (empty: OS keyring): " if twice else "암호 문구 / Passphrase: ")  # fmt: skip
    if twice and given and getpass.getpass("한 번 더 / Again: ") != given:
        raise UserError("두 번 쓴 암호 문구가 서로 다릅니다. 다시 하세요.", "The two passphrases differ. Try again.")
    return given or None


def new_lock() -> "Lock":
    """A fresh lock by passphrase, or by keyring when none is given."""
    from engine.privacy.vault import new_vault

    return new_vault(passphrase(twice=True))[0]


@vault.command("on")
def on() -> None:
    """금고를 켭니다. / Seal the originals of masked values from now on."""
    from engine.privacy.store_vault import lock_of, state, turn_on

    with open_store(door.store) as db:
        count = turn_on(db, None if lock_of(db) else passphrase(twice=True))
        told = state(db)
    tell(told, f"금고를 켰습니다. 값 {count:,}개를 잠갔습니다.")


@vault.command("off")
def off(
    yes: Annotated[bool, typer.Option("--yes", help="정말 지웁니다. / Really delete it.")] = False,
) -> None:
    """금고와 그 안의 것을 지웁니다. / Delete the vault and all it holds."""
    from engine.privacy.store_vault import require_lock, turn_off

    with open_store(door.store) as db:
        require_lock(db)
        if not yes:
            raise UserError(
                "금고를 끄면 잠가 둔 값이 모두 지워집니다. 정말 지우려면 --yes를 붙여 다시 하세요.",
                "Turning the vault off deletes all it holds. Add --yes to do it.",
            )
        gone = turn_off(db)
    tell({"on": False, "deleted": gone}, f"금고를 껐습니다. 값 {gone:,}개를 지웠습니다.")


@vault.command("unlock")
def unlock() -> None:
    """다시 묻지 않도록 열쇠를 OS 키링에 둡니다. / Keep the key in the OS keyring."""
    from engine.privacy.store_vault import state, stay_open

    with open_store(door.store) as db:
        stay_open(db, passphrase)
        told = state(db)
    tell(told, "금고를 열어 두었습니다. `vault lock`으로 잠급니다.")


@vault.command("lock")
def lock() -> None:
    """열쇠를 OS 키링에서 뺍니다. / Take the key out of the OS keyring."""
    from engine.privacy.store_vault import shut

    with open_store(door.store) as db:
        was_open = shut(db)
    tell({"was_open": was_open}, "금고를 잠갔습니다." if was_open else "금고는 이미 잠겨 있습니다.")


@vault.command("show")
def show(
    placeholder: Annotated[
        str | None, typer.Argument(help="예: [이름_3]. 비우면 금고의 상태. / Such as [이름_3].")
    ] = None,
) -> None:
    """금고의 상태, 또는 한 값의 원래 말. / The vault's state, or what one placeholder hides."""
    from engine.privacy.correct import value_behind
    from engine.privacy.store_vault import spellings_of, state
    from engine.privacy.store_vault import unlock as opened

    with open_store(door.store) as db:
        if placeholder is None:
            told = state(db)
            tell(told, f"금고 켜짐 · 값 {told['values']:,}개" if told["on"] else "금고가 꺼져 있습니다.")
            return
        key = opened(db, passphrase)
        spellings = spellings_of(db, key, *value_behind(db, placeholder))
    tell({"placeholder": placeholder, "spellings": spellings}, "\n".join(spellings))


@app.command()
def unmask(
    src: Annotated[Path, typer.Option("--in", help="{id, masked} JSONL.")],
    out: Annotated[Path, typer.Option("--out", help="{id, text} JSONL.")],
    file: Annotated[
        Path | None,
        typer.Option("--vault", help="mask --vault로 만든 파일. 비우면 저장소의 금고. / Default: the store's vault."),
    ] = None,
) -> None:
    """가린 글을 되돌립니다. / Put the originals back."""
    from engine.privacy.unmask import unmask_file, unmask_with

    if file is not None:
        from engine.privacy.vault import OpenedVault

        told = unmask_file(src, out, OpenedVault(file, passphrase))
    else:
        from engine.privacy.store_vault import all_values
        from engine.privacy.store_vault import unlock as opened

        with open_store(door.store) as db:
            values = all_values(db, opened(db, passphrase))
        told = unmask_with(src, out, values)
    tell(told, f"{told['rows']:,}행 가운데 {told['restored']:,}행을 되돌렸습니다.")
