"""Before the first step: rows and tokens that cannot train are refused, others noted. It trains nothing."""

from typing import Any

from engine.errors import UserError
from engine.models.linter import lint_end_tokens, refuse_if_endless
from engine.models.tokenizer import tokenizer_notes
from engine.train.data import EncodedRows
from engine.train.session import say
from engine.train.settings import TrainSettings


def check_rows(rows: EncodedRows, held_out: EncodedRows, settings: TrainSettings) -> None:
    if not rows.examples:
        raise UserError(
            f"배울 행이 없습니다: {rows.left_out}개 행의 답이 모두 max_length={settings.max_length}에 들어가지 않거나 데이터가 "
            "비었습니다. max_length를 늘리거나 데이터셋을 확인하세요.",
            f"There is no row to train on: the targets of {rows.left_out} rows do not fit max_length="
            f"{settings.max_length}, or the dataset is empty. Raise max_length, or look at the dataset.",
        )
    if not held_out.examples and settings.early_stop_patience:
        raise UserError(
            f"검증 행이 없어 early_stop_patience={settings.early_stop_patience}를 지킬 수 없습니다. 검증 몫이 있는 데이터셋을 "
            "쓰거나 early_stop_patience를 0으로 하세요.",
            f"There is no validation row, so early_stop_patience={settings.early_stop_patience} cannot work. Use a dataset "
            "with a validation split, or set early_stop_patience to 0.",
        )


def token_notes(tokenizer: Any, rows: EncodedRows, raw: bool) -> list[str]:
    report = lint_end_tokens(tokenizer, rows.examples, raw=raw)
    refuse_if_endless(report)
    return [*tokenizer_notes(tokenizer), *report.problems, *report.notes]


def row_notes(rows: EncodedRows, held_out: EncodedRows, settings: TrainSettings) -> list[str]:
    notes = []
    left_out, cut = rows.left_out + held_out.left_out, rows.cut + held_out.cut
    if left_out:
        ko = f"답이 max_length={settings.max_length}보다 길어 뺀 행: {left_out}개"
        notes.append(say(ko, f"Rows left out, target longer than max_length={settings.max_length}: {left_out}"))
    if cut:
        ko = f"max_length={settings.max_length}에 맞춰 오래된 말이나 조항의 끝을 뺀 행: {cut}개"
        en = f"Rows that lost old turns, or the end of their clause, to fit max_length={settings.max_length}: {cut}"
        notes.append(say(ko, en))
    if not held_out.examples:
        notes.append(say("검증 행이 없어 검증 손실을 재지 않습니다.", "No validation rows: no validation loss."))
    return notes
