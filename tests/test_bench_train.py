"""The training bench runs from end to end with a few steps, and puts its table where the page's older one stood."""

import argparse
from pathlib import Path

import pytest

import bench.train as bench
from bench.train_rows import chat_pairs, mixed_rows


def test_rows_come_from_the_shipped_samples_alone_when_asked() -> None:
    pairs, mixed = chat_pairs(shared=False), mixed_rows(shared=False)
    assert len(pairs) > 1000 and all(len(messages) == 1 and target for messages, target in pairs)
    assert len(mixed) == 3 * (len(mixed) // 3) and chat_pairs(shared=False) == pairs


@pytest.mark.slow
def test_both_sides_train_and_are_told_in_one_table() -> None:
    given = argparse.Namespace(
        base="starter", steps=2, rate=2e-3, quantisation="nf4", seeds=[0], rows=["chat"], threads=1, sets=[],
        shipped_only=True, peer_fp32=False,
    )  # fmt: skip
    tries = bench.in_turns(given)
    assert [found["side"] for found in tries] == ["trl", "ours"]
    assert all(found["steps"] == 2 and found["tokens"] > 0 and found["loss"] < 8 for found in tries)
    told = bench.table(tries, "tokens_per_cpu_second")
    assert "| chat | trl |" in told and "| chat | ours |" in told


def test_a_section_takes_the_place_of_the_older_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "benchmarks.md"
    page.write_text(f"# Benchmarks\n\n{bench.HEADING}\n\nold\n\n## Another\n\nstays\n", encoding="utf-8")
    monkeypatch.setattr(bench, "PAGE", page)
    bench.write("new")
    bench.write("newer")
    assert page.read_text(encoding="utf-8") == f"# Benchmarks\n\n{bench.HEADING}\n\nnewer\n\n## Another\n\nstays\n"
