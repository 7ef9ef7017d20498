"""Does the folder keep to what its host takes: all files, and each one? Memory is judged where it was measured."""

from pathlib import Path

from engine.deploy.audit.finding import Finding, Level
from engine.deploy.targets import TARGETS, fit
from engine.errors import UserError

LEVELS: dict[str, Level] = {"yes": "green", "edge": "amber", "no": "red"}


def require_target(name: str) -> None:
    """Raises UserError for a host that is not known."""
    if name not in TARGETS:
        raise UserError(
            f"--target '{name}'은(는) 없습니다. {', '.join(TARGETS)} 가운데 고르세요.",
            f"There is no --target '{name}'. Choose of {', '.join(TARGETS)}.",
        )


def fit_findings(folder: Path, target: str, memory_mb: float | None) -> list[Finding]:
    """memory_mb: most resident while it answers, None where it was not measured."""
    place = TARGETS[target]
    sizes = {path: path.stat().st_size / 1e6 for path in folder.rglob("*") if path.is_file()}
    total = sum(sizes.values())
    told = fit(place, memory_mb, total)
    measured = "-" if memory_mb is None else f"{memory_mb:,.0f} MB"
    found = [Finding("fits", LEVELS[told.level], told.ko, told.en, target, 1, f"{total:,.1f} MB, memory {measured}")]
    large = [path for path, size in sizes.items() if place.file_mb is not None and size > place.file_mb]
    return found + [
        Finding(
            "fits", "red", f"이 파일({sizes[path]:,.0f} MB)은 {place.ko}의 한도 {place.file_mb:,.0f} MB를 넘습니다. 나눠 담으세요.",
            f"This file ({sizes[path]:,.0f} MB) is over the {place.file_mb:,.0f} MB that {place.en} takes. Cut it into parts.",
            path.relative_to(folder).as_posix(), 1, f"{sizes[path]:,.0f} MB",
        )
        for path in large
    ]  # fmt: skip
