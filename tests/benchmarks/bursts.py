"""Measure new TLS connections, bursts of threads on a cold session, and 500 POSTs of 100 ms.

The bundle of certificates is certifi's with the server's own added, so that a new connection
costs what it costs to a public host.
"""

import argparse
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import measure
from client import BODY
from peers import OURS, PEERS, PLAIN, TOKEN, Place

_POSTS, _POST_SECONDS, _POSTERS = 500, 0.1, 16


def connections(peer: str, url: str, bundle: str, number: int) -> float:
    """Give the CPU milliseconds of a new connection, over a request on one that is open."""
    session = PEERS[peer].build(Place(url, bundle, token=TOKEN))
    api = f"{url}/api/v4/activities/"
    session.get(api)

    def open_and_get() -> None:
        session.close()  # of requests: forgets the connections, and may be used again
        session.get(api)

    new, kept = (_cpu(call, number) for call in (open_and_get, lambda: session.get(api)))
    return 1000 * (new - kept)


def _cpu(call: Callable[[], Any], number: int) -> float:
    call()
    began = time.process_time()
    for _ in range(number):
        call()
    return (time.process_time() - began) / number


def burst(peer: str, url: str, bundle: str, threads: int, each: int) -> float:
    """Give the requests a second of threads that begin at once on a session without a token."""
    PEERS[peer].build(Place(url, bundle, token=TOKEN))  # what is imported late is imported now
    began = time.perf_counter()
    session = PEERS[peer].build(Place(url, bundle))
    start = threading.Barrier(threads)

    def work(_: int) -> None:
        start.wait()
        for _ in range(each):
            session.get(f"{url}/api/v4/activities/")

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, range(threads)))
    return threads * each / (time.perf_counter() - began)


def posts(peer: str, url: str, bundle: str) -> float:
    """Give the time of 500 POSTs, first token included, over what the server alone takes."""
    PEERS[peer].build(Place(url, bundle, token=TOKEN))
    began = time.perf_counter()
    session = PEERS[peer].build(Place(url, bundle))
    with ThreadPoolExecutor(_POSTERS) as pool:
        list(
            pool.map(lambda _: session.post(f"{url}/api/v4/eligibility/", json=BODY), range(_POSTS))
        )
    return (time.perf_counter() - began) / (_POSTS * _POST_SECONDS / _POSTERS)


def child(what: str, **asked: Any) -> float:
    """Measure one thing of one peer."""
    measures: dict[str, Callable[..., float]] = {
        "connections": connections,
        "burst": burst,
        "posts": posts,
    }
    return measures[what](**asked)


class Rounds:
    """Measurements of all peers in turn, round by round, beside what the server counted."""

    def __init__(self, pythons: dict[str, str], rounds: int) -> None:
        self.pythons = pythons
        self.rounds = rounds

    def measure(self, server: measure.Server, what: str, **asked: Any) -> Any:
        """Give figures and handshakes by peer."""
        figures: dict[str, list[float]] = {peer: [] for peer in self.pythons}
        handshakes: dict[str, list[float]] = {peer: [] for peer in self.pythons}
        with tempfile.TemporaryDirectory() as folder:
            where = {"url": server.url, "bundle": measure.bundle(folder, server.authority_file)}
            for _ in range(self.rounds):
                for peer, python in self.pythons.items():
                    server.counts()
                    child = measure.Child(python, __file__, what=what, peer=peer, **where, **asked)
                    figures[peer].append(child.answer())
                    handshakes[peer].append(server.counts()["handshakes"])
        return figures, handshakes


def print_rows(title: str, unit: str, figures: Any, handshakes: Any = None) -> None:
    """Print medians, and ratios to plain requests."""
    base = measure.median(figures[PLAIN])
    rows = []
    for peer, values in figures.items():
        middle = measure.median(values)
        row = [peer, f"{middle:.2f}", f"{middle / base:.2f}", f"{min(values):.2f}"]
        row.append(f"{max(values):.2f}")
        if handshakes:
            row.append(f"{measure.median(handshakes[peer]):.0f}")
        rows.append(row)
    columns = ["", unit, "ratio", "least", "most", *(["handshakes"] if handshakes else [])]
    measure.print_table(title, columns, rows)


def main(parser: argparse.ArgumentParser) -> None:
    """Read the command line."""
    parser.add_argument("--peers", nargs="+", choices=PEERS, help="all that are installed")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=20, help="in a round")
    parser.add_argument("--threads", type=int, default=32, help="of a burst")
    parser.add_argument("--each", type=int, default=1, help="requests of a thread in a burst")
    parser.add_argument("--tables", default="ghi", help="which of them")
    given = parser.parse_args()
    for python, pythons in measure.by_version(given.python).items():
        if given.peers:
            chosen = {PLAIN, *given.peers}
            pythons = {peer: pythons[peer] for peer in pythons if peer in chosen}
        print(f"Python {python}, {given.rounds} rounds, peers in turn")
        rounds = Rounds(pythons, given.rounds)
        with measure.Server() as server:
            if "g" in given.tables:
                # What cannot be used after it was closed is not measured here.
                of_requests = {
                    peer: pythons[peer]
                    for peer in pythons
                    if peer not in ("httpx", "niquests", "pokitdok 2.8.1")
                }
                figures, _ = Rounds(of_requests, given.rounds).measure(
                    server, "connections", number=given.connections
                )
                print_rows("(g) CPU of a new TLS connection", "ms", figures)
            if "h" in given.tables:
                figures, handshakes = rounds.measure(
                    server, "burst", threads=given.threads, each=given.each
                )
                title = f"(h) {given.threads} cold threads at once, GETs of each: {given.each}"
                print_rows(title, "requests/s", figures, handshakes)
        if "i" in given.tables:
            with measure.Server(delay=_POST_SECONDS) as server:
                figures, handshakes = rounds.measure(server, "posts")
            title = f"(i) {_POSTS} POSTs of 100 ms through {_POSTERS} threads, token included"
            print_rows(title, "of ideal", figures, handshakes)
    print(f"\n{OURS}: {measure.versions('pokitdok-session', 'requests', 'urllib3', 'certifi')}")


if __name__ == "__main__":
    main(measure.arguments(__doc__, child))
