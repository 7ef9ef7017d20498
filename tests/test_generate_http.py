"""Generation against a real server on this machine that limits, refuses, fails, is silent, hangs up, cuts off and lies.

The judge here knows copies alone, so that what is taken can be told exactly; the real one works in test_generate_jobs.
"""

import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from engine.config import cache_folder
from engine.errors import Stopped, UserError
from engine.generate import run
from engine.generate.check import REFUSAL
from engine.generate.run import report, run_generation
from engine.store.generations import get_generation, ledger, reopen_given_up, set_keys, tally_by_clause
from engine.store.jobs import ask_stop
from engine.store.maintain import check
from engine.store.open import open_store
from tests.generating import begun, clause_source, copied, generated, key_file, pairs_of
from tests.llm_server import Rules, Server, invented_clauses

GOOD, OTHER, DEAD = "sk-secret-good-1234567890", "sk-secret-other-234567890", "sk-secret-dead-3456789012"


@pytest.fixture
def store(fresh_store: Path, monkeypatch) -> Path:
    monkeypatch.setattr(run, "_judge", copied)
    return fresh_store


def consistent(store: Path, source: str, told: dict) -> list[dict]:
    """What must hold for every generation: figures agree, pairs are grounded, the store is whole. Returns the pairs."""
    pairs, texts = pairs_of(store, source), [text for text, _ in invented_clauses(500)]
    assert told["attempted"] == told["accepted"] + sum(told["rejected"].values())
    assert told["requests"] == told["attempted"] + told["rate_limited"] + told["key_refused"] + sum(
        told["failed"].values()
    )
    assert len(pairs) == told["accepted"] == told["wanted"] - told["missing"]
    for pair in pairs:
        shown = texts[int(pair["chunk_id"].removeprefix("c-")) - 1]
        if pair["answerable"]:
            sentence, _, ground = pair["answer"].rpartition(" (")
            assert sentence.rstrip(".") in shown and shown.startswith(ground.removesuffix(")"))
        else:
            assert pair["answer"] == REFUSAL
    assert len({(pair["chunk"], pair["question"]) for pair in pairs}) == len(pairs)
    with open_store(store) as db:
        assert check(db) == []
    return pairs


def test_everything_goes_wrong_and_only_good_pairs_are_taken(store, tmp_path):
    source = clause_source(store, 30)
    rules = Rules(
        rates={GOOD: 60, OTHER: 40},
        fails=0.05,
        cuts=0.05,
        truncates=0.06,
        garbage=0.06,
        lies=0.15,
        hangs=0.02,
        burst=20,
    )
    with Server(rules) as server:
        told = generated(store, source, key_file(tmp_path, GOOD, OTHER, DEAD), url=server.url, timeout=1.5, per_chunk=2)
    pairs = consistent(store, source, told)
    assert set(told["rejected"]) >= {"ungrounded", "truncated", "no_json"}
    assert {"http_500", "connection_cut"} <= set(told["failed"])
    # a lie may repeat a question, which is seen first
    assert told["rejected"]["ungrounded"] > server.counts["lies"] / 2
    assert told["key_refused"] >= 1 and sum(key["accepted"] for key in told["keys"]) == len(pairs)
    types = Counter(pair["type"] for pair in pairs)
    assert set(types) == {"fact", "scenario", "easy"}
    assert any(not pair["answerable"] for pair in pairs)


def test_a_refused_key_is_set_aside_and_no_key_is_ever_written_down(store, tmp_path):
    source = clause_source(store, 5)
    with Server(Rules(rates={GOOD: 100}, burst=100)) as server:
        generation, work = begun(
            store, source, key_file(tmp_path, DEAD, GOOD), url=server.url, per_chunk=1, unanswerable=0
        )
        told = run_generation(work, generation)
        asked = Counter(key for _, key, status in server.log if status == 401)
    assert told["missing"] == 0 and 1 <= asked[DEAD] <= 2
    with open_store(store) as db:
        assert any("거절" in row["text"] for row in db.query("SELECT text FROM log_lines"))
    everything = b"".join(path.read_bytes() for path in (store, *store.parent.glob("store.db-*")))
    everything += b"".join(path.read_bytes() for path in cache_folder(store).rglob("*") if path.is_file())
    assert b"sk-secret" not in everything


