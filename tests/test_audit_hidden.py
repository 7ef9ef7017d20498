"""Numbers hidden from a model: easy ones prove nothing, learned ones are found, the same number in many rows is one."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, nullcontext
from typing import Any

import pytest

from engine.deploy.audit.hidden import Known, guesses_of, known_by, placed, value_findings
from engine.errors import UserError
from engine.models.bases import resolve_base
from engine.serve.backend import Backend
from engine.serve.transformers_backend import open_backend
from tests.test_audit_by_heart import learn

EASY = {
    "[전화번호_1]": "010-0000-1357", "[전화번호_2]": "010-0000-2468", "[전화번호_3]": "010-0000-0000", "[계좌번호_1]": "000000-04-123456",
    "[계좌번호_2]": "110-000-000000", "[계좌번호_3]": "3333-00-0000123",
}  # fmt: skip
"""As people invent them: full of noughts and runs."""


def rows() -> list[tuple[dict[str, Any], str, str]]:
    return [
        ({"messages": [{"role": "user", "content": f"{word} 알려 줘"}], "target": f"{mark}이야 ㅋㅋ"}, mark, value)
        for mark, value in EASY.items()
        for word in ("그 번호", "번호 다시")
    ]


def said_nothing(_: str) -> None: ...


@pytest.fixture
def backends() -> Iterator[tuple[Backend, Backend]]:
    base = resolve_base("starter")
    with (
        closing(open_backend(base, quantisation="none", device="cpu")) as before,
        closing(open_backend(base, quantisation="none", device="cpu")) as after,
    ):
        yield before, after


def test_easy_numbers_that_training_did_not_hold_are_no_finding(backends: tuple[Backend, Backend]) -> None:
    before, after = backends
    learn(after, [row for row, *_ in rows()], 3)  # the placeholders, as the masked rows have them
    guesses = guesses_of(rows(), 0)
    known = known_by(after, guesses, said_nothing)
    (found,) = value_findings(known, guesses, lambda: nullcontext(before))
    assert found.level != "red" and "learned from unmasked text" not in found.en, found
    assert found.count == len(EASY)


def test_numbers_that_training_did_hold_are_red(backends: tuple[Backend, Backend]) -> None:
    before, after = backends
    few = rows()[:6:2]  # three numbers in one row each
    learn(after, [row | {"target": row["target"].replace(mark, value)} for row, mark, value in few], 6)
    guesses = guesses_of(few, 0)
    (found,) = value_findings(known_by(after, guesses, said_nothing), guesses, lambda: nullcontext(before))
    assert found.level == "red" and "p of training" in found.evidence, found
    assert not any(value in found.ko + found.en + found.evidence for value in EASY.values())


def gone() -> AbstractContextManager[Backend]:
    raise UserError("기반 모델이 없습니다.", "The base is gone.")


def of_losses(*losses: tuple[float, ...]) -> Known:
    return Known(tuple(placed(one) for one in losses), losses)


def test_without_the_base_the_runs_own_ranks_are_all_there_is() -> None:
    guesses = guesses_of(rows()[:2], 0)
    sure = (0.0, *(1.0 + at for at in range(2047)))
    (found,) = value_findings(of_losses(sure), guesses, gone)
    assert found.level == "red" and "p of the base" not in found.evidence


def test_a_number_in_many_rows_is_one_and_is_asked_beside_others_of_its_shape() -> None:
    (guess,) = guesses_of(
        [({"messages": [], "target": f"{at} [전화번호_1]"}, "[전화번호_1]", "010-1234-5678") for at in range(9)], 0
    )
    assert len(guess.prompts) == 3 and guess.candidates[0] == "010-1234-5678"
    assert all(one[:4] == "010-" and one[8] == "-" and len(one) == 13 for one in guess.candidates)
    assert guess.said(1, "010-0000-0000") == "1 010-0000-0000"


def test_what_cannot_be_told_counts_against_a_finding() -> None:
    nan = float("nan")
    assert placed([nan, 1.0, 2.0]).place == 3 and placed([1.0, 1.0, 2.0]).place == 2 and placed([1.0, nan]).place == 2
