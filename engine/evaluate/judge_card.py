"""How far a judge can be believed: its labels beside people's, as agreement, Cohen's kappa, confusion, precision and recall.

A judge is trusted from 30 labels and a kappa of 0.4 on. Below 30 the 95 % interval of an agreement of 80 % is wider than ±15
points, so that it says little; kappa 0.4 is where Landis & Koch 1977 begin to call agreement moderate, and where a rate
measured by the judge starts to order models the way people would. Both are bounds of use, not of truth. It knows nothing of
answers: of several people who labelled one answer the majority counts, and a tie leaves it out.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from engine.evaluate.statistics import wilson
from engine.store.judged import item_of_answer, judged_labels
from engine.store.labels import read_labels, unlabelled

LEAST_LABELS = 30
LEAST_KAPPA = 0.4
JUDGED = ("grounded", "hallucinated", "could_not_judge")


@dataclass(frozen=True, slots=True)
class Share:
    """A share of `n` with its 95 % Wilson interval; None when n is 0."""

    value: float | None
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class JudgeCard:
    """`confusion`: {person's label: {judge's label: n}}. Precision and recall are those of "hallucinated".

    An answer that the judge could not judge is a disagreement, and a miss where people saw a hallucination.
    """

    n: int
    agreement: Share
    kappa: float | None
    confusion: dict[str, dict[str, int]]
    precision: Share
    recall: Share
    trusted: bool
    why_ko: str
    why_en: str


def judge_card(pairs: Sequence[tuple[str, str]]) -> JudgeCard:
    """`pairs`: (person's label, judge's label) of the same answers."""
    counts = Counter(pairs)
    confusion = {person: {judge: counts[person, judge] for judge in JUDGED} for person in JUDGED[:2]}
    n = len(pairs)
    agreed = sum(person == judge for person, judge in pairs)
    said = sum(judge == "hallucinated" for _, judge in pairs)
    real = sum(person == "hallucinated" for person, _ in pairs)
    hit = counts["hallucinated", "hallucinated"]
    kappa = cohen_kappa(pairs)
    ko, en = _why(n, kappa)
    return JudgeCard(n, _share(agreed, n), kappa, confusion, _share(hit, said), _share(hit, real), not ko, ko, en)


def cohen_kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Agreement beyond chance (Cohen 1960); None without pairs, or when both sides know one label only."""
    if not pairs:
        return None
    n = len(pairs)
    ours, theirs = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    chance = sum(ours[label] * theirs[label] for label in ours) / (n * n)
    agreed = sum(a == b for a, b in pairs) / n
    return None if chance == 1 else (agreed - chance) / (1 - chance)


def _why(n: int, kappa: float | None) -> tuple[str, str]:
    """Why the judge is not trusted; empty when it is."""
    if n < LEAST_LABELS:
        return (
            f"사람 표시가 {n}개뿐입니다. {LEAST_LABELS}개가 되어야 판단합니다.",
            f"Only {n} labels by people: {LEAST_LABELS} are needed.",
        )
    if kappa is None:
        return (
            "사람과 판정기가 모두 한 가지로만 표시해 카파를 셀 수 없습니다. 다른 답도 표시하세요.",
            "People and judge gave one and the same label only, so kappa is undefined. Label other answers as well.",
        )
    if kappa < LEAST_KAPPA:
        return (
            f"카파가 {kappa:.2f}로 {LEAST_KAPPA} 아래입니다. 이 판정기의 비율을 믿지 마세요.",
            f"Kappa is {kappa:.2f}, below {LEAST_KAPPA}: do not rely on rates by this judge.",
        )
    return "", ""


def _share(part: int, whole: int) -> Share:
    low, high = wilson(part, whole)
    return Share(part / whole if whole else None, low, high, whole)


def card_of_evaluation(db: Database, evaluation_id: str, by: str | None = None) -> JudgeCard:
    """The card of the judge that scored this evaluation. `by`: one person's labels only."""
    people: dict[int, list[str]] = defaultdict(list)
    for row in read_labels(db, evaluation_id, by):
        people[row["answer_id"]].append(row["label"])
    judged = judged_labels(db, list(people))
    agreed = {answer_id: _majority(labels) for answer_id, labels in people.items()}
    pairs: list[tuple[str, str]] = []
    for answer_id, label in agreed.items():
        said = judged.get(answer_id)
        if label is not None and said is not None and said in JUDGED:
            pairs.append((label, said))
    return judge_card(pairs)


def _majority(labels: Sequence[str]) -> str | None:
    ordered = Counter(labels).most_common(2)
    return None if len(ordered) == 2 and ordered[0][1] == ordered[1][1] else ordered[0][0]


def next_to_label(db: Database, evaluation_id: str, by: str, skipped: Collection[int] = ()) -> tuple[str, str] | None:
    """(item, model) of the answer that this person labels next, drawn by lot from those left, so that models and kinds come
    mixed; the same until it is labelled. None when all are, but for the `skipped`."""
    left = [id_ for id_ in unlabelled(db, evaluation_id, by) if id_ not in skipped]
    if not left:
        return None
    chosen = min(left, key=lambda id_: hashlib.blake2b(f"{evaluation_id} {id_}".encode()).digest())
    return item_of_answer(db, chosen)
