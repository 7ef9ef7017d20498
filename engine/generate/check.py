"""Which answers of a model are taken: JSON, form, language, and whether the clause says it. It mends nothing but the ground.

A rejection is one word (REASONS); the model is told in a sentence (prompts.WHY), the ledger keeps the word. It does not know
whether a question is a good one; and what `judge` cannot tell is not taken.
"""

import json
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from engine.generate.plan import overlap, trigrams
from engine.generate.prompts import clause_text, said_by_us
from engine.store.generations import Clause

REFUSAL = "약관에 해당 내용이 없습니다."
QUESTION_NAMES = ("question", "질문", "instruction", "q")
ANSWER_NAMES = ("answer", "답", "답변", "output", "a")
SHORTEST_QUESTION, LONGEST_QUESTION = 6, 200
SHORTEST_ANSWER, LONGEST_ANSWER = 10, 400
SENTENCES = 2
COPIED = 14
"""So many characters in a row from our own instructions are no accident. Clauses are taken out of the comparison."""
SAME_QUESTION = 0.85
"""Overlap of trigrams above which two questions on one clause are one."""
KOREAN_SHARE = 0.6
FOREIGN = re.compile(r"[぀-ヿ㐀-鿿Ѐ-ӿ؀-ۿ฀-๿ऀ-ॿ]")
"""Kana, Han, Cyrillic, Arabic, Thai, Devanagari. Han counts unless the clause itself holds the sign."""
ARTICLE = re.compile(r"제\s?\d+\s?조(?:\s?의\s?\d+)?")
TAIL_GROUND = re.compile(r"\s*[(\[（]([^()\[\]（）]{0,60})[)\]）]\s*\.?$")
ASKING = re.compile(
    r"(?:\?|까요?|나요|가요|은가|는지요?|을까|을지|니|냐|죠|인지|습니까|주세요|궁금해요|궁금합니다)[.?]?$"
)
POINTING = re.compile(
    r"(?:이|위|해당|본|다음|아래|제시된|주어진) ?(?:조항|약관 ?조항|본문|지문|내용)(?:에|은|의|을|상|에서|에는)|제 ?\d+ ?조"
)
EVADING = re.compile(
    r"^(?:약관에|해당 ?(?:내용|조항|약관)(?:에는|은|이)|제공된 ?약관|죄송|알 수 없)|(?:명시|규정|언급|기재)되어 있지 않|나와 ?있지 않|해당 내용이 없"
)
THOUGHT = re.compile(r"^.*?</think>", re.S)

Judge = Callable[[str, Sequence[str], str], tuple[str, str]]
"""(question, clauses, answer) to (label, kind) of engine.ground."""


class Rejected(Exception):
    """Why an answer is not taken, in one word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Said(NamedTuple):
    """What a model made."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Pair:
    """What is kept: `answer` with its ground at the end, or the refusal."""

    question: str
    answer: str


def checked_pair(
    text: str, *, ended: bool, shown: Clause, origin: Clause, known: Collection[str], judge: Judge
) -> Pair:
    """The pair in a model's answer. ended: the model stopped by itself. known: questions on the clause made before.

    Raises Rejected.
    """
    said = _form(read_pair(text, ended), origin)
    _refuse_copies(said, origin)
    if any(overlap(trigrams(said.question), trigrams(other)) >= SAME_QUESTION for other in known):
        raise Rejected("repeated_question")
    answer, article = _without_ground(said.answer, origin)
    label, kind = _judged(judge, said.question, origin, answer)
    if label != "grounded" or kind != "supported":
        raise Rejected(_why(label, kind))
    if shown.id == origin.id:
        return Pair(said.question, f"{answer} ({article})" if article else answer)
    if _judged(judge, said.question, shown, answer)[0] == "grounded":
        raise Rejected("answerable")
    return Pair(said.question, REFUSAL)


