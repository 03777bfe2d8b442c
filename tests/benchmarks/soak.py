"""Run 32 threads in 4 processes against a sandbox that fails at random.

    python tests/benchmarks/soak.py --seconds 600 [--seed 7]

The faults are those of `support.fault_table`, at the API and at the token endpoint, a few at a
time. Tokens live for 2 s. Exit with 1 when:

- a POST that may have been processed was sent again
- a marker, token or secret was in a log record or in the text of an exception
- an exception was not one of the documented ones
- a call did not end, or memory grows
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import functools
import json
import logging
import multiprocessing
import random
import re
import sys
import tempfile
import threading
import time
import traceback
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import requests

from pokitdok_session import PokitDokSession
from pokitdok_session.errors import APIError, NotFound
from pokitdok_session.sandbox import Sandbox
from pokitdok_session.transport.adapter import Transport
from support.fault_table import FAULTS, GET, POST, TOKEN, TOKEN_GARBAGE, Wire, claim

PROCESSES, THREADS = 4, 8
LIFETIME = 2.0
MARK = "mk5Qz"  # starts every text that must not leak
SECRET = f"{MARK}-secret"
#: Seconds that a call may take: two timeouts, two pauses of up to 60 s, and a token.
LONGEST_CALL = 150.0
#: Megabytes by which a process may grow after its warm-up.
GROWTH = 30.0

# The session caches such refusals for 30 s, which would hide the other faults.
_SELDOM = ("400", "401", "402", "403 rate", "403 scope", "404 HTML", "redirect")
_NEVER = ("503, try in hours", "429, try in hours", "503, try in 2 s")


def memory() -> float:
    """Return the resident megabytes of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


class Recorder:
    """Wraps the sandbox's application; records the response to each POST by its marker."""

    #: Statuses which say that nothing was processed.
    UNPROCESSED = (401, 429)

    def __init__(self, app: Any) -> None:
        self._app = app
        self._statuses: dict[str, int | None] = {}
        self.posts = 0
        self.replays = 0
        self.duplicates: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["method"] != "POST" or scope["path"].rstrip("/") == TOKEN:
            await self._app(scope, receive, send)
            return
        body = bytearray()
        marker = ""

        async def receiving() -> Any:
            nonlocal marker
            message = await receive()
            if message["type"] == "http.request":
                body.extend(message.get("body", b""))
                if not message.get("more_body"):
                    marker = json.loads(bytes(body))["application_data"]["marker"]
                    self._arrived(marker)
            return message

        async def sending(message: Any) -> None:
            if message["type"] == "http.response.start":
                self._statuses[marker] = message["status"]
            await send(message)

        await self._app(scope, receiving, sending)

    def _arrived(self, marker: str) -> None:
        self.posts += 1
        if marker in self._statuses:
            self.replays += 1
            if self._statuses[marker] not in self.UNPROCESSED:
                self.duplicates.append(marker)
        self._statuses[marker] = None


def serve(seconds: float, seed: int, line: Any, folder: str) -> None:
    """Run the sandbox and inject faults for this time; send a report through ``line``."""
    chance = random.Random(seed)
    sandbox = Sandbox(token_lifetime=LIFETIME, client_secret=SECRET)
    recorder = Recorder(sandbox._gate)
    sandbox._gate = recorder
    # The server's own records are not checked here.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    with sandbox, Wire.to(sandbox, Path(folder)) as wire:
        line.send((sandbox.client_id, wire.relay.url, wire.relay.ca_file))
        ordered = Counter()
        end = time.monotonic() + seconds
        before = 0.0
        while time.monotonic() < end:
            at_token = chance.random() < 0.25
            table = {**FAULTS, **TOKEN_GARBAGE} if at_token else FAULTS
            name = chance.choice([name for name in table if name not in _NEVER])
            if not (at_token and name in _SELDOM and chance.random() < 0.95):
                fault = table[name]
                lasting = fault.manner is not None and not fault.once
                path = TOKEN if at_token else chance.choice([GET, POST, "*"])
                wire.break_(path, fault, times=None if lasting else chance.randint(1, 8))
                ordered[name] += 1
            if chance.random() < 0.02:
                sandbox.revoke()
                ordered["token revoked"] += 1
            time.sleep(chance.uniform(0.05, 0.4))
            if chance.random() < 0.5:
                wire.heal()
            if not before and time.monotonic() > end - seconds * 0.9:
                before = memory()
        wire.heal()
        line.recv()
        line.send(
            {
                "ordered": ordered,
                "requests": len(sandbox.requests),
                "token requests": sandbox.token_requests,
                "connections": sandbox.connections,
                "posts": recorder.posts,
                "replays": recorder.replays,
                "duplicates": recorder.duplicates,
                "memory": (before, memory()),
            }
        )
        line.recv()


