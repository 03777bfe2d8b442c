"""Run many threads that never pause on tokens that expire all the time.

Exit with 0 only if no call failed and there was one token request per lifetime, plus one.
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
    """Threads that call until the time is up, and the sum of their outcomes."""

    def __init__(self, session: PokitDokSession, threads: int, seconds: float) -> None:
        self.session = session
        self.outcomes: Counter[str] = Counter()
        self.seconds_per_call: list[float] = []
        self._adding = threading.Lock()
        started = time.monotonic()
        self._end = started + seconds
        workers = [threading.Thread(target=self._call_until_end) for _ in range(threads)]
        for thread in workers:
            thread.start()
        for thread in workers:
            thread.join()
        self.seconds = time.monotonic() - started

    def _call_until_end(self) -> None:
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
            self.seconds_per_call += durations

    @property
    def failed(self) -> int:
        return self.outcomes.total() - self.outcomes["200"]

    def percentile(self, percent: float) -> float:
        """Return the milliseconds within which this percentage of the calls ended."""
        ordered = sorted(self.seconds_per_call)
        return 1000 * ordered[min(int(len(ordered) * percent / 100), len(ordered) - 1)]


def main() -> int:
    """Read the command line, run, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--lifetime", type=float, default=1, help="seconds of a token")
    parser.add_argument("--token-latency", type=float, default=0, help="seconds of a token request")
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
        "lifetimes": lifetimes,
        "token requests": f"{token_requests} (at most {lifetimes + 1})",
        "connections": connections,
        "p50, ms": f"{load.percentile(50):.0f}",
        "p99, ms": f"{load.percentile(99):.0f}",
        "max, ms": f"{load.percentile(100):.0f}",
    }
    for name, figure in figures.items():
        print(f"{name:18} {figure}")
    passed = not load.failed and bool(load.outcomes) and token_requests <= lifetimes + 1
    print("passed" if passed else "FAILED")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
