"""What still stands between a source and a dataset, asked before a job is queued. It changes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlite_utils import Database

from engine.errors import UserError
from engine.sources.speakers import choose_me, require_partner
from engine.store.consent import roles_of
from engine.store.sources import get_source, get_speakers


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A source that is not masked though the recipe asks for it, in which nobody knows who "me" is, or nobody else is shown."""

    source_id: str
    kind: Literal["mask", "me", "left_out"]
    error: UserError


def obstacles(db: Database, source_ids: Sequence[str], must_mask: bool) -> list[Obstacle]:
    """All that would end the job at once, in the order of the sources. Raises UserError for an unknown source."""
    found: list[Obstacle] = []
    for source_id in source_ids:
        source = get_source(db, source_id)
        if speakers := get_speakers(db, source["id"]):
            kind: Literal["me", "left_out"] = "me"
            try:
                me = choose_me(speakers, source["me"])
                kind, roles = "left_out", roles_of(db, source["id"], me)
                require_partner(speakers, roles.target, roles.left_out)
            except UserError as error:
                found.append(Obstacle(source["id"], kind, error))
        if must_mask and not source["masked_at"]:
            found.append(Obstacle(source["id"], "mask", _unmasked(source["id"])))
    return found


def _unmasked(source_id: str) -> UserError:
    return UserError(
        f"자료 {source_id}의 개인정보를 아직 가리지 않았습니다. 이 레시피는 가린 자료로만 배웁니다.",
        f"Personal data in source {source_id} is not masked yet. This recipe learns from masked material only.",
    )
