"""``python -m pokitdok_session.sandbox``: serve until stopped, and print how to connect."""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import sys
import threading
from collections.abc import Sequence
from typing import Any

from . import Sandbox
from .controls import SCOPES

DESCRIPTION = "Serve a local PokitDok until Ctrl-C, and print the variables to connect to it."
EPILOG = """\
The lines on stdout are shell commands. When they are in the file, eval runs them:

  python -m pokitdok_session.sandbox > sandbox.env &
  eval "$(cat sandbox.env)"

--client-id and --client-secret default to POKITDOK_CLIENT_ID and POKITDOK_CLIENT_SECRET, and
then to random values. A secret that was passed is not printed. All times are in seconds."""


def build_parser() -> argparse.ArgumentParser:
    """Return a parser with an option for each argument of `Sandbox`, except ``clock``."""
    parser = argparse.ArgumentParser(
        prog="python -m pokitdok_session.sandbox",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )

    def seconds(option: str, default: float, text: str) -> None:
        parser.add_argument(
            option, type=float, default=default, metavar="SECONDS", help=f"{text} (%(default)g)"
        )

    parser.add_argument("--port", type=int, default=8443, help="0 picks a free one (%(default)s)")
    parser.add_argument("--client-id", default=os.environ.get("POKITDOK_CLIENT_ID"))
    parser.add_argument("--client-secret", default=os.environ.get("POKITDOK_CLIENT_SECRET"))
    parser.add_argument(
        "--scope",
        action="append",
        dest="scopes",
        metavar="SCOPE",
        help=f"a scope that tokens can have; repeat it for more ({', '.join(SCOPES)})",
    )
    seconds("--token-lifetime", 3600, "expires_in of a token")
    seconds("--token-latency", 0, "delay of each token response")
    parser.add_argument(
        "--same-token", action="store_true", help="issue one token until it expires"
    )
    parser.add_argument(
        "--expires",
        choices=("in", "both", "past"),
        default="in",
        help="add an absolute expiry to token responses: the true one, or one in the past",
    )
    parser.add_argument("--rate-limit", type=int, metavar="CALLS", help="per window (no limit)")
    seconds("--rate-window", 60, "length of the window")
    seconds("--latency", 0, "delay of each response")
    parser.add_argument("--credits", type=int, help="billed calls that can be paid (no limit)")
    seconds("--claim-delay", 300, "until a claim, a batch or a job is processed")
    seconds("--transition-delay", 0, "between the transitions of a claim after --claim-delay")
    parser.add_argument("--legacy-headers", action="store_true", help="label JSON as text/html")
    parser.add_argument(
        "--strict-slashes", action="store_true", help="redirect a GET without its last slash"
    )
    return parser


def exports(sandbox: Sandbox, *, print_secret: bool) -> list[str]:
    """Return the shell commands that connect a session to the sandbox."""
    variables = {
        "POKITDOK_CLIENT_ID": sandbox.client_id,
        "POKITDOK_CLIENT_SECRET": sandbox.client_secret,
        "POKITDOK_BASE_URL": sandbox.base_url,
        "REQUESTS_CA_BUNDLE": sandbox.ca_file,
    }
    if not print_secret:
        del variables["POKITDOK_CLIENT_SECRET"]
    return [f"export {name}={shlex.quote(value)};" for name, value in variables.items()]


def main(argv: Sequence[str] | None = None) -> int:
    options: dict[str, Any] = vars(build_parser().parse_args(argv))
    options["scopes"] = options["scopes"] or SCOPES
    has_secret = options["client_secret"] is not None
    sandbox = Sandbox(**options)
    try:
        sandbox.start()
    except (OSError, OverflowError) as error:
        advice = "choose another with --port, 0 picks a free one"
        print(f"cannot serve on port {options['port']}: {error}; {advice}", file=sys.stderr)
        return 2
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    try:
        print(f"sandbox on {sandbox.base_url}, Ctrl-C stops it", file=sys.stderr)
        if has_secret:
            # It can be the secret of a real account.
            print("POKITDOK_CLIENT_SECRET is the one that was passed", file=sys.stderr)
        print("\n".join(exports(sandbox, print_secret=not has_secret)), flush=True)
        stopped.wait()
    finally:
        sandbox.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
