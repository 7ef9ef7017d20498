"""Columns of dictionaries and of relations, by the names people give them. It reads no file."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from engine.sources.columns import refuse_unknown

TERM_FIELDS = ("term", "synonyms", "lay", "abbreviations", "definition", "kind", "parent")
RELATION_FIELDS = ("head", "relation", "tail")
_NAMES: dict[str, str] = {
    "term": "term 용어 용어명 표제어 이름 명칭 name 단어 대표어 표준용어 표준어 한글명 한글용어 국문명 국문 label concept 개념 질병명 약물명 병명 preferred_term "
    "preferredterm headword 낱말 korean ko title 공식용어 의학용어 전문용어",
    "synonyms": "synonyms synonym 동의어 유의어 이명 다른이름 이칭 비슷한말 aliases alias altlabel alt_label 별칭 동의어목록 유사어 영문명 영어 영문 영어명 english en",
    "lay": "lay 쉬운말 일상어 일상말 일반어 쉬운표현 순화어 lay_words laywords lay_term layterm lay_terms plain 생활용어 구어 환자용어 일상표현 일반인용어 속어 colloquial "
    "everyday consumer",
    "abbreviations": "abbreviations abbreviation 약어 약자 줄임말 abbr abbrev acronym acronyms 축약어 영문약어 영어약어 준말 short",
    "definition": "definition 정의 설명 뜻 뜻풀이 풀이 description desc meaning 의미 해설 내용 gloss 용어설명 definitions",
    "kind": "kind 분류 종류 유형 type category 범주 구분 class semantic_type semantictype group 품사 용어분류 대분류",
    "parent": "parent 상위어 상위 상위개념 상위용어 broader is_a isa hypernym 부모 parents",
    "head": "head 머리 주어 주체 출발 시작 앞 subject source from 용어1 개념1 entity1 node1 start h 원천 head_entity 질병 질환 disease subj 대상1 머리말 왼쪽",
    "relation": "relation 관계 관계명 관계유형 관계종류 predicate rel type relationship edge relation_type label r 술어 속성 property 연결",
    "tail": "tail 꼬리 목적어 객체 도착 끝 뒤 object target to 용어2 개념2 entity2 node2 end t 대상 tail_entity obj 대상2 값 value 꼬리말 오른쪽",
}
_KNOWN = {field: [re.sub(r"[\W_]+", "", name).casefold() for name in line.split()] for field, line in _NAMES.items()}
LONGEST = 120
"""Letters of a name; more is a sentence."""
MOST_NAMES = 200
"""Names in one cell."""
_LISTED = re.compile(r"\s*[;,|/、·\n]\s*")
_AS_LIST = re.compile(r"\s*[;|\n]\s*")
_BRACKETS = re.compile(r"^(?P<name>[^()\[\]（）]+?)\s*[(\[（](?P<inner>[^()\[\]（）]+)[)\]）]$")
_EMPTY = frozenset("- -- none null nan n/a na 없음 해당없음 x . ?".split())


def guess_term_columns(columns: Sequence[str], given: Mapping[str, str] | None = None) -> dict[str, str]:
    """Field of a dictionary to column. Raises UserError for a told column that is not there."""
    return _guess(TERM_FIELDS, columns, given or {})


def guess_relation_columns(columns: Sequence[str], given: Mapping[str, str] | None = None) -> dict[str, str]:
    """Field of a relation to column. Raises UserError for a told column that is not there."""
    return _guess(RELATION_FIELDS, columns, given or {})


def _guess(fields: Sequence[str], columns: Sequence[str], given: Mapping[str, str]) -> dict[str, str]:
    refuse_unknown(given, columns)
    found = {field: column for field, column in given.items() if column}
    plain = {re.sub(r"\(.*?\)|[\W_]+", "", column).casefold(): column for column in reversed(columns)}
    for field in fields:
        if field not in given:
            free = (plain[name] for name in _KNOWN[field] if name in plain and plain[name] not in found.values())
            if column := next(free, None):
                found[field] = column
    return {field: found[field] for field in fields if field in found}


def names_in(value: Any) -> list[str]:
    """Names in a cell: a list, a list written as text, or names between ; , | / and line ends. A slash or a comma that stands in a
    name with digits (HER2/neu, 1,2-디클로로에탄) ends none."""
    if isinstance(value, list | tuple):
        parts = [part for inner in value for part in (names_in(inner) if isinstance(inner, str) else [])]
    elif isinstance(value, str):
        text = value.strip().removeprefix("[").removesuffix("]") if value.strip().startswith("[") else value
        between = _AS_LIST if _AS_LIST.search(text.strip()) else _LISTED
        parts = [part.strip(" '\"“”‘’") for part in between.split(re.sub(r"(?<=\d)([,/])(?=\d|[a-z])", _inside, text))]
        parts = [part.replace("\ue000", ",").replace("\ue001", "/") for part in parts]
    else:
        parts = [str(value)] if isinstance(value, int | float) and not isinstance(value, bool) else []
    kept = [part for part in (" ".join(part.split()) for part in parts) if part and part.casefold() not in _EMPTY]
    return list(dict.fromkeys(kept))[:MOST_NAMES]


def _inside(found: re.Match[str]) -> str:
    return "\ue000" if found[1] == "," else "\ue001"


def text_in(value: Any) -> str:
    """A cell as one line of text."""
    if isinstance(value, list | tuple):
        return ", ".join(filter(None, map(text_in, value)))
    text = " ".join(str(value).split()) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
    return "" if text.casefold() in _EMPTY else text


def out_of_brackets(name: str) -> tuple[str, list[str]]:
    """급성 심근경색(AMI, 심장마비) as (급성 심근경색, [AMI, 심장마비])."""
    found = _BRACKETS.match(name)
    return (found["name"], names_in(found["inner"])) if found else (name, [])
