"""Does it talk like me? Held-out conversation days: the model's answers beside the replies I really gave.

`*_match` and `similarity_to_reply` look at one answer and the one real reply; `*_closeness` at the
habits of all answers and all real replies. Knows nothing of how answers were made.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from itertools import chain
from typing import NamedTuple

from engine.evaluate import text_metrics as text
from engine.evaluate.losses import loss_per_token, nll_of
from engine.evaluate.suite import Answer, Item, Metric, Scores, Suite, SuiteContext
from engine.privacy.residual import Invented, residual_spans

_known = cache(Invented)
STOCK_SYLLABLES = 8
"""Shorter replies (응 알겠어, 잘 자) are everybody's and copy nobody."""

Features = Callable[[str], tuple[str, ...]]
HABITS: Mapping[str, Features] = {
    "length_closeness": text.length_bin,
    "speech_level_closeness": text.level_feature,
    "laughter_closeness": text.laughter,
    "emoticon_closeness": text.emoticons,
    "ending_closeness": text.endings,
    "particle_closeness": text.particles,
}

UNIT = (0.0, 1.0)
METRICS = (
    Metric(
        "loss",
        "nats/token",
        "lower",
        "내 실제 답을 모델이 얼마나 뜻밖으로 여기는지. 낮을수록 좋고, 같은 토크나이저끼리만 견줍니다.",
        "How surprised the model is by my real replies; lower knows me better. Only between models of one tokenizer.",
        (0.0, math.inf),
    ),
    Metric(
        "perplexity_per_syllable",
        "perplexity/syllable",
        "lower",
        "내 실제 답의 글자마다 몇 갈래를 두고 망설이는지. 토큰을 자르는 법이 달라도 견줄 수 있습니다.",
        "Between how many choices it hesitates per character of my real replies; comparable across tokenizers.",
        (1.0, math.inf),
    ),
    Metric(
        "similarity_to_reply",
        "chrF 0-1",
        "higher",
        "같은 말에 내가 실제로 한 답과 글자 조각이 얼마나 겹치는지(chrF).",
        "How many character pieces it shares with my real reply to the same message (chrF).",
        UNIT,
    ),
    Metric(
        "speech_level_match",
        "share of answers",
        "higher",
        "내가 그 말에 반말로 답했으면 반말로, 존댓말이었으면 존댓말로 답한 비율.",
        "Share of answers in the speech level (casual or polite) that I used for that very reply.",
        UNIT,
    ),
    Metric(
        "length_closeness",
        "closeness 0-1",
        "higher",
        "짧고 긴 답의 비율이 나와 얼마나 비슷한지.",
        "How alike the shares of short and long answers are to mine.",
        UNIT,
    ),
    Metric(
        "speech_level_closeness",
        "closeness 0-1",
        "higher",
        "반말과 존댓말의 비율이 나와 얼마나 비슷한지.",
        "How alike the shares of casual and polite answers are to mine.",
        UNIT,
    ),
    Metric(
        "laughter_closeness",
        "closeness 0-1",
        "higher",
        "ㅋㅋ, ㅎㅎ, ㅠㅠ를 쓰는 버릇과 그 길이가 나와 얼마나 비슷한지.",
        "How alike the habit and length of ㅋㅋ, ㅎㅎ and ㅠㅠ are to mine.",
        UNIT,
    ),
    Metric(
        "emoticon_closeness",
        "closeness 0-1",
        "higher",
        "이모지, ^^ 같은 표정, ~ … ! ? 를 쓰는 버릇이 나와 얼마나 비슷한지.",
        "How alike the habit of emoji, typed faces and the marks ~ … ! ? is to mine.",
        UNIT,
    ),
    Metric(
        "ending_closeness",
        "closeness 0-1",
        "higher",
        "말끝(해, 지, 네요 …)이 나와 얼마나 비슷한지.",
        "How alike the sentence endings are to mine.",
        UNIT,
    ),
    Metric(
        "particle_closeness",
        "closeness 0-1",
        "higher",
        "조사를 쓰거나 빼는 버릇이 나와 얼마나 비슷한지.",
        "How alike the habit of using or dropping particles is to mine.",
        UNIT,
    ),
    Metric(
        "distinct_closeness",
        "ratio 0-1",
        "higher",
        "말의 다양함(어절 두 개씩)이 내 실제 답의 다양함과 얼마나 비슷한지.",
        "How near the variety of word pairs is to the variety of my real replies.",
        UNIT,
    ),
    Metric(
        "distinct_1",
        "distinct words 0-1",
        "neither",
        "서로 다른 어절의 비율. 아주 높으면 횡설수설, 아주 낮으면 되풀이입니다. 내 실제 답의 값과 견주세요.",
        "Share of different white-space words; very high is babble, very low is repetition. Compare with my replies.",
        UNIT,
    ),
    Metric(
        "distinct_2",
        "distinct word pairs 0-1",
        "neither",
        "서로 다른 어절 쌍의 비율. 내 실제 답의 값과 견주세요.",
        "Share of different pairs of white-space words. Compare with my replies.",
        UNIT,
    ),
    Metric(
        "verbatim_copy",
        "share of answers of 8+ characters",
        "lower",
        "여덟 글자 이상인 답 가운데 학습한 내 답과 글자까지 똑같은 비율. 외운 말을 그대로 내놓는지 봅니다.",
        "Share of answers of eight characters or more that equal a training reply: is it reciting?",
        UNIT,
    ),
    Metric(
        "leftover_personal_data",
        "share of answers",
        "lower",
        "이름, 전화번호, 계좌, 이메일 같은 개인정보 꼴이 있는 답의 비율. [이름_1] 같은 가린 자리는 괜찮습니다.",
        "Share of answers with something shaped like personal data (name, phone, account); placeholders are fine.",
        UNIT,
    ),
    Metric(
        "empty",
        "share of answers",
        "lower",
        "아무 말도 하지 않은 답의 비율.",
        "Share of answers that say nothing.",
        UNIT,
    ),
    Metric(
        "repetition",
        "share of answers",
        "lower",
        "같은 말을 끝없이 되풀이한 답의 비율.",
        "Share of answers stuck in a loop.",
        UNIT,
    ),
    Metric(
        "cut_off",
        "share of answers",
        "lower",
        "스스로 끝맺지 못하고 길이 제한에서 잘린 답의 비율.",
        "Share of answers that ran into the length limit before they ended.",
        UNIT,
    ),
    Metric(
        "foreign_script",
        "share of answers",
        "lower",
        "한글과 로마자가 아닌 글자(한자, 가나, 키릴 …)가 섞인 답의 비율.",
        "Share of answers with letters that are neither Hangul nor Latin.",
        UNIT,
    ),
)