def _judged(judge: Judge, question: str, clause: Clause, answer: str) -> tuple[str, str]:
    """What the clause says word for word needs no judge: one that errs on every tenth would cost a request each time."""
    text = "".join(clause.text.split())
    sentences = ["".join(part.split()).rstrip(".") for part in re.split(r"(?<=[.?!])\s", answer)]
    if all(len(part) >= SHORTEST_ANSWER // 2 and part in text for part in sentences):
        return "grounded", "supported"
    return judge(question, [clause_text(clause)], answer)


def _why(label: str, kind: str) -> str:
    if label == "could_not_judge":
        return "could_not_judge"
    return {
        "contradicted": "contradicted",
        "refused_wrongly": "refusal",
        "refused_correctly": "refusal",
        "foreign_script": "language",
        "cut_off": "unfinished",
        "tail": "unfinished",
    }.get(kind, "ungrounded")


def read_pair(text: str, ended: bool) -> Said:
    """The first object with a question and an answer: in fences, among other words, in a list. Raises Rejected."""
    bare = THOUGHT.sub("", text, count=1)
    start = bare.find("{")
    if start < 0:
        raise Rejected("no_json" if ended else "truncated")
    try:
        found, _ = json.JSONDecoder(strict=False).raw_decode(bare, start)
    except (ValueError, RecursionError):
        whole = ended and bare.rstrip().rstrip("`").rstrip().endswith(("}", "]"))
        raise Rejected("no_json" if whole else "truncated") from None
    for one in _objects(found, 3):
        question, answer = _field(one, QUESTION_NAMES), _field(one, ANSWER_NAMES)
        if question and answer:
            return Said(_one_line(question), _one_line(answer))
    raise Rejected("missing_field")


def _objects(found: Any, depth: int) -> list[dict[str, Any]]:
    """The object itself, then those inside it."""
    inner = found.values() if isinstance(found, dict) else found if isinstance(found, list) else ()
    own = [found] if isinstance(found, dict) else []
    return own + [one for part in inner if depth for one in _objects(part, depth - 1)]


def _field(found: dict[str, Any], names: Sequence[str]) -> str | None:
    return next((found[name].strip() for name in names if isinstance(found.get(name), str)), None)


def _one_line(text: str) -> str:
    return " ".join(text.encode("utf-8", "replace").decode("utf-8").split())


def _form(said: Said, origin: Clause) -> Said:
    """Lengths, language, question and sentence; raises Rejected."""
    answer = TAIL_GROUND.sub("", said.answer) or said.answer
    _refuse_lengths(said.question, answer)
    _refuse_language(said, origin)
    if not ASKING.search(said.question):
        raise Rejected("no_question")
    if POINTING.search(said.question):
        raise Rejected("points_at_clause")
    if EVADING.search(answer):
        raise Rejected("refusal")
    if not re.search(r"[.?!다요죠]$", answer):
        raise Rejected("unfinished")
    if len(re.findall(r"[.?!]+(?=\s|$)", answer)) > SENTENCES:
        raise Rejected("too_many_sentences")
    return said


def _refuse_lengths(question: str, answer: str) -> None:
    if len(question) < SHORTEST_QUESTION or len(answer) < SHORTEST_ANSWER:
        raise Rejected("too_short")
    if len(question) > LONGEST_QUESTION or len(answer) > LONGEST_ANSWER:
        raise Rejected("too_long")


def _refuse_language(said: Said, origin: Clause) -> None:
    allowed = set(origin.text)
    for text in said:
        letters = [sign for sign in text if sign.isalpha()]
        korean = sum("가" <= sign <= "힣" for sign in letters)
        if not letters or korean < KOREAN_SHARE * len(letters):
            raise Rejected("language")
        if any(FOREIGN.match(sign) and sign not in allowed for sign in letters):
            raise Rejected("language")


MARKUP = re.compile(r"[{}<>]|###|\[보험약관\]|\[다른 조항\]|```")
TABLE_NAME = re.compile(r"<[^<>]{1,40}>")
"""Policies name their tables <별표 3>: where the clause does so, an answer may."""


def _refuse_copies(said: Said, origin: Clause) -> None:
    ours = "".join(said_by_us().split())
    clause = "".join(origin.text.split())
    for text in said:
        bare = "".join(text.split())
        parts = (bare[i : i + COPIED] for i in range(max(1, len(bare) - COPIED + 1)))
        if any(len(part) == COPIED and part in ours and part not in clause for part in parts):
            raise Rejected("leaked_prompt")
        if MARKUP.search(TABLE_NAME.sub(lambda name: "" if "".join(name[0].split()) in clause else name[0], text)):
            raise Rejected("leaked_prompt")


def _without_ground(answer: str, origin: Clause) -> tuple[str, str | None]:
    """(the sentences, the article they stand on): a ground the model gave must be the clause's own. Raises Rejected."""
    article = _squeezed(origin.meta.get("article") or "") or _first_article(origin)
    said = TAIL_GROUND.search(answer)
    named = ARTICLE.search(said.group(1)) if said else None
    if named and article and _squeezed(named.group()) != article:
        raise Rejected("wrong_article")
    sentences = TAIL_GROUND.sub("", answer) if said and (named or "조항" in said.group(1)) else answer
    return (sentences if sentences[-1] in ".?!)" else sentences + "."), article


def _first_article(clause: Clause) -> str | None:
    """The article a clause begins with, or the last of its breadcrumbs that is one."""
    crumbs = ARTICLE.findall(str(clause.meta.get("breadcrumbs") or ""))
    head = ARTICLE.match(clause.text.strip())
    found = head.group() if head else crumbs[-1] if crumbs else None
    return _squeezed(found) if found else None


def _squeezed(article: str) -> str:
    found = ARTICLE.search(article)
    return "".join(found.group().split()) if found else ""
