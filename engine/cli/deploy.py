"""The command that makes a bundle which runs by itself."""

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from engine.cli.app import app, door, tell
from engine.config import language
from engine.errors import UserError


@app.command()
def deploy(
    run: Annotated[
        str, typer.Argument(help="학습 id, latest, base:이름. / A run's id, latest, or base:NAME.")
    ] = "latest",
    target: Annotated[
        str, typer.Option("--target", help="streamlit-cloud, hf-space, render, local. / Where it will run.")
    ] = "local",
    out: Annotated[Path | None, typer.Option("--out", help="새 폴더. / A new folder.")] = None,
    engine: Annotated[
        str,
        typer.Option(
            "--engine",
            help="gguf, gguf-int4, openvino, openvino-int4, ctranslate2. 비우면 모델에 맞게. / What answers there; what suits the model where left out.",
        ),
    ] = "",
    gpu: Annotated[
        bool, typer.Option("--gpu", help="그래픽 카드가 있는 Space에서 transformers로. / On a Space with a card.")
    ] = False,
    title: Annotated[str, typer.Option("--title", help="방문자가 볼 이름. / The name that visitors see.")] = "",
    home: Annotated[str, typer.Option("--home", help="피드백이 돌아올 주소. / Where feedback is sent.")] = "",
    invitation: Annotated[
        list[str] | None, typer.Option("--invitation", help="함께 갈 초대장 id. / An invitation that goes along.")
    ] = None,
    override: Annotated[
        str | None, typer.Option("--override", help="점검이 빨강이어도 내보내는 까닭. / Why it leaves although red.")
    ] = None,
    upload: Annotated[
        str | None, typer.Option("--upload", help="hf-space를 올릴 소유자/이름. / OWNER/NAME of the Space it goes to.")
    ] = None,
    private: Annotated[
        bool, typer.Option("--private/--public", help="올린 Space를 나만 보게. / The Space is for yourself alone.")
    ] = True,
    plan: Annotated[
        bool, typer.Option("--plan", help="만들지 않고 들어가는지만 봅니다. / Only tell whether it will fit.")
    ] = False,
) -> None:
    """혼자서 도는 꾸러미를 만들고, 살피고, 견주고, 잽니다. / A bundle that runs by itself: made, looked through, compared, measured."""
    from engine.deploy.bundle import BundleSettings
    from engine.deploy.deploy import deploy as make
    from engine.jobs.deploying import note_deployed

    if plan:
        found = _planned(run, target, gpu)
        tell(found, _table(found, language() == "en"))
        return
    if upload is not None:
        _require_upload(upload, target)
    folder = out or Path(f"{run.replace(':', '-').replace('/', '-')}-{target}")
    settings = BundleSettings(engine=engine, gpu=gpu, title=title, home=home, invitations=tuple(invitation or ()))
    found = make(door.store, run, target, folder, settings, lambda line: typer.echo(line, err=True), override=override)
    if found["deployment_id"]:
        note_deployed(door.store, found["deployment_id"], None, settings.invitations)
    line = _line(found, language() == "en") + _guests(found, language() == "en")
    if target == "local":
        from engine.deploy.tunnel import tunnel_commands, words

        found["tunnel"] = tunnel_commands()
        line += "\n" + words(found["tunnel"])[language() == "en"]
    if upload is not None:
        from engine.deploy.push import push_space

        found["upload"] = push_space(Path(found["bundle"]), upload, private=private)
        line += f"\n→ {found['upload']['url']}"
    tell(found, line)


def _require_upload(repo: str, target: str) -> None:
    """Whatever would stop the upload is told before minutes of work."""
    from engine.deploy.push import require_push

    if target != "hf-space":
        raise UserError(
            f"--upload는 --target hf-space에만 쓸 수 있습니다(받은 값: {target}). 다른 곳은 README의 다섯 단계로 올리세요.",
            f"--upload goes with --target hf-space only (given: {target}). For other places follow the five steps of the README.",
        )
    require_push(repo)


def _planned(run: str, target: str, gpu: bool) -> dict[str, Any]:
    from engine.deploy.planning import plan_bundle
    from engine.serve.choose import choose_model
    from engine.store.open import open_store

    with open_store(door.store) as db:
        model = choose_model(db, run)
    return plan_bundle(door.store, model, target, gpu)


LEVELS = {"yes": ("들어감", "fits"), "edge": ("빠듯함", "edge"), "no": ("안 됨", "no")}


def _table(found: dict[str, Any], english: bool) -> str:
    """An engine a line: megabytes, and what each host makes of them."""
    size = f"{found['parameters'] / 1e9:.2f}B" if found["parameters"] >= 1e8 else f"{found['parameters'] / 1e6:.1f}M"
    head = f"{found['model']} ({size}) → {found['target']}: " + (
        "estimates from its configuration; a bundle that is made is measured."
        if english
        else "설정에서 어림한 값입니다. 만든 꾸러미는 재어 봅니다."
    )
    lines = [
        f"  {one['engine']:<14} {one['size_mb']:>8,.0f} MB, {'memory' if english else '메모리'} {one['memory_mb']:>8,.0f} MB: "
        + ", ".join(
            f"{host} {LEVELS[level][english]}"
            for host, level in (*one["hosts"].items(), (found["target"], one["target"]))
        )
        + _on_card(one, english)
        for one in found["engines"]
    ]
    return "\n".join([head, *lines])


def _on_card(one: dict[str, Any], english: bool) -> str:
    """What it takes of a graphics card, where it runs on one."""
    if "vram_mb" not in one:
        return ""
    parts = f"{one['weights_mb']:,.0f} + {one['kv_mb']:,.0f}"
    if english:
        return (
            f"\n  card: {one['vram_mb']:,.0f} MB (weights + conversation: {parts}), hardware {one['hardware'] or '-'}"
        )
    return f"\n  그래픽 카드: {one['vram_mb']:,.0f} MB(가중치 + 대화: {parts}), 하드웨어 {one['hardware'] or '-'}"


def _guests(found: dict[str, Any], english: bool) -> str:
    if found["invitations"]:
        return ""
    if english:
        return "\nIt holds no invitation: nobody can come in. Make one with `invite NAME --models …`, then the bundle again."
    return "\n초대가 들어 있지 않아 아무도 들어올 수 없습니다. `invite 이름 --models …`로 만든 다음 꾸러미를 다시 만드세요."


def _line(found: dict[str, Any], english: bool) -> str:
    parity = found["parity"]
    made, asked = parity["variants"][-1], parity["prompts"]
    same, whole = f"{made['equal']}/{asked}", f"{made['equal_merged']}/{asked}"
    if english:
        return (
            f"{found['bundle']}{os.sep}: {found['size_mb']:,.1f} MB, {found['memory_mb']:,.0f} MB of memory, audit {found['audit']}, "
            f"{same} answers equal to the chat's, {whole} to the merged model's. {found['fit']['en']} README.md has the five steps."
        )
    return (
        f"{found['bundle']}{os.sep}: {found['size_mb']:,.1f} MB, 메모리 {found['memory_mb']:,.0f} MB, 점검 {found['audit']}, 채팅과 답 {same} 같음(합친 모델과는 {whole}). "
        f"{found['fit']['ko']} 다섯 단계는 README.ko.md에 있습니다."
    )
