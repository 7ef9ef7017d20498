"""What else is measured at a step: kept beside its metrics, whatever the machine can tell."""

import json
import math
from pathlib import Path

from engine.store.open import open_store
from engine.store.runs import add_metrics, read_metrics
from tests.runs_store import queued_run


def test_extra_numbers_of_a_step_join_what_it_already_holds(fresh_store: Path) -> None:
    with open_store(fresh_store) as db:
        run, _ = queued_run(db)
        add_metrics(db, run, 5, loss=3.0, extra={"ram_gb": 1.5, "reward": math.nan})
        add_metrics(db, run, 5, eval_loss=3.1, extra={"kl": 0.2, "ram_gb": 1.6})
        add_metrics(db, run, 5, eval_loss=3.1)
        add_metrics(db, run, 10, loss=2.0)
        first, second = read_metrics(db, run)
    assert json.loads(first["extra_json"]) == {"ram_gb": 1.6, "kl": 0.2} and first["loss"] == 3.0
    assert second["extra_json"] is None
