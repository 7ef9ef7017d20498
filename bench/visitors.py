"""Many visitors at once, each a browser without a screen that speaks Streamlit's own messages: errors, waiting, fairness, memory.

Run as: python bench/visitors.py [--visitors 20] [--minutes 5] [--model base:starter] [--bundle DIR] [--port 8730]
Everybody comes in by a code of their own, agrees, and says something again as soon as the answer is there: the line is never empty.
With --flood N one more visitor sends N messages a minute from two tabs without waiting for any answer, beside the others, and after it two tabs
send at the same moment where one answer is left, ten times over: what is stored and counted must agree.
Against the dashboard on a fresh store, or a bundle (`deploy … --out DIR`) whose store is filled with the invitations.
"""

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import psutil
from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.Common_pb2 import ChatInputValue
from streamlit.proto.Markdown_pb2 import Markdown
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.exceptions import ConnectionClosed

from engine.access.browser import Browser, make_browser
from engine.access.invitations import make_invitation
from engine.config import ROOT
from engine.deploy.opened import open_bundle
from engine.store.open import open_store
from tests.knocking import Visit

AWAY = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"}
"""A visitor comes through a proxy: straight from this machine it would be the owner."""
PATIENCE = 180.0
"""Seconds without a word from the server that count as an error."""
WORDS = ("오늘 저녁에 뭐 먹을까?", "내일 비가 온대.", "주말에 어디 갈까?", "요즘 어떻게 지내?", "영화 볼래?")
MIB = 2**20
QUOTA = 50
"""Answers a day of who floods."""


@dataclass
class Heard:
    """What one visitor went through. Seconds from sending to the first piece, and to the whole answer."""

    firsts: list[float] = field(default_factory=list)
    wholes: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    """How often each answer's place in line was told."""


class Guest:
    """One visitor: comes in, agrees, talks until it is over."""

    def __init__(self, port: int, code: str, number: int, page: str, browser: Browser | None = None) -> None:
        """page: the page's name in the address; a bundle has one page, without a name. browser: of another tab of the same visitor."""
        self.visit = Visit(port, {**AWAY, "X-Forwarded-For": f"203.0.113.{number + 1}"})
        self.query, self.number, self.page, self.heard = "", number, page, Heard()
        self.browser = own = browser or make_browser()
        self.visit.open(page, f"invite={code}")
        for _ in range(2):
            if self.visit.question() is not None and not self._find("chat_input"):
                self.visit.introduce(own, f"invite={code}", page)
        agree = self._find("button", "visit_agree")
        if agree is not None:
            self.visit.open(page, "", [WidgetState(id=agree, trigger_value=True)])
        if self._find("chat_input") is None:
            raise RuntimeError(f"visitor {number} found no place to write")

    def _find(self, kind: str, name: str = "") -> str | None:
        """The id of the newest widget of a kind whose key is `name`."""
        for message in reversed(self.visit.messages):
            element = message.delta.new_element
            if element.WhichOneof("type") == kind and name in (found := str(getattr(element, kind).id)):
                return found
        return None

    def talk(self, until: float) -> None:
        """Say something, hear the answer, again."""
        turn = 0
        while time.monotonic() < until:
            self._say(WORDS[(self.number + turn) % len(WORDS)])
            turn += 1

    def _say(self, text: str) -> None:
        box = self._find("chat_input", "visit_said")
        if box is None:
            self.heard.errors.append("no place to write")
            return
        began, first, told = time.monotonic(), None, 0
        self.visit.messages.clear()
        state = WidgetState(id=box, chat_input_value=ChatInputValue(data=text))
        self.visit.ask(self.page, self.query, [state])
        waiting: set[tuple[int, ...]] = set()
        while True:
            said = self.visit.receive(PATIENCE)
            self.visit.raw.clear()
            if said is None:
                self.heard.errors.append("silence")
                return
            kind = said.WhichOneof("type")
            if kind == "page_info_changed":
                self.query = said.page_info_changed.query_string
            if kind == "script_finished" and self._over(first):
                break
            if kind != "delta":
                continue
            element, place = said.delta.new_element, tuple(said.metadata.delta_path)
            shown = element.WhichOneof("type")
            if shown == "exception" or (shown == "alert" and element.alert.format == Alert.ERROR):
                words = element.exception.message if shown == "exception" else element.alert.body
                self.heard.errors.append(f"{shown}: {words[:200]}")
            elif shown == "markdown" and element.markdown.element_type == Markdown.CAPTION:
                waiting.add(place)
                told += any(sign in element.markdown.body for sign in ("차례", "in line", "next"))
            elif shown == "markdown" and place in waiting and first is None:
                first = time.monotonic() - began
        self.heard.firsts.append(first if first is not None else time.monotonic() - began)
        self.heard.wholes.append(time.monotonic() - began)
        self.heard.places.append(told)

    def pour(self, every: float, until: float) -> tuple[int, Counter[str]]:
        """Send a message every so many seconds and wait for nothing; (how many went out, calm words and errors that came back)."""
        box, sent, heard, over = self._find("chat_input", "visit_said"), 0, Counter[str](), threading.Event()
        listening = threading.Thread(target=self._listen, args=(heard, over))
        listening.start()
        began = time.monotonic()
        while (now := time.monotonic()) < until:
            text = f"{WORDS[sent % len(WORDS)]} {sent}"
            try:
                self.visit.ask(self.page, self.query, [WidgetState(id=box, chat_input_value=ChatInputValue(data=text))])
            except ConnectionClosed as end:
                heard[f"closed by the server: {end}"[:80]] += 1
                break
            sent += 1
            time.sleep(max(0.0, began + sent * every - now))
        time.sleep(5.0)
        over.set()
        listening.join()
        return sent, heard

    def _listen(self, heard: Counter[str], over: threading.Event) -> None:
        while not over.is_set():
            said = self.visit.receive(1.0)
            self.visit.raw.clear()
            self.visit.messages.clear()
            if said is None:
                continue
            if said.WhichOneof("type") == "page_info_changed":
                self.query = said.page_info_changed.query_string
            element = said.delta.new_element
            shown = element.WhichOneof("type")
            if shown == "exception":
                heard[f"exception: {element.exception.message[:80]}"] += 1
            elif shown == "alert":
                heard[element.alert.body[:30]] += 1

    def _over(self, first: float | None) -> bool:
        """The page was drawn to its end with a place to write: an answer's own drawing ends for the one that follows it."""
        return self._find("chat_input", "visit_said") is not None and not any(
            "visit_stop" in message.delta.new_element.button.id
            for message in self.visit.messages[self._last_session() :]
        )

    def _last_session(self) -> int:
        places = [at for at, one in enumerate(self.visit.messages) if one.WhichOneof("type") == "new_session"]
        return places[-1] if places else 0


