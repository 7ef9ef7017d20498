"""Models measured in processes of their own: every figure is there, the parent's memory is not in it, bad ones are told."""

from pathlib import Path

import pytest

from engine.errors import UserError
from engine.serve.measure import measure_all, weights_in
from engine.store.open import open_store
from tests.tiny_models import make_tiny

ASKED = [[{"role": "user", "content": "오늘 저녁에 뭐 먹을까?"}]]


def test_each_model_is_measured_alone_and_in_turns(fresh_store: Path, tmp_path: Path) -> None:
    with open_store(fresh_store):
        pass
    folder = make_tiny("llama", tmp_path)
    names = [f"base:{folder}", f"ctranslate2:base:{folder}"]
    lines: list[str] = []
    ballast = bytearray(600 * 1024**2)  # what the parent holds is nobody's
    found = measure_all(
        fresh_store, names, prompts=ASKED, new_tokens=8, rounds=2, threads=1, told=lines.append, dtype="fp32"
    )
    assert len(ballast) and list(found) == names
    for name in names:
        one = found[name]
        assert one.parameters == weights_in(folder) > 0 and one.threads == 1 and one.vram_mb is None
        assert 0 < one.private_mb <= one.rss_mb < 600 and one.load_peak_mb > 0 and 0 < one.size_mb < 3
        assert one.tokens_per_second > 0 and one.answer_s >= one.first_token_s > 0 and 0 <= one.spread <= 1
    turns = [line.split(": ")[0] for line in lines if "/2" in line]
    assert turns == names * 2


@pytest.mark.parametrize("name", ["run-0", "http://127.0.0.1:9/v1#m"])
def test_what_is_no_model_here_is_told(name: str, fresh_store: Path) -> None:
    with open_store(fresh_store):
        pass
    with pytest.raises(UserError):
        measure_all(fresh_store, [name], prompts=ASKED, rounds=1)
