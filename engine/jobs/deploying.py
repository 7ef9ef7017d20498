"""Begin a deployment, and take one back. Pages and commands call the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.access.invitations import get_invitation, make_invitation, revoke
from engine.deploy.bundle import BundleSettings
from engine.deploy.push import require_push
from engine.deploy.targets import TARGETS
from engine.errors import UserError
from engine.jobs.queue import ensure_supervisor
from engine.serve.choose import choose_model
from engine.store.deployments import (
    bundles_with_guests,
    get_deployment,
    hand_to,
    is_blocked,
    note_job,
    revoke_deployment,
    revoke_handover,
)
from engine.store.jobs import ENDED, enqueue
from engine.store.open import open_store, writing


@dataclass(frozen=True, slots=True)
class Begun:
    """A deployment in the queue. `codes`: (name, code) of everybody invited; the codes are nowhere else."""

    job_id: str
    codes: tuple[tuple[str, str], ...] = ()


def launch_deployment(
    store: Path,
    run: str,
    target: str,
    out: Path,
    settings: BundleSettings,
    *,
    guests: Sequence[str] = (),
    override: str | None = None,
    upload: Mapping[str, Any] | None = None,
) -> Begun:
    """Queue a bundle of a run, with an invitation for each guest in it. upload: {repo, private} of the Space it goes to once it is made.

    Raises UserError for an unknown run or target, a folder with something in it, a guest without a name, a reason that is none, and an
    upload that cannot be.
    """
    if override is not None and not override.strip():
        raise UserError(
            "까닭이 비어 있습니다. 점검에서 나온 것이 왜 괜찮은지 한 줄이라도 적으세요. 기록에 남습니다.",
            "The reason is empty. Write, in a line, why what the audit found is harmless; it is kept.",
        )
    if target not in TARGETS:
        raise UserError(
            f"'{target}'(이)라는 곳을 모릅니다. {', '.join(TARGETS)} 가운데서 고르세요.",
            f"There is no target '{target}'. Choose one of {', '.join(TARGETS)}.",
        )
    if upload is not None:
        require_push(upload["repo"])
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError(
            f"'{out}'에 이미 무언가 있습니다. 비어 있거나 아직 없는 폴더를 고르세요.",
            f"'{out}' holds something already. Choose a folder that is empty or does not exist yet.",
        )
    with open_store(store) as db:
        model = choose_model(db, run)
        if model.run is None:
            raise UserError(
                f"'{run}'은(는) 학습이 아니어서 건넬 수 없습니다. `models list`에 있는 학습을 고르세요.",
                f"'{run}' is no run and cannot be handed over. Choose a run in `models list`.",
            )
        with writing(db):
            made = [make_invitation(db, name, models=[model.run["id"]], days=None) for name in guests]
            named = settings.model_copy(update={"invitations": (*settings.invitations, *(one.id for one, _ in made))})
            args = {"run": model.name, "target": target, "out": str(out), "settings": named.model_dump(mode="json")}
            more = {name: value for name, value in (("override", override), ("upload", upload)) if value}
            job_id = enqueue(db, "deploy", args | more)
    ensure_supervisor(store)
    return Begun(job_id, tuple((one.name, code) for one, code in made))


def note_deployed(store: Path, deployment_id: str, job_id: str | None, invitations: Sequence[str]) -> None:
    """A bundle was made (by a job): everybody whose invitation is in it gets it, unless its audit forbids."""
    with open_store(store) as db, writing(db):
        if job_id:
            note_job(db, deployment_id, job_id)
        if not is_blocked(get_deployment(db, deployment_id)):
            for id_ in invitations:
                hand_to(db, deployment_id, get_invitation(db, id_).name, None, id_)


def is_unused(bundle: Mapping[str, Any]) -> bool:
    """Whether invitations made for a bundle (one of `bundles_with_guests`) lead nowhere: it was never made, or may not or no longer be
    with anybody."""
    made = bundle["deployment"]
    if made is None:
        return bundle["job_state"] in ENDED
    return bool(made["revoked_at"] or made["forgotten_at"] or is_blocked(made))


def close_invitations(store: Path, job_id: str) -> int:
    """Revoke what is still open of the invitations of an unused bundle; returns how many. Raises UserError for a bundle in use."""
    with open_store(store) as db:
        found = [one for one in bundles_with_guests(db) if one["job_id"] == job_id]
        if not found or not is_unused(found[0]):
            raise UserError(
                f"작업 {job_id}의 꾸러미는 쓰이고 있거나 만드는 중이라 초대를 한꺼번에 닫지 않았습니다. `invite revoke`로 하나씩 거두세요.",
                f"The bundle of job {job_id} is in use or being made, so its invitations are not closed at once. Revoke them one by one with "
                "`invite revoke`.",
            )
        still = [
            one for one in map(lambda id_: get_invitation(db, id_), found[0]["invitations"]) if one.state == "open"
        ]
        for one in still:
            revoke(db, one.id)
    return len(still)


def take_back(store: Path, deployment_id: str, handover: int | None = None) -> dict[str, Any]:
    """Take a deployment back, or only what one person got of it; their invitations are revoked at once. Returns the deployment.

    What lies on a host is the owner's to take down: this machine cannot reach it. Raises UserError for what is not there.
    """
    with open_store(store) as db:
        found = get_deployment(db, deployment_id)
        if handover is None:
            carried = [one["invitations"] for one in bundles_with_guests(db) if one["job_id"] == found["job_id"]]
            invitations = [*revoke_deployment(db, found["id"]), *(carried[0] if carried and found["job_id"] else [])]
        else:
            one = revoke_handover(db, found["id"], handover)
            invitations = [one] if one else []
        for invitation in invitations:
            revoke(db, invitation)
        return get_deployment(db, found["id"])
