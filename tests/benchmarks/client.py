"""One peer that makes calls of one kind: the process whose instructions are counted.

Between the calls it marks where it is, by `os.getppid`: callgrind is told to write down and
begin again there. What comes before the first mark, imports and first calls, is not counted.
"""

import argparse
import gc
import os
from typing import Any

from peers import PEERS, TOKEN, Peer, Place

#: 1.5 KB as JSON: an eligibility request with a few fields more.
BODY = {
    "member": {"birth_date": "1970-01-25", "first_name": "Jane", "last_name": "Doe", "id": "W0"},
    "provider": {"first_name": "Jerome", "last_name": "Aya-Ay", "npi": "1467560003"},
    "service_types": ["health_benefit_plan_coverage"],
    "trading_partner_id": "MOCKPAYER",
    "application_data": {f"field_{number:02}": "x" * 36 for number in range(23)},
}

# What valgrind, the shell that starts it, and the interpreter add of their own.
_ADDED = ("LD_PRELOAD", "LD_LIBRARY_PATH", "GLIBCPP_FORCE_NEW", "GLIBCXX_FORCE_NEW", "LC_CTYPE")
_ADDED += ("PWD", "OLDPWD", "SHLVL", "_")


def work(peer: Peer, place: Place, what: str) -> Any:
    """Give the call to be counted."""
    session = peer.build(place)
    url = f"{place.url}/api/v4/eligibility/"
    if what == "get":
        return lambda: session.get(url)
    if what == "post":
        return lambda: session.post(url, json=BODY)
    if what == "post-and-json":
        return lambda: session.post(url, json=BODY).json()
    return lambda: session.eligibility(BODY)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", choices=PEERS)
    parser.add_argument("--installed", action="store_true", help="list the peers that can run here")
    parser.add_argument("--what", choices=("get", "post", "post-and-json", "resource"))
    parser.add_argument("--url", default="https://127.0.0.1:8443")
    parser.add_argument("--authority-file", help="without it, an adapter that answers at once")
    parser.add_argument("--calls", type=int, default=20)
    parser.add_argument("--variables", type=int, help="how many the environment must have")
    given = parser.parse_args()
    if given.installed:
        print("\n".join(peer.name for peer in PEERS.values() if peer.is_installed))
        return
    for name in _ADDED:
        os.environ.pop(name, None)
    if given.variables and len(os.environ) != given.variables:
        raise SystemExit(f"{len(os.environ)} variables in place of {given.variables}")
    place = Place(given.url, given.authority_file, not given.authority_file, token=TOKEN)
    call = work(PEERS[given.peer], place, given.what)
    for _ in range(30):  # until the interpreter has specialized its bytecode
        call()
    gc.collect()
    gc.freeze()
    for _ in range(2):
        os.getppid()
        for _ in range(given.calls):
            call()
    os.getppid()


if __name__ == "__main__":
    main()
