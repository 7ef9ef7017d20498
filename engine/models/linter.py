"""Will the model learn to stop? Looks at encoded examples before a run. It knows nothing of training settings."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from engine.errors import UserError
from engine.models.template import Encoded
from engine.models.tokenizer import turn_end


@dataclass(frozen=True, slots=True)
class LintReport:
    """`ended` of `n` examples end in the end token, and it is trained. `problems` are `Korean / English` lines; none is good."""

    n: int
    ended: int
    turn_end: str | None
    """What the chat template puts after an answer; None when it puts no token there."""
    eos: str
    pad: str | None
    raw: bool
    """Prompts that no template touches: their answers end in the end token, whatever ends a turn."""
    published: bool | None
    """Whether the base's own generation config stops at the end token; None when it names none."""
    problems: list[str]
    kept: str = ""
    """What is told of words kept whole, as `problems` are written."""

    @property
    def notes(self) -> list[str]:
        """What is worth knowing and wrong only elsewhere, as `problems` are written."""
        kept = [self.kept] if self.kept else []
        if self.published is not False:
            return kept
        return [
            *kept,
            f"모델의 생성 설정에는 끝 토큰 {self.eos}이(가) 없습니다. 말모이는 멈추지만, 내보내 다른 데서 쓸 때는 더하세요. / "
            f"The base's generation config does not stop at {self.eos}. Malmoi does; add it where you use an export.",
        ]


def lint_end_tokens(
    tokenizer: Any, examples: Iterable[Encoded], *, raw: bool = False, words: Sequence[str] = ()
) -> LintReport:
    """Compare template, end token, pad token, generation config and the last trained token of every example. words: that a run
    would keep whole."""
    endings = [
        one.ended and one.prompt_length < len(one.input_ids) and one.input_ids[-1] == tokenizer.eos_token_id
        for one in examples
    ]
    stops = tokenizer.malmoi.published
    report = LintReport(
        n=len(endings),
        ended=sum(endings),
        turn_end=turn_end(tokenizer),
        eos=str(tokenizer.eos_token),
        pad=None if tokenizer.pad_token is None else str(tokenizer.pad_token),
        raw=raw,
        published=tokenizer.eos_token_id in stops if stops else None,
        problems=[],
        kept=told_words(tokenizer, words),
    )
    report.problems.extend(_problems(report))
    return report


def told_words(tokenizer: Any, words: Sequence[str]) -> str:
    """How many words a run keeps whole, and into how many pieces the base would cut the first of them; "" without any."""
    if not words:
        return ""
    pieces = len(tokenizer(words[0], add_special_tokens=False)["input_ids"])
    return (
        f"{words[0]}처럼 한 토큰으로 둘 말이 {len(words)}개입니다(이 모델은 {words[0]}을(를) {pieces}조각으로 읽음). 끄려면 special_tokens=off. / "
        f"{len(words)} words such as {words[0]} are kept as one token each (this base reads it in {pieces}). special_tokens=off switches it off."
    )


def _problems(report: LintReport) -> list[str]:
    found = []
    if not report.raw and report.turn_end not in (None, report.eos):
        found.append(
            f"대화 틀은 {report.turn_end}(으)로 끝나는데 끝 토큰은 {report.eos}입니다. / "
            f"The template ends turns with {report.turn_end}, the end token is {report.eos}."
        )
    if report.pad == report.eos:
        found.append(f"채움 토큰이 끝 토큰({report.eos})과 같습니다. / The pad token is the end token ({report.eos}).")
    if report.ended < report.n:
        cut = report.n - report.ended
        found.append(
            f"{report.n}개 답 가운데 {cut}개가 잘려 끝 토큰이 없습니다. / {cut} of {report.n} targets are cut and do not end."
        )
    return found


def refuse_if_endless(report: LintReport) -> None:
    """Raises UserError when not one target ends in the end token, or padding is that token and would be learned never to
    come: such a model would never stop."""
    if report.pad == report.eos:
        raise UserError(
            f"채움 토큰이 끝 토큰({report.eos})과 같아, 채움을 배우지 않으면 끝도 배우지 않습니다. 채움 토큰을 따로 둔 모델을 고르세요.",
            f"The pad token is the end token ({report.eos}): what is never learned as padding is never learned as an end. "
            "Choose a base with a pad token of its own.",
        )
    if report.n and not report.ended:
        raise UserError(
            f"{report.n}개 답 가운데 끝 토큰({report.eos})으로 끝나는 것이 0개라 모델이 멈추는 법을 배우지 못합니다. max_length를 "
            "늘리거나 답을 짧게 하세요.",
            f"0 of {report.n} targets end in the end token ({report.eos}), so the model would never learn to stop. Raise "
            "max_length, or shorten the targets.",
        )
