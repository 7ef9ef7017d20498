"""One JSON value of AI Hub, of any shape, becomes questions, passages, worked problems and interviews: by its fields, never by its name.

docs/aihub.md lists the shapes. Fields go by many names and lie at any depth; what stands above an item (a title, a department) is
handed down to it. It reads no file.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine.sources.aihub_turns import turns_in
from engine.sources.choices import number_of, place_of, split_choices, stripped
from engine.sources.mcqa_columns import as_cell

FORMS = ("interview", "passage", "maths", "mcqa", "qa")
BUCKETS = {"interview": "base", "passage": "base", "maths": "distil", "mcqa": "domain", "qa": "domain"}
"""Form to its part of the mix: checks of the base, worked solutions to distil from, the domain itself."""
DEEPEST = 12
LONGEST_NAME = 200
NAMES: dict[str, tuple[str, ...]] = {
    "question": ("question", "questiontext", "질문", "문제", "query", "문항", "q", "instruction", "input", "prompt"),
    "answer": ("answer", "answertext", "정답", "답변", "답", "answers", "output", "response", "a", "shortanswer", "finalanswer", "label"),
    "context": ("context", "passage", "지문", "본문", "paragraphtext", "content", "articletext", "text", "document"),
    "solution": ("solution", "풀이", "해설", "풀이과정", "solutiontext", "explanation", "rationale", "commentary", "worksolution", "chainofthought", "descriptions"),
    "choices": ("choices", "options", "보기", "선택지", "선지", "candidates", "choice", "answerchoices"),
    "answer_index": ("answerindex", "answeridx"),
    "specialty": ("specialty", "department", "domain", "과목", "진료과", "전문과", "subject", "category", "diseasecategory", "분야"),
    "group": ("group", "docid", "documentid", "articleid", "dialogueid", "sessionid", "passageid", "diseasename", "familyid", "conceptid"),
    "impossible": ("isimpossible",),
    "intention": ("intention", "의도"),
}  # fmt: skip
"""Fields by the names they go by, likeliest first; compared without case, spaces and signs."""
INFO = ("info", "metadata", "meta", "header", "dialogueinfo", "rawdatainfo", "sourcedatainfo", "basicinfo")
HANDED = ("specialty", "group", "context")
"""What an item inherits from the objects around it."""
DOMAINS = (
    "외과", "예방의학", "정신건강의학과", "신경과/신경외과", "피부과", "안과", "이비인후과", "비뇨의학과", "방사선종양학과", "병리과", "마취통증의학과", "의료법규", "기타",
    "산부인과", "소아청소년과", "응급의학과", "내과",
)  # fmt: skip
"""`domain` 1–17 of the essential and the specialist medicine sets, as their description lists them."""
CHOSEN, _IMAGE = "1", re.compile(r"<img|\.png|\.jpe?g", re.I)
"""`q_type` of those sets: 1 with choices, 2 short, 3 long."""
_MATHS_FIELDS = (
    "ocrinfo",
    "learningdatainfo",
    "questiongrade",
    "questiontopic",
    "formula",
    "수식",
    "worksolution",
    "풀이과정",
)
_MATHS_WORDS = re.compile(r"수학|산수|math", re.I)
_INTENTIONS = {
    "정의": "{}은(는) 어떤 병인가요?", "원인": "{}의 원인은 무엇인가요?", "증상": "{}의 증상은 무엇인가요?", "진단": "{}은(는) 어떻게 진단하나요?",
    "검진": "{}은(는) 어떤 검사를 하나요?", "치료": "{}은(는) 어떻게 치료하나요?", "약물": "{}에는 어떤 약을 쓰나요?", "식이": "{}일 때 무엇을 먹는 것이 좋은가요?",
    "식이,생활": "{}일 때 생활에서 무엇을 조심해야 하나요?", "예방": "{}은(는) 어떻게 예방하나요?", "재활": "{}의 재활은 어떻게 하나요?", "운동": "{}일 때 어떤 운동이 좋은가요?",
}  # fmt: skip
"""The healthcare answers of AI Hub (intention, disease, answer) lie apart from their questions: what each of them answers."""
Item = dict[str, Any]
"""The meta of a record: {form, bucket, group?, specialty?, question?, choices?, answer_index?, answer?, context?, solution?, turns?}."""


def items_in(value: Any, file: str = "") -> list[Item]:
    """Every item of a JSON value, in its order; empty for a shape nobody knows. file: where it lay, for what its folders are called."""
    above: Item = {"maths": bool(_MATHS_WORDS.search(file))}
    return [_named(item) for item in _walk(value, above, 0)]


def _walk(value: Any, above: Item, depth: int) -> Iterator[Item]:
    if depth > DEEPEST:
        return
    if isinstance(value, list):
        for one in value:
            yield from _walk(one, above, depth + 1)
        return
    if not isinstance(value, dict):
        return
    plain = {_plain(str(key)): inner for key, inner in value.items()}
    here = (
        above
        | _beside(plain)
        | _handed(plain)
        | ({"maths": True} if above.get("maths") or any(f in plain for f in _MATHS_FIELDS) else {})
    )
    found = _own(plain) or _sheet(plain, here) or _interview(value, plain, here) or _item(plain, here)
    if found:
        yield found
        return
    for inner in plain.values():
        yield from _walk(inner, here, depth + 1)


def _own(plain: Mapping[str, Any]) -> Item | None:
    """A record as this project writes it: its form is named and its fields have their own names."""
    form = plain.get("form")
    if form not in FORMS:
        return None
    bucket = plain.get("bucket")
    found: Item = {"form": form, "bucket": bucket if bucket in BUCKETS.values() else BUCKETS[str(form)]}
    for name in ("group", "specialty", "question", "answer", "context", "solution", "licence", "id"):
        if text := _text(plain.get(name)):
            found[name] = text
    if turns := turns_in(plain):
        found["turns"] = turns
    if isinstance(plain.get("choices"), list):
        found["choices"] = [as_cell(one) for one in plain["choices"]]
        place = plain.get("answerindex")
        whole = isinstance(place, int) and not isinstance(place, bool)
        found["answer_index"] = place if whole else place_of(found.get("answer"), found["choices"])
    for name in ("redflags", "redflag"):
        if isinstance(plain.get(name), list):
            found["red_flags"] = [as_cell(one) for one in plain[name]]
    return found if found.get("turns") or found.get("question") else None


def _interview(value: Mapping[str, Any], plain: Mapping[str, Any], above: Item) -> Item | None:
    turns = turns_in(value)
    if len(turns) < 2 or {turn["role"] for turn in turns} != {"user", "assistant"}:
        return None
    return {
        **_about(above),
        "form": "interview",
        "turns": turns,
        **({"id": found} if (found := _text(plain.get("id"))) else {}),
    }


def _item(plain: Mapping[str, Any], above: Item) -> Item | None:
    """A question with what answers it: with choices, beside a passage, with a worked solution, or open."""
    question, answer = _text(_get(plain, "question")), _answer(_get(plain, "answer"))
    topic = _topic(plain)
    question = question or (_asked(*topic) if topic and answer else "")
    solution, context = _text(_get(plain, "solution")), _text(above.get("context"))
    impossible = bool(context) and _get(plain, "impossible") in (True, "true", "True")
    if (
        not question
        or isinstance(_get(plain, "question"), list)
        or not (answer or solution or topic or impossible or _get(plain, "choices"))
    ):
        return None
    stem, choices = _choices(plain, question)
    found = {
        **_about(above),
        "question": stem,
        "id": _text(plain.get("id") or plain.get("qaid") or plain.get("filename")),
    }
    maths = above.get("maths")
    if choices:
        place = _place(plain, answer, choices)
        found |= {"choices": choices, "answer_index": place}
        answer = choices[place] if place is not None else answer
    if maths and (solution or answer):
        return {**found, "form": "maths", "answer": answer, "solution": solution or answer}
    if choices:
        return {**found, "form": "mcqa", "answer": answer, "solution": solution}
    if context and context != stem:
        return {**found, "form": "passage", "context": context, "answer": "" if impossible else answer}
    about = {"topic": " · ".join(topic)} if topic else {}
    also = {"solution": solution} if answer and solution else {}
    return {**found, **about, **also, "form": "qa", "answer": answer or solution}


def _place(plain: Mapping[str, Any], answer: str, choices: Sequence[str]) -> int | None:
    """AI Hub counts choices from 1; a field called an index counts from 0."""
    place = _get(plain, "answer_index")
    if (number := number_of(place)) is not None:
        return number if 0 <= number < len(choices) else None
    return place_of(answer, choices)


def _choices(plain: Mapping[str, Any], question: str) -> tuple[str, list[str]]:
    """(question, choices): in a field of their own, or behind the question in its text, as the essential medicine set writes them."""
    given = _get(plain, "choices")
    if isinstance(given, dict):
        given = list(given.values())
    if isinstance(given, list):
        found = [
            _text(one.get("text") or one.get("content")) if isinstance(one, dict) else as_cell(one) for one in given
        ]
        return question.strip(), stripped(found) if len(found) > 1 and all(found) else []
    if isinstance(given, str) and given.strip():
        return question.strip(), split_choices(f"?\n{given}", 2)[1]
    told = str(plain.get("qtype", ""))
    return (question.strip(), []) if told in ("2", "3") else split_choices(question, 2 if told == CHOSEN else 3)


def _sheet(plain: Mapping[str, Any], above: Item) -> Item | None:
    """A problem whose parts are entries of a list: {class_name: 문항 | 정답 | 해설 | 보기, text_description}, or several *_info lists."""
    parts: dict[str, list[str]] = {}
    for inner in plain.values():
        for one in inner if isinstance(inner, list) else ():
            if isinstance(one, dict):
                _part(one, parts)
    question = "\n".join(parts.get("question", ()))
    if not question or not (parts.get("answer") or parts.get("solution")):
        return None
    answer, solution = ("\n".join(parts.get(name, ())) for name in ("answer", "solution"))
    if choices := parts.get("choices"):
        question += "\n" + "\n".join(choices)
    return {
        **_about(above),
        "form": "maths",
        "question": question,
        "answer": answer,
        "solution": solution or answer,
        "id": _text(plain.get("id")),
    }


_CLASSES = (("solution", re.compile("해설|풀이|solution", re.I)), ("answer", re.compile("정답|답안|answer", re.I)), ("choices", re.compile("보기|선지|선택")),
            ("question", re.compile("문항|문제|질문|question", re.I)))  # fmt: skip


def _part(one: Mapping[str, Any], parts: dict[str, list[str]]) -> None:
    plain = {_plain(str(key)): inner for key, inner in one.items()}
    named = _text(plain.get("classname"))
    inner = plain.get("classinfolist")
    words = plain.get("textdescription") or [x.get("text_description") for x in inner or () if isinstance(x, dict)]
    if named and (text := _text(words)):
        kind = next((kind for kind, pattern in _CLASSES if pattern.search(named)), None)
        if kind:
            parts.setdefault(kind, []).append(text)
        return
    for kind, field in (
        ("question", "questiontext"),
        ("answer", "answertext"),
        ("solution", "solutiontext"),
        ("solution", "explanationtext"),
    ):
        if text := _text(plain.get(field)):
            parts.setdefault(kind, []).append(text)


def _handed(plain: Mapping[str, Any]) -> Item:
    """What the items inside this object inherit; an object of pairs or of turns may hold its text under any of the names."""
    found = {}
    for name in HANDED:
        text = _text(_get(plain, name))
        if text:
            found[name] = text
    return found


def _beside(plain: Mapping[str, Any]) -> Item:
    """What an object beside the items says of them, as `info` does."""
    inner = (plain.get(name) for name in INFO)
    told = [_handed({_plain(str(key)): value for key, value in one.items()}) for one in inner if isinstance(one, dict)]
    return {name: text for one in told for name, text in one.items() if name != "context"}


def _about(above: Item) -> Item:
    found = {
        name: str(above[name]).splitlines()[0][:LONGEST_NAME] for name in ("specialty", "group") if above.get(name)
    }
    if (number := found.get("specialty", "")).isdecimal() and 1 <= int(number) <= len(DOMAINS):
        found["specialty"] = DOMAINS[int(number) - 1]
    return found


def _topic(plain: Mapping[str, Any]) -> tuple[str, str] | None:
    """(disease, what is asked of it) of the healthcare set, whose answers lie in files of their own."""
    disease, intention = _text(plain.get("diseasename")), _text(_get(plain, "intention"))
    return (disease, intention) if disease and intention else None


def _asked(disease: str, intention: str) -> str:
    return _INTENTIONS.get(intention, f"{{}}의 {intention}에 대해 알려 주세요.").replace("{}", disease, 1)


def _answer(given: Any) -> str:
    """An answer as text: the first of several; of {intro, body, conclusion} all three."""
    if isinstance(given, dict):
        parts = [_text(given.get(name)) for name in ("intro", "body", "conclusion")]
        return " ".join(filter(None, parts)) or _text(given.get("text") or given.get("answer"))
    if isinstance(given, list):
        return next(filter(None, map(_answer, given)), "")
    return as_cell(given)


def _get(plain: Mapping[str, Any], field: str) -> Any:
    return next((plain[name] for name in NAMES[field] if plain.get(name) not in (None, "", [], {})), None)


def _text(value: Any) -> str:
    """A value as text: a list one under the other, of names in several languages the Korean one."""
    if isinstance(value, list):
        return "\n".join(filter(None, map(_text, value)))
    if isinstance(value, dict):
        return _text(value.get("kor") or value.get("ko") or value.get("text") or "")
    return as_cell(value)


def _named(item: Item) -> Item:
    """With its part of the mix, without what is empty."""
    item.setdefault("bucket", BUCKETS[item["form"]])
    return {name: value for name, value in item.items() if value not in ("", None, []) or name == "answer_index"}


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold()
