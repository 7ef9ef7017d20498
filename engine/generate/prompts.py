"""How a model is asked for one pair, in Korean, with JSON as the answer. It knows nothing of who answers."""

from engine.curate.row import Message
from engine.store.generations import Clause

ROLE = (
    "당신은 보험약관으로 질문과 답을 만드는 사람입니다. 주어진 조항에 적힌 것만 씁니다. "
    '답은 다른 말 없이 JSON 하나로만 씁니다: {"question": "…", "answer": "…"}'
)
KINDS = {
    "fact": "조항에 적힌 사실(금액, 기간, 조건, 대상)을 그대로 묻는 질문",
    "scenario": "보험에 든 사람이 겪은 구체적인 상황을 한 문장으로 말하고, 어떻게 되는지 묻는 질문",
    "easy": "보험을 모르는 사람이 쉬운 말로 짧게 묻는 질문",
}
RULES = (
    "질문은 한국어 한두 문장이고 물음표로 끝납니다. 조항을 보지 않은 사람이 하는 말처럼, '이 조항' 같은 말이나 조항 번호는 쓰지 않습니다.\n"
    "답은 한국어로 온전한 한두 문장이고 '다.'나 '요.'로 끝납니다. 금액, 기간, 조건은 조항에 적힌 그대로 옮깁니다.\n"
    "답을 '약관에'로 시작하지 않고, 조항 번호를 쓰지 않습니다. 근거는 뒤에 따로 붙입니다."
)
NEAR_RULE = "이 질문은 아래 [다른 조항]을 보고는 답할 수 없어야 합니다. 두 조항이 함께 말하는 것은 묻지 마세요."
AGAIN = "방금 만든 것은 쓸 수 없었습니다. 까닭: {why} 이 점을 고쳐 처음부터 다시 만드세요."
LONGEST = 6000
"""Characters of a clause that are shown: about 4,000 tokens."""
WHY = {
    "no_json": "JSON이 아니었습니다.",
    "truncated": "JSON이 중간에서 끊겼습니다. 더 짧게 쓰세요.",
    "missing_field": "question이나 answer가 비어 있었습니다.",
    "language": "한국어가 아닌 글이 섞였습니다.",
    "too_short": "질문이나 답이 너무 짧았습니다.",
    "too_long": "질문이나 답이 너무 길었습니다.",
    "no_question": "질문이 물음으로 끝나지 않았습니다.",
    "unfinished": "답이 온전한 문장으로 끝나지 않았습니다.",
    "too_many_sentences": "답이 두 문장을 넘었습니다.",
    "leaked_prompt": "지시문이 그대로 섞였습니다.",
    "points_at_clause": "질문이 '이 조항'처럼 조항을 가리켰습니다.",
    "refusal": "답이 거절이거나 거절처럼 시작했습니다. 조항에 답이 있는 것을 물으세요.",
    "repeated_question": "이미 만든 질문과 같았습니다. 다른 것을 물으세요.",
    "wrong_article": "조항에 없는 조항 번호를 썼습니다.",
    "ungrounded": "답에 조항에 없는 내용이 있었습니다.",
    "contradicted": "답이 조항과 달랐습니다. 숫자와 조건을 그대로 옮기세요.",
    "could_not_judge": "답이 조항에 근거한 것인지 알 수 없었습니다. 조항의 말을 그대로 쓰세요.",
    "answerable": "다른 조항으로도 답할 수 있는 질문이었습니다.",
}
"""Reason of a rejection to what the model is told."""


def ask(shown: Clause, origin: Clause, type_: str, reason: str | None) -> tuple[Message, ...]:
    """The prompt for one pair; with `origin` another clause, for a question that `shown` does not answer."""
    parts = [f"[보험약관]\n{clause_text(origin)}"]
    rules = RULES
    if shown.id != origin.id:
        parts.append(f"[다른 조항]\n{clause_text(shown)}")
        rules = f"{RULES}\n{NEAR_RULE}"
    parts.append(f"[보험약관]의 조항으로 다음을 하나 만드세요: {KINDS[type_]}\n{rules}")
    if reason:
        parts.append(AGAIN.format(why=WHY.get(reason, reason)))
    return ({"role": "system", "content": ROLE}, {"role": "user", "content": "\n\n".join(parts)})


def clause_text(clause: Clause) -> str:
    """The clause under its breadcrumbs."""
    crumbs = clause.meta.get("breadcrumbs")
    return (f"{crumbs}\n" if crumbs else "") + clause.text[:LONGEST]


def said_by_us() -> str:
    """Every sentence of the prompts that is not a clause: none of it belongs into an answer."""
    return "\n".join((ROLE, *KINDS.values(), RULES, NEAR_RULE, AGAIN))
