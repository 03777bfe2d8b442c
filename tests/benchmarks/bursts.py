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
    """Return the CPU milliseconds that a new connection adds to a request."""
    session = PEERS[peer].build(Place(url, bundle, token=TOKEN))
    api = f"{url}/api/v4/activities/"
    session.get(api)

    def open_and_get() -> None:
        session.close()  # a session of requests can be used again
        session.get(api)

    new, reused = (_cpu(call, number) for call in (open_and_get, lambda: session.get(api)))
    return 1000 * (new - reused)


def _cpu(call: Callable[[], Any], number: int) -> float:
    call()
    began = time.process_time()
    for _ in range(number):
        call()
    return (time.process_time() - began) / number


def burst(peer: str, url: str, bundle: str, threads: int, each: int) -> float:
    """Return the requests per second of threads that start together, without a token."""
    PEERS[peer].build(Place(url, bundle, token=TOKEN))  # so that all imports are done
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
    """Return the time of 500 POSTs and the first token, as a multiple of the server's own time."""
    PEERS[peer].build(Place(url, bundle, token=TOKEN))
    began = time.perf_counter()
    session = PEERS[peer].build(Place(url, bundle))
    with ThreadPoolExecutor(_POSTERS) as pool:
        list(
            pool.map(lambda _: session.post(f"{url}/api/v4/eligibility/", json=BODY), range(_POSTS))
        )
    return (time.perf_counter() - began) / (_POSTS * _POST_SECONDS / _POSTERS)


def child(what: str, **options: Any) -> float:
    """Measure one thing of one peer."""
    measures: dict[str, Callable[..., float]] = {
        "connections": connections,
        "burst": burst,
        "posts": posts,
    }
    return measures[what](**options)


class Rounds:
    """Measurements of all peers in turn, round by round, with the counts of the server."""

    def __init__(self, pythons: dict[str, str], rounds: int) -> None:
        self.pythons = pythons
        self.rounds = rounds

    def measure(self, server: measure.Server, what: str, **options: Any) -> Any:
        """Return figures and handshakes by peer."""
        figures: dict[str, list[float]] = {peer: [] for peer in self.pythons}
        handshakes: dict[str, list[float]] = {peer: [] for peer in self.pythons}
        with tempfile.TemporaryDirectory() as folder:
            where = {"url": server.url, "bundle": measure.bundle(folder, server.authority_file)}
            for _ in range(self.rounds):
                for peer, python in self.pythons.items():
                    server.counts()
                    child = measure.Child(
                        python, __file__, what=what, peer=peer, **where, **options
                    )
                    figures[peer].append(child.result())
                    handshakes[peer].append(server.counts()["handshakes"])
        return figures, handshakes


def print_rows(title: str, unit: str, figures: Any, handshakes: Any = None) -> None:
    """Print medians, and their ratios to plain requests."""
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
    arguments = parser.parse_args()
    for python, pythons in measure.by_version(arguments.python).items():
        if arguments.peers:
            chosen = {PLAIN, *arguments.peers}
            pythons = {peer: pythons[peer] for peer in pythons if peer in chosen}
        print(f"Python {python}, {arguments.rounds} rounds, peers in turn")
        rounds = Rounds(pythons, arguments.rounds)
        with measure.Server() as server:
            if "g" in arguments.tables:
                # The excluded peers cannot be used after close().
                of_requests = {
                    peer: pythons[peer]
                    for peer in pythons
                    if peer not in ("httpx", "niquests", "pokitdok 2.8.1")
                }
                figures, _ = Rounds(of_requests, arguments.rounds).measure(
                    server, "connections", number=arguments.connections
                )
                print_rows("(g) CPU of a new TLS connection", "ms", figures)
            if "h" in arguments.tables:
                figures, handshakes = rounds.measure(
                    server, "burst", threads=arguments.threads, each=arguments.each
                )
                title = (
                    f"(h) {arguments.threads} cold threads at once, GETs of each: {arguments.each}"
                )
                print_rows(title, "requests/s", figures, handshakes)
        if "i" in arguments.tables:
            with measure.Server(delay=_POST_SECONDS) as server:
                figures, handshakes = rounds.measure(server, "posts")
            title = f"(i) {_POSTS} POSTs of 100 ms through {_POSTERS} threads, token included"
            print_rows(title, "of ideal", figures, handshakes)
    print(f"\n{OURS}: {measure.versions('pokitdok-session', 'requests', 'urllib3', 'certifi')}")


if __name__ == "__main__":
    main(measure.arguments(__doc__, child))
