"""``python -m pokitdok_session.sandbox``: serve until stopped, and say how to connect."""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import sys
import threading
from collections.abc import Sequence

from . import Sandbox

EPILOG = """\
The id and secret are those of --client-id and --client-secret or of POKITDOK_CLIENT_ID and
POKITDOK_CLIENT_SECRET, else made up at every start. Times are in seconds."""


def arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m pokitdok_session.sandbox", description=__doc__, epilog=EPILOG
    )
    parser.add_argument("--port", type=int, default=8443, help="0 takes a free one (%(default)s)")
    parser.add_argument("--client-id", default=os.environ.get("POKITDOK_CLIENT_ID"))
    parser.add_argument("--client-secret", default=os.environ.get("POKITDOK_CLIENT_SECRET"))
    parser.add_argument("--token-lifetime", type=float, default=3600, metavar="SECONDS")
    parser.add_argument("--rate-limit", type=int, metavar="CALLS", help="a minute; none if not set")
    parser.add_argument("--latency", type=float, default=0, metavar="SECONDS")
    parser.add_argument("--credits", type=int, help="how many calls can be paid for")
    parser.add_argument("--claim-delay", type=float, default=300, metavar="SECONDS")
    parser.add_argument("--expires", choices=("in", "both", "past"), default="in")
    parser.add_argument("--legacy-headers", action="store_true")
    parser.add_argument("--strict-slashes", action="store_true")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    options = vars(arguments(argv))
    sandbox = Sandbox(**options)
    try:
        sandbox.start()
    except (OSError, OverflowError) as error:
        print(f"cannot serve on port {options['port']}: {error}", file=sys.stderr)
        return 2
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    try:
        print(f"# A PokitDok sandbox on {sandbox.base_url}; Ctrl-C stops it. To connect:")
        print(f"export POKITDOK_CLIENT_ID={shlex.quote(sandbox.client_id)}")
        if options["client_secret"] is None:
            print(f"export POKITDOK_CLIENT_SECRET={shlex.quote(sandbox.client_secret)}")
        else:
            # It was there before us, and may be that of a real account.
            print("# POKITDOK_CLIENT_SECRET is the one that was given")
        print(f"export POKITDOK_BASE_URL={sandbox.base_url}")
        print(f"export REQUESTS_CA_BUNDLE={shlex.quote(sandbox.ca_file)}", flush=True)
        stopped.wait()
    finally:
        sandbox.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
