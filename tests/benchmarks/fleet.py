"""Measure sessions whose tokens expire all the time: token requests, failures, slowest calls.

The callers are threads of one process, or processes that share a file store if the peer has one.
The calls are paced, so that a slow call is slow because of a token. Our session with tokens that
do not expire runs beside each peer, so that other load on the machine affects both.
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
    """Call at this rate from ``start_at``, in epoch seconds, and return durations and failures."""
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
                response = session.get(f"{url}/api/v4/activities/")
                body = response if isinstance(response, dict) else response.json()
                if "data" not in body:
                    failures.append("refused")
            except Exception as error:  # every exception of a peer is a failure
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

    def __init__(self, options: argparse.Namespace, processes: int) -> None:
        self.options = options
        self.processes = processes

    @contextlib.contextmanager
    def running(self, peer: str, python: str, lifetime: float, start_at: float) -> Iterator[Any]:
        """Start all processes; yield a function that waits for them and returns the outcome."""
        options = self.options
        with (
            measure.Server(lifetime=lifetime, token_delay=0.05, delay=0.005) as server,
            tempfile.TemporaryDirectory() as folder,
        ):
            arguments = {
                "peer": peer,
                "url": server.url,
                "authority_file": server.authority_file,
                "threads": options.threads // self.processes,
                "rate": options.rate / self.processes,
                "seconds": options.seconds,
                "start_at": start_at,
                "store": str(Path(folder, "tokens")) if self.processes > 1 else None,
            }
            children = [measure.Child(python, __file__, **arguments) for _ in range(self.processes)]
            yield lambda: Outcome(
                [child.result() for child in children], server.counts(), options.seconds / lifetime
            )

    def table(self, title: str, pythons: dict[str, str], ours: str) -> None:
        """Print a row for each peer, and one for ours with tokens that do not expire."""
        outcomes: dict[str, list[Outcome]] = {}
        ratios: dict[str, list[float]] = {_LASTING: [1.0]}
        for _ in range(self.options.rounds):
            for peer, python in pythons.items():
                start_at = time.time() + 3 + self.processes / 4
                with (
                    self.running(peer, python, self.options.lifetime, start_at) as ended,
                    # At the same time, so that other load slows both.
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
        columns = ("", "renewals per lifetime", "failed", "401s", "p50 ms", "p99 ms", "most ms")
        measure.print_table(title, (*columns, "p99 ratio"), rows)
        for peer, measured in outcomes.items():
            kinds = sum((outcome.failures for outcome in measured), Counter())
            if kinds:
                print(f"{peer} failed: {dict(kinds)}")


class Outcome:
    """The outcome of one run, as the callers and the server saw it."""

    def __init__(
        self, results: list[dict[str, Any]], counts: dict[str, int], lifetimes: float
    ) -> None:
        self.durations = sorted(value for result in results for value in result["durations"])
        self.failures = Counter(kind for result in results for kind in result["failures"])
        self.failed = self.failures.total() / len(self.durations)
        self.refused = counts["refused"]
        self.renewals = (counts["tokens"] - 1) / lifetimes  # the first token is not a renewal

    def percentile(self, percent: float) -> float:
        """Return the seconds within which this percentage of the calls ended."""
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
    options = parser.parse_args()
    for python, found in measure.by_version(options.python).items():
        pythons = {peer: found[peer] for peer in options.peers or RENEWING if peer in found}
        rest = f"tokens of {options.lifetime:g} s, {options.rate:g} calls/s, Python {python}"
        ours = found[OURS]
        if "j" in options.tables:
            Fleet(options, 1).table(f"(j) {options.threads} threads, {rest}", pythons, ours)
        if "k" in options.tables:
            each = options.threads // options.processes
            title = f"(k) {options.processes} processes of {each} threads"
            Fleet(options, options.processes).table(f"{title}, {rest}", pythons, ours)
    print(f"\n{measure.versions('pokitdok-session', 'requests', 'urllib3')}")


if __name__ == "__main__":
    main(measure.arguments(__doc__, child))
