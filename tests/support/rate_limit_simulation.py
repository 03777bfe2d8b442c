"""A server with a rate limit and threads that call it, on one clock that no one waits for."""

from __future__ import annotations

import heapq
import itertools
import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pokitdok_session.api.batch.pacing import Grant, Pace
from pokitdok_session.api.quota import Quota
from support.clock import Clock

#: What a response says: nothing, when to come back, or all that the PokitDok API says.
TELLS = ("nothing", "retry-after", "meta")


@dataclass
class Server:
    """Allows ``cap`` calls per ``period`` seconds; a window begins with its first call."""

    cap: int
    period: float
    tells: str = "meta"
    #: The server's clock minus ours.
    offset: float = 1_764_093_000.37
    windows: list[int] = field(default_factory=list)
    refused: int = 0
    _end: float = 0.0

    def call(self, now: float) -> tuple[bool, Quota, float | None]:
        """Return whether a call is admitted, what the response says, and when to come back."""
        now += self.offset
        if now >= self._end:
            self._end = now + self.period
            self.windows.append(0)
        if self.windows[-1] >= self.cap:
            self.refused += 1
            wait = float(math.ceil(self._end - now)) if self.tells == "retry-after" else None
            return False, Quota(), wait
        self.windows[-1] += 1
        if self.tells != "meta":
            return True, Quota(), None
        date, reset = float(int(now)), int(self._end) + 1
        remaining = self.cap - self.windows[-1]
        return True, Quota(self.cap, remaining, reset - date, date=date), None


def simulate(
    paces: list[Pace], clock: Clock, server: Server, *, rows: int, threads: int, latency: float
) -> float:
    """Let the threads of each pace call until all rows are done; return the seconds it took."""
    chance = random.Random(1)
    numbers = itertools.count()
    events: list[tuple[float, int, Callable[[], None]]] = []
    left, done = [rows], [0]

    def at(when: float, event: Callable[[], None]) -> None:
        heapq.heappush(events, (when, next(numbers), event))

    def ask(pace: Pace) -> None:
        if not left[0]:
            return
        answer = pace.ask()
        if isinstance(answer, Grant):
            left[0] -= 1
            way = latency * chance.uniform(0.25, 0.75)
            at(clock.now + way, lambda: arrive(pace, answer, way))
        else:
            at(clock.now + answer + 1e-4, lambda: ask(pace))

    def arrive(pace: Pace, grant: Grant, way: float) -> None:
        response = server.call(clock.now)
        at(clock.now + way, lambda: read(pace, grant, *response))

    def read(pace: Pace, grant: Grant, admitted: bool, quota: Quota, wait: float | None) -> None:
        if admitted:
            done[0] += 1
            pace.finish(grant, quota)
        else:
            left[0] += 1
            pace.refuse(grant, wait)
        ask(pace)

    started = clock.now
    for pace in paces:
        for _ in range(threads):
            at(clock.now, _asking(ask, pace))
    while done[0] < rows:
        clock.now, _, event = heapq.heappop(events)
        event()
    return clock.now - started


def _asking(ask: Callable[[Any], None], pace: Pace) -> Callable[[], None]:
    return lambda: ask(pace)
