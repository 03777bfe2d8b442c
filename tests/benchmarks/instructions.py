"""Count the instructions of one call, and of the import, of each peer, with callgrind."""

import argparse
import sys
from typing import Any

import measure
from peers import OURS, PEERS, PLAIN

_CLIENT = str(measure.HERE / "client.py")
_NETRC = "machine another.example login user password secret\n"
_OPTIONAL = ("pokitdok_session.sandbox", "redis", "filelock", "starlette", "uvicorn", "trustme")

_IMPORTS = """
import os, sys, requests
os.getppid()
{statement}
os.getppid()
present = [name for name in {optional} if name in sys.modules]
sys.exit(f"imported too: {{present}}" if {optional} and present else 0)
"""


class Counter:
    """Counts the instructions of the peers of one Python, each with its interpreter."""

    def __init__(self, pythons: dict[str, str], calls: int, repeats: int) -> None:
        self.pythons = pythons
        self.calls = calls
        self.repeats = repeats
        self._known: dict[Any, list[float]] = {}

    def calls_of(self, peers: list[str], what: str, server: Any = None, **environment: Any) -> Any:
        """Return the instructions of a call for each peer; each round measures every peer."""
        counted: dict[str, list[float]] = {peer: [] for peer in peers}
        for _ in range(self.repeats):
            for peer in peers:
                counted[peer] += self._call(peer, what, server, **environment)
        return counted

    def known(self, peers: list[str], what: str, server: Any) -> Any:
        """Return the counts, from an earlier table if it has them."""
        missing = [peer for peer in peers if (peer, what) not in self._known]
        return {
            **self.calls_of(missing, what, server),
            **{peer: self._known[peer, what] for peer in peers if peer not in missing},
        }

    def _call(self, peer: str, what: str, server: Any, **environment: Any) -> list[float]:
        command = [self.pythons[peer], _CLIENT, "--peer", peer, "--what", what]
        command += ["--calls", str(self.calls)]
        command += ["--variables", str(measure.VARIABLES + environment.get("more", 0))]
        if server:
            command += ["--url", server.url, "--authority-file", server.authority_file]
        return [part / self.calls for part in measure.instructions(command, **environment)[:2]]

    def table(self, title: str, peers: list[str], what: str, server: Any = None) -> None:
        """Print the instructions of a call of each peer, and the ratio to plain requests."""
        counted = self.calls_of(peers, what, server)
        if server:
            self._known.update({(peer, what): parts for peer, parts in counted.items()})
        base = measure.median(counted[PLAIN])
        rows = []
        for peer, parts in counted.items():
            middle = measure.median(parts)
            spread = (max(parts) - min(parts)) / middle
            rows.append((peer, f"{middle:,.0f}", f"{middle / base:.3f}", f"{spread:.2%}"))
        measure.print_table(title, ("", "instructions", "ratio", "spread"), rows)


def calls(counter: Counter, python: str, server: Any, tables: str) -> None:
    """Print the tables (a), (b) and (c)."""
    peers = list(counter.pythons)
    on = f"Python {python}"
    if "a" in tables:
        counter.table(f"(a) session layer alone, GET, {on}", peers, "get")
    if "b" in tables:
        counter.table(f"(b) a GET over loopback TLS, keep-alive, {on}", peers, "get", server)
    if "c" in tables:
        title = f"(c) a JSON POST of 1.5 KB over loopback TLS, {on}"
        counter.table(title, peers, "post", server)


def environment_costs(counter: Counter, python: str, server: Any) -> None:
    """Print table (d)."""
    peers = list(counter.pythons)
    before = counter.known(peers, "get", server)
    variables = counter.calls_of(peers, "get", server, more=100)
    netrc = counter.calls_of(peers, "get", server, netrc=_NETRC)
    rows = []
    for peer in peers:
        base = measure.median(before[peer])
        per_variable = (measure.median(variables[peer]) - base) / 100
        rows.append((peer, f"{per_variable:,.0f}", f"{measure.median(netrc[peer]) - base:,.0f}"))
    columns = ("", "per variable", "a ~/.netrc")
    title = f"(d) instructions added to a GET over loopback TLS, Python {python}"
    measure.print_table(title, columns, rows)


def resource(counter: Counter, python: str) -> None:
    """Print table (e)."""
    rows = []
    with measure.Server() as server:
        for where, to in (("session layer alone", None), ("loopback TLS", server)):
            post, method = (
                measure.median(counter.calls_of([OURS], what, to)[OURS])
                for what in ("post-and-json", "resource")
            )
            rows.append((where, f"{post:,.0f}", f"{method:,.0f}", f"{method / post:.3f}"))
    columns = ("", "session.post(...).json()", "session.eligibility(...)", "ratio")
    measure.print_table(f"(e) a resource method, Python {python}", columns, rows)


def imports(counter: Counter, python: str, bound: float) -> None:
    """Print table (f); exit if ours costs too much or imports an optional package."""
    modules = {PEERS[peer].module: peer for peer in counter.pythons if peer != PLAIN}
    modules.update(
        {
            "google.auth.transport.requests": "google-auth",
            "authlib.integrations.requests_client": "authlib",
            "pokitdok.api.client": "pokitdok 2.8.1",
        }
    )
    statements = {
        f"import {module}": peer
        for module, peer in modules.items()
        if peer != "niquests" and module not in ("google", "authlib")
    }
    for name in ("ClientCredentialsSession", "PokitDokSession"):
        statements[f"from pokitdok_session import {name}"] = OURS
    rows, costs = [], {}
    for statement, peer in statements.items():
        if peer not in counter.pythons:
            continue
        code = _IMPORTS.format(statement=statement, optional=_OPTIONAL if peer == OURS else ())
        command = [counter.pythons[peer], "-c", code]
        measure.instructions(command)  # writes the bytecode
        costs[statement] = measure.instructions(command)[0] / 1e6
        rows.append((statement, f"{costs[statement]:+.1f} M"))
    title = (
        f"(f) over import requests, Python {python}; ours imports none of {', '.join(_OPTIONAL)}"
    )
    measure.print_table(title, ("", "instructions"), rows)
    cost = costs["from pokitdok_session import ClientCredentialsSession"]
    if cost > bound:
        raise SystemExit(f"the import costs {cost:.1f} M instructions; the bound is {bound:g} M")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--python",
        nargs="+",
        default=[sys.executable],
        help="interpreters; a peer runs on the first that has it",
    )
    parser.add_argument("--peers", nargs="+", choices=PEERS, help="all that are installed")
    parser.add_argument("--calls", type=int, default=40, help="calls per count")
    parser.add_argument("--repeats", type=int, default=1, help="rounds, of two parts each")
    parser.add_argument("--tables", default="abcdef", help="which of them")
    parser.add_argument(
        "--import-bound",
        type=float,
        default=100,
        help="million instructions that ClientCredentialsSession may add to the import of requests",
    )
    options = parser.parse_args()
    with measure.Server() as server:
        for python, pythons in measure.by_version(options.python).items():
            if options.peers:
                chosen = {PLAIN, *options.peers}
                pythons = {peer: pythons[peer] for peer in pythons if peer in chosen}
            counter = Counter(pythons, options.calls, options.repeats)
            calls(counter, python, server, options.tables)
            if "d" in options.tables:
                environment_costs(counter, python, server)
            if "e" in options.tables:
                resource(counter, python)
            if "f" in options.tables:
                imports(counter, python, options.import_bound)


if __name__ == "__main__":
    main()
