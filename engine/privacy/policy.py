"""What the owner wants masked beyond the contract's labels: lines of companies and of help, and quasi-identifiers."""

from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlite_utils import Database

from engine.store.settings import get_setting, set_setting

SETTING = "mask_policy"


class MaskPolicy(BaseModel):
    """Switches, all off by default: numbers that everybody may know stay, and so do age, school, work and health."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    company_lines: bool = False
    """Mask 15xx-, 16xx- and 18xx-numbers."""
    crisis_lines: bool = False
    """Mask 109, 112, 119, 1366, 1388, 1577-0199 and their like."""
    quasi: bool = False
    """Mask age, school, workplace, health, family relations, body measures, student and staff numbers."""


DEFAULT = MaskPolicy()
"""The one object that costs nothing: masking looks whether it is this one."""


def mask_policy(db: Database) -> MaskPolicy:
    """The owner's policy; the default where none was chosen."""
    policy = MaskPolicy(**get_setting(db, SETTING, {}))
    return DEFAULT if policy == DEFAULT else policy


def set_mask_policy(db: Database, **changes: bool) -> MaskPolicy:
    """Change some switches and keep the rest. Sources masked before stay as they are until they are masked again."""
    policy = MaskPolicy(**{**mask_policy(db).model_dump(), **changes})
    values: dict[str, Any] = policy.model_dump()
    set_setting(db, SETTING, values)
    return policy
