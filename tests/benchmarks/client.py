"""Make calls of one kind with one peer: the process whose instructions are counted.

Between groups of calls it calls `os.getppid`, where callgrind is told to write its counters and
to reset them. Imports and the first calls come before the first such mark and are not counted.
"""

import argparse
import gc
import os
from typing import Any

from peers import PEERS, TOKEN, Peer, Place

#: 1.5 KB as JSON: an eligibility request with more fields than usual.
BODY = {
    "member": {"birth_date": "1970-01-25", "first_name": "Jane", "last_name": "Doe", "id": "W0"},
    "provider": {"first_name": "Jerome", "last_name": "Aya-Ay", "npi": "1467560003"},
    "service_types": ["health_benefit_plan_coverage"],
    "trading_partner_id": "MOCKPAYER",
    "application_data": {f"field_{number:02}": "x" * 36 for number in range(23)},
}

# Variables that valgrind, its shell and the interpreter add.
_ADDED = ("LD_PRELOAD", "LD_LIBRARY_PATH", "GLIBCPP_FORCE_NEW", "GLIBCXX_FORCE_NEW", "LC_CTYPE")
_ADDED += ("PWD", "OLDPWD", "SHLVL", "_")


def work(peer: Peer, place: Place, what: str) -> Any:
    """Return the call to count."""
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
    parser.add_argument("--authority-file", help="without it, no network")
    parser.add_argument("--calls", type=int, default=20)
    parser.add_argument("--variables", type=int, help="size of the environment")
    options = parser.parse_args()
    if options.installed:
        print("\n".join(peer.name for peer in PEERS.values() if peer.is_installed))
        return
    for name in _ADDED:
        os.environ.pop(name, None)
    if options.variables and len(os.environ) != options.variables:
        raise SystemExit(f"{len(os.environ)} variables instead of {options.variables}")
    place = Place(options.url, options.authority_file, not options.authority_file, token=TOKEN)
    call = work(PEERS[options.peer], place, options.what)
    for _ in range(30):  # until the interpreter has specialized its bytecode
        call()
    gc.collect()
    gc.freeze()
    for _ in range(2):
        os.getppid()
        for _ in range(options.calls):
            call()
    os.getppid()


if __name__ == "__main__":
    main()
