"""What a run's numbers say: the verdict on its curve, its few points, its pace, and runs side by side."""

import json
import math
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.errors import UserError
from engine.reports.report import report
from engine.store.open import open_store
from engine.store.runs import add_metrics, get_run, standing, update_run
from engine.train.curve import POINTS, judge, judge_training, read_curve, seconds_left, smoothed, thinned
from engine.train.epochs import epochs_of
from engine.train.watch import compare_runs, named_run, read_run_view
from tests.runs_store import begin, end, ended_run, frozen_dataset, give_adapter, queued_run


@pytest.mark.parametrize(
    ("validations", "course", "best"),
    [
        ([], "none", None),
        ([(0, 7.5)], "early", None),
        ([(0, 7.5), (20, 4.0)], "early", (20, 4.0)),
        ([(0, 7.5), (20, 4.0), (40, 3.5)], "falling", (40, 3.5)),
        ([(20, 4.0), (40, 3.50), (60, 3.49)], "flat", (60, 3.49)),
        ([(20, 4.0), (40, 3.50), (60, 3.52)], "flat", (40, 3.50)),
        ([(20, 4.0), (40, 3.0), (60, 3.4)], "rising", (40, 3.0)),
        ([(0, 3.0), (20, 3.2), (40, 3.1)], "unlearned", (40, 3.1)),
    ],
)
def test_the_curve_is_read_as_it_went(validations, course, best) -> None:
    verdict = judge(validations)
    assert (verdict.course, verdict.best) == (course, best)


def test_a_flat_curve_says_since_when() -> None:
    assert judge([(20, 4.0), (40, 3.50), (60, 3.49), (80, 3.48)]).level == 40


def test_a_curve_of_many_records_comes_in_few_points_and_keeps_its_ends(fresh_store: Path) -> None:
    with open_store(fresh_store) as db:
        run, _ = queued_run(db)
        with db.conn:
            db.conn.executemany(
                "INSERT INTO metrics (run_id, step, loss, eval_loss, at) VALUES (?, ?, ?, ?, '2026-01-01')",
                [(run, step, 5.0, 4.0 + abs(step - 1234) / 1e4) for step in range(1, 5001)],
            )
        curve = read_curve(db, run)
        assert len(curve.losses) <= POINTS and curve.losses[-1]["step"] == 5000
        steps = [step for step, _ in curve.validations]
        assert len(steps) <= POINTS and steps[0] == 1 and steps[-1] == 5000 and 1234 in steps
        assert curve.verdict.best == (1234, 4.0)


def test_a_run_by_epochs_holds_means_of_training_and_the_last_validation(fresh_store: Path) -> None:
    with open_store(fresh_store) as db:
        run, _ = queued_run(db)
        add_metrics(db, run, 0, epoch=0.0, eval_loss=4.0)
        add_metrics(db, run, 1, epoch=0.25, loss=3.0, extra={"token_accuracy": 0.2})
        add_metrics(db, run, 4, epoch=1.0, loss=1.0, extra={"token_accuracy": 0.6})
        add_metrics(db, run, 4, epoch=1.0, eval_loss=2.0, extra={"eval_token_accuracy": 0.5})
        assert epochs_of(db, run) == []  # one epoch is no table
        add_metrics(db, run, 6, epoch=1.5, loss=0.5, eval_loss=1.9)
        add_metrics(db, run, 8, epoch=2.0, loss=0.5, eval_loss=1.8)
        told = epochs_of(db, run)
        assert read_run_view(db, run).epochs == told
        text = report(db, run, "ko")
    assert [(one.epoch, one.step, one.eval_loss) for one in told] == [(0, 0, 4.0), (1, 4, 2.0), (2, 8, 1.8)]
    assert told[1].loss == pytest.approx((3.0 + 3 * 1.0) / 4)  # three steps lie behind the second record
    assert told[1].token_accuracy == pytest.approx((0.2 + 3 * 0.6) / 4) and told[1].eval_token_accuracy == 0.5
    assert told[2].token_accuracy is None and told[0].loss is None
    assert "에포크마다" in text and "50.0%" in text


