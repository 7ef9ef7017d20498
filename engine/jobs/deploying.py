"""Begin a deployment, and take one back. Pages and commands call the same."""

from pathlib import Path
from typing import Any

from engine.access.invitations import revoke
from engine.store.deployments import get_deployment, revoke_deployment, revoke_handover
from engine.store.open import open_store


def take_back(store: Path, deployment_id: str, handover: int | None = None) -> dict[str, Any]:
    """Take a deployment back, or only what one person got of it; their invitations are revoked at once. Returns the deployment.

    What lies on a host is the owner's to take down: this machine cannot reach it. Raises UserError for what is not there.
    """
    with open_store(store) as db:
        found = get_deployment(db, deployment_id)
        if handover is None:
            invitations = revoke_deployment(db, found["id"])
        else:
            one = revoke_handover(db, found["id"], handover)
            invitations = [one] if one else []
        for invitation in invitations:
            revoke(db, invitation)
        return get_deployment(db, found["id"])