def test_when_every_key_is_refused_the_owner_is_told_which_and_can_go_on(store, tmp_path):
    source = clause_source(store, 3)
    keys = key_file(tmp_path, DEAD)
    with Server(Rules(rates={GOOD: 100})) as server:
        generation, work = begun(store, source, keys, url=server.url, per_chunk=1)
        with pytest.raises(UserError, match="refused") as caught:
            run_generation(work, generation)
        assert DEAD not in caught.value.ko + caught.value.en
        key_file(tmp_path, GOOD)
        assert run_generation(work, generation)["missing"] == 0


@pytest.mark.parametrize("how", ["file", "row"])
def test_keys_are_changed_while_it_runs(store, tmp_path, how):
    source = clause_source(store, 25)
    keys = key_file(tmp_path, GOOD)
    with Server(Rules(rates={GOOD: 3, OTHER: 60}, burst=2)) as server:
        generation, work = begun(store, source, keys, url=server.url, per_chunk=2, unanswerable=0)

        def change() -> None:
            while len(server.log) < 3:
                time.sleep(0.05)
            if how == "file":
                key_file(tmp_path, OTHER)
                return
            (tmp_path / "more.json").write_text(f'["{GOOD}", "{OTHER}"]', encoding="utf-8")
            with open_store(store) as db:
                set_keys(db, generation, {"file": str(tmp_path / "more.json")})

        helper = threading.Thread(target=change)
        helper.start()
        told = run_generation(work, generation)
        helper.join()
        used = Counter(key for _, key, status in server.log if status == 200)
    assert told["missing"] <= told["given_up"] and used[OTHER] and used[GOOD]
    consistent(store, source, told)


def test_pausing_keeps_everything_and_going_on_repeats_nothing(store, tmp_path):
    source = clause_source(store, 20)
    with Server(Rules(rates={GOOD: 20}, burst=2)) as server:
        generation, work = begun(store, source, key_file(tmp_path, GOOD), url=server.url, per_chunk=2, unanswerable=0)

        def pause() -> None:
            while server.counts["good"] < 5:
                time.sleep(0.05)
            with open_store(store) as db:
                ask_stop(db, work.job_id, "save")

        helper = threading.Thread(target=pause)
        helper.start()
        with pytest.raises(Stopped) as stop:
            run_generation(work, generation)
        helper.join()
        first = pairs_of(store, source)
        assert stop.value.saved and 0 < len(first) < 40
        with open_store(store) as db:
            db.execute("UPDATE jobs SET stop = NULL")
            db.conn.commit()
        told = run_generation(work, generation)
    assert consistent(store, source, told)[: len(first)] == first


def test_what_is_given_up_is_missing_and_is_asked_for_again_on_resume(store, tmp_path):
    source = clause_source(store, 4)
    with Server(Rules(rates={GOOD: 100}, lies=1.0, burst=100)) as liar:
        generation, work = begun(
            store, source, key_file(tmp_path, GOOD), url=liar.url, per_chunk=1, unanswerable=0, tries=3
        )
        told = run_generation(work, generation)
        assert told["accepted"] == 0 and told["missing"] == told["given_up"] == 4 and told["attempted"] == 12
        assert told["rejected"] == {"ungrounded": 12} and told["retried"] == 8
        again = run_generation(work, generation)
        assert again["requests"] == 12 and liar.counts["lies"] == 12
        with open_store(store) as db:
            assert {chunk["reason"] for chunk in tally_by_clause(db, generation, missing_only=True)} == {"ungrounded"}
            assert reopen_given_up(db, generation) == 4
        liar.rules.lies = 0
        assert run_generation(work, generation)["missing"] == 0


def test_the_reason_goes_back_to_the_model(store, tmp_path):
    source = clause_source(store, 1)
    with Server(Rules(lies=1.0)) as liar:
        generated(store, source, {}, url=liar.url, per_chunk=1, unanswerable=0, tries=2)
        first, second = (body["messages"][-1]["content"] for body in liar.bodies)
    assert "조항에 없는 내용" not in first and "조항에 없는 내용" in second


