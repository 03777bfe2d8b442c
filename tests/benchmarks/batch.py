"""Measure `session.batch`: a soak with faults and kills, its overhead, and its memory."""

import argparse
import gc
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import batch_peers

from pokitdok_session import PokitDokSession

FOLDER = Path(__file__).parent
Row = dict[str, Any]


def row_of(number: int, *, is_wrong: bool = False) -> Row:
    return {
        "trading_partner_id": "MOCKPAYER",
        "member": {"id": f"W{number:09}", "first_name": "Jane", "birth_date": "1970-01-25"},
        "provider": {"npi": "3" if is_wrong else "1234567893"},
        "application_data": {"appointment": f"A{number}"},
    }


def key_of(row: Row) -> str:
    return str(row["application_data"]["appointment"])


class Server:
    """`batch_server.py` in a process of its own."""

    def __init__(self, *options: str) -> None:
        command = [sys.executable, str(FOLDER / "batch_server.py"), *options]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
        self.url = self._line().strip()

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def counts(self) -> tuple[Counter[str], Counter[str]]:
        """Return what it saw, and how often each row was processed."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        counts = json.loads(self._line())
        return Counter(counts["seen"]), Counter(counts["processed"])

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *exception: object) -> None:
        self._process.kill()
        self._process.wait()


def soak(options: argparse.Namespace) -> int:
    """Run the batch command, kill it every few seconds, and compare with other clients."""
    rows = [row_of(number, is_wrong=number % 100 == 50) for number in range(options.rows)]
    right = {key_of(row) for row in rows if row["provider"]["npi"] != "3"}
    ideal = (options.rows - 1) // options.limit * options.window
    print(
        f"{options.rows} rows, {options.limit} calls per {options.window:g} s: {ideal:g} s at least"
    )
    print("| client | processed twice | lost | answered | fix | could not say |", end="")
    print(" of these processed | seconds / ideal | refused | kills |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    is_broken = False
    for name in options.client or ["session.batch", *batch_peers.PEERS]:
        server_options = ("--limit", str(options.limit), "--window", str(options.window))
        with Server(*server_options) as server:
            if name == "session.batch":
                results, seconds, kills = _run_command(server.url, rows, options)
            else:
                results, seconds = batch_peers.run(name, server.url, rows, options.threads)
                kills = 0
            seen, processed = server.counts()
        twice = sum(times > 1 for times in processed.values())
        said = Counter(results.values())
        unsure = [key for key, said in results.items() if said not in ("answered", "fix")]
        lost = [
            key
            for key in right
            if results.get(key) in (None, "fix")
            or (results[key] == "answered" and key not in processed)
        ]
        print(
            f"| {name} | {twice} | {len(lost)} | {said['answered']} | {said['fix']} |"
            f" {len(unsure)} | {sum(key in processed for key in unsure)} |"
            f" {seconds:.0f} / {ideal:.0f} = {seconds / ideal:.2f} | {seen['refused']} | {kills} |",
            flush=True,
        )
        if name == "session.batch":
            is_broken = bool(twice or lost or len(results) != options.rows)
    return int(is_broken)


def _run_command(
    url: str, rows: list[Row], options: argparse.Namespace
) -> tuple[dict[str, str], float, int]:
    """Run the command until it ends by itself; return what it said of each row."""
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        source, output = Path(folder) / "rows.jsonl", Path(folder) / "replies.jsonl"
        source.write_text("".join(json.dumps(row) + "\n" for row in rows))
        code = "import sys; from pokitdok_session.cli import batch, common; "
        code += f"batch.open_session = lambda: common.open_session(timeout={batch_peers.TIMEOUT}); "
        code += "sys.exit(batch.main(sys.argv[1:]))"
        command = [sys.executable, "-c", code, "eligibility", str(source), "--output", str(output)]
        command += ["--key", "application_data.appointment", "--threads", str(options.threads)]
        environment = {
            **os.environ,
            "POKITDOK_CLIENT_ID": "id",
            "POKITDOK_CLIENT_SECRET": "secret",
            "POKITDOK_BASE_URL": url,
        }
        started, kills = time.monotonic(), 0
        while True:
            process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
            try:
                _, told = process.communicate(timeout=options.kill_every or None)
                break
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.communicate()
                kills += 1
        seconds = time.monotonic() - started
        print(told.splitlines()[-1], file=sys.stderr)
        outcomes = [json.loads(line) for line in output.read_text().splitlines()]
        results = {outcome["key"]: outcome["action"] for outcome in outcomes}
        assert len(results) == len(outcomes), "a row stands twice in the output"
        return results, seconds, kills


def overhead(options: argparse.Namespace) -> int:
    """Compare calls per second with a bare ThreadPoolExecutor, without latency and limit."""
    rows = [row_of(number) for number in range(options.rows)]
    ratios = []
    with (
        Server("--no-faults") as server,
        PokitDokSession("id", "secret", base_url=server.url) as session,
        tempfile.TemporaryDirectory(dir=options.folder) as folder,
    ):
        for turn in range(options.turns):
            started = time.perf_counter()
            with ThreadPoolExecutor(options.threads) as pool:
                assert len(list(pool.map(session.eligibility, rows))) == options.rows
            bare = options.rows / (time.perf_counter() - started)
            started = time.perf_counter()
            journal = Path(folder) / f"{turn}.jsonl"
            batch = session.batch(
                session.eligibility, rows, key=key_of, journal=journal, threads=options.threads
            )
            assert sum(outcome.action == "answered" for outcome in batch) == options.rows
            ours = options.rows / (time.perf_counter() - started)
            ratios.append(ours / bare)
            print(f"bare {bare:.0f} calls/s, batch {ours:.0f} calls/s, ratio {ours / bare:.2f}")
    middle = sorted(ratios)[len(ratios) // 2]
    print(f"ratio, median of {len(ratios)}: {middle:.2f}")
    return int(middle < 0.85)


def memory(options: argparse.Namespace) -> int:
    """Measure the resident memory that many rows add, through a call that sends nothing."""
    session = PokitDokSession("id", "secret")
    reply = {"meta": {}, "data": {"valid_request": True}}

    def rows() -> Iterator[Row]:
        for number in range(options.rows):
            yield row_of(number)

    def resident() -> float:
        gc.collect()
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        journal = Path(folder) / "journal.jsonl" if options.journal else None
        batch = session.batch(
            lambda row: reply, rows(), key=key_of, journal=journal, threads=options.threads
        )
        start = most = 0.0
        for number, _ in enumerate(batch, 1):
            if number == options.rows // 100:
                start = most = resident()
            elif number % (options.rows // 50) == 0:
                most = max(most, resident())
    print(
        f"{options.rows} rows: {start:.1f} MB after 1 %, {most:.1f} MB at most: +{most - start:.1f}"
    )
    return int(most - start > 20)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("soak", "overhead", "memory"))
    parser.add_argument("--rows", type=int, help="20000, 3000 or 1000000")
    parser.add_argument("--threads", type=int, default=16)
    parser.add_argument("--limit", type=int, default=1000, help="calls per window (soak)")
    parser.add_argument("--window", type=float, default=10.0, help="seconds (soak)")
    parser.add_argument("--kill-every", type=float, default=7.0, help="seconds; 0: never (soak)")
    parser.add_argument(
        "--client", action="append", help="only this one, such as session.batch (soak)"
    )
    parser.add_argument("--turns", type=int, default=5, help="of overhead")
    parser.add_argument("--journal", action="store_true", help="also write one (memory)")
    parser.add_argument("--folder", help="for the files; the disk matters (overhead)")
    options = parser.parse_args()
    work, rows = {"soak": (soak, 20000), "overhead": (overhead, 3000), "memory": (memory, 10**6)}[
        options.what
    ]
    options.rows = options.rows or rows
    return work(options)


if __name__ == "__main__":
    sys.exit(main())