def score(item: Item, answer: Answer, context: SuiteContext) -> Scores:
    """One answer. `loss` and `perplexity_per_syllable` are its own contribution; `corpus` weighs them."""
    nll = nll_of(answer)
    length = text.syllables(item.reference)
    return {
        "loss": nll / answer.tokens if nll is not None else None,
        "perplexity_per_syllable": _exp(nll / length) if nll is not None and length else None,
        "similarity_to_reply": text.chrf(answer.text, item.reference) if length else None,
        "speech_level_match": _level_match(answer.text, item.reference),
        "verbatim_copy": _is_copy(answer.text, context.train_targets),
        "leftover_personal_data": float(bool(residual_spans(answer.text, invented=_known(context.pseudonyms)))),
        "empty": float(not text.syllables(answer.text)),
        "repetition": float(text.has_loop(answer.text)),
        "cut_off": None if answer.ended is None else float(not answer.ended),
        "foreign_script": float(text.foreign_share(answer.text) > 0),
    }


def corpus(items: Sequence[Item], answers: Sequence[Answer]) -> Scores:
    """All answers of one model. Loss sums nats over tokens, and over characters of the references before the exp."""
    said = [answer.text for answer in answers]
    meant = [item.reference for item in items]
    scores = _losses(items, answers)
    for name, features in HABITS.items():
        scores[name] = text.closeness(_count(features, said), _count(features, meant))
    ours, mine = text.distinct(said, 2), text.distinct(meant, 2)
    scores["distinct_1"], scores["distinct_2"] = text.distinct(said, 1), ours
    scores["distinct_closeness"] = min(ours, mine) / max(ours, mine) if ours and mine else None
    return scores


class Habit(NamedTuple):
    """One feature of a habit: how often I use it, how often the model does (shares), and in which items."""

    feature: str
    mine: float
    model: float
    items: tuple[str, ...]


def habits(metric: str, items: Sequence[Item], answers: Sequence[Answer]) -> list[Habit]:
    """The evidence behind a `*_closeness` of `HABITS`, the largest difference first. Raises KeyError for another."""
    features = HABITS[metric]
    mine, model = (_count(features, texts) for texts in ([i.reference for i in items], [a.text for a in answers]))
    where: dict[str, list[str]] = {}
    for item, answer in zip(items, answers, strict=True):
        for feature in dict.fromkeys(features(answer.text)):
            where.setdefault(feature, []).append(item.name)
    found = [
        Habit(name, mine[name] / max(1, mine.total()), model[name] / max(1, model.total()), tuple(where.get(name, ())))
        for name in dict.fromkeys([*mine, *model])
    ]
    return sorted(found, key=lambda habit: -abs(habit.mine - habit.model))


def _losses(items: Sequence[Item], answers: Sequence[Answer]) -> Scores:
    written = [
        (nll, length)
        for item, answer in zip(items, answers, strict=True)
        if (nll := nll_of(answer)) is not None and (length := text.syllables(item.reference))
    ]
    per_syllable = sum(nll for nll, _ in written) / sum(length for _, length in written) if written else None
    return {
        "loss": loss_per_token(answers),
        "perplexity_per_syllable": None if per_syllable is None else _exp(per_syllable),
    }


def _exp(nats: float) -> float:
    return math.exp(min(nats, 700.0))


def _count(features: Features, texts: Sequence[str]) -> Counter[str]:
    return Counter(chain.from_iterable(map(features, texts)))


def _level_match(answer: str, reference: str) -> float | None:
    """None when my reply has no clear level; an answer without one did not match."""
    wanted = text.level(reference)
    return None if wanted == "unknown" else float(text.level(answer) == wanted)


def _is_copy(answer: str, train_targets: frozenset[str]) -> float | None:
    """None for stock replies and when the training replies are not at hand."""
    if not train_targets or text.syllables(answer) < STOCK_SYLLABLES:
        return None
    return float(text.plain(answer) in _plain_targets(train_targets))


@lru_cache(maxsize=2)
def _plain_targets(train_targets: frozenset[str]) -> frozenset[str]:
    # Two placeholders with other numbers still are one recited sentence: `plain` writes both alike.
    return frozenset(text.plain(target) for target in train_targets)


SUITE = Suite(name="persona", version="2", metrics=METRICS, score=score, corpus=corpus)