def test_a_server_that_is_gone_ends_the_job_and_costs_no_pair_a_try(store, tmp_path):
    source = clause_source(store, 10)
    with Server(Rules(rates={GOOD: 100}, down=True, burst=100)) as server:
        generation, work = begun(store, source, key_file(tmp_path, GOOD), url=server.url, per_chunk=1)
        with pytest.raises(UserError, match="http_503"):
            run_generation(work, generation)
        with open_store(store) as db:
            assert not any(row["tries"] for row in db.query("SELECT tries FROM generation_pairs"))
            assert ledger(db, generation)["failed"]["http_503"] >= 5
        server.rules.down = False
        assert run_generation(work, generation)["given_up"] <= 1


def test_nobody_listens(store, tmp_path):
    source = clause_source(store, 2)
    with pytest.raises(UserError, match="no_connection"):
        generated(store, source, key_file(tmp_path, GOOD), url="http://127.0.0.1:9/v1")


def test_a_key_whose_quota_is_spent_is_set_aside_for_the_others(store, tmp_path):
    source = clause_source(store, 6)
    with Server(Rules(rates={GOOD: 100, OTHER: 100}, spent=[OTHER], burst=100)) as server:
        told = generated(store, source, key_file(tmp_path, OTHER, GOOD), url=server.url, per_chunk=1, unanswerable=0)
        assert sum(key == OTHER for _, key, _ in server.log) <= 3
    assert told["missing"] == 0


def test_gemini_is_asked_in_its_own_form(store, tmp_path):
    source = clause_source(store, 3)
    with Server(Rules(rates={GOOD: 100}, burst=100)) as server:
        told = generated(
            store, source, key_file(tmp_path, GOOD), provider="gemini", url=server.url.removesuffix("/v1"), model="gemini-2.5-flash", price_in=1.0, price_out=2.0
        )  # fmt: skip
        assert set(server.paths) == {"/v1beta/models/gemini-2.5-flash:generateContent"}
        assert "key=" not in "".join(server.paths)
    n = told["attempted"]
    assert told["tokens"] == {"in": 300 * n, "out": 50 * n} and told["cost"] == pytest.approx(400 * n / 1e6)
    consistent(store, source, told)


def test_a_server_without_keys_is_asked_without_any(store, tmp_path, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    source = clause_source(store, 2)
    with Server(Rules()) as server:
        told = generated(store, source, {}, url=server.url, per_chunk=1)
        assert {key for _, key, _ in server.log} == {"(no key)"}
    assert told["missing"] <= told["given_up"] and told["keys"][0]["key"] == "-"


def test_a_generation_belongs_to_one_job(store, tmp_path):
    source = clause_source(store, 2)
    generation, _ = begun(store, source, {}, url="http://127.0.0.1:9/v1")
    with open_store(store) as db:
        db.execute("UPDATE jobs SET state = 'interrupted'")
        db.conn.commit()
    _, other = begun(store, source, {}, url="http://127.0.0.1:9/v1")
    with pytest.raises(UserError, match="다른 작업"):
        run_generation(other, generation)


def test_the_ledger_is_told_per_clause_key_and_type(store, tmp_path):
    source = clause_source(store, 4)
    with Server(Rules(rates={GOOD: 100}, burst=100)) as server:
        told = generated(store, source, key_file(tmp_path, GOOD), url=server.url, per_chunk=3, unanswerable=0)
    with open_store(store) as db:
        chunks = list(tally_by_clause(db, told["generation_id"]))
        assert [chunk["chunk_id"] for chunk in chunks] == [f"c-{n:05d}" for n in range(1, 5)]
        assert sum(chunk["accepted"] for chunk in chunks) == told["accepted"]
        assert report(db, told["generation_id"]) == told
        assert get_generation(db, source)["id"] == get_generation(db)["id"] == told["generation_id"]
    assert sum(row["wanted"] for row in told["types"]) == 12
