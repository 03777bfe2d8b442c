"""Measure sessions whose tokens end all the time: token requests, failures, and the slowest calls.

Threads of one process, and processes that share a file store where the peer has one. The calls
are paced, so that what is slow is slow for a token's sake. Beside each runs ours with tokens that
never end in this time.
"""

import argparse
import contextlib
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import measure
from peers import OURS, RENEWING, Place

_LASTING = f"{OURS}, tokens last"


def child(
    peer: str,
    url: str,
    authority_file: str,
    *,
    threads: int,
    rate: float,
    seconds: float,
    start_at: float,
    store: str | None,
) -> dict[str, Any]:
    """Call at this rate from ``start_at``, epoch seconds; give durations and failures."""
    if peer == OURS and store:
        from pokitdok_session import FileTokenStore

        session = RENEWING[peer](Place(url, authority_file), store=FileTokenStore(store))
    else:
        session = RENEWING[peer](Place(url, authority_file))
    durations: list[float] = []
    failures: list[str] = []
    pause = threads / rate

    def work(number: int) -> None:
        due = start_at + pause * number / threads
        while due < start_at + seconds:
            time.sleep(max(0.0, due - time.time()))
            began = time.perf_counter()
            try:
                answer = session.get(f"{url}/api/v4/activities/")
                body = answer if isinstance(answer, dict) else answer.json()
                if "data" not in body:
                    failures.append("refused")
            except Exception as error:  # whatever a peer raises is a failure
                failures.append(type(error).__name__)
            durations.append(time.perf_counter() - began)
            due += pause

    crowd = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join()
    return {"durations": durations, "failures": failures}


class Fleet:
    """One way to run: how many processes of how many threads, and what the server does."""

    def __init__(self, given: argparse.Namespace, processes: int) -> None:
        self.given = given
        self.processes = processes

    @contextlib.contextmanager
    def running(self, peer: str, python: str, lifetime: float, start_at: float) -> Iterator[Any]:
        """Have all processes call from ``start_at``; give a function that gives what came of it."""
        given = self.given
        with (
            measure.Server(lifetime=lifetime, token_delay=0.05, delay=0.005) as server,
            tempfile.TemporaryDirectory() as folder,
        ):
            asked = {
                "peer": peer,
                "url": server.url,
                "authority_file": server.authority_file,
                "threads": given.threads // self.processes,
                "rate": given.rate / self.processes,
                "seconds": given.seconds,
                "start_at": start_at,
                "store": str(Path(folder, "tokens")) if self.processes > 1 else None,
            }
            children = [measure.Child(python, __file__, **asked) for _ in range(self.processes)]
            yield lambda: Outcome(
                [child.answer() for child in children], server.counts(), given.seconds / lifetime
            )

    def table(self, title: str, pythons: dict[str, str], ours: str) -> None:
        """Print a row for each peer, and for ours with tokens that last."""
        outcomes: dict[str, list[Outcome]] = {}
        ratios: dict[str, list[float]] = {_LASTING: [1.0]}
        for _ in range(self.given.rounds):
            for peer, python in pythons.items():
                start_at = time.time() + 3 + self.processes / 4
                with (
                    self.running(peer, python, self.given.lifetime, start_at) as ended,
                    # At the same time, so that what else the machine does slows both alike.
                    self.running(OURS, ours, 3600, start_at) as lasting_ended,
                ):
                    outcome, beside = ended(), lasting_ended()
                outcomes.setdefault(peer, []).append(outcome)
                outcomes.setdefault(_LASTING, []).append(beside)
                ratio = outcome.percentile(99) / beside.percentile(99)
                ratios.setdefault(peer, []).append(ratio)
        rows = []
        for peer, measured in outcomes.items():
            p50, p99, most = (
                measure.median(outcome.percentile(percent) for outcome in measured)
                for percent in (50, 99, 100)
            )
            renewals = measure.median(outcome.renewals for outcome in measured)
            rows.append(
                (
                    peer,
                    "-" if peer == _LASTING else f"{renewals:.2f}",
                    f"{max(outcome.failed for outcome in measured):.1%}",
                    max(outcome.refused for outcome in measured),
                    *(f"{1000 * seconds:.1f}" for seconds in (p50, p99, most)),
                    f"{measure.median(ratios[peer]):.2f}",
                )
            )
        columns = ("", "renewals a lifetime", "failed", "401s", "p50 ms", "p99 ms", "most ms")
        measure.print_table(title, (*columns, "p99 ratio"), rows)
        for peer, measured in outcomes.items():
            kinds = sum((outcome.failures for outcome in measured), Counter())
            if kinds:
                print(f"{peer} failed: {dict(kinds)}")


class Outcome:
    """What came of one run, as the callers and the server saw it."""

    def __init__(
        self, answers: list[dict[str, Any]], counts: dict[str, int], lifetimes: float
    ) -> None:
        self.durations = sorted(value for answer in answers for value in answer["durations"])
        self.failures = Counter(kind for answer in answers for kind in answer["failures"])
        self.failed = self.failures.total() / len(self.durations)
        self.refused = counts["refused"]
        self.renewals = (counts["tokens"] - 1) / lifetimes  # the first token renews none

    def percentile(self, percent: float) -> float:
        """Give the seconds within which so many of a hundred calls ended."""
        last = len(self.durations) - 1
        return self.durations[min(int(len(self.durations) * percent / 100), last)]


def main(parser: argparse.ArgumentParser) -> None:
    """Read the command line."""
    parser.add_argument("--peers", nargs="+", choices=RENEWING, help="all that are installed")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--lifetime", type=float, default=2, help="seconds of a token")
    parser.add_argument("--threads", type=int, default=32, help="in all")
    parser.add_argument("--processes", type=int, default=8, help="of the second table")
    parser.add_argument("--rate", type=float, default=120, help="calls a second, in all")
    parser.add_argument("--tables", default="jk", help="which of them")
    given = parser.parse_args()
    for python, found in measure.by_version(given.python).items():
        pythons = {peer: found[peer] for peer in given.peers or RENEWING if peer in found}
        rest = f"tokens of {given.lifetime:g} s, {given.rate:g} calls/s, Python {python}"
        ours = found[OURS]
        if "j" in given.tables:
            Fleet(given, 1).table(f"(j) {given.threads} threads, {rest}", pythons, ours)
        if "k" in given.tables:
            title = f"(k) {given.processes} processes of {given.threads // given.processes} threads"
            Fleet(given, given.processes).table(f"{title}, {rest}", pythons, ours)
    print(f"\n{measure.versions('pokitdok-session', 'requests', 'urllib3')}")


if __name__ == "__main__":
    main(measure.arguments(__doc__, child))
