"""Who is answered when: fair among visitors, the owner first, one model in memory, and room for jobs."""

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import engine.serve.line as line_module
import engine.serve.memory_room as memory_room
from engine.alive import started_at
from engine.errors import UserError
from engine.serve.backend import Weights
from engine.serve.line import ANSWER, MOST_OF_ONE, OWNER, Crowded, Line
from engine.serve.memory_room import needs_mb
from engine.store.jobs import enqueue
from engine.store.open import open_store, writing
from tests.talkers import Talker


def weights(name: str = "one", store: Path = Path("no-store")) -> Weights:
    return Weights(store, name, "none", None)


def until(seen: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not seen():
        assert time.monotonic() < end
        time.sleep(0.01)


class Crowd:
    """People who ask a line, each in a thread, and the order in which they were answered."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.order: list[str] = []
        self.loads: list[str] = []
        self.told: dict[str, list[tuple[int, str]]] = {}
        self.failed: list[BaseException] = []
        self.threads: list[threading.Thread] = []

    def ask(self, who: str, name: str = "one") -> None:
        """Returns once they stand in line."""
        before = self.line.length

        def asked() -> None:
            try:
                heard = self.told.setdefault(who, [])
                with self.line.turn(who, weights(name), lambda: self._load(name), lambda *told: heard.append(told)):
                    self.order.append(who)
            except UserError as error:
                self.failed.append(error)

        self.threads.append(threading.Thread(target=asked))
        self.threads[-1].start()
        until(lambda: self.line.length > before or bool(self.failed))

    def _load(self, name: str) -> Talker:
        self.loads.append(name)
        return Talker()

    def over(self) -> None:
        for thread in self.threads:
            thread.join(20)


def test_who_asks_often_waits_behind_who_asks_once_and_the_owner_goes_first() -> None:
    crowd = Crowd(Line())
    with crowd.line.turn("first", weights(), Talker):
        for who in ("often", "often", "often", "once", "twice", "twice", OWNER):
            crowd.ask(who)
        until(lambda: bool(crowd.told["once"]))
    crowd.over()
    assert crowd.order == [OWNER, "often", "once", "twice", "often", "twice", "often"]
    assert (3, ANSWER) in crowd.told["once"] or (4, ANSWER) in crowd.told["once"]
    assert not crowd.line.busy and crowd.line.length == 0


def test_who_just_had_an_answer_stands_behind_who_waits() -> None:
    crowd = Crowd(Line())
    with crowd.line.turn("had", weights(), Talker):
        crowd.ask("had")
        crowd.ask("new")
    crowd.over()
    assert crowd.order == ["new", "had"]


def test_two_models_change_places_once_a_round() -> None:
    crowd = Crowd(Line())
    with crowd.line.turn("x", weights("a"), Talker):
        for number, name in enumerate("baba"):
            crowd.ask(f"visitor {number}", name)
    crowd.over()
    assert crowd.order == ["visitor 1", "visitor 3", "visitor 0", "visitor 2"] and crowd.loads == ["b"]


def test_one_visitor_cannot_fill_the_line_and_a_full_line_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_module, "MOST", MOST_OF_ONE + 1)
    crowd = Crowd(Line())
    with crowd.line.turn("first", weights(), Talker):
        for _ in range(MOST_OF_ONE):
            crowd.ask("often")
        with pytest.raises(Crowded, match=str(MOST_OF_ONE)), crowd.line.turn("often", weights(), Talker):
            pass
        crowd.ask("other")
        with pytest.raises(Crowded, match="다시"), crowd.line.turn("late", weights(), Talker):
            pass
        crowd.ask(OWNER)
    crowd.over()
    assert crowd.order[0] == OWNER and len(crowd.order) == MOST_OF_ONE + 2 and not crowd.failed


def test_a_load_that_fails_leaves_the_line_to_the_next() -> None:
    line = Line()

    def fails() -> Talker:
        raise MemoryError

    with pytest.raises(UserError, match="메모리"), line.turn("a", weights(), fails):
        pass
    assert line.held is None and not line.busy
    with line.turn("b", weights(), Talker) as backend:
        assert isinstance(backend, Talker)


def training(store: Path, device: str, *, alive: bool = True) -> str:
    with open_store(store) as db:
        job = enqueue(db, "train", {"run": "run-a"})
        pid, began = (os.getpid(), started_at(os.getpid())) if alive else (2**22 + 1, 1.0)
        with writing(db):
            db.execute(
                "UPDATE jobs SET state = 'running', device = ?, pid = ?, pid_started_at = ? WHERE id = ?",
                [device, pid, began, job],
            )
    return job


def ended(store: Path, job: str) -> None:
    with open_store(store) as db, writing(db):
        db.execute("UPDATE jobs SET state = 'done' WHERE id = ?", [job])


def test_a_model_waits_while_a_training_holds_the_card_and_others_pass(
    fresh_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory_room, "_has_card", lambda: True)
    job, line, told, order = training(fresh_store, "cuda:0"), Line(), [], []

    def card() -> None:
        with line.turn(OWNER, weights("m", fresh_store), Talker, lambda *said: told.append(said)):
            order.append("card")

    thread = threading.Thread(target=card)
    thread.start()
    until(lambda: bool(told))
    assert told[0] == (1, "train") and line.held is None
    with line.turn("visitor", weights("gguf:m", fresh_store), Talker):
        order.append("processor")
    ended(fresh_store, job)
    thread.join(20)
    assert order == ["processor", "card"]


def test_an_idle_model_is_put_away_when_a_training_takes_its_card(
    fresh_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory_room, "_has_card", lambda: True)
    monkeypatch.setattr(line_module, "LOOK", 0.05)
    line, talker, other = Line(), Talker(), Talker()
    with line.turn(OWNER, weights("m", fresh_store), lambda: talker):
        training(fresh_store, "cuda:0")
        time.sleep(0.3)
        assert not talker.closed  # never under an answer
    until(lambda: talker.closed)
    with line.turn(OWNER, weights("openvino:m", fresh_store), lambda: other):
        pass
    time.sleep(0.3)
    assert not other.closed  # it takes nothing of the card


def test_a_training_whose_process_died_holds_nothing(fresh_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_room, "_has_card", lambda: True)
    training(fresh_store, "cuda:0", alive=False)
    with Line().turn(OWNER, weights("m", fresh_store), Talker) as backend:
        assert isinstance(backend, Talker)


def test_a_model_too_large_for_what_is_free_is_refused_in_words_or_waits_for_the_job(
    fresh_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_store(fresh_store):
        pass
    monkeypatch.setattr(memory_room, "memory_left", lambda: (1e9, 300e6))
    model = tmp_path / "model"
    model.mkdir()
    with (model / "weights.gguf").open("wb") as file:
        file.truncate(400_000_000)
    large, line, told = weights(f"gguf:{model}", fresh_store), Line(), []
    assert needs_mb(large) == 400
    with pytest.raises(UserError, match="400 MB"), line.turn("a", large, Talker):
        pass
    assert line.length == 0 and not line.busy
    training(fresh_store, "cpu")

    def heard(position: int, ahead: str) -> None:
        told.append(ahead)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), line.turn("a", large, Talker, heard):
        pass
    assert told == ["train"] and line.length == 0


def test_a_servers_model_takes_no_turn_and_no_memory() -> None:
    line, talker = Line(), Talker()
    with (
        line.turn("a", weights(), Talker),
        line.turn("b", weights("http://127.0.0.1:1/v1#m"), lambda: talker) as backend,
    ):
        assert backend is talker and line.held == weights()
    assert talker.closed
