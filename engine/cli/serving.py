"""Commands for the API server: serve, api-keys."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from engine.cli.app import app, door, note, tell
from engine.cli.training import Settings, decoding_settings
from engine.store.api_keys import list_api_keys, make_key, revoke_key
from engine.store.open import open_store

api_keys = typer.Typer(
    no_args_is_help=True, help="API 서버를 여는 열쇠. / Keys that open the API server.", rich_markup_mode=None
)
app.add_typer(api_keys, name="api-keys")
Name = Annotated[str, typer.Argument(metavar="NAME", help="누구의 열쇠인지. / Whose key it is.")]


@app.command()
def serve(
    run: Annotated[str, typer.Argument(help="학습 id, latest, base:이름. / Run id, latest, base:NAME.")] = "latest",
    host: Annotated[str, typer.Option("--host", help="기다릴 주소. / Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0이면 빈 포트. / 0 takes a free one.")] = 8000,
    recipe: Annotated[
        str | None, typer.Option("--recipe", help="기반 모델을 이 레시피로. / The recipe, for a bare base.")
    ] = None,
    way: Annotated[
        str | None, typer.Option("--way", help="답하는 방식(json …). / A way of answering (json …).")
    ] = None,
    key_file: Annotated[
        Path | None, typer.Option("--key-file", help="열쇠가 든 파일. / A file that holds the key.")
    ] = None,
    allow_host: Annotated[
        list[str] | None, typer.Option("--allow-host", help="이 이름으로도 부를 수 있게. / A name it also answers to.")
    ] = None,
    max_concurrent: Annotated[
        int, typer.Option("--max-concurrent", min=1, max=64, help="한꺼번에 만들 답. / Answers made at once.")
    ] = 8,
    max_waiting: Annotated[
        int, typer.Option("--max-waiting", min=1, max=1000, help="기다릴 수 있는 요청. / Requests that may wait.")
    ] = 32,
    per_minute: Annotated[
        int, typer.Option("--per-minute", min=1, help="열쇠마다 1분에. / Requests a minute, per key.")
    ] = 600,
    max_characters: Annotated[
        int, typer.Option("--max-characters", min=1, help="한 요청의 글자 수. / Characters in one request.")
    ] = 20_000,
    max_new_tokens: Annotated[
        int, typer.Option("--max-new-tokens", min=1, max=4096, help="가장 긴 답(토큰). / Longest answer, in tokens.")
    ] = 1024,
    timeout: Annotated[
        float, typer.Option("--timeout", min=1, help="답 하나에 쓸 시간(초). / Seconds for one answer.")
    ] = 120.0,
    settings: Settings = None,
) -> None:
    """모델을 HTTP로 엽니다(OpenAI와 같은 꼴). / Open a model over HTTP, in OpenAI's form."""
    from engine.api.guard import Limits
    from engine.api.keys import first_key, given_key
    from engine.api.served import serve_what
    from engine.api.server import HOME, Address
    from engine.api.server import serve as serve_app

    given = given_key(key_file)
    served = serve_what(door.store, run, recipe, way, _told(settings))
    limits = Limits(characters=max_characters, new_tokens=max_new_tokens, per_minute=per_minute, answer_seconds=timeout)
    if host not in HOME:
        note(_open_to_others(host))
    key = first_key(door.store, given)

    def ready(url: str) -> None:
        _tell_ready(url, served, key)

    address = Address(host, port, allow_host or [])
    result = serve_app(served, door.store, address, limits, (max_concurrent, max_waiting), given, ready)
    tell(result, f"멈췄습니다. 요청 {result['requests']:,}번, 답 {result['answers']:,}개.")


def _told(words: list[str] | None) -> dict[str, Any]:
    """Settings given by name; a run's usual ones stay where none is."""
    return decoding_settings(words, None, None) if words else {}


def _tell_ready(url: str, served: Any, key: str | None) -> None:
    """On stderr: the last line of stdout comes when the server stops."""
    path = f"/{served.recipe.name}/{served.endpoint.name}" if served.endpoint else None
    if door.json:
        told = {"ready": True, "url": url, "models": served.names, "way": served.way_name, "endpoint": path, "key": key}
        print(json.dumps(told, ensure_ascii=False), file=sys.stderr, flush=True)
        return
    note(f"API 서버가 답합니다: {url}/v1 (모델 {', '.join(served.names)}) · 문서 {url}/docs · 멈추기 Ctrl-C")
    if path:
        note(f"  {served.endpoint.ko} {url}{path}")
    if key:
        note(f"열쇠(이번 한 번만 보입니다. 적어 두세요): {key}")
    else:
        note("열쇠: 전에 만든 것. 잊었으면 `python -m engine api-keys make 이름`")


def _open_to_others(host: str) -> str:
    return (
        f"주의: {host}에서 기다리므로 이 컴퓨터 밖에서도 부를 수 있습니다. 열쇠와 글이 암호화되지 않은 HTTP로 오갑니다. "
        f"믿는 망에서만 쓰세요. / Careful: {host} can be reached from outside this machine, and key and text travel over plain HTTP."
    )


@api_keys.command("make")
def make(name: Name) -> None:
    """열쇠를 하나 만들어 한 번만 보여 줍니다. / Make a key and show it once."""
    with open_store(door.store) as db:
        key = make_key(db, name)
    tell({"name": name, "key": key}, f"{name}의 열쇠(이번 한 번만 보입니다): {key}")


@api_keys.command("list")
def list_() -> None:
    """있는 열쇠의 이름과 끝 네 글자. / Names and last four signs."""
    with open_store(door.store) as db:
        found = [
            {name: key[name] for name in ("name", "hint", "created_at", "revoked_at")} for key in list_api_keys(db)
        ]
    lines = [
        f"  {key['name']}  …{key['hint']}  {key['created_at'][:16]}{'  (막음)' if key['revoked_at'] else ''}"
        for key in found
    ]
    tell({"keys": found}, "\n".join(lines) or "API 열쇠가 없습니다. `serve`가 처음 뜰 때 하나 만듭니다.")


@api_keys.command("revoke")
def revoke(name: Name) -> None:
    """열쇠를 막습니다. / Make a key open nothing."""
    with open_store(door.store) as db:
        revoke_key(db, name)
    tell({"name": name, "revoked": True}, f"{name}의 열쇠를 막았습니다. 떠 있는 서버도 몇 초 안에 압니다.")