def flooded(port: int, code: str, number: int, page: str, a_minute: int, until: float) -> dict[str, Any]:
    """What two tabs of one visitor sent, and what they were told."""
    first = Guest(port, code, number, page)
    tabs = [first, Guest(port, code, number, page, first.browser)]
    with ThreadPoolExecutor(2) as pool:
        came = list(pool.map(lambda tab: tab.pour(120 / a_minute, until), tabs))
    for tab in tabs:
        tab.visit.close()
    return {"sent": sum(sent for sent, _ in came), "told": dict(sum((heard for _, heard in came), Counter[str]()))}


def raced(port: int, own: list[str], page: str) -> None:
    """Two tabs of a visitor with one answer left send at the same moment, for each of the codes."""
    for number, code in enumerate(own):
        first = Guest(port, code, 200 + number, page)
        tabs, ready = [first, Guest(port, code, 200 + number, page, first.browser)], threading.Barrier(2)

        def send(tab: Guest, ready: threading.Barrier = ready) -> None:
            ready.wait()
            tab._say("오늘 어땠어?")

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(send, tabs))
        for tab in tabs:
            tab.visit.close()


def counted(store: Path, name: str) -> dict[str, list[int]]:
    """Of every invitation whose name begins so: messages said, answers stored, those of them without a word, answers counted, the day's share."""
    sql = (
        "SELECT i.per_day, (SELECT COALESCE(sum(answers), 0) FROM invitation_days d WHERE d.invitation_id = i.id) AS counted, "
        "(SELECT count(*) FROM chat_messages m JOIN chats c ON c.id = m.chat_id JOIN visitors v ON v.id = c.visitor_id "
        "WHERE v.invitation_id = i.id AND m.role = 'user') AS said, "
        "(SELECT count(*) FROM chat_messages m JOIN chats c ON c.id = m.chat_id JOIN visitors v ON v.id = c.visitor_id "
        "WHERE v.invitation_id = i.id AND m.role = 'assistant') AS answered FROM invitations i WHERE i.name LIKE ? ORDER BY i.rowid"
    )
    with open_store(store) as db:
        rows = list(db.query(sql, [f"{name}%"]))
    return {what: [row[what] for row in rows] for what in ("said", "answered", "counted", "per_day")}


def memory_of(server: psutil.Process, seconds: list[float], sizes: list[float], over: threading.Event) -> None:
    """Look at the server's resident memory every two seconds."""
    began = time.monotonic()
    while not over.wait(2.0):
        seconds.append(time.monotonic() - began)
        sizes.append(server.memory_info().rss / MIB)


@contextlib.contextmanager
def served(folder: Path, script: str, store: Path, port: int, log: Path) -> Iterator[psutil.Process]:
    """A server of a folder's script until the end."""
    env = {**os.environ, "MALMOI_STORE": str(store), "PYTHONUTF8": "1"}
    options = [
        f"--server.port={port}",
        "--server.headless=true",
        "--server.fileWatcherType=none",
        "--server.address=127.0.0.1",
    ]
    with (
        log.open("wb") as out,
        subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", script, *options], cwd=folder, env=env, stdout=out, stderr=out
        ) as process,
    ):
        try:
            for _ in range(600):
                with contextlib.suppress(OSError):
                    Visit(port, AWAY).close()
                    break
                time.sleep(0.2)
            yield psutil.Process(process.pid)
        finally:
            process.terminate()


