"""Generation by the real command, supervisor and worker, with the real judge: killed, resumed, paused, refused, forgotten."""

import json
import os
import random
import re
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine.config import ROOT, cache_folder
from engine.errors import UserError
from engine.generate.options import GenerateOptions
from engine.jobs.generating import go_on, start
from engine.jobs.queue import resume, wait
from engine.store.forget import forget_source
from engine.store.generations import PAIR, get_generation, ledger
from engine.store.jobs import ENDED, claim_next, enqueue, get_job
from engine.store.lineage import lineage
from engine.store.maintain import check
from engine.store.open import open_store
from engine.store.sources import search_records
from tests.generating import begun, clause_source, key_file, pairs_of
from tests.llm_server import Rules, Server
from tests.test_jobs import end_supervisor, until

GOOD = "sk-secret-good-1234567890"


@pytest.fixture
def store(fresh_store: Path):
    with open_store(fresh_store):
        pass
    yield fresh_store
    end_supervisor(fresh_store)


def engine(*words: str, expect: int = 0) -> dict:
    done = subprocess.run(
        [sys.executable, "-m", "engine", *words, "--json"], cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False
    )  # fmt: skip
    assert done.returncode == expect, done.stderr
    assert "sk-secret" not in done.stdout + done.stderr
    told: dict = json.loads(done.stdout.splitlines()[-1])
    return told


def job_of(store: Path, generation: str) -> dict:
    with open_store(store) as db:
        return get_job(db, get_generation(db, generation)["job_id"])


def accepted(store: Path, generation: str) -> int:
    with open_store(store) as db:
        return int(ledger(db, generation)["accepted"])


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_killed_again_and_again_it_repeats_no_accepted_pair(store, tmp_path):
    source = clause_source(store, 40)
    rng = random.Random(9)
    with Server(Rules(rates={GOOD: 12}, burst=4, lies=0.05, cuts=0.03)) as server:
        options = GenerateOptions.model_validate(
            {"provider": "openai", "url": server.url, "per_chunk": 2, "unanswerable": 0.2}
        )
        begun = start(store, source, options, key_file(tmp_path, GOOD))
        kills, seen = 0, []
        while kills < 5 and job_of(store, begun.generation_id)["state"] not in ENDED:
            before = accepted(store, begun.generation_id)
            until(
                lambda n=before: (
                    accepted(store, begun.generation_id) > n or job_of(store, begun.generation_id)["state"] in ENDED
                )
            )
            time.sleep(rng.uniform(0, 1.5))
            job = job_of(store, begun.generation_id)
            if job["state"] in ENDED or not job["pid"]:
                continue
            os.kill(job["pid"], 9)
            kills += 1
            with open_store(store) as db:
                assert check(db) == []
            until(lambda: job_of(store, begun.generation_id)["state"] in ENDED)
            seen.append([(p["chunk"], p["question"], p["answer"]) for p in pairs_of(store, source)])
            resume(store, begun.job_id)
        told = wait(store, begun.job_id, lambda _: None)
    pairs = [(p["chunk"], p["question"], p["answer"]) for p in pairs_of(store, source)]
    assert kills >= 3 and all(pairs[: len(part)] == part for part in seen)
    assert len(set(pairs)) == len(pairs) == told["accepted"] == 80 - told["given_up"]
    db = sqlite3.connect(store)
    doubled = "SELECT ord FROM generation_attempts WHERE outcome = 'accepted' GROUP BY ord HAVING count(*) > 1"
    assert db.execute(doubled).fetchall() == []
    db.close()


