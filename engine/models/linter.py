"""Will the model learn to stop? Looks at encoded examples before a run. It knows nothing of training settings."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from engine.errors import UserError
from engine.models.template import Encoded
from engine.models.tokenizer import turn_end


@dataclass(frozen=True, slots=True)
class LintReport:
    """`ended` of `n` examples end in the turn-end token. `problems` are `Korean / English` lines; none is good."""

    n: int
    ended: int
    turn_end: str | None
    """What the chat template puts after an answer; None when it puts no token there."""
    eos: str
    pad: str
    problems: list[str]


def lint_end_tokens(tokenizer: Any, examples: Iterable[Encoded]) -> LintReport:
    """Compare template, end token, pad token and the last trained token of every example."""
    endings = [example.ended and example.input_ids[-1] == tokenizer.eos_token_id for example in examples]
    end, eos, pad = turn_end(tokenizer), str(tokenizer.eos_token), str(tokenizer.pad_token)
    report = LintReport(len(endings), sum(endings), end, eos, pad, [])
    report.problems.extend(_problems(report))
    return report


def _problems(report: LintReport) -> list[str]:
    found = []
    if report.turn_end not in (None, report.eos):
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
    """Raises UserError when not one target ends in the turn-end token: such a model would never stop."""
    if report.n and not report.ended:
        raise UserError(
            f"{report.n}개 답 가운데 끝 토큰({report.eos})으로 끝나는 것이 0개라 모델이 멈추는 법을 배우지 못합니다. max_length를 "
            "늘리거나 답을 짧게 하세요.",
            f"0 of {report.n} targets end in the end token ({report.eos}), so the model would never learn to stop. Raise "
            "max_length, or shorten the targets.",
        )
