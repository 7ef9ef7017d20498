"""One distillation: a student's folder and a teacher in, the taught student's folder out. It knows nothing of jobs or stores.

By logits the student learns the teacher's distribution over every token of the rows' targets, which needs one tokenizer; by
sequences it learns what the teacher answers to the rows' prompts (Kim and Rush 2016), whoever and wherever the teacher is.
"""

import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from engine.compress.lesson import Lesson, teach
from engine.compress.making import count_parameters
from engine.compress.same_tokens import token_print
from engine.compress.teacher_answers import ask_all, flaw_of
from engine.errors import Stopped, UserError
from engine.models.bases import ResolvedBase
from engine.models.family import read_config
from engine.models.loading import Quantisation, load_model
from engine.models.special_tokens import tokens_of
from engine.serve.backend import Backend, Generated
from engine.serve.decoding import Decoding
from engine.train.completion_trainer import as_it_is
from engine.train.events import TrainEvents
from engine.train.settings import TrainSettings

How = Literal["logits", "sequences"]
Rows = Mapping[str, Sequence[Mapping[str, Any]]]
"""{"train": [...], "validation": [...]} of rows {messages, target, meta}, as a dataset's split holds them."""


class DistilSettings(BaseModel):
    """How a student is taught. Each docstring is `Korean / English` help for form and command line."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    teacher_share: float = Field(0.7, ge=0.0, le=1.0)
    """스승의 분포가 손실에서 차지하는 몫. 나머지는 본보기 답입니다. / Share of the teacher's distribution in the loss; the rest is the example answer."""
    temperature: float = Field(2.0, gt=0.0, le=20.0)
    """분포를 부드럽게 하는 온도. 높을수록 덜 그럴듯한 말까지 배웁니다. / Softens both distributions; higher teaches the less likely words too."""
    jsd_beta: float = Field(0.0, ge=0.0, le=1.0)
    """0은 스승에서 학생으로 가는 KL, 1은 그 반대, 사이는 젠슨–섀넌. / 0: KL from teacher to student, 1: the reverse, between: Jensen-Shannon."""
    teacher_tokens: int = Field(512, ge=4, le=4096)
    """스승이 지을 답의 가장 긴 길이(토큰). / Longest answer of the teacher, in tokens."""
    teacher_temperature: float = Field(0.0, ge=0.0, le=2.0)
    """스승이 답할 때의 무작위성. 0이면 늘 가장 그럴듯한 답입니다. / Randomness of the teacher's answers; 0 takes the likeliest."""

    def decoding(self) -> Decoding:
        """How the teacher answers. Figures recur in worked solutions, so that nothing is held against repeating."""
        drawn = {"temperature": self.teacher_temperature, "max_new_tokens": self.teacher_tokens}
        return Decoding.model_validate({**drawn, "repetition_penalty": 1.0})


@dataclass(frozen=True)
class Teacher:
    """Who teaches: weights on this machine (`base`, `adapter` on it), or only something that answers."""

    name: str
    ask: Callable[[], Backend]
    """Opens what answers prompts."""
    base: ResolvedBase | None = None
    """None: a server, whose distribution nobody sees."""
    adapter: Path | None = None
    quantisation: Quantisation = "none"

    @property
    def folder(self) -> Path | None:
        """Where the base's files are; None of a server's model."""
        return Path(self.base.location) if self.base else None

    @property
    def config(self) -> dict[str, Any] | None:
        """The base's configuration; None of a server's model."""
        return read_config(self.folder) if self.folder else None

    @property
    def parameters(self) -> int | None:
        """Of the base; an adapter, once merged, adds none. None of a server's model."""
        return count_parameters(self.folder) if self.folder else None


def folder_teacher(folder: Path) -> Teacher:
    """A whole model's folder as a teacher."""
    from engine.serve.transformers_backend import open_backend

    base = ResolvedBase(folder.name, "folder", str(folder), None)
    return Teacher(folder.name, lambda: open_backend(base, None, "none"), base)


def refuse_distil(
    student_config: Mapping[str, Any], teacher_config: Mapping[str, Any] | None, same_tokenizer: bool, how: str
) -> None:
    """Raises UserError, before work begins, for a teacher this student cannot learn from. teacher_config: None of a server's model."""
    if how != "logits":
        return
    if teacher_config is None:
        raise UserError(
            "서버에 있는 스승은 낱말의 확률을 보여 주지 않으므로 logits로는 배울 수 없습니다. --how sequences로 하세요.",
            "A teacher on a server does not show its probabilities, so logits cannot be learned from it. Use --how sequences.",
        )
    kinds = [bool(config.get("is_encoder_decoder")) for config in (teacher_config, student_config)]
    if kinds[0] != kinds[1]:
        named = {True: ("인코더-디코더", "an encoder-decoder"), False: ("디코더", "a decoder")}
        raise UserError(
            f"스승은 {named[kinds[0]][0]}이고 학생은 {named[kinds[1]][0]}이라 logits를 견줄 수 없습니다. --how sequences로 하세요.",
            f"The teacher is {named[kinds[0]][1]} and the student is {named[kinds[1]][1]}: their logits cannot be compared. "
            "Use --how sequences.",
        )
    if not same_tokenizer:
        raise UserError(
            "스승과 학생의 토크나이저가 다릅니다(어휘, 합치는 규칙이나 특수 토큰). 같은 낱말이 다른 번호라 logits로는 배울 수 없습니다. "
            "--how sequences로 하거나 스승에서 잘라 낸 학생(--keep)을 쓰세요.",
            "Teacher and student have different tokenizers (vocabulary, merges or special tokens): one number means different "
            "words, so logits cannot be learned. Use --how sequences, or a student cut from the teacher (--keep).",
        )


