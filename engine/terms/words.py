"""How people write relations and kinds of terms, in Korean and English. It knows no term."""

import re

from engine.terms.model import IS_A, RED_FLAG

_RELATIONS = {
    "symptom": "증상 증세 징후 임상양상 임상증상 소견 주요증상 symptoms sign signs manifestation has_symptom hassymptom presents_with",
    "cause": "원인 병인 유발 유발요인 유발인자 위험인자 위험요인 요인 caused_by causes risk_factor riskfactor etiology aetiology has_cause hascause due_to",
    "treatment": "치료 치료법 치료제 치료약 약물치료 처방 요법 수술 약물 약 treatments therapy treated_by treatedby treated_with drug medication remedy "
    "has_treatment hastreatment treats_with 치료방법",
    "test": "검사 검사법 진단 진단검사 진단법 진단방법 검사방법 tests diagnosis diagnostic diagnosed_by diagnosed_with exam examination has_test hastest",
    "complication": "합병증 후유증 합병 complications leads_to has_complication hascomplication sequela",
    "contraindication": "금기 금기증 금기사항 금기약물 금기약 병용금기 사용금기 투여금기 contraindications contraindicated contraindicated_in contraindicated_with "
    "contraindicated_for has_contraindication",
    IS_A: "상위 상위어 상위개념 분류 종류 isa is-a subclass_of subclassof kind_of parent broader hypernym 하위어의상위",
}
_KINDS = {
    "disease": "질병 질환 병 병명 진단명 증후군 diseases disorder illness condition syndrome",
    "symptom": "증상 증세 징후 symptoms sign",
    "drug": "약 약물 약제 의약품 치료제 성분 drugs medicine medication substance",
    "test": "검사 진단검사 진단 검사법 영상검사 tests exam examination diagnostic",
    "body": "신체 신체부위 부위 해부 장기 기관 body_part bodypart anatomy organ",
    "treatment": "치료 치료법 시술 수술 처치 요법 procedure therapy surgery operation treatments",
    RED_FLAG: "위험신호 응급 응급신호 적신호 경고 경고신호 red-flag redflag redflags emergency 응급증상",
    "definition": "정의 약관정의 용어정의 definitions",
    "abbreviation": "약어 abbreviations",
}


def _plain(word: str) -> str:
    return re.sub(r"[\s_\-]+", "", word).casefold()


def _table(words: dict[str, str]) -> dict[str, str]:
    return {_plain(word): name for name, line in words.items() for word in (name, *line.split())}


_RELATION_OF, _KIND_OF = _table(_RELATIONS), _table(_KINDS)


def relation_of(word: str) -> str:
    """The relation that a word names (주요 증상 → symptom); any other word as it is, in small letters and without outer spaces."""
    return _RELATION_OF.get(_plain(word), " ".join(word.split()).casefold())


def kind_of(word: str) -> str:
    """The kind that a word names (질환 → disease); any other word as it is."""
    return _KIND_OF.get(_plain(word), " ".join(word.split()))
