"""The command that looks at a model, and at a bundle, before either leaves."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from engine.cli.app import app, door, note, tell
from engine.config import language
from engine.deploy.audit.finding import Finding
from engine.serve.choose import choose_model
from engine.store.open import open_store

MARKS = {"green": "✓", "amber": "!", "red": "✗"}


Override = Annotated[
    str | None,
    typer.Option("--override", help="빨강이어도 내보내는 까닭(기록됨). / Why a red one may leave; recorded."),
]


def heard(step: str) -> None:
    """A step of a look, as it begins."""
    note(f"  … {step}")


def note_findings(found: Sequence[Mapping[str, Any]]) -> None:
    """What is amber or red is told."""
    for line in lines_of(Finding(**one) for one in found if one["level"] != "green"):
        note(line)


def lines_of(found: Iterable[Finding]) -> list[str]:
    """A line for each finding."""
    english = language() == "en"
    return [
        f"  {MARKS[one.level]} [{one.check}] {one.en if english else one.ko}"
        + (f"  ({one.where} · {one.evidence})" if one.evidence else "")
        for one in found
    ]


@app.command()
def audit(
    run: Annotated[
        str, typer.Argument(help="학습 id, latest, base:이름. / A run's id, latest, or base:NAME.")
    ] = "latest",
    bundle: Annotated[Path | None, typer.Option("--bundle", help="살필 폴더. / A folder to look through.")] = None,
    target: Annotated[str | None, typer.Option("--target", help="올릴 곳. / The host it is for.")] = None,
    prompts: Annotated[
        int, typer.Option("--prompts", min=1, max=1000, help="물어볼 학습 행의 수. / Rows of training asked.")
    ] = 50,
    override: Override = None,
) -> None:
    """모델이 나가기 전에 살핍니다: 남은 개인정보, 외운 말, 열쇠, 라이선스. / Look before a model leaves: personal data, learned by heart, keys, licences."""
    from engine.deploy.audit.audit import AuditSettings, audit_model, require_passed

    with open_store(door.store) as db:
        model = choose_model(db, run)
    found = audit_model(
        door.store,
        model,
        folder=bundle,
        target=target,
        settings=AuditSettings(prompts),
        told=heard,
    )
    if override:
        require_passed(door.store, found, override)
    tell(
        {"model": model.name, **found.as_json()},
        "\n".join([f"{model.name}: {found.verdict}", *lines_of(found.findings)]),
    )
