"""Presets an owner made: named training settings beside those of a recipe. It does not know what a setting means."""

import json
from typing import Any

from sqlite_utils import Database

from engine.errors import UserError
from engine.store.open import all_rows, now, writing


def save_preset(
    db: Database, recipe: str, name: str, settings: dict[str, Any], study_id: str | None, number: int | None
) -> None:
    """Keep a preset. Raises UserError when the recipe has one of that name: its runs would tell of other settings."""
    with writing(db):
        if any(known["name"] == name for known in list_presets(db, recipe)):
            raise UserError(
                f"'{name}' 프리셋이 이미 있습니다. 다른 이름을 쓰거나 `presets remove {name}`으로 지운 뒤 다시 하세요.",
                f"There is a preset '{name}' already. Use another name, or remove it first with `presets remove {name}`.",
            )
        values = [recipe, name, json.dumps(settings, ensure_ascii=False), study_id, number, now()]
        db.execute("INSERT INTO presets VALUES (?, ?, ?, ?, ?, ?)", values)


def list_presets(db: Database, recipe: str | None = None) -> list[dict[str, Any]]:
    """{recipe, name, settings, study_id, number, created_at} of every preset, oldest first."""
    found = all_rows(db, "SELECT * FROM presets WHERE ? IS NULL OR recipe = ? ORDER BY created_at, name", [recipe] * 2)
    for row in found:
        row["settings"] = json.loads(row.pop("settings_json"))
    return found


def remove_preset(db: Database, recipe: str, name: str) -> None:
    """Runs made with it keep their settings. Raises UserError when there is none."""
    with writing(db):
        if db.execute("DELETE FROM presets WHERE recipe = ? AND name = ?", [recipe, name]).rowcount:
            return
    known = ", ".join(preset["name"] for preset in list_presets(db, recipe)) or "-"
    raise UserError(
        f"'{recipe}' 레시피에 내가 만든 프리셋 '{name}'이(가) 없습니다. 있는 것: {known}. 레시피에 딸린 프리셋은 지울 수 없습니다.",
        f"There is no preset '{name}' of yours for recipe '{recipe}'. There are: {known}. A recipe's own stay.",
    )