def distil(
    student_folder: Path,
    out: Path,
    teacher: Teacher,
    rows: Rows,
    settings: Mapping[str, Any],
    told: TrainEvents,
    how: How = "logits",
    resume_from: Path | None = None,
) -> dict[str, Any]:
    """Teach the student and leave it, whole, in `out`; returns what it was and what came of it.

    settings: of `DistilSettings` and of training, by name; every weight is trained. By logits the rows are learned with the
    teacher beside them; by sequences the teacher is asked for other answers to the training rows first. Raises what
    `refuse_distil`, the teacher and training raise.
    """
    own, _ = split_settings(settings)
    refuse_pair(student_folder, teacher, how)
    tally: dict[str, Any] = {}
    if how == "sequences":
        rows, tally = answered_rows(teacher, rows, own)
    lesson = open_lesson(teacher, own) if how == "logits" else None
    return tally | teach_student(student_folder, out, teacher, rows, settings, told, lesson, resume_from)


def teach_student(
    student_folder: Path,
    out: Path,
    teacher: Teacher,
    rows: Rows,
    settings: Mapping[str, Any],
    told: TrainEvents,
    lesson: Lesson | None,
    resume_from: Path | None = None,
) -> dict[str, Any]:
    """The training alone: with the teacher beside the rows, or (no lesson) on rows that hold the teacher's answers."""
    from engine.train.sft import train

    own, training = split_settings(settings)
    if lesson:  # every token has the teacher's distribution
        words = ",".join(tokens_of(teacher.adapter)) or "off"
        training = training.model_copy(update={"special_tokens": words})
    work = out.with_name(f"{out.name}.work")
    work.mkdir(parents=True, exist_ok=True)
    student = ResolvedBase(student_folder.name, "folder", str(student_folder), None)
    split = {name: [(row["messages"], row["target"]) for row in found] for name, found in rows.items()}
    taught = teach(lesson) if lesson else as_it_is
    result = train(student, split["train"], split["validation"], training, work, told, resume_from, taught=taught)
    if result.stopped == "save":
        raise Stopped(saved=True)
    shutil.rmtree(out, ignore_errors=True)
    result.adapter.rename(out)
    return {
        "teacher": teacher.name,
        "how": "logits" if lesson else "sequences",
        "settings": own.model_dump(),
        "student_parameters": count_parameters(out),
        "teacher_parameters": teacher.parameters,
        **result.figures,
        "divergence": _curve(lesson.heard) if lesson else [],
        "notes": list(result.notes),
    }


def refuse_pair(student_folder: Path, teacher: Teacher, how: str) -> None:
    """`refuse_distil` for a student's folder, whose tokenizer is compared with the teacher's."""
    same = how == "logits" and teacher.folder is not None and token_print(student_folder) == token_print(teacher.folder)
    refuse_distil(read_config(student_folder), teacher.config, same, how)


def answered_rows(teacher: Teacher, rows: Rows, own: DistilSettings) -> tuple[Rows, dict[str, Any]]:
    """(the rows with the teacher's answers in place of their targets, {asked, kept, kept_share, rejected, unanswered}); where an
    answer is not to be learned a row keeps its own target."""
    asked = to_ask(rows["train"])
    taught, rejected = list(rows["train"]), Counter[str]()

    def take(place: int, made: Generated) -> None:
        row = taught[asked[place]]
        if flaw := flaw_of(made, row):
            rejected[flaw] += 1
        else:
            taught[asked[place]] = {**row, "target": made.text.strip()}

    backend = teacher.ask()
    try:
        prompts = [taught[place]["messages"] for place in asked]
        failed = ask_all(backend, prompts, own.decoding(), take, teacher.folder is None)
    finally:
        backend.close()
    return {**rows, "train": taught}, tally_of(len(asked), rejected, len(failed))


def to_ask(rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Places of the rows a teacher is asked for: those of the bucket `distil`, or all where no row is in it."""
    marked = [place for place, row in enumerate(rows) if (row.get("meta") or {}).get("bucket") == "distil"]
    return marked or list(range(len(rows)))


def tally_of(asked: int, rejected: Mapping[str, int], unanswered: int) -> dict[str, Any]:
    """What came of asking, as commands and pages tell it."""
    kept = asked - sum(rejected.values()) - unanswered
    return {
        "asked": asked,
        "kept": kept,
        "kept_share": kept / asked if asked else None,
        "rejected": dict(rejected),
        "unanswered": unanswered,
    }


def open_lesson(teacher: Teacher, own: DistilSettings) -> Lesson:
    """The teacher's weights in memory, as it answers with them."""
    assert teacher.base is not None
    model = load_model(teacher.base, teacher.adapter, quantisation=teacher.quantisation)
    return Lesson(model.requires_grad_(False).eval(), own.teacher_share, own.temperature, own.jsd_beta)


def split_settings(settings: Mapping[str, Any]) -> tuple[DistilSettings, TrainSettings]:
    """What is about the teaching, and what about training; every weight of the student is trained."""
    own = {name: value for name, value in settings.items() if name in DistilSettings.model_fields}
    rest = {name: value for name, value in settings.items() if name not in DistilSettings.model_fields}
    whole = {"method": "full", "quantisation": "none", "use_dora": False, "use_rslora": False}
    return DistilSettings(**own), TrainSettings(**{**rest, **whole})


def _curve(heard: Sequence[float], points: int = 10) -> list[float]:
    """Means of so many equal parts of the batches, in order."""
    cuts = [round(part * len(heard) / points) for part in range(points + 1)]
    return [sum(heard[a:b]) / (b - a) for a, b in pairwise(cuts) if b > a]