def test_smoothing_begins_at_the_first_value_and_keeps_a_constant() -> None:
    assert smoothed([4.0, 4.0, 4.0], 0.9) == pytest.approx([4.0, 4.0, 4.0])
    assert smoothed([5.0, 1.0, 3.0], 0.0) == [5.0, 1.0, 3.0]
    told = smoothed([4.0, 2.0], 0.5)
    assert told == pytest.approx([4.0, (0.5 * 0.5 * 4.0 + 0.5 * 2.0) / 0.75]) and smoothed([], 0.9) == []


def noisy(losses: list[float]) -> list[tuple[int, float]]:
    draw = random.Random(7)
    return [(5 * place, loss + draw.gauss(0, 0.1)) for place, loss in enumerate(losses, start=1)]


@pytest.mark.parametrize(
    ("losses", "course"),
    [
        ([4.0] * 8, "unknown"),
        ([5.0 - place / 50 for place in range(200)], "falling"),
        ([3.0] * 200, "flat"),
        ([5.0 - place / 25 for place in range(50)] + [3.0 + place / 40 for place in range(50)], "diverging"),
        ([5.0 - 2.5 * (1 - 0.97**place) for place in range(400)], "flat"),
    ],
)
def test_the_training_loss_is_read_through_its_noise(losses: list[float], course: str) -> None:
    assert judge_training(noisy(losses)).course == course


def test_a_training_loss_that_rises_says_since_when() -> None:
    told = judge_training(noisy([5.0 - place / 25 for place in range(50)] + [3.0 + place / 40 for place in range(50)]))
    assert told.lowest is not None and 200 <= told.lowest <= 300


def test_a_hundred_thousand_steps_come_in_a_bounded_view(fresh_store: Path) -> None:
    """What a poll reads and sends does not grow with the run; the newest record and the gauges are in it."""
    with open_store(fresh_store) as db:
        run, _ = queued_run(db)
        extra = json.dumps({"tokens": 1000.0, "seconds": 2.0, "cpu_percent": 40.0, "gpu_power_w": 90.0})
        with db.conn:
            db.conn.executemany(
                "INSERT INTO metrics (run_id, step, loss, learning_rate, grad_norm, tokens_per_second, memory_gb, extra_json, at) "
                "VALUES (?, ?, ?, 0.001, 1.0, 500.0, 1.5, ?, '2026-01-01T00:00:00+00:00')",
                [(run, step, 5.0, extra) for step in range(1, 100_001)],
            )
        view = read_run_view(db, run)
        compared = compare_runs(db, [run, run], spent=True)
    curve = view.curve
    assert len(curve.losses) <= POINTS and len(curve.gauges) <= POINTS
    assert curve.losses[-1]["step"] == curve.gauges[-1]["step"] == 100_000 and curve.gauges[-1]["gpu_power_w"] == 90.0
    assert len(json.dumps([curve.losses, curve.gauges])) < 200_000
    assert compared.runs[0].spent[100_000] == (1e8, 2e5) and len(compared.runs[0].spent) <= POINTS


def test_thinning_keeps_what_is_short() -> None:
    points = [(step, 1.0) for step in range(5)]
    assert thinned(points, 10) == points


def test_losses_that_are_no_numbers_are_not_drawn(fresh_store: Path) -> None:
    with open_store(fresh_store) as db:
        run, _ = queued_run(db)
        add_metrics(db, run, 1, loss=math.inf, eval_loss=math.inf)
        add_metrics(db, run, 2, loss=math.nan, eval_loss=math.nan)
        add_metrics(db, run, 3, loss=2.0, eval_loss=2.5)
        curve = read_curve(db, run)
        assert [row["step"] for row in curve.losses] == [3] and curve.validations == [(3, 2.5)]


def at(seconds: float) -> str:
    return (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)).isoformat()


def test_time_left_is_told_from_three_records_on_and_runs_down() -> None:
    run, told = {"steps_total": 100}, [{"step": step, "at": at(step * 2.0)} for step in (10, 20, 30)]
    assert seconds_left(run, told[:2]) is None and seconds_left({"steps_total": None}, told) is None
    assert seconds_left(run, told, datetime.fromisoformat(at(60))) == pytest.approx(140)
    assert seconds_left(run, told, datetime.fromisoformat(at(70))) == pytest.approx(130)
    assert seconds_left(run, told, datetime.fromisoformat(at(9999))) == 0


