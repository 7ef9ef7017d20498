"""`train --again RUN`: what is not as it was, and whether the curve came out the same."""

from typing import Any

from engine.cli.app import door, follow, note, tell
from engine.config import language
from engine.errors import UserError
from engine.store.open import open_store
from engine.store.runs import get_run, parting


def require_recipe(recipe: str | None) -> str:
    """Raises UserError when none was given."""
    if recipe is None:
        raise UserError(
            "--recipe가 없습니다. `train --recipe 이름` 또는 `train --again 학습id`로 쓰세요. 이름은 `recipes`에서 봅니다.",
            "There is no --recipe. Use `train --recipe NAME` or `train --again RUN`. See `recipes` for the names.",
        )
    return recipe


def refuse_beside_again(run: str, given: list[str]) -> None:
    """Raises UserError for options that would make it another run."""
    if given:
        raise UserError(
            f"--again {run}은(는) 그때의 데이터셋, 모델, 설정을 그대로 씁니다. {', '.join(given)}은(는) 빼세요. 바꾸어 학습하려면 --again을 빼세요.",
            f"--again {run} takes dataset, base and settings as they were. Leave out {', '.join(given)}, or leave out --again to "
            "change them.",
        )


def refuse_beside_dry_run(given: list[str]) -> None:
    """Raises UserError for options that a dry run would pass over."""
    if given:
        raise UserError(
            f"--dry-run은 세 스텝만 재므로 {given[0]}과(와) 함께 쓸 수 없습니다. 둘 중 하나를 빼세요.",
            f"--dry-run measures three steps alone and cannot go with {given[0]}. Leave one of them out.",
        )


def train_again(run: str, wait: bool) -> None:
    """Queue the run anew, say what differs, and at its end whether the curve is the same."""
    from engine.jobs.again import launch_again

    queued, english = launch_again(door.store, run), language() == "en"
    differs = [{"what": one.what, "then": one.then, "now": one.now} for one in queued.differs]
    for one in queued.differs:
        note(("differs: " if english else "그때와 다름: ") + one.told(english))
    with open_store(door.store) as db:
        old = get_run(db, run)["id"]
    told: dict[str, Any] = {"run_id": queued.run_id, "job_id": queued.job_id, "again_of": old, "differs": differs}
    if not wait:
        tell({**told, "state": "queued"}, f"학습 {queued.run_id}을(를) 대기열에 넣었습니다.")
        return
    result = follow(queued.job_id)
    with open_store(door.store) as db:
        parted = parting(db, old, queued.run_id)
    same = f"학습 {queued.run_id} 끝: 곡선이 {old}과(와) 끝자리까지 같습니다."
    words = same if parted is None else f"학습 {queued.run_id} 끝: 곡선이 {parted}스텝부터 {old}과(와) 다릅니다."
    tell({**result, **told, "same_curve": parted is None, "parted_at": parted}, words)
