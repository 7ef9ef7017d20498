"""Who is answered when, with the one model in memory. It knows nothing of pages, and of models only that they load and close.

Rounds as in start-time fair queueing (Goyal, Vin and Cheng 1996), every answer weighing the same: each person's next answer is
a round after their last, so that who asks ten times in a row stands behind everybody who asked once.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass

from engine.errors import UserError
from engine.serve.backend import Backend, Weights
from engine.serve.elsewhere import from_elsewhere
from engine.serve.memory_room import hindrance, mendable, must_yield

OWNER = "owner"
"""Who of `turn` for the owner, who goes before all visitors."""
ANSWER = "answer"
"""What a wish waits for when another answer is being made; else it waits for a job, told by its kind."""
PATIENCE = 0.5
"""Seconds between two looks of somebody waiting; whoever moves up is told at once."""
LOOK = 3.0
"""Seconds between two looks at whether the model in memory stands in a job's way."""
MOST, MOST_OF_ONE = 200, 3
"""Wishes in line, and those of one visitor, above which no more are taken."""


class Crowded(UserError):
    """The line is as long as it may be."""


@dataclass(eq=False)
class _Wish:
    """One answer that somebody waits for."""

    who: str
    wanted: Weights
    round: int
    number: int
    """How many came before."""
    behind: str | None = None
    """The kind of the job that keeps its model out of memory."""


def _silent(position: int, ahead: str) -> None:
    """Nobody is told."""


class Line:
    """Holds one backend and the people who wait for it. The old model is freed before the new one loads: two at once may not fit.

    A base is answered by the weights under an adapter where those are the same.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: list[_Wish] = []
        self._now: _Wish | None = None
        self._round = self._number = 0
        self._last: dict[str, int] = {}
        """The round of everybody's last wish that lies ahead."""
        self._backend: Backend | None = None
        self._held: Weights | None = None

    @property
    def busy(self) -> bool:
        """Whether somebody is being answered now."""
        return self._now is not None

    @property
    def length(self) -> int:
        """Wishes that wait, beside the one being answered."""
        return len(self._waiting)

    @property
    def held(self) -> Weights | None:
        """What lies in memory."""
        return self._held

    def holds(self, wanted: Weights) -> bool:
        """Whether `wanted` can answer without loading."""
        return self._held is not None and wanted in (self._held, self._held._replace(adapter_id=None))

    @contextmanager
    def turn(
        self,
        who: str,
        wanted: Weights,
        load: Callable[[], Backend],
        waiting: Callable[[int, str], None] = _silent,
    ) -> Iterator[Backend]:
        """The backend for `wanted`, once it is `who`'s turn; loaded unless it is held.

        `waiting(position, ahead)` is called again and again meanwhile, 1 being the next; ahead: ANSWER, or the kind of the job
        that keeps the model out of memory. What it raises ends the waiting. Raises Crowded, and UserError where there is no room
        for the model and no job whose end would make some. A server's model takes no memory here, and no turn.
        """
        if from_elsewhere(wanted.base):
            with closing(load()) as backend:
                yield backend
            return
        wish = self._stand(who, wanted)
        try:
            self._wait(wish, waiting)
            backend = self._ready(wish, load)
            with nullcontext() if self._held == wanted else backend.without_adapter():
                yield backend
        finally:
            self._leave(wish)

    def free(self) -> bool:
        """Take the model out of memory; False when it is answering or there is none."""
        with self._changed:
            return self._now is None and self._close()

    def _stand(self, who: str, wanted: Weights) -> _Wish:
        with self._changed:
            of_one = sum(wish.who == who for wish in self._waiting)
            if who != OWNER and (len(self._waiting) >= MOST or of_one >= MOST_OF_ONE):
                raise _crowded(len(self._waiting), of_one)
            self._number += 1
            turn = max(self._round, self._last.get(who, 0) + 1)
            self._last[who] = turn
            wish = _Wish(who, wanted, turn, self._number)
            self._waiting.append(wish)
            return wish

    def _wait(self, wish: _Wish, waiting: Callable[[int, str], None]) -> None:
        while True:
            if self._foremost() is wish or wish.behind:
                wish.behind = self._hindered(wish)
            with self._changed:
                if self._taken(wish):
                    return
                self._changed.wait(PATIENCE)
                position = self._order().index(wish) + 1
            if self._foremost() is not wish:
                waiting(position, wish.behind or ANSWER)

    def _foremost(self) -> _Wish | None:
        """Whose turn it is, if its model may be in memory. One that waits for a job lets others pass."""
        with self._changed:
            return None if self._now else next((one for one in self._order() if not one.behind), None)

    def _hindered(self, wish: _Wish) -> str | None:
        return hindrance(wish.wanted, self._held, loaded=self.holds(wish.wanted))

    def _order(self) -> list[_Wish]:
        """As they will be answered: within a round those first whose model is in memory, so that models change once a round."""
        return sorted(
            self._waiting,
            key=lambda wish: (wish.who != OWNER, wish.round, not self.holds(wish.wanted), wish.number),
        )

    def _taken(self, wish: _Wish) -> bool:
        """Whether it is this wish's turn, which then begins."""
        if self._foremost() is not wish:
            return False
        self._waiting.remove(wish)
        self._now, self._round = wish, max(self._round, wish.round)
        return True

    def _leave(self, wish: _Wish) -> None:
        with self._changed:
            if self._now is wish:
                self._now = None
            else:
                self._waiting.remove(wish)
            self._last = {who: turn for who, turn in self._last.items() if turn >= self._round}
            self._changed.notify_all()

    def _ready(self, wish: _Wish, load: Callable[[], Backend]) -> Backend:
        if self._backend is not None and not self.holds(wish.wanted):
            self._close()
        if self._backend is None:
            self._backend = _loaded(load)
            self._held = wish.wanted
            threading.Thread(target=self._watch, args=(self._backend,), name="line", daemon=True).start()
        return self._backend

    def _watch(self, backend: Backend) -> None:
        """While `backend` is held: free it, between two answers, once a job needs its room."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._backend is not backend, LOOK)
                held = self._held
                if self._backend is not backend or held is None:
                    return
            try:
                wanted_elsewhere = must_yield(held)
            except UserError:  # the store is busy: the next look will tell
                continue
            if wanted_elsewhere:
                self.free()

    def _close(self) -> bool:
        """In the turn of somebody, or under the lock while nobody has one."""
        held, self._backend, self._held = self._backend, None, None
        if held is not None:
            held.close()
        return held is not None


def _loaded(load: Callable[[], Backend]) -> Backend:
    try:
        return load()
    except (RuntimeError, MemoryError) as error:
        if (told := mendable(error)) is error:
            raise
        raise told from error


def _crowded(waiting: int, of_one: int) -> Crowded:
    if of_one >= MOST_OF_ONE:
        return Crowded(
            f"앞서 보낸 말 {of_one}개가 아직 차례를 기다립니다. 그 답이 온 뒤에 다시 보내 주세요.",
            f"{of_one} messages you sent before still wait for their turn. Send this one again once they are answered.",
        )
    return Crowded(
        f"지금 {waiting}명이 기다리고 있어 더 받지 못합니다. 잠시 뒤에 다시 보내 주세요.",
        f"{waiting} people are waiting now and no more can be taken. Please send it again in a while.",
    )
