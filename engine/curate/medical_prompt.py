"""Medical items become prompts, one form each, in training, evaluation and asking alike. It knows nothing of tokens or models."""

from collections.abc import Mapping, Sequence
from typing import Any

from engine.curate.given_fields import TURNS, text_in, text_or_none, wrong_kind
from engine.curate.medical_answer import CHOICES, INPUT, NAMES, OUTPUT, PASSAGE, PROBLEM, choice_line
from engine.curate.medical_options import MedicalOptions
from engine.curate.row import Message
from engine.errors import UserError

ASKED = {
    "mcqa": "다음 문제의 정답을 보기에서 하나 고르세요.",
    "qa": "다음 의학 질문에 답하세요.",
    "maths": "다음 문제를 풀이 과정과 함께 푸세요.",
    "passage": "다음 글을 읽고 질문에 답하세요.",
    "interview": "다음 상담을 이어서 답하세요.",
}
OPENING = "안녕하세요. 상담을 받고 싶어요."
"""What the patient is taken to have said before an interview that the counsellor opens: templates want a user's turn first."""
NO_ANSWER = "글에서 답을 찾을 수 없습니다."


def listed(choices: Sequence[str]) -> str:
    """Choices as a prompt shows them, each as an answer is to name it."""
    return "\n".join(choice_line(choices, place) for place in range(len(choices)))


def medical_prompt(item: Mapping[str, Any], options: MedicalOptions) -> tuple[Message, ...]:
    """The prompt of an item {form?, question, choices?, context?} or {turns}. The span that may be cut is the passage.

    instruction: one message of role `raw`, `### 지시\\n…\\n### 입력\\n…\\n### 출력\\n`. chat: system, then the turns or one user message.
    """
    turns = item.get("turns")
    form = form_of(item)
    if turns:
        return _talk(turns, options)
    lead, shown, tail = _asked(form, item)
    if options.style == "instruction":
        return (_cuttable("raw", f"{_head(options)}### 지시\n{ASKED[form]}{INPUT}{lead}", shown, f"{tail}{OUTPUT}"),)
    return (*_system(options), _cuttable("user", f"{ASKED[form]}\n\n{lead}", shown, tail))


def form_of(item: Mapping[str, Any]) -> str:
    """What is asked, where an item does not say it itself."""
    if item.get("form") in ASKED:
        return str(item["form"])
    if item.get("turns"):
        return "interview"
    return "mcqa" if item.get("choices") else "passage" if item.get("context") else "qa"


def _asked(form: str, item: Mapping[str, Any]) -> tuple[str, str, str]:
    """(before, what may be cut, behind) of the words a question is asked in."""
    question, choices = str(item["question"]).strip(), item.get("choices") or ()
    under = f"\n\n{CHOICES}\n{listed(choices)}" if choices else ""
    if form == "passage":
        return f"{PASSAGE}\n", str(item.get("context") or "").strip(), f"\n\n[질문]\n{question}{under}"
    return "", "", f"{PROBLEM}\n{question}" if form == "maths" else f"{question}{under}"


def _talk(turns: Sequence[Mapping[str, str]], options: MedicalOptions) -> tuple[Message, ...]:
    said = [Message(role=turn["role"], content=turn["content"].strip()) for turn in turns]
    if said[0]["role"] == "assistant":
        said.insert(0, Message(role="user", content=OPENING))
    if options.style == "instruction":
        lines = "\n".join(f"{NAMES[turn['role']]}: {turn['content']}" for turn in said)
        return (_cuttable("raw", f"{_head(options)}### 지시\n{ASKED['interview']}{INPUT}", lines, OUTPUT, middle=True),)
    return (*_system(options), *said)


def _head(options: MedicalOptions) -> str:
    return f"{options.system}\n\n" if options.system else ""


def _system(options: MedicalOptions) -> tuple[Message, ...]:
    return (Message(role="system", content=options.system),) if options.system else ()


def _cuttable(role: str, lead: str, shown: str, tail: str, middle: bool = False) -> Message:
    made = Message(role=role, content=f"{lead}{shown}{tail}")
    if shown:
        made["cut"] = (len(lead), len(lead) + len(shown))
        if middle:
            made["middle"] = True
    return made


def prompt_of(item: Mapping[str, Any], options: MedicalOptions) -> tuple[Message, ...]:
    """The prompt for {question, choices?, context?} or {turns: [{role, content}]}. Raises KeyError for a missing field, UserError for
    one of another kind or without a letter and for choices that are no choice."""
    turns, choices = item.get("turns"), item.get("choices")
    if turns is not None:
        _require_turns(turns)
        return medical_prompt({"turns": turns}, options)
    text_in(item, "question")
    text_or_none(item, "context")
    if not isinstance(choices or [], list | tuple):
        raise wrong_kind("choices", choices, ("글의 목록", "a list of texts"))
    if choices and (len(choices) < 2 or not all(isinstance(one, str) and one.strip() for one in choices)):
        raise UserError(
            f"choices에 고를 수 있는 보기가 {len(choices)}개뿐이거나 빈 보기가 있습니다. 글이 있는 보기를 둘 이상 넣어 주세요.",
            f"choices holds {len(choices)} choices, or an empty one. Give at least two with words in them.",
        )
    return medical_prompt(item, options)


def _require_turns(turns: Any) -> None:
    if not isinstance(turns, list | tuple) or not all(
        isinstance(one, Mapping) and one.get("role") in ("user", "assistant") and isinstance(one.get("content"), str) for one in turns
    ):  # fmt: skip
        raise wrong_kind("turns", turns, TURNS)
    if not turns or turns[-1]["role"] != "user" or not turns[-1]["content"].strip():
        raise UserError(
            "turns의 마지막은 사용자(user)의 말이어야 하고 비어 있으면 안 됩니다.",
            "The last of turns must be the user's, and must say something.",
        )
