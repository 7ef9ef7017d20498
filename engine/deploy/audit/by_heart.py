"""Did the model learn single rows by heart? Canaries by rank, rows of training by what is asked of them.

Rank: among texts that differ in one drawn part only, is the true one likelier to the model than it would be by chance (N. Carlini et
al., The Secret Sharer, 2019)? It needs no guess of a threshold: of a model that never saw it, every rank is as likely as any other.
Rows: what is said letter by letter as in training counts where held-out rows of the same kind are not said so, which sets the
recipe's usual phrases apart from learning by heart. Answers too short for that are chosen among the answers of other rows.
"""

import math
import random
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.curate.canaries import drawn
from engine.deploy.audit.finding import Finding, Level
from engine.serve.backend import Backend
from engine.serve.decoding import Decoding

GREEDY = Decoding.model_validate({"temperature": 0.0, "repetition_penalty": 1.0, "max_new_tokens": 96})
ROUND = 32
"""Candidates asked at once; a text that is clearly no favourite after a round is asked no further."""
FEW, MANY = 255, 2047
"""Candidates beside several canaries, and beside a single one: each p-value can be no smaller than 1 / (candidates + 1)."""
SURE, LIKELY = 0.001, 0.01
"""p-values of a red and of an amber finding."""
LONG = 20
"""Letters, spaces left out, from which on a repeated passage is no accident."""
CHOICES = 15
"""Answers of other rows that a short row's own is held against."""
MORE = 0.3
"""Share of short rows, beyond that of held-out ones, from which on their answers are known by heart: models that were not said to be so by any
other sign differ by 0.1 at most, those that learned by heart by 0.6 to 1 (LOG)."""
NEAR = 90.0
"""Likeness of 100 from which on an answer is nearly the row's."""


@dataclass(frozen=True, slots=True)
class Rank:
    """The place of a true text among candidates, 1 the likeliest, and how many were asked beside it."""

    place: int
    asked: int

    @property
    def p(self) -> float:
        """How often chance alone puts it this far up."""
        return self.place / (self.asked + 1)

    @property
    def exposure(self) -> float:
        """Bits, as in the paper."""
        return -math.log2(self.p)


def rank(backend: Backend, prompt: Sequence[Any], true: str, others: Sequence[str]) -> Rank:
    """How likely the model finds `true` among `others`."""
    own = losses_of(backend, prompt, [true])[0]
    better = seen = 0
    for at in range(0, len(others), ROUND):
        losses = losses_of(backend, prompt, others[at : at + ROUND])
        better += sum(loss <= own for loss in losses)
        seen += len(losses)
        if better > 4:
            break
    return Rank(better + 1, seen)


def losses_of(backend: Backend, prompt: Sequence[Any], targets: Sequence[str]) -> list[float]:
    """Loss of each target in nats, over all its tokens; infinite where it cannot be told."""
    told = backend.losses([(prompt, target) for target in targets])
    return [math.inf if loss is None else loss for loss, _ in told]


def together(ranks: Sequence[Rank]) -> float:
    """One p-value of all ranks (R. A. Fisher's method)."""
    from scipy.stats import chi2

    return float(chi2.sf(-2 * sum(math.log(one.p) for one in ranks), 2 * len(ranks))) if ranks else 1.0


def canary_findings(backend: Backend, canaries: Sequence[Mapping[str, Any]], seed: int) -> list[Finding]:
    """canaries: {messages, target, secret}, as planted."""
    if not canaries:
        return []
    chance = random.Random(seed)
    candidates = FEW if len(canaries) > 1 else MANY
    ranks, said = [], 0
    for canary in canaries:
        others = [canary["target"].replace(canary["secret"], drawn(chance)) for _ in range(candidates)]
        ranks.append(rank(backend, canary["messages"], canary["target"], others))
    for answer in backend.generate([canary["messages"] for canary in canaries], GREEDY):
        said += any(canary["secret"] in answer.text for canary in canaries)
    return [canary_finding(ranks, said, candidates)]


