"""Prove it at speed: many threads that never rest, on tokens that end all the time.

Exit status 0 only if no call failed and at most one token was asked for a lifetime, plus one.
"""

import argparse
import math
import sys
import threading
import time
from collections import Counter

import requests

from pokitdok_session import PokitDokSession
from pokitdok_session.sandbox import Sandbox

PATH = "/activities/?limit=1"


class Load:
    """Threads that call until the time is up; what they met is added up when they have ended."""

    def __init__(self, session: PokitDokSession, threads: int, seconds: float) -> None:
        self.session = session
        self.outcomes: Counter[str] = Counter()
        self.seconds_a_call: list[float] = []
        self._adding = threading.Lock()
        started = time.monotonic()
        self._end = started + seconds
        crowd = [threading.Thread(target=self._call_on_and_on) for _ in range(threads)]
        for thread in crowd:
            thread.start()
        for thread in crowd:
            thread.join()
        self.seconds = time.monotonic() - started

    def _call_on_and_on(self) -> None:
        outcomes: Counter[str] = Counter()
        durations: list[float] = []
        while time.monotonic() < self._end:
            began = time.perf_counter()
            try:
                outcomes[str(self.session.get(PATH).status_code)] += 1
            except requests.RequestException as error:
                outcomes[type(error).__name__] += 1
            durations.append(time.perf_counter() - began)
        with self._adding:
            self.outcomes += outcomes
            self.seconds_a_call += durations

    @property
    def failed(self) -> int:
        return self.outcomes.total() - self.outcomes["200"]

    def percentile(self, percent: float) -> float:
        """Give the milliseconds within which so many of a hundred calls were answered."""
        ordered = sorted(self.seconds_a_call)
        return 1000 * ordered[min(int(len(ordered) * percent / 100), len(ordered) - 1)]


def main() -> int:
    """Read the command line, run, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--lifetime", type=float, default=1, help="of a token, in seconds")
    parser.add_argument("--token-latency", type=float, default=0, help="of its endpoint, likewise")
    options = parser.parse_args()
    with (
        Sandbox(token_lifetime=options.lifetime, token_latency=options.token_latency) as sandbox,
        sandbox.session() as session,
    ):
        load = Load(session, options.threads, options.seconds)
        token_requests, connections = sandbox.token_requests, sandbox.connections
    lifetimes = math.ceil(load.seconds / options.lifetime)
    figures = {
        "threads": options.threads,
        "seconds": f"{load.seconds:.1f}",
        "token lifetime, s": options.lifetime,
        "calls": f"{load.outcomes.total()} ({load.outcomes.total() / load.seconds:.0f}/s)",
        "failed calls": load.failed,
        "outcomes": dict(load.outcomes),
        "lifetimes begun": lifetimes,
        "token requests": f"{token_requests} (at most {lifetimes + 1})",
        "connections": connections,
        "p50, ms": f"{load.percentile(50):.0f}",
        "p99, ms": f"{load.percentile(99):.0f}",
        "max, ms": f"{load.percentile(100):.0f}",
    }
    for name, figure in figures.items():
        print(f"{name:18} {figure}")
    held = not load.failed and bool(load.outcomes) and token_requests <= lifetimes + 1
    print("held" if held else "MISSED")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
