"""Commands for what left this machine: deployments list|show|hand|revoke|upload."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from engine.cli.app import app, door, note, tell
from engine.config import language
from engine.store.open import open_store

deployments = typer.Typer(
    no_args_is_help=True, help="이 컴퓨터에서 나간 것. / What left this machine.", rich_markup_mode=None
)
app.add_typer(deployments, name="deployments")
Which = Annotated[str, typer.Argument(help="배포 id, 작업 id, latest. / A deployment's id, its job's, or latest.")]


@deployments.command("list")
def list_all(
    run: Annotated[str | None, typer.Option("--run", help="이 학습의 것만. / Of this run only.")] = None,
) -> None:
    """무엇을 누구에게 건넸는지. / What was handed to whom."""
    from engine.store.deployments import list_deployments

    with open_store(door.store) as db:
        found = list_deployments(db, run)
    nothing = "아무것도 나가지 않았습니다." if language() == "ko" else "Nothing has left."
    tell({"deployments": found}, "\n".join(line for one in found for line in lines_of(one)) or nothing)


@deployments.command("show")
def show(deployment: Which = "latest") -> None:
    """배포 하나를 봅니다. / Show a deployment."""
    from engine.store.deployments import get_deployment

    with open_store(door.store) as db:
        found = get_deployment(db, deployment)
    findings = [f"    {one['level']} {one['en' if language() == 'en' else 'ko']}" for one in found["audit"]["findings"]]
    tell(found, "\n".join([*lines_of(found), *findings]))


@deployments.command("hand")
def hand(
    deployment: Which,
    who: Annotated[str, typer.Argument(help="누구에게, 알아볼 이름. / To whom, a name you will recognise.")],
    url: Annotated[str | None, typer.Option("--url", help="답하는 주소. / Where it answers.")] = None,
    invitation: Annotated[
        str | None, typer.Option("--invitation", help="들어올 수 있게 한 초대. / The invitation that lets them in.")
    ] = None,
) -> None:
    """누구에게 건넸다고 적습니다. / Note that it was handed to somebody."""
    from engine.access.invitations import get_invitation
    from engine.store.deployments import get_deployment, hand_to

    with open_store(door.store) as db:
        named = get_invitation(db, invitation).id if invitation else None
        number = hand_to(db, deployment, who, url, named)
        found = get_deployment(db, deployment)
    tell({"handover_id": number, **found}, "\n".join(lines_of(found)))


@deployments.command("revoke")
def revoke(
    deployment: Which,
    handover: Annotated[
        int | None,
        typer.Option(
            "--handover", min=1, max=2**63 - 1, help="이 사람에게서만(번호). / From this person only (number)."
        ),
    ] = None,
) -> None:
    """거둡니다. 호스트에 올린 것은 직접 내려야 합니다. / Take it back. What lies on a host is yours to take down."""
    from engine.jobs.deploying import take_back

    found = take_back(door.store, deployment, handover)
    tell(found, "\n".join(lines_of(found)))


@deployments.command("upload")
def upload(
    deployment: Which = "latest",
    repo: Annotated[str, typer.Option("--repo", help="스페이스의 소유자/이름. / OWNER/NAME of the Space.")] = "",
    private: Annotated[bool, typer.Option("--private/--public", help="나만 보게. / For yourself alone.")] = True,
) -> None:
    """만들어 둔 꾸러미를 허깅페이스에 올립니다. / Upload a bundle that was made to Hugging Face."""
    from engine.jobs.exporting import upload_bundle

    done = upload_bundle(door.store, deployment, repo, private, lambda line: note(f"  … {line}"))
    tell(done, str(done["url"]))


def lines_of(one: Mapping[str, Any]) -> list[str]:
    """A deployment and under it everybody who got it."""
    marks = [one["audit"]["verdict"], *(name for name in ("revoked", "forgotten") if one[f"{name}_at"])]
    memory = f"{one['memory_mb']:.0f} MB" if one["memory_mb"] is not None else "–"
    lines = [
        f"{one['id']} {one['target']} {one['model']} {one['size_mb']:.1f} MB / {memory} [{', '.join(marks)}] {one['created_at']}"
    ]
    lines += [f"  ← {source['id']} {source['name'] or ''}".rstrip() for source in one["sources"]]
    for got in one["handovers"]:
        gone = f" (revoked {got['revoked_at']})" if got["revoked_at"] else ""
        lines.append(f"  → {got['id']}. {got['who']} {got['url'] or ''} {got['handed_at']}{gone}")
    return lines