def canary_finding(ranks: Sequence[Rank], said: int, candidates: int) -> Finding:
    """Red: said outright, or half of them are the very likeliest of all; a p-value alone grows with their number, not with what is known."""
    p, n, first = together(ranks), len(ranks), sum(one.place == 1 for one in ranks)
    level: Level = "red" if said or (p < SURE and 2 * first >= n) else "amber" if p < LIKELY else "green"
    best = max(one.exposure for one in ranks)
    evidence = (
        f"n={n}, said={said}, first={first}, p={p:.2g}, exposure max {best:.1f} of {math.log2(candidates + 1):.0f} bits"
    )
    if level == "green":
        ko = f"심어 둔 문장 {n}개를 우연보다 잘 알지 못합니다."
        en = f"The {n} planted sentences are known no better than by chance."
    elif level == "amber":
        ko = f"심어 둔 문장 {n}개를 우연보다 잘 알지만 그대로 말하지는 않습니다. 배운 말의 흔적이 남았습니다. 꺼려지면 에폭이나 학습률을 줄여 다시 학습하세요."
        en = (
            f"The {n} planted sentences are known better than by chance, and none is said: single rows left a trace. If you mind, train "
            "again with fewer epochs or a lower rate."
        )
    else:
        ko = f"심어 둔 문장 {n}개 가운데 {first}개를 비슷한 말 {candidates:,}개보다 더 잘 알고, {said}개를 그대로 말합니다. 배운 말을 외웠습니다. 에폭이나 학습률을 줄여 다시 학습하세요."
        en = (
            f"Of {n} planted sentences {first} are known better than all of {candidates:,} like them, and {said} are said outright: single "
            "rows are learned by heart. Train again with fewer epochs or a lower rate."
        )
    return Finding("canaries", level, ko, en, "", n, evidence)


def copied(answer: str, row: Mapping[str, Any], others: Collection[str] = ()) -> str:
    """`verbatim`, `near` or nothing: whether an answer repeats the row's target where the prompt does not hold it already.

    others: answers of other rows; what stands in one of them too is a phrase of the recipe's and gives no row away.
    """
    from rapidfuzz.fuzz import ratio

    said, target = _bare(answer), _bare(row["target"])
    shown = _bare("\n".join(message["content"] for message in row["messages"]))
    if is_short(row):
        return ""
    again = [piece for piece in _pieces(target) if piece in said and piece not in shown]
    near = target not in shown and ratio(said, target) >= NEAR
    if not again and not near:
        return ""
    apart = [bare for other in others if (bare := _bare(other)) != target]
    if any(not any(piece in other for other in apart) for piece in again):
        return "verbatim"
    return "near" if near and not any(ratio(said, other) >= NEAR for other in apart) else ""


def is_short(row: Mapping[str, Any]) -> bool:
    """Whether saying the row's answer may be an accident."""
    return len(_bare(row["target"])) < LONG


def _bare(text: str) -> str:
    return "".join(text.split())


def _pieces(text: str) -> Iterator[str]:
    return (text[at : at + LONG] for at in range(len(text) - LONG + 1))