@pytest.mark.slow
def test_the_command_tells_the_ledger_and_show_tells_it_again(store, tmp_path):
    source = clause_source(store, 8)
    keys = key_file(tmp_path, GOOD)["file"]
    with Server(Rules(rates={GOOD: 60}, burst=20, lies=0.2)) as server:
        told = engine("generate", source, "--provider", "openai", "--url", server.url, "--keys", keys, "--types", "fact,easy", "--per-chunk", "2", "--unanswerable", "0.25", "--price", "1,2")  # fmt: skip
        assert {"attempted", "accepted", "rejected", "retried", "rate_limited"} <= set(told)
        assert told["wanted"] == 16 and told["accepted"] == 16 - told["missing"] and told["cost"] > 0
        assert {row["type"] for row in told["types"]} == {"fact", "easy"}
        shown = engine("generate", "show", told["generation_id"])
        assert {name: shown[name] for name in told} == told and len(shown["chunks"]) == 8
        assert "key" in shown["keys_from"] or "file" in shown["keys_from"]
    with Server(Rules(rates={GOOD: 60}, burst=20)) as moved:
        assert "per_chunk" in engine("generate", source, "--resume", "--per-chunk", "9", expect=2)["error"]["en"]
        more = engine("generate", source, "--resume", "--url", moved.url)
        for _ in range(3):  # the server draws what it says: one pair may be a double each time it is tried (1 run in 5)
            more = engine("generate", source, "--resume") if more["missing"] else more
    assert more["missing"] == 0 and more["generation_id"] == told["generation_id"]
    args = (cache_folder(store) / "logs").rglob("*")
    assert not any(b"sk-secret" in path.read_bytes() for path in args if path.is_file())
    with open_store(store) as db:
        found = search_records(db, source, "어떻게 되나요")
        assert {row["kind"] for row in found} == {PAIR} and check(db) == []
        known = lineage(db, source)
        assert {"kind": "generation", "id": told["generation_id"]} in known["descendants"]
        made = lineage(db, f"record:{found[0]['id']}")
        assert {"kind": "generation", "id": told["generation_id"]} in made["ancestors"] and made["records"]["shown"]
        assert lineage(db, told["generation_id"])["ancestors"] == [{"kind": "source", "id": source}]


def test_keys_by_name_come_from_the_environment_and_only_their_names_are_kept(store, monkeypatch):
    monkeypatch.setenv("FIRST_TEST_KEY", GOOD)
    monkeypatch.setenv("SECOND_TEST_KEY", GOOD + "-b")
    source = clause_source(store, 2)
    with Server(Rules(rates={GOOD: 60, GOOD + "-b": 60}, burst=1)) as server:
        names = "FIRST_TEST_KEY,SECOND_TEST_KEY"
        told = engine(
            "generate", source, "--url", server.url, "--per-chunk", "2", "--unanswerable", "0", "--keys", names
        )
    assert {key["key"] for key in told["keys"]} == set(names.split(","))
    assert engine("generate", "show")["keys_from"] == {"names": names.split(",")}


def test_forgetting_the_source_removes_pairs_and_ledger(store, tmp_path):
    source = clause_source(store, 3)
    with Server(Rules()) as server:
        engine("generate", source, "--url", server.url, "--per-chunk", "1", "--keys", key_file(tmp_path, GOOD)["file"])
    with open_store(store) as db:
        gone = forget_source(db, source)
        assert gone["records"] > 3 and check(db) == []
        for table in ("records", "generations", "generation_pairs", "generation_attempts", "edges"):
            assert db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == 0, table


def test_what_cannot_be_is_refused_before_anything_is_queued(store, tmp_path, monkeypatch):
    monkeypatch.delenv("GEMINI_API_KEY", raising=False)
    source = clause_source(store, 2)
    for words, told in (
        (["--provider", "gemini"], "GEMINI_API_KEY"),
        (["--provider", "openai", "--keys", "sk-secret-typed-here"], "file"),
        (["--provider", "openai", "--url", "https://u:p@host/v1"], "address"),
        (["--provider", "openai", "--url", "http://127.0.0.1:9", "--types", "fact,wish"], "wish"),
        (["--provider", "nobody"], "provider"),
        (["--provider", "local", "--model", "run-nothing"], "run-nothing"),
        (["--resume"], "generation"),
        (["--per-chunk", "0"], "per_chunk"),
        (["--price", "cheap"], "price"),
    ):
        assert told in engine("generate", source, *words, expect=2)["error"]["en"], words
    assert "clauses" in engine("generate", _chat(store), "--url", "http://127.0.0.1:9", expect=2)["error"]["en"]
    with open_store(store) as db:
        assert not list(db.query("SELECT 1 FROM jobs WHERE kind = 'generate'"))


def _chat(store: Path) -> str:
    from engine.store.sources import add_records, finish_source, start_source

    with open_store(store) as db:
        source = start_source(db, recipe="persona", kind="kakao", name="c.txt", fingerprint="c", size=1, job_id="j")
        add_records(db, source, 0, [("2025-01-01T10:00", "가온", "text", "안녕", None)])
        finish_source(db, source, "가온", {"가온": 1}, {"speakers": {"가온": 1}, "warnings": []})
    return source


