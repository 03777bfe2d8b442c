"""Measure the memory that 100,000 calls leave behind, and the cost of an upload of 200 MB."""

import argparse
import gc
import os
import resource
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import measure
from peers import OURS, PEERS, PLAIN, TOKEN, Place

_INSTANT = "https://127.0.0.1:8443"
_MB = 1_000_000


def resident() -> int:
    """Return the resident bytes of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def peak() -> int:
    """Return the peak of the resident bytes of this process."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def growth(peer: str, url: str, authority_file: str, calls: int, traced: bool) -> dict[str, int]:
    """Return the bytes in use after the first tenth of the calls, and after the rest."""
    if traced:
        tracemalloc.start()
    over_tls = PEERS[peer].build(Place(url, authority_file, token=TOKEN))
    instant = PEERS[peer].build(Place(_INSTANT, instant=True, token=TOKEN))

    def call(number: int) -> None:
        # A session might cache by URL, parameters or headers.
        options = {"params": {"number": number}, "headers": {"X-Number": str(number)}}
        session, base = (over_tls, url) if number % 20 == 0 else (instant, _INSTANT)
        session.get(f"{base}/api/v4/activities/{number}", **options)

    def now() -> int:
        gc.collect()
        return tracemalloc.get_traced_memory()[0] if traced else resident()

    for number in range(calls // 10):
        call(number)
    start = now()
    for number in range(calls // 10, calls):
        call(number)
    return {"start": start, "end": now()}


def upload(peer: str, url: str, authority_file: str, path: str, method: str) -> dict[str, float]:
    """Return the bytes that an upload added to the peak, and its seconds."""
    session = PEERS[peer].build(Place(url, authority_file, token=TOKEN))
    place = f"{url}/api/v4/files/"

    def send(file: Any) -> None:
        if method == "call":  # as the resource methods do
            session.call("POST", place, files={"file": file})
        else:
            session.post(place, files={"file": file}).raise_for_status()

    with open(path, "rb") as file:
        send(("small", b"x"))
        before = peak()
        began = time.perf_counter()
        send(file)
        seconds = time.perf_counter() - began
    return {"added": peak() - before, "seconds": seconds}


def child(what: str, **options: Any) -> Any:
    """Measure one thing of one peer."""
    measures: dict[str, Callable[..., Any]] = {"growth": growth, "upload": upload}
    return measures[what](**options)


def calls(python: str, server: measure.Server, number: int) -> None:
    """Print table (l)."""
    where = {"url": server.url, "authority_file": server.authority_file}
    rows = []
    # Tracing makes a call several times slower.
    ways = (("resident", number, False), ("allocated by Python", number // 5, True))
    for peer in (PLAIN, OURS):
        for what, calls, traced in ways:
            arguments = {"peer": peer, "calls": calls, "traced": traced, **where}
            in_use = measure.Child(python, __file__, what="growth", **arguments).result()
            start, end = in_use["start"], in_use["end"]
            row = (peer, what, f"{calls:,}", f"{start / _MB:.3f}", f"{end / _MB:.3f}")
            rows.append((*row, f"{(end - start) / (0.9 * calls):+.2f}"))
    columns = ("", "", "calls", "MB after a tenth", "MB after all", "bytes per call")
    measure.print_table("(l) memory in use; one call in 20 goes over TLS", columns, rows)


def uploads(pythons: dict[str, str], server: measure.Server, size: int, rounds: int) -> None:
    """Print table (m)."""
    ways = [
        (peer, method)
        for peer in pythons
        if peer not in ("pokitdok 2.8.1", "httpx", "niquests")
        for method in (("call", "post") if peer == OURS else ("post",))
    ]
    measured: dict[tuple[str, str], list[dict[str, float]]] = {way: [] for way in ways}
    with tempfile.NamedTemporaryFile(suffix=".x12") as file:
        for _ in range(size):
            file.write(os.urandom(_MB))
        file.flush()
        where = {"url": server.url, "authority_file": server.authority_file, "path": file.name}
        for _ in range(rounds):
            for peer, method in ways:
                arguments = {"what": "upload", "peer": peer, "method": method, **where}
                result = measure.Child(pythons[peer], __file__, **arguments).result()
                measured[peer, method].append(result)
    base = measure.median(run["seconds"] for run in measured[PLAIN, "post"])
    rows = []
    for (peer, method), runs in measured.items():
        added = measure.median(run["added"] for run in runs) / _MB
        seconds = measure.median(run["seconds"] for run in runs)
        rows.append(
            (peer, f"session.{method}", f"{added:+.1f}", f"{seconds:.2f}", f"{seconds / base:.2f}")
        )
    title = f"(m) a multipart upload of {size} MB over loopback TLS"
    measure.print_table(title, ("", "", "MB added to the peak", "seconds", "ratio"), rows)


def main(parser: argparse.ArgumentParser) -> None:
    """Read the command line."""
    parser.add_argument("--peers", nargs="+", choices=PEERS, help="of the uploads")
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tables", default="lm", help="which of them")
    options = parser.parse_args()
    with measure.Server() as server:
        for python, found in measure.by_version(options.python).items():
            print(f"Python {python}")
            pythons = {peer: found[peer] for peer in options.peers or found if peer in found}
            if "l" in options.tables:
                calls(found[OURS], server, options.calls)
            if "m" in options.tables:
                uploads(pythons, server, options.megabytes, options.rounds)
    print(f"\n{measure.versions('pokitdok-session', 'requests', 'urllib3')}")


if __name__ == "__main__":
    main(measure.arguments(__doc__, child))
