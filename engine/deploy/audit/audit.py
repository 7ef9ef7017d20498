"""Everything that is looked at before a model leaves: the folder's texts, what the model learned by heart, licences, room on the host."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from sqlite_utils import Database

from engine.deploy.audit.asking import Lessons, probes, prompts_of, said_findings
from engine.deploy.audit.by_heart import GREEDY, canary_findings, row_findings, short_findings
from engine.deploy.audit.finding import CHECKS, Audit, Finding, verdict_of
from engine.deploy.audit.fits import fit_findings, require_target
from engine.deploy.audit.hidden import guesses_of, known_by, value_findings
from engine.deploy.audit.leaked_keys import leaked_keys
from engine.deploy.audit.licences import licence_findings
from engine.deploy.audit.personal import personal
from engine.deploy.audit.texts import Text, Unread, content_of, texts_of
from engine.errors import UserError
from engine.keys import get_key, list_keys
from engine.privacy.decisions import leftovers_of
from engine.recipes.recipe import load_recipe, recipe_names
from engine.serve.choose import Model, open_model, with_engine
from engine.store.audits import add_audit, allow_audit, has_passed, stands_openly
from engine.store.open import open_store
from engine.store.settings import mask_key
from engine.store.sources import licences_of


@dataclass(frozen=True, slots=True)
class AuditSettings:
    """How closely to look."""

    prompts: int = 50
    """Rows of training asked for, and as many held-out ones."""
    seed: int = 0
    memory_mb: float | None = None
    """Most resident memory while the folder answered, where it was measured."""


USUAL = AuditSettings()


def audit_model(
    store: Path,
    model: Model,
    *,
    folder: Path | None = None,
    target: str | None = None,
    settings: AuditSettings = USUAL,
    told: Callable[[str], None] = lambda _: None,
    asked: Sequence[Finding] | None = None,
) -> Audit:
    """Look at a model, and at the folder it would leave in; kept in the store. told: hears which check begins.
    asked: what an earlier audit of the same model found by asking it, which is then not asked again.

    Memory learned by heart lies in the weights, whatever engine reads them: the source model is asked. Raises UserError for a model that
    is not on this machine and for a folder that is none.
    """
    _require(model, folder)
    if target is not None:
        require_target(target)
    with open_store(store) as db:
        lessons = Lessons(db, model.run, settings.prompts, settings.seed)
        found: list[Finding] = []
        if folder is not None:
            told("개인정보와 비밀이 글에 남았는지 봅니다 / personal data and secrets in its text")
            found += _folder_findings(db, folder, lessons.sources)
            found += fit_findings(folder, target, settings.memory_mb) if target else []
        told("자료와 기반 모델을 나눠도 되는지 봅니다 / licences of the data and the base model")
        found += licence_findings(model.base, model.run is not None, licences_of(db, lessons.sources))
    found += _asked(store, model, lessons, settings, told) if asked is None else asked
    ordered = sorted(found, key=lambda one: CHECKS.index(one.check))
    return _kept(store, model, folder, target, ordered)


def _require(model: Model, folder: Path | None) -> None:
    if model.endpoint or model.others:
        raise UserError(
            f"{model.name}은(는) 이 컴퓨터의 한 모델이 아니라서 살필 수 없습니다. 학습한 것이나 base:이름을 고르세요.",
            f"{model.name} is not one model on this machine, so it cannot be looked at. Choose a run or base:NAME.",
        )
    if folder is not None and not folder.is_dir():
        raise UserError(
            f"'{folder}'은(는) 폴더가 아닙니다. 꾸러미를 만든 폴더를 --bundle에 주세요.",
            f"'{folder}' is no folder. Give --bundle the folder of a bundle.",
        )


def _folder_findings(db: Database, folder: Path, sources: Sequence[str]) -> list[Finding]:
    pieces = list(texts_of(folder))
    texts = [piece for piece in pieces if isinstance(piece, Text)]
    open_recipes = [name for name in recipe_names() if not load_recipe(name).must_mask]
    own = {f"열쇠 {name}": (get_key(name) or "").encode() for name, _ in list_keys()} | {"가림 열쇠": mask_key(db)}
    return [
        *personal(texts, leftovers_of(db, sources), lambda words: stands_openly(db, words, open_recipes)),
        *leaked_keys(texts, own),
        *(_unread(piece) for piece in pieces if isinstance(piece, Unread)),
    ]


def _unread(piece: Unread) -> Finding:
    return Finding(
        "personal", "amber", f"이 파일의 속을 읽지 못했습니다({piece.reason}). 무엇이 들었는지 직접 보세요.",
        f"The inside of this file could not be read ({piece.reason}). See for yourself what is in it.", piece.where, 1, piece.reason,
    )  # fmt: skip


def _asked(
    store: Path, model: Model, lessons: Lessons, settings: AuditSettings, told: Callable[[str], None]
) -> list[Finding]:
    if model.run is None:  # a base learned nothing here
        return []
    plain = with_engine(model, "transformers") if model.engine not in ("transformers", "bitsandbytes") else model
    guesses = guesses_of(lessons.values, settings.seed)
    with closing(open_model(store, plain)) as backend:
        told("심어 둔 말을 외웠는지 봅니다 / planted words learned by heart")
        found = canary_findings(backend, lessons.canaries, settings.seed)
        known = known_by(backend, guesses, told)
        told("배운 말을 그대로 되풀이하는지 묻습니다 / lessons repeated word for word")
        asked = [*prompts_of(lessons.train), *prompts_of(lessons.held), *probes()]
        answers = [one.text for one in backend.generate(asked, GREEDY)]
        short = short_findings(backend, lessons.short, lessons.short_held, settings.seed)
    found += value_findings(known, guesses, lambda: closing(open_model(store, _begun_from(plain))))
    cut = len(lessons.train)
    after = cut + len(lessons.held)
    private, targets = lessons.private, lessons.targets
    found += row_findings(lessons.train, answers[:cut], lessons.held, answers[cut:after], private, targets) + short
    with open_store(store) as db:
        return found + said_findings(db, asked, answers, leftovers_of(db, lessons.sources))


def _begun_from(model: Model) -> Model:
    """What the run began from, read as the run is read."""
    quantisation = "none" if model.whole_id else model.quantisation
    return replace(model, adapter_id=None, whole_id=None, quantisation=quantisation)


def _kept(store: Path, model: Model, folder: Path | None, target: str | None, found: Sequence[Finding]) -> Audit:
    content, verdict = content_of(folder) if folder else None, verdict_of(found)
    with open_store(store) as db:
        audit_id = add_audit(
            db, model=model.name, run_id=model.run["id"] if model.run else None, target=target, content=content,
            verdict=verdict, findings=[asdict(finding) for finding in found],
        )  # fmt: skip
    return Audit(tuple(found), verdict, audit_id, content)


def require_audited(db: Database, folder: Path) -> None:
    """Raises UserError for a folder that is not byte for byte what an audit let pass: what was written into it since was never looked at."""
    if not has_passed(db, content_of(folder)):
        raise UserError(
            f"'{folder}'의 파일이 점검한 뒤에 바뀌어 내보내지 않았습니다(켜 보면 나눈 말이 그 안에 남습니다). 새로 꾸리거나, `audit 학습 --bundle "
            "폴더`로 다시 점검하세요.",
            f"Files in '{folder}' changed after the audit, so they do not leave (a bundle that was tried keeps what was said in it). Make it anew, "
            "or look again with `audit RUN --bundle FOLDER`.",
        )


def require_passed(store: Path, audit: Audit, override: str | None = None) -> None:
    """Stop what the audit calls red. override: the owner's reason to let it leave all the same, recorded.

    Raises UserError with what was found, for a red verdict without a reason.
    """
    if audit.verdict != "red":
        return
    reason = (override or "").strip()
    if reason:
        with open_store(store) as db:
            allow_audit(db, audit.id, reason)
        return
    red = [finding for finding in audit.findings if finding.level == "red"]
    raise UserError(
        f"내보내기 전 살핌에서 {len(red)}가지가 걸려 내보내지 않았습니다. {red[0].ko} 그래도 내보내려면 까닭을 적어 --override를 붙이세요.",
        f"The audit found {len(red)} reasons not to hand this over. {red[0].en} To hand it over all the same, give --override with a reason.",
    )