def test_the_pace_is_that_of_the_present_attempt(fresh_store: Path) -> None:
    """A night between two attempts must not count."""
    with open_store(fresh_store) as db:
        run, job = queued_run(db)
        begin(db, job)
        for step in (10, 20, 30):
            add_metrics(db, run, step, loss=3.0)
        db.execute("UPDATE metrics SET at = '2026-01-01T00:00:00.000+00:00'")
        now = datetime.now(UTC)
        since = (now - timedelta(seconds=60)).isoformat(timespec="milliseconds")
        db.execute("UPDATE jobs SET progress_json = json_object('since', ?) WHERE id = ?", [since, job])
        for place, step in enumerate((40, 50)):
            add_metrics(db, run, step, loss=3.0)
            stamp = (now - timedelta(seconds=40 - place * 20)).isoformat(timespec="milliseconds")
            db.execute("UPDATE metrics SET at = ? WHERE step = ?", [stamp, step])
        assert read_run_view(db, run).seconds_left is None
        add_metrics(db, run, 60, loss=3.0)
        left = read_run_view(db, run).seconds_left
        assert left is not None and 60 < left < 100


@pytest.mark.parametrize(
    ("state", "ending", "expected"),
    [
        ("done", "done", "done"),
        ("interrupted", "stopped_saved", "stopped_saved"),
        ("interrupted", "killed", "killed"),
        ("cancelled", "cancelled", "cancelled"),
        ("failed", "out_of_memory", "out_of_memory"),
        ("failed", "user_error", "user_error"),
        ("failed", "bug", "bug"),
    ],
)
def test_a_run_says_why_it_ended(fresh_store: Path, state: str, ending: str, expected: str) -> None:
    with open_store(fresh_store) as db:
        assert standing(get_run(db, ended_run(db, None, state, ending))) == expected


def test_a_run_that_stopped_by_itself_or_came_from_elsewhere_says_so(fresh_store: Path, tmp_path: Path) -> None:
    with open_store(fresh_store) as db:
        run = ended_run(db)
        update_run(db, run, result_json={"stopped": "early"})
        assert standing(get_run(db, run)) == "early"
        update_run(db, run, job_id=None)
        assert standing(get_run(db, run)) == "lost"
        give_adapter(db, run, tmp_path / "adapter")
        assert standing(get_run(db, run)) == "adopted"


def test_a_run_is_named_by_its_id_its_job_or_latest(fresh_store: Path) -> None:
    with open_store(fresh_store) as db:
        with pytest.raises(UserError):
            named_run(db, "latest")
        ended_run(db)
        run, job = queued_run(db)
        assert named_run(db, "latest") == named_run(db, job) == named_run(db, run) == run


def test_compared_runs_show_only_the_settings_that_differ(fresh_store: Path, tmp_path: Path) -> None:
    with open_store(fresh_store) as db:
        dataset = frozen_dataset(db)
        first, second = ended_run(db, dataset), ended_run(db, dataset, lora_rank=4)
        give_adapter(db, second, tmp_path / "adapter")
        found = compare_runs(db, [first, second])
        assert found.differing == {"lora_rank": [16, 4]} and found.one_dataset and found.one_base
        assert [run.best for run in found.runs] == [3.0, 3.0] and found.runs[1].peak_gb == 1.7
        assert found.runs[0].peak_gb == 1.5 and found.runs[0].seconds is not None
        third = ended_run(db)
        assert not compare_runs(db, [first, third]).one_dataset
        other, _ = queued_run(db, dataset, base="polyglot-ko-1.3b")
        assert not compare_runs(db, [first, other]).one_base


def test_a_run_that_was_never_started_has_a_view(fresh_store: Path) -> None:
    with open_store(fresh_store) as db:
        run, job = queued_run(db)
        view = read_run_view(db, run)
        assert view.standing == "waiting" and view.newest is None and view.curve.verdict.course == "none"
        token = begin(db, job)
        assert read_run_view(db, run).standing == "running"
        end(db, job, token, "cancelled", "cancelled")
        assert read_run_view(db, run).standing == "cancelled"
