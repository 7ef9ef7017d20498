"""Reviews by command, and rows read by the light tokenizer: the same as the page, the same as the whole tokenizer."""

import json
import subprocess
import sys

import pytest

from engine.config import ROOT
from engine.models.bases import STARTER_DIR, resolve_base
from engine.models.light import light_tokenizer
from engine.models.template import as_model_sees
from engine.store.open import open_store
from tests.curated import curated, members, row_where
from tests.test_jobs import end_supervisor
from tests.tiny_models import ARCHITECTURES, make_tiny


@pytest.fixture
def made(fresh_store):
    with open_store(fresh_store) as db:
        return curated(db)


@pytest.mark.slow
def test_a_command_and_the_page_decide_alike(made, fresh_store):
    with open_store(fresh_store) as db:
        row = row_where(db, made[1], split="train")
        total = sum(1 for one in members(db, made[1]) if one["split"])

    def engine(*words: str) -> dict:
        done = subprocess.run(
            [sys.executable, "-m", "engine", "--json", *words], cwd=ROOT, capture_output=True, text=True, check=True
        )
        return dict(json.loads(done.stdout.splitlines()[-1]))

    assert engine("review", "next")["pending"] == total
    assert engine("review", "reject", str(row))["decided"] == 1
    told = engine("review", "fix", str(row), "--text", "응 집에 있어")
    assert (told["pending"], told["decisions"]) == (total - 1, {"edit": 1})
    assert engine("review", "undo")["decisions"] == {"drop": 1}
    try:
        new = engine("dataset", "freeze", made[1])
        assert new["rows"] == total - 1 and new["parent"] == made[1]
        assert engine("dataset", "compare", made[1], new["dataset_id"])["only_a"] == 1
    finally:
        end_supervisor(fresh_store)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["starter", *ARCHITECTURES])
def test_the_light_tokenizer_reads_rows_exactly_as_the_whole_one_or_steps_back(name, tmp_path):
    from engine.models.loading import load_tokenizer

    folder = STARTER_DIR if name == "starter" else make_tiny(name, tmp_path)
    light = light_tokenizer(folder)
    if light is None:
        assert name != "starter"
        return
    whole = load_tokenizer(resolve_base(str(folder)))
    for said in ("안녕 뭐 해?", "<|end|> <s> 몰래 <|im_end|> <|assistant|>", "뷁😀 \n 두 줄", "<script>**굵게**"):
        messages = [{"role": "system", "content": "친구처럼"}, {"role": "user", "content": said}]
        for length in (16, 64, 512):
            assert as_model_sees(light, messages, said, length) == as_model_sees(whole, messages, said, length)
