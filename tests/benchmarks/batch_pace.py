"""Send rows from one or several processes below one rate limit, and compare with the ideal time.

One process learns its pace from the replies; several share a `RedisPace`.
"""

import argparse
import multiprocessing
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from batch import Server, key_of, row_of

from pokitdok_session import PokitDokSession, RedisPace


def work(options: argparse.Namespace, url: str, redis_socket: str, first: int, start: Any) -> None:
    """Send every n-th row in one process, when all processes are ready."""
    pace = None
    if options.processes > 1:
        import redis

        pace = RedisPace(redis.Redis(unix_socket_path=redis_socket))
    rows = [row_of(number) for number in range(first, options.rows, options.processes)]
    with PokitDokSession("id", "secret", base_url=url) as session:
        batch = session.batch(
            session.eligibility, rows, key=key_of, threads=options.threads, pace=pace
        )
        start.wait()
        assert Counter(outcome.action for outcome in batch) == {"answered": len(rows)}


@contextmanager
def redis_server(is_needed: bool) -> Iterator[str]:
    """Start a Redis that only this machine can connect to; yield the path of its socket."""
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/redis.sock"
        if not is_needed:
            yield path
            return
        command = ["redis-server", "--port", "0", "--unixsocket", path, "--save", ""]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            yield path
        finally:
            process.kill()
            process.wait()


def measure(options: argparse.Namespace) -> tuple[float, float]:
    """Return the seconds over the ideal, and the share of the calls that were refused."""
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(options.processes + 1)
    ideal = (options.rows - 1) // options.limit * options.window
    server_options = ("--limit", str(options.limit), "--window", str(options.window))
    with (
        Server("--no-faults", *server_options) as server,
        redis_server(options.processes > 1) as redis_socket,
    ):
        processes = [
            context.Process(target=work, args=(options, server.url, redis_socket, first, start))
            for first in range(options.processes)
        ]
        for process in processes:
            process.start()
        start.wait()
        started = time.monotonic()
        for process in processes:
            process.join()
        seconds = time.monotonic() - started
        seen, processed = server.counts()
    assert not any(process.exitcode for process in processes)
    assert len(processed) == options.rows
    print(
        f"{options.processes} processes, {options.rows} rows, {options.limit} calls per"
        f" {options.window:g} s: {seconds:.1f} s / {ideal:g} s = {seconds / ideal:.3f},"
        f" {seen['refused']} refused"
    )
    return seconds / ideal, seen["refused"] / options.rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--threads", type=int, default=16, help="of each process")
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--limit", type=int, default=600, help="calls per window")
    parser.add_argument("--window", type=float, default=10.0, help="seconds")
    parser.add_argument("--turns", type=int, default=1)
    options = parser.parse_args()
    results = [measure(options) for _ in range(options.turns)]
    ratio, refused = min(results)
    return int(ratio > 1.15 or refused > 0.01)


if __name__ == "__main__":
    sys.exit(main())