def test_personal_data_does_not_leave_unless_it_is_allowed_with_a_reason(store, tmp_path):
    from engine.store.sources import add_records, finish_source, start_source

    with open_store(store) as db:
        source = start_source(db, recipe="policy", kind="chunks", name="p", fingerprint="p", size=1, job_id="j")
        text = "제1조 담당자 연락처는 010-2345-6789이고 주민등록번호는 900101-1234568입니다."
        add_records(db, source, 0, [(None, None, "chunk", text, '{"chunk_id": "a"}')])
        finish_source(db, source, None, {}, {"warnings": []})
    far = GenerateOptions.model_validate({"provider": "openai", "url": "https://llm.invalid/v1"})
    near = GenerateOptions.model_validate({"provider": "openai", "url": "http://127.0.0.1:9/v1"})
    keys = key_file(tmp_path, GOOD)
    with pytest.raises(UserError, match="allow-personal") as caught:
        start(store, source, far, keys)
    assert "2345" not in caught.value.ko
    with open_store(store) as db:
        assert not list(db.query("SELECT 1 FROM generations"))
    assert start(store, source, near, keys).job_id  # stays on this machine
    with open_store(store) as db:
        db.execute("UPDATE jobs SET state = 'cancelled'")
        db.conn.commit()
    assert start(store, source, far, keys, allowed="시험 자료라서").job_id
    with open_store(store) as db:
        assert [row["reason"] for row in db.query("SELECT reason FROM allowances")] == ["시험 자료라서"]
        db.execute("UPDATE jobs SET state = 'cancelled'")
        db.conn.commit()


def test_what_only_looks_like_a_name_is_told_and_does_not_stop_the_sample_policy(store, tmp_path):
    from engine.generate.leaving import require_may_leave
    from engine.store.generations import Clause

    sample = [
        json.loads(line) for line in (ROOT / "starter/data/policy/chunked_data.jsonl").read_text("utf-8").splitlines()
    ]
    clauses = [Clause(n, row["text"], row["metadata"]) for n, row in enumerate(sample)]
    name = Clause(1, "제1조 계약자 김민수 씨는 가입하였습니다.", {})
    with open_store(store) as db:
        assert require_may_leave(db, "src-x", clauses, None) < 20
        with pytest.raises(UserError, match="PERSON 1"):
            require_may_leave(db, "src-x", [name], None)
        own = Clause(1, "김민수 건강보험은 해마다 갱신합니다.", {"product": "김민수 건강보험"})
        assert require_may_leave(db, "src-x", [own], None) == 0


def test_a_second_one_on_a_source_is_refused_and_keys_of_the_running_one_can_be_changed(store, tmp_path):
    source = clause_source(store, 50)
    keys = key_file(tmp_path, GOOD)
    with Server(Rules(rates={GOOD: 2}, burst=1)) as server:
        options = GenerateOptions.model_validate({"provider": "openai", "url": server.url})
        begun = start(store, source, options, keys)
        with pytest.raises(UserError, match="cancel"):
            start(store, source, options, keys)
        with pytest.raises(UserError, match="cancel"):
            go_on(store, source, None)
        again = go_on(store, source, {"file": keys["file"]})
        with pytest.raises(UserError, match="cancel"):
            go_on(store, source, {"file": keys["file"]}, {"model": "other"})
        assert again.running and again.generation_id == begun.generation_id
        until(lambda: (job_of(store, begun.generation_id)["progress"] or {}).get("keys"))
        engine("cancel", begun.job_id, "--save")
        until(lambda: job_of(store, begun.generation_id)["state"] == "interrupted")
    job = job_of(store, begun.generation_id)
    assert job["ending"] == "stopped_saved" and "sk-secret" not in json.dumps(job)
    assert job["progress"]["done"] <= job["progress"]["total"] == 150


def test_a_generation_over_the_network_does_not_hold_up_an_import(store):
    source = clause_source(store, 1)
    begun(store, source, {}, url="http://127.0.0.1:9/v1")  # claimed: it runs
    with open_store(store) as db:
        other = enqueue(db, "import", {})
        second = enqueue(db, "generate", {})
        heavy = enqueue(db, "generate", {}, lane="compute")
        train = enqueue(db, "train", {})
        assert claim_next(db, ["cpu"])["id"] == other
        assert claim_next(db, ["cpu"])["id"] == heavy
        assert claim_next(db, ["cpu"]) is None and {second, train}


@pytest.mark.slow
def test_a_base_that_writes_no_json_makes_no_pair_and_says_so(store):
    source = clause_source(store, 1)
    told = engine("generate", source, "--per-chunk", "1", "--unanswerable", "0", "--set", "max_new_tokens=40")
    assert told["accepted"] == 0 and told["missing"] == 1 and told["attempted"] == 3 == sum(told["rejected"].values())
    assert told["provider"] == "local" and re.fullmatch(r"gen-\w{6}", told["generation_id"])


def test_an_unknown_job_kind_of_words_is_not_left_out():
    from engine.jobs.work import WORK
    from engine.store.jobs import LANES

    assert set(WORK) == set(LANES)
