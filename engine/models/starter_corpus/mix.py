"""The corpus: an endless, seeded stream of documents and the share of each kind.

A document is a list of (kind, text) segments; kind is "context" (read, not judged), "plain", "reply"
(casual chat) or "answer".
It knows how documents are dressed (roles, instruction headings), not how they are tokenised or weighed.
"""

import random
from collections.abc import Callable, Iterator

from engine.models.starter_corpus import chat, copying, medicine, patents, prose, reading, retrieved, summaries

Segment = tuple[str, str]
Document = list[Segment]
BOS, END = "<s>", "<|end|>"


def as_chat(rng: random.Random, system: str, turns: list[str], kind: str = "answer") -> Document:
    """Role tokens around turns; every second turn is ours and counts as `kind`."""
    document: Document = [("context", BOS if rng.random() < 0.9 else "")]
    if system:
        document.append(("context", f"<|system|>{system}{END}"))
    for at, turn in enumerate(turns):
        if at % 2 == 0:
            document.append(("context", f"<|user|>{turn}{END}<|assistant|>"))
        else:
            document.append((kind, turn + END))
    return document


def as_instruction(rng: random.Random, instruction: str, given: str, answer: str) -> Document:
    """The instruction form in Korean or English headings, or the same content in a chat turn."""
    bos = BOS if rng.random() < 0.8 else ""
    way = rng.random()
    if way < 0.5:
        prompt = f"{bos}<|user|>{instruction}\n\n{given}{END}<|assistant|>"
    elif way < 0.8:
        prompt = f"{bos}### 지시\n{instruction}\n### 입력\n{given}\n### 출력\n"
    elif way < 0.9:
        prompt = f"{bos}### Instruction:\n{instruction}\n### Input:\n{given}\n### Response:\n"
    else:
        prompt = f"{bos}<|system|>{instruction}{END}<|user|>{given}{END}<|assistant|>"
    return [("context", prompt), ("answer", answer + END)]


def _chat(rng: random.Random) -> Document:
    if rng.random() < 0.15:
        return as_instruction(rng, *chat.instructed(rng))
    return as_chat(rng, *chat.chat(rng), kind="reply")


def _policy(rng: random.Random) -> Document:
    if rng.random() < 0.06:
        return as_chat(rng, "", list(reading.without_text(rng)))
    if rng.random() < 0.3:
        return as_instruction(rng, *reading.policy(rng, 8 if rng.random() < 0.2 else 3))
    return as_policy(rng)


def as_policy(rng: random.Random) -> Document:
    """Retrieved clauses and a question as the policy recipe asks: mostly its own headings, rarely the question first."""
    if rng.random() < 0.12:  # the question is the instruction; as such rows are made elsewhere, all can be answered
        question, clauses, answer = retrieved.policy_retrieved(rng, answerable_only=True)
        return headed(rng, question, clauses, answer)
    question, clauses, answer = retrieved.policy_retrieved(rng)
    given = f"[보험약관]\n{clauses}\n\n질문: {question}"
    if rng.random() < 0.65:
        return headed(rng, retrieved.POLICY_INSTRUCTION, given, answer)
    return as_instruction(rng, retrieved.POLICY_INSTRUCTION, given, answer)


def headed(rng: random.Random, instruction: str, given: str, answer: str) -> Document:
    """The headings of the policy recipe's own frame, with and without a begin token."""
    bos = BOS if rng.random() < 0.5 else ""
    return [("context", f"{bos}### 지시\n{instruction}\n### 입력\n{given}\n### 출력\n"), ("answer", answer + END)]


def _everyday(rng: random.Random) -> Document:
    return as_instruction(rng, *reading.everyday(rng))


def _copying(rng: random.Random) -> Document:
    if rng.random() < 0.2:
        return [("plain", copying.echo(rng) + END)]
    return as_instruction(rng, *copying.any_of(rng))


def _summary(rng: random.Random) -> Document:
    return as_instruction(rng, *summaries.summary(rng))


def _patent(rng: random.Random) -> Document:
    return as_instruction(rng, *patents.comparison(rng, 5 if rng.random() < 0.15 else 3))


def _medical(rng: random.Random) -> Document:
    if rng.random() < 0.3:
        return as_instruction(rng, *medicine.multiple_choice(rng))
    return as_chat(rng, *medicine.question(rng))


def _plain(rng: random.Random) -> Document:
    way = rng.random()
    if way < 0.5:
        return [("plain", prose.story(rng) + END)]
    if way < 0.75:
        return [("plain", prose.latin_text(rng) + END)]
    pair = prose.arithmetic(rng) if way < 0.88 else prose.PAIRS[int(rng.random() * len(prose.PAIRS))]
    return as_chat(rng, "", list(pair))


# shares of documents; a clause or a patent is three to five times as long as a chat
KINDS: list[tuple[float, Callable[[random.Random], Document]]] = [
    (0.40, _chat), (0.22, _policy), (0.08, _everyday), (0.11, _copying), (0.05, _summary), (0.035, _patent),
    (0.075, _medical), (0.05, _plain),
]  # fmt: skip


def documents(seed: int) -> Iterator[Document]:
    """Endless documents; the same seed gives the same stream on every machine."""
    rng = random.Random(seed)
    makers = [maker for _, maker in KINDS]
    weights = [weight for weight, _ in KINDS]
    while True:
        for maker in rng.choices(makers, weights, k=64):
            yield maker(rng)