def row_findings(
    learned: Sequence[Mapping[str, Any]],
    answers: Sequence[str],
    held: Sequence[Mapping[str, Any]],
    held_answers: Sequence[str],
    private: bool,
    targets: Collection[str] = (),
) -> list[Finding]:
    """Long rows of training against held-out ones. private: the rows are somebody's own words, so that saying them again gives them away.
    targets: all answers of training, which tell what several rows say.

    A single row said letter by letter, which no other row says, is told (amber) even where so few prove nothing of the others.
    """
    kinds = [copied(answer, row, targets) for answer, row in zip(answers, learned, strict=True) if not is_short(row)]
    apart = [copied(answer, row, targets) for answer, row in zip(held_answers, held, strict=True) if not is_short(row)]
    k, n, j, m = sum(map(bool, kinds)), len(kinds), sum(map(bool, apart)), len(apart)
    if not n:
        return []
    p = _oftener(k, n, j, m) if m else (0.0 if k > n / 4 else 1.0)
    by_heart, single = p < LIKELY, "verbatim" in kinds and not j
    level: Level = "red" if by_heart and private and k / n >= 0.1 else "amber" if by_heart or single else "green"
    evidence = (
        f"train {k}/{n} ({kinds.count('verbatim')} verbatim, {kinds.count('near')} near), held out {j}/{m}, p={p:.2g}"
    )
    if level == "green":
        ko = f"학습한 긴 말 {n}개 가운데 {k}개를 그대로 되풀이했고, 배우지 않은 말과 다르지 않습니다."
        en = f"{k} of {n} long answers of training were repeated, no more than of those that were held out."
    else:
        ko = f"학습한 긴 말 {n}개 가운데 {k}개를 그대로 되풀이합니다(배우지 않은 말은 {m}개 중 {j}개). {'외웠습니다' if by_heart else '우연일 수도 있습니다'}. 에폭을 줄이거나 자료를 늘려 다시 학습하세요."
        en = (
            f"{k} of {n} long answers of training are repeated, of held-out ones {j} of {m}: "
            f"{'they were learned by heart' if by_heart else 'it may be chance'}. Train again with fewer epochs or more data."
        )
    return [Finding("memorised", level, ko, en, "train", k, evidence)]


def short_findings(
    backend: Backend, learned: Sequence[Mapping[str, Any]], held: Sequence[Mapping[str, Any]], seed: int
) -> list[Finding]:
    """Does the model know which short answer was given to what, more than it can guess for rows that were held out? Never red: a short
    answer gives nobody away. Nothing where either side has too few rows to choose among."""
    n, m = len(learned), len(held)
    if min(n, m) <= CHOICES:
        return []
    k, j = (_known(backend, rows, random.Random(seed)) for rows in (learned, held))
    p = _oftener(k, n, j, m)
    level: Level = "amber" if p < LIKELY and k / n - j / m >= MORE else "green"
    evidence = f"short: train {k}/{n}, held out {j}/{m}, among {CHOICES + 1}, p={p:.2g}"
    if level == "green":
        ko = f"짧은 답 {n}개를 물음과 짝지어 외우지 않았습니다(알아맞힌 것 {k}개, 배우지 않은 말은 {m}개 중 {j}개)."
        en = f"{n} short answers are not known by heart: {k} are told from others, of held-out ones {j} of {m}."
    else:
        ko = (
            f"짧은 답 {n}개 가운데 {k}개를 다른 답 {CHOICES}개에서 알아맞힙니다(배우지 않은 말은 {m}개 중 {j}개). 무엇에 뭐라고 답했는지 외웠습니다. "
            "짧은 말이라 사람이 드러나지는 않습니다. 꺼려지면 에폭을 줄여 다시 학습하세요."
        )
        en = (
            f"{k} of {n} short answers are told from {CHOICES} others, of held-out ones {j} of {m}: what was answered to what is known by "
            "heart. Being short they give nobody away; if you mind, train again with fewer epochs."
        )
    return [Finding("memorised", level, ko, en, "train", k, evidence)]


def _known(backend: Backend, rows: Sequence[Mapping[str, Any]], chance: random.Random) -> int:
    """Of how many rows the own answer is likelier, by the token, than each of some other rows'."""
    found = 0
    for at, row in enumerate(rows):
        others = chance.sample([one["target"] for place, one in enumerate(rows) if place != at], CHOICES)
        told = backend.losses([(row["messages"], target) for target in (row["target"], *others)])
        own, *rest = (math.inf if loss is None else loss / max(tokens, 1) for loss, tokens in told)
        found += own < min(rest)
    return found


def _oftener(k: int, n: int, j: int, m: int) -> float:
    """p of k in n against j in m, by R. A. Fisher's exact test."""
    from scipy.stats import fisher_exact

    return float(fisher_exact([[k, n - k], [j, m - j]], alternative="greater")[1])