def codes(store: Path, count: int, model: str, name: str = "손님", per_day: int = 10_000) -> list[str]:
    """An invitation for everybody."""
    with open_store(store) as db:
        return [
            make_invitation(db, f"{name} {n}", models=[model], per_day=per_day, browsers=1)[1] for n in range(count)
        ]


def fairness(shares: list[int]) -> float:
    """Jain, Chiu and Hawe (1984): 1 where everybody got the same, 1/n where one got all."""
    return sum(shares) ** 2 / (len(shares) * sum(share**2 for share in shares)) if any(shares) else 0.0


def report(heard: list[Heard], seconds: list[float], sizes: list[float]) -> dict[str, Any]:
    """Counts, the spread of waiting between visitors, and memory at the beginning, middle and end."""
    own = [statistics.median(one.firsts) for one in heard if one.firsts]
    waits = sorted(wait for one in heard for wait in one.firsts) or [0.0]
    shares = [len(one.firsts) for one in heard]
    settled = [size for at, size in zip(seconds, sizes, strict=True) if at > seconds[-1] / 4]
    third = max(1, len(settled) // 3)
    return {
        "visitors": len(heard),
        "answers": sum(shares),
        "fewest": min(shares),
        "most": max(shares),
        "errors": [error for one in heard for error in one.errors],
        "fairness": round(fairness(shares), 4),
        "median_wait_s": round(statistics.median(waits), 2),
        "p95_wait_s": round(waits[int(0.95 * (len(waits) - 1))], 2),
        "longest_wait_s": round(waits[-1], 2),
        "median_wait_of_visitors_s": [round(min(own, default=0.0), 2), round(max(own, default=0.0), 2)],
        "told_of_their_place": sum(bool(told) for one in heard for told in one.places),
        "rss_mb_after_a_quarter": round(statistics.mean(settled[:third]), 1),
        "rss_mb_at_the_end": round(statistics.mean(settled[-third:]), 1),
        "rss_mb_most": round(max(sizes), 1),
    }


def main() -> None:
    """Serve, let everybody in, talk, report as JSON."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--visitors", type=int, default=20)
    words.add_argument("--minutes", type=float, default=5.0)
    words.add_argument("--model", default="base:starter")
    words.add_argument("--bundle", type=Path)
    words.add_argument("--flood", type=int, default=0, help="messages a minute of one more visitor")
    words.add_argument("--port", type=int, default=8730)
    given = words.parse_args()
    with tempfile.TemporaryDirectory(prefix="visitors-") as scratch:
        store, model = Path(scratch) / "store.db", given.model
        folder, script = (given.bundle, "streamlit_app.py") if given.bundle else (ROOT, "Home.py")
        if given.bundle:
            model = open_bundle(given.bundle, store).model.name  # its store begins with what came along
        log = Path(scratch) / "server.txt"
        own = codes(store, given.visitors, model)
        flood = codes(store, 1, model, "쏟음", QUOTA) if given.flood else []
        race = codes(store, 10, model, "겨룸", 1) if given.flood else []
        page = "" if given.bundle else "Chat"
        with served(folder, script, store, given.port, log) as server:
            told = run(given.port, own, given.minutes, server, page, flood, given.flood)
            if given.flood:
                raced(given.port, race, page)
                told |= {"flood": {**told["flood"], **counted(store, "쏟음")}, "race": counted(store, "겨룸")}
            print(json.dumps(told, ensure_ascii=False, indent=1))
        sys.stderr.write(log.read_text(encoding="utf-8", errors="replace")[-2000:])


def run(
    port: int, own: list[str], minutes: float, server: psutil.Process, page: str, flood: list[str], a_minute: int
) -> dict[str, Any]:
    """Everybody is in before the clock starts. flood: the code of who sends `a_minute` messages a minute."""
    guests = [Guest(port, code, number, page) for number, code in enumerate(own)]
    seconds: list[float] = []
    sizes: list[float] = []
    over = threading.Event()
    looking = threading.Thread(target=memory_of, args=(server, seconds, sizes, over))
    looking.start()
    until = time.monotonic() + minutes * 60
    talking = [threading.Thread(target=guest.talk, args=(until,)) for guest in guests]
    for thread in talking:
        thread.start()
    poured = [flooded(port, code, 100, page, a_minute, until) for code in flood]
    for thread in talking:
        thread.join()
    over.set()
    looking.join()
    for guest in guests:
        guest.visit.close()
    told = report([guest.heard for guest in guests], seconds, sizes)
    return told | {"flood": poured[0]} if poured else told


if __name__ == "__main__":
    main()
