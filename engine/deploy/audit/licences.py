"""May this be handed on? What the base and the data say of their use. It reads words; it is no lawyer."""

import re
from collections.abc import Mapping
from pathlib import Path

from engine.deploy.audit.finding import Finding, Level
from engine.models.bases import ResolvedBase
from engine.models.catalogue import BASES

FREE = re.compile(r"\b(?:apache|mit|bsd|isc|unlicense|cc0|cc[- ]by[- ]?\d|openrail)", re.I)
NO_CHANGES = re.compile(r"\bND\b|no[- ]?deriv|변경\s?금지", re.I)
LIMITED = re.compile(
    r"\bNC\b|non-?commercial|비상업|비영리|상업[^.]{0,12}(?:금지|불가|못)|연구\s?(?:목적|용)|재배포[^.]{0,12}(?:금지|불가|못)|"
    r"제3자[^.]{0,15}(?:제공|금지)|반출|research only|no redistribution",
    re.I,
)
_CARD = re.compile(r"^licen[cs]e(?:_name)?:\s*[\"']?([^\n\"']+)", re.M)


def licence_of(base: ResolvedBase) -> str | None:
    """What the catalogue or the model's own card says; None where neither says anything."""
    wanted = {str(base.location).casefold(), base.name.casefold()}
    known = next((one for one in BASES if {one.name.casefold(), one.hub_id.casefold()} & (wanted - {""})), None)
    if known:
        return known.licence
    card = Path(base.location) / "README.md"
    said = _CARD.search(card.read_text(encoding="utf-8", errors="replace")) if card.is_file() else None
    return said.group(1).strip() if said else None


def licence_findings(base: ResolvedBase, tuned: bool, data: Mapping[str, str]) -> list[Finding]:
    """tuned: whether something was learned on the base. data: source to its note, where it has one."""
    return [_base_finding(base.name, licence_of(base), tuned), *(_data_finding(*one) for one in data.items())]


def _base_finding(name: str, licence: str | None, tuned: bool) -> Finding:
    level: Level = "amber"
    if licence is None:
        ko = "기반 모델의 라이선스를 알 수 없습니다. 모델 쪽(카드)에서 나눠도 되는지 확인하세요."
        en = "The licence of the base is unknown. See on its model card whether it may be shared."
    elif NO_CHANGES.search(licence) and tuned:
        level = "red"
        ko = f"기반 모델의 라이선스({licence})가 고친 것을 나누지 못하게 합니다. 다른 기반으로 학습하세요."
        en = f"The base's licence ({licence}) forbids sharing what was made from it. Train on another base."
    elif LIMITED.search(licence):
        ko = f"기반 모델의 라이선스({licence})가 상업 이용을 막습니다. 돈을 받지 않는 사이에서만 건네세요."
        en = f"The base's licence ({licence}) forbids commercial use. Hand it over without payment only."
    elif FREE.search(licence):
        level, ko, en = "green", f"기반 모델: {licence}. 나눠도 됩니다.", f"Base: {licence}. It may be shared."
    else:
        ko = f"기반 모델은 자체 조건({licence})을 따릅니다. 건넬 때 조건 전문과 모델 이름을 함께 적어야 할 수 있습니다."
        en = f"The base has terms of its own ({licence}): they may ask for their text and the model's name to go along."
    return Finding("licence", level, ko, en, name, 1, licence or "")


def _data_finding(source: str, note: str) -> Finding:
    if LIMITED.search(note):
        ko = (
            f"자료 {source}의 이용 조건이 쓰임을 막고 있습니다. 이 자료로 배운 모델을 건네도 되는지 조건을 읽어 보세요."
        )
        en = f"The terms of source {source} limit its use. Read them before handing over a model that learned from it."
        return Finding("licence", "amber", ko, en, source, 1, note[:200])
    ko, en = f"자료 {source}의 이용 조건을 함께 적어 두세요.", f"Keep the terms of source {source} with the model."
    return Finding("licence", "green", ko, en, source, 1, note[:200])
