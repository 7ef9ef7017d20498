"""Prompts to a teacher's answers, each handed over as it comes, and which of them a student may learn. It knows nothing of stores.

A server is asked a few prompts at once, in its own time (429 and Retry-After are waited on); one prompt that it fails is passed over,
five in a row end the work. What was handed over before is never asked again.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any

from engine.curate.medical_answer import choice_said, last_number
from engine.curate.row import Message
from engine.errors import UserError
from engine.evaluate.text_metrics import has_loop
from engine.ground.refusals import is_refusal
from engine.serve.backend import Backend, Generated
from engine.serve.decoding import Decoding
from engine.serve.http_backend import AT_ONCE

HERE_AT_ONCE = 8
"""Prompts of one batch on this machine."""
FAILURES = 5
"""Prompts in a row that a server may fail before the work ends."""
Prompt = Sequence[Message]
Take = Callable[[int, Generated], None]
"""Place of a prompt and its answer. What it raises ends the work."""

REFUSED = (
    "죄송하지만",
    "죄송합니다",
    "도와드릴 수 없",
    "답변드릴 수 없",
    "답할 수 없",
    "As an AI",
    "I'm sorry",
    "I cannot",
)
"""How assistants decline, at the beginning of an answer."""
OPENING = 40
"""Characters of an answer that count as its beginning."""
FLAWS = {
    "empty": ("비어 있음", "empty"),
    "cut_off": ("길이 제한에서 잘림", "cut off at the length limit"),
    "loop": ("같은 말을 되풀이함", "stuck in a loop"),
    "refusal": ("답하지 않음", "declined to answer"),
    "wrong_number": ("마지막 수가 틀림", "wrong final number"),
    "wrong_choice": ("틀린 보기를 고름", "chose the wrong answer"),
    "personal": ("개인정보로 보이는 것이 있음", "seems to hold personal data"),
}
"""Why an answer is not learned: slug to (Korean, English)."""


def ask_all(
    backend: Backend, prompts: Sequence[Prompt], decoding: Decoding, take: Take, server: bool
) -> dict[int, str]:
    """Ask every prompt and hand over each answer; returns {place: why} of prompts that a server failed.

    Raises what `take` raises, and UserError when the server is gone, refuses, or fails too many in a row.
    """
    if server:
        return _ask_server(backend, prompts, decoding, take)
    for first in range(0, len(prompts), HERE_AT_ONCE):
        some = prompts[first : first + HERE_AT_ONCE]
        for place, made in enumerate(backend.generate(some, decoding), start=first):
            take(place, made)
    return {}


def _ask_server(backend: Backend, prompts: Sequence[Prompt], decoding: Decoding, take: Take) -> dict[int, str]:
    """What is on its way when the server is given up on is waited for: it may be paid for."""
    left, failed = deque(range(len(prompts))), dict[int, str]()
    open_: dict[Future[Generated | UserError], int] = {}
    in_row, last = 0, None
    with ThreadPoolExecutor(AT_ONCE, "teacher") as pool:
        while open_ or (left and in_row < FAILURES):
            while left and in_row < FAILURES and len(open_) < AT_ONCE:
                place = left.popleft()
                open_[pool.submit(_one, backend, prompts[place], decoding)] = place
            for done in wait(open_, return_when=FIRST_COMPLETED).done:
                place, made = open_.pop(done), done.result()
                if isinstance(made, UserError):
                    failed[place], in_row, last = made.en, in_row + 1, made
                else:  # an answer that was on its way when the server was given up on does not bring it back
                    in_row = in_row if in_row >= FAILURES else 0
                    take(place, made)
    if last and (in_row >= FAILURES or len(failed) == len(prompts)):
        raise last
    return failed


def _one(backend: Backend, prompt: Prompt, decoding: Decoding) -> Generated | UserError:
    try:
        return backend.generate([prompt], decoding)[0]
    except UserError as error:
        return error


def flaw_of(made: Generated, row: Mapping[str, Any]) -> str | None:
    """Why an answer is not learned, one of FLAWS; None for a good one. row: {target, meta}; what it knows is right is asked for.

    A refusal is right where the row's own answer is one.
    """
    text = made.text.strip()
    if not any(sign.isalnum() for sign in text):
        return "empty"
    if not made.ended:
        return "cut_off"
    if has_loop(text):
        return "loop"
    declined = is_refusal(text) or any(mark in text[:OPENING] for mark in REFUSED)
    if declined and not is_refusal(str(row.get("target") or "")):
        return "refusal"
    return _wrong(text, str(row.get("target") or ""), row.get("meta") or {})


def _wrong(text: str, target: str, meta: Mapping[str, Any]) -> str | None:
    """Against what the row knows: the right choice, or the final number of a worked problem."""
    choices, right = meta.get("choices"), meta.get("answer_index")
    if choices and isinstance(right, int):
        return None if choice_said(text, choices) == right else "wrong_choice"
    wanted = last_number(str(meta.get("answer") or target)) if meta.get("form") == "maths" else None
    return "wrong_number" if wanted is not None and last_number(text) != wanted else None
