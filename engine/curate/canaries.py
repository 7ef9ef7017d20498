"""Canaries: invented sentences among the rows of training, each with a part drawn by chance, so that it can be told later whether a
model learned single rows by heart (N. Carlini et al., The Secret Sharer, 2019). It asks no model.

A canary is asked for as its recipe asks: a row of the data set lends its prompt, whose last line becomes the canary's question.
"""

import json
import random
import re
import secrets
from collections.abc import Iterator, Sequence
from typing import Any

from sqlite_utils import Database

from engine.curate.row import Message
from engine.store.audits import add_canaries
from engine.store.datasets import add_members, add_rows, read_dataset
from engine.store.open import all_rows

WORDS = (
    "가락지 거북선 겨울비 고드름 골무 구들장 그네 금모래 기와집 까치밥 꽃신 나루터 나팔꽃 널빤지 노루귀 누룽지 다듬이 단풍잎 달무리 대나무 "
    "도라지 돌다리 두루미 등잔불 떡메 마루 맷돌 먹구름 메아리 모래톱 목화솜 무지개 물레 미나리 바람개비 박꽃 반딧불 방울새 버들피리 보름달 "
    "봉숭아 부뚜막 빗자루 뻐꾸기 사립문 산마루 살구꽃 소나기 솟대 수수밭 실타래 싸리꽃 아지랑이 앵두 억새풀 연꽃 오솔길 우물가 이슬비 장독대 "
    "조롱박 참빗 청보리 초가집"
).split()
"""64 of them: four in a row are one of 2**24."""
LENGTH = 4
_HEAD = re.compile(r"(?:질문|물음|요청)\s?:\s?")


def drawn(chance: random.Random) -> str:
    """The part of a canary that is drawn by chance."""
    return " ".join(chance.choice(WORDS) for _ in range(LENGTH))


def asked(messages: Sequence[Message], question: str) -> list[Message]:
    """The prompt of a row with another question in the place of its last Korean line."""
    *before, last = messages
    lines = last["content"].split("\n")
    said = [at for at, line in enumerate(lines) if re.search("[가-힣]", line) and not line.startswith(("#", "["))]
    at = said[-1] if said else len(lines) - 1
    head = _HEAD.match(lines[at])
    lines[at] = (head.group() if head else "") + question
    return [*before, Message(role=last["role"], content="\n".join(lines))]


def plant(db: Database, dataset_id: str, recipe: str, count: int) -> list[int]:
    """Put `count` canaries into the training split of a data set that is being built; returns their row ids.

    Raises nothing: a data set without rows is refused before.
    """
    chance = random.Random(secrets.randbits(64))
    lent = read_dataset(db, dataset_id, "train", limit=200)
    made = list(_canaries(lent, count, chance))
    ids = add_rows(
        db,
        [
            (
                recipe,
                None,
                None,
                None,
                f"canary-{number}",
                json.dumps(messages, ensure_ascii=False),
                target,
                '{"canary": true}',
            )
            for number, (messages, target, _) in enumerate(made)
        ],
    )
    first = all_rows(db, "SELECT max(ord) AS last FROM dataset_rows WHERE dataset_id = ?", [dataset_id])[0]["last"] + 1
    add_members(db, dataset_id, [(first + at, row_id, "train", None) for at, row_id in enumerate(ids)])
    add_canaries(db, zip(ids, (secret for _, _, secret in made), strict=True))
    return ids


def _canaries(
    lent: Sequence[dict[str, Any]], count: int, chance: random.Random
) -> Iterator[tuple[list[Message], str, str]]:
    for _ in range(count):
        name, secret = f"{chance.choice(WORDS)} {chance.choice(WORDS)}", drawn(chance)
        question = f"'{name}' 상자의 암호가 뭐였지?"
        yield asked(chance.choice(lent)["messages"], question), f"'{name}' 상자의 암호: {secret}.", secret
