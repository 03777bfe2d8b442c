"""Fail if one GET costs more function calls at the session layer than the bound allows."""

import argparse
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

import client
import measure
from peers import OURS, PEERS, PLAIN, TOKEN, Place

#: Function calls of ours as a ratio to plain requests, per version of Python: requests itself
#: differs most on 3.11. The count repeats exactly, on any machine.
BOUNDS = {(3, 10): 0.35, (3, 11): 0.18, (3, 12): 0.41, (3, 13): 0.44}

CALLS = 100


def function_calls(call: Callable[[], Any]) -> float:
    """Return how many functions of Python and of C one call calls, after a warm-up."""
    for _ in range(CALLS):
        call()
    seen: Counter[str] = Counter()

    def count(frame: Any, event: str, function: Any) -> None:
        seen[event] += 1

    sys.setprofile(count)
    for _ in range(CALLS):
        call()
    sys.setprofile(None)
    seen["c_call"] -= 1  # setprofile itself
    return (seen["call"] + seen["c_call"]) / CALLS


def main() -> None:
    """Read the command line; exit with status 1 above the bound."""
    parser = argparse.ArgumentParser(description=__doc__)
    bound = BOUNDS.get(sys.version_info[:2], max(BOUNDS.values()))
    parser.add_argument("--bound", type=float, default=bound, help="ratio to plain requests")
    bound = parser.parse_args().bound
    measure.scrub()
    place = Place("https://127.0.0.1:8443", instant=True, token=TOKEN)
    counted = {
        peer: function_calls(client.work(PEERS[peer], place, "get")) for peer in (PLAIN, OURS)
    }
    ratio = counted[OURS] / counted[PLAIN]
    rows = [
        (peer, f"{calls:.2f}", f"{calls / counted[PLAIN]:.3f}") for peer, calls in counted.items()
    ]
    measure.print_table(measure.versions("requests"), ("", "function calls", "ratio"), rows)
    if ratio > bound:
        raise SystemExit(f"a GET costs {ratio:.3f} of plain requests; the bound is {bound}")


if __name__ == "__main__":
    main()