class Watch(logging.Handler):
    """Reads every record and every exception as it would be printed."""

    _WORD = re.compile(r"[A-Za-z0-9]{40}")

    def __init__(self, secrets: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self._secrets = secrets
        self._format = logging.Formatter("%(name)s %(levelname)s %(message)s")
        self.tokens: set[str] = set()
        self.records = 0
        self.leaks: Counter[str] = Counter()

    def emit(self, record: logging.LogRecord) -> None:
        self.records += 1
        self.read(record.name, self._format.format(record))

    def read(self, where: str, text: str) -> None:
        if any(secret in text for secret in self._secrets) or any(
            word in self.tokens for word in self._WORD.findall(text)
        ):
            self.leaks[f"{where}: {text[:300]}"] += 1


def get_missing(session: PokitDokSession, marker: str) -> None:
    """Request an activity that does not exist."""
    with contextlib.suppress(NotFound):
        session.call("GET", f"/activities/{marker}")


CALLS = {
    "get": lambda session, marker: session.get(GET, params={"q": marker}),
    "get a path": get_missing,
    "post": lambda session, marker: session.post(POST, json=claim(marker), params={"q": marker}),
    "post a call": lambda session, marker: session.claims(claim(marker)),
}


class Client:
    """One process of callers."""

    def __init__(self, number: int, seed: int, where: tuple[str, str, str]) -> None:
        self.number = number
        self.seed = seed
        client_id, url, ca_file = where
        basic = base64.b64encode(f"{client_id}:{SECRET}".encode()).decode()
        self.watch = Watch([MARK, basic])
        root = logging.getLogger()
        root.setLevel(logging.DEBUG)
        root.addHandler(self.watch)
        logging.captureWarnings(True)
        warnings.simplefilter("always")
        self.sessions = []
        for retries in (0, 2):
            session = PokitDokSession(
                client_id,
                SECRET,
                base_url=url,
                timeout=(2, 2),
                token_timeout=(2, 2),
                retries=retries,
                token_updater=lambda token: self.watch.tokens.add(token["access_token"]),
            )
            session.mount(url + "/", Transport(retries, verify=ca_file))
            self.sessions.append(session)
        self.lock = threading.Lock()
        self.calls: Counter[str] = Counter()
        self.failures: Counter[str] = Counter()
        self.untyped: Counter[str] = Counter()
        self.slowest = 0.0

    def run(self, seconds: float) -> dict[str, Any]:
        end = time.monotonic() + seconds
        threads = [
            threading.Thread(target=self._work, args=(number, end), daemon=True)
            for number in range(THREADS)
        ]
        for thread in threads:
            thread.start()
        time.sleep(min(seconds / 10, 30))
        before = memory()
        for thread in threads:
            thread.join(max(0.0, end - time.monotonic()) + LONGEST_CALL)
        return {
            "calls": self.calls,
            "failures": self.failures,
            "untyped": self.untyped,
            "slowest": self.slowest,
            "unended": sum(thread.is_alive() for thread in threads),
            "records": self.watch.records,
            "leaks": self.watch.leaks,
            "tokens": len(self.watch.tokens),
            "memory": (before, memory()),
        }

    def _work(self, number: int, end: float) -> None:
        chance = random.Random(f"{self.seed}/{self.number}/{number}")
        count = 0
        while time.monotonic() < end:
            count += 1
            marker = f"{MARK}-{self.number}-{number}-{count}"
            session = chance.choice(self.sessions)
            kind = chance.choice(["get", "get a path", "post", "post a call"])
            call = functools.partial(CALLS[kind], session, marker)
            started = time.monotonic()
            fault = self._try(call)
            seconds = time.monotonic() - started
            with self.lock:
                self.calls[kind] += 1
                self.slowest = max(self.slowest, seconds)
                if fault:
                    self.failures[fault] += 1
            if fault in ("TokenError", "SSLError", "ConnectionError"):
                time.sleep(0.05)  # these fail at once, and would fill the report

    def _try(self, call: Any) -> str | None:
        try:
            result = call()
        except Exception as error:
            text = "".join(traceback.format_exception(error)) + repr(error)
            self.watch.read("exception", text)
            name = type(error).__name__
            if not isinstance(error, requests.RequestException):
                with self.lock:
                    self.untyped[f"{name}: {text[-600:]}"] += 1
            if isinstance(error, APIError) and error.response is not None:
                return f"{name} ({error.response.status_code})"
            return name
        if isinstance(result, requests.Response) and result.status_code >= 400:
            return f"a response with {result.status_code}"
        return None


def run_client(number: int, seed: int, where: Any, seconds: float, line: Any) -> None:
    line.send(Client(number, seed, where).run(seconds))


def soak(seconds: float, seed: int) -> int:
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        line, far = context.Pipe()
        server = context.Process(target=serve, args=(seconds, seed, far, folder), daemon=True)
        server.start()
        where = line.recv()
        children = []
        for number in range(PROCESSES):
            own, other = context.Pipe()
            arguments = (number, seed, where, seconds, other)
            process = context.Process(target=run_client, args=arguments, daemon=True)
            process.start()
            children.append((process, own))
        reports = [own.recv() for _, own in children]
        line.send("report")
        seen = line.recv()
        line.send("stop")
        for process in (server, *(process for process, _ in children)):
            process.join(10)
    return report(seconds, seed, seen, reports)


def report(seconds: float, seed: int, seen: dict[str, Any], reports: list[dict[str, Any]]) -> int:
    def added(name: str) -> Counter[str]:
        return sum((part[name] for part in reports), Counter())

    calls, failures = added("calls"), added("failures")
    leaks, untyped = added("leaks"), added("untyped")
    print(f"{PROCESSES * THREADS} threads in {PROCESSES} processes, {seconds:g} s, seed {seed}")
    print(f"faults ordered: {seen['ordered'].total()} of {len(seen['ordered'])} kinds")
    print(f"calls: {calls.total()} ({', '.join(f'{k} {n}' for k, n in calls.items())})")
    print(f"calls that failed: {failures.total()}")
    for kind, number in failures.most_common():
        print(f"    {number:7} {kind}")
    print(f"requests that arrived: {seen['requests']} over {seen['connections']} connections")
    print(f"token requests that arrived: {seen['token requests']}")
    print(f"tokens granted: {sum(part['tokens'] for part in reports)}")
    print(f"POSTs that arrived: {seen['posts']}, after a 401 or 429 again: {seen['replays']}")
    print(f"slowest call: {max(part['slowest'] for part in reports):.1f} s")
    print(f"log records read: {sum(part['records'] for part in reports)}")
    for name, part in [("sandbox", seen), *((f"client {n}", p) for n, p in enumerate(reports))]:
        print("memory of {}: {:.0f} MB, at the end {:.0f} MB".format(name, *part["memory"]))
    grown = max(after - before for before, after in (part["memory"] for part in reports))
    must_be_zero = {
        "duplicates of POSTs": len(seen["duplicates"]),
        "leaked markers": leaks.total(),
        "exceptions of another kind": untyped.total(),
        "calls that did not end": sum(part["unended"] for part in reports),
        f"grown by more than {GROWTH:g} MB": int(grown > GROWTH),
    }
    for what, number in must_be_zero.items():
        print(f"{what}: {number}" + (", which must be 0" if number else ""))
    for text, number in (leaks + untyped).most_common(10):
        print(f"    {number} x {text}")
    return int(any(must_be_zero.values()))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    return soak(arguments.seconds, arguments.seed)


if __name__ == "__main__":
    sys.exit(main())
