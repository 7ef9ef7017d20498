"""What an audit tells: one finding per thing seen, and the verdict over all of them. It looks at nothing itself."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

Level = Literal["green", "amber", "red"]
LEVELS: tuple[Level, ...] = ("green", "amber", "red")
CHECKS = ("personal", "secrets", "canaries", "memorised", "masked", "licence", "fits")
"""In the order they are told."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    check: str
    """One of CHECKS."""
    level: Level
    """green: nothing to mind; amber: to be known; red: it should not leave like this."""
    ko: str
    en: str
    where: str = ""
    """File, table and column, or which rows; never the text itself."""
    count: int = 0
    evidence: str = ""
    """Masked: kinds, lengths, ranks. Never what was found."""


@dataclass(frozen=True, slots=True)
class Audit:
    """All findings about a model, and the folder where one was looked through."""

    findings: tuple[Finding, ...]
    verdict: Level
    id: str = ""
    """As the store keeps it; empty where it was not kept."""
    content: str | None = None
    """sha256 over the folder's files, so that nobody hands over another one with this audit."""

    def as_json(self) -> dict[str, Any]:
        """Every finding by its fields, and the verdict."""
        found = [asdict(finding) for finding in self.findings]
        return {"audit_id": self.id, "findings": found, "verdict": self.verdict}


def verdict_of(findings: Sequence[Finding]) -> Level:
    """The worst of all levels."""
    return max((finding.level for finding in findings), key=LEVELS.index, default="green")
