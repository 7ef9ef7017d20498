"""The corpus of the encoder-decoder starter: an endless, seeded stream of (what is read, what is written).

It knows how instruction and text are joined for an encoder, not how pairs are tokenised or weighed.
"""

import random
from collections.abc import Callable, Iterator

from engine.models.starter_corpus import chat, copying, dialogues, prose, reading, retrieved
from engine.models.starter_corpus import words as w
from engine.models.starter_corpus.copying import Triple

MASK = "<mask>"
Pair = tuple[str, str]


def joined(rng: random.Random, instruction: str, text: str) -> str:
    """As recipes ask an encoder: instruction, blank line, text; sometimes under headings; the text alone without one."""
    if not instruction:
        return text
    way = rng.random()
    if way < 0.7:
        return f"{instruction}\n\n{text}"
    if way < 0.85:
        return f"### Instruction:\n{instruction}\n\n### Input:\n{text}\n\n### Response:\n"
    return f"### 지시\n{instruction}\n### 입력\n{text}\n### 출력\n"


def masked(rng: random.Random, text: str, share: float = 0.3) -> str:
    """The text with runs of words replaced by one mask each (text infilling, Lewis et al. 2020)."""
    words, out, at = text.split(" "), [], 0
    while at < len(words):
        if rng.random() < share / 2:
            out.append(MASK)
            at += rng.randint(1, 3)
        else:
            out.append(words[at])
            at += 1
    return " ".join(out)


def _denoised(rng: random.Random) -> Pair:
    """Text with holes, and the text: stories, chats and dialogues."""
    way = rng.random()
    if way < 0.4:
        text = prose.story(rng)
    elif way < 0.6:
        text = "\n".join(chat.conversation(rng, chat.slots(rng)))
    else:
        text = dialogues.written(rng, dialogues.dialogue(rng, 1)[0])
    return masked(rng, text), text


def _of(make: Callable[[random.Random], Triple]) -> Callable[[random.Random], Pair]:
    def pair(rng: random.Random) -> Pair:
        instruction, text, answer = make(rng)
        return joined(rng, instruction, text), answer

    return pair


def _policy(rng: random.Random) -> Pair:
    asked, clauses, answer = retrieved.policy_retrieved(rng)
    return joined(rng, retrieved.POLICY_INSTRUCTION, f"[보험약관]\n{clauses}\n\n질문: {asked}"), answer


def _reply(rng: random.Random) -> Pair:
    if rng.random() < 0.3:
        instruction, text, answer = chat.instructed(rng)
        return joined(rng, instruction, text), answer
    turns = chat.conversation(rng, chat.slots(rng))
    return turns[0], turns[1]


def _tokens(rng: random.Random) -> Pair:
    """The whole tokens among words, written again: each of them is met often enough to be copied."""
    parts = [rng.choice((*dialogues.PEOPLE, *dialogues.PRIVATE)) if rng.random() < 0.5 else copying.token_text(rng)
             for _ in range(rng.randint(2, 7))]  # fmt: skip
    text = w.pick(rng, [" ", " ", ", ", "\n"]).join(parts)
    return joined(rng, "그대로 따라 쓰세요." if rng.random() < 0.5 else "", text), text


KINDS: list[tuple[float, Callable[[random.Random], Pair]]] = [
    (0.40, _of(dialogues.summary)), (0.08, _of(dialogues.question)), (0.16, _denoised), (0.08, _tokens),
    (0.14, _of(copying.any_of)), (0.03, _of(reading.everyday)), (0.03, _policy), (0.08, _reply),
]  # fmt: skip


def pairs(seed: int) -> Iterator[Pair]:
    """Endless pairs; the same seed gives the same stream on every machine."""
    rng = random.Random(f"pairs {seed}")
    makers = [maker for _, maker in KINDS]
    weights = [weight for weight, _ in KINDS]
    while True:
        for maker in rng.choices(makers, weights, k=64):
            yield maker(rng)
