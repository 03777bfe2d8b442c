"""``python -m pokitdok_session call``: one call, and its JSON on standard output."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Sequence
from typing import Any

from .. import Reply
from ..api.batch.journal_values import describe_error
from ..api.verdict import verdict_on
from ..transport.in_doubt import IDEMPOTENT_METHODS, IN_DOUBT
from .common import (
    ANSWERED,
    ENVIRONMENT,
    UNKNOWN,
    USAGE,
    UsageError,
    exit_status,
    open_session,
    read_json,
    tell,
    write_line,
)

EPILOG = f"""\
example:
  python -m pokitdok_session call GET '/activities/?limit=1'
  python -m pokitdok_session call POST /eligibility/ --data @inquiry.json

exit status:
  0  answered: the reply is on standard output
  2  wrong usage, or no credentials: nothing was sent
  3  the request is wrong: correct it
  4  unknown: it may have been processed, or its reply could not be printed. Look at /activities/
     before you send it again
  5  no such call can succeed now (credentials, credits, rights), or it was not processed and may
     succeed later (rate limit, no connection)

{ENVIRONMENT}"""

#: Seconds to wait for the rate limit at most.
RATE_LIMIT_WAIT = 60.0


def arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m pokitdok_session call",
        description="Make one call of the API and print its reply as JSON.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("method", metavar="METHOD", help="GET, POST, PUT or DELETE")
    parser.add_argument("path", metavar="PATH", help="a path below the API root: /activities/")
    parser.add_argument(
        "--data", metavar="JSON", help="the JSON body; @FILE reads a file, - standard input"
    )
    return parser.parse_args(argv)


def main(argv: Sequence[str]) -> int:
    options = arguments(argv)
    try:
        if not options.path.startswith("/"):
            raise UsageError(_path_advice(options.path))
        if sys.stdout is None:
            raise UsageError("standard output is closed: it must be open for the reply")
        body = None if options.data is None else read_json(options.data)
        session = open_session(max_rate_limit_wait=RATE_LIMIT_WAIT)
    except UsageError as error:
        tell(str(error))
        return USAGE
    with session:
        try:
            reply = session.call(options.method.upper(), options.path, json=body)
        except Exception as error:
            tell(json.dumps(describe_error(error)))
            return exit_status({verdict_on(error).action: 1})
        except KeyboardInterrupt:
            doubt = "" if options.method.upper() in IDEMPOTENT_METHODS else f": {IN_DOUBT}"
            tell(json.dumps({"type": "KeyboardInterrupt", "text": f"interrupted{doubt}"}))
            # The process must end by the signal: then a loop of a shell around it ends too.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            signal.raise_signal(signal.SIGINT)
            return UNKNOWN
    failure = write_line(json.dumps(reply, indent=2), sys.stdout)
    if failure is None:
        return ANSWERED
    tell(json.dumps(_describe_lost(reply, failure)))
    return UNKNOWN


def _describe_lost(reply: Reply[Any], failure: OSError) -> dict[str, Any]:
    """Return as JSON that a reply came and could not be printed."""
    where = f"/activities/{reply.activity_id}" if reply.activity_id else "/activities/"
    return {
        "type": type(failure).__name__,
        "text": f"the request was answered, but standard output cannot be written"
        f" ({failure.strerror}). Look at {where} before you send it again",
        "status": reply.response.status_code,
        "activity_id": reply.activity_id,
    }


def _path_advice(given: str) -> str:
    """Return what PATH must be; a URL is not repeated, and no query."""
    if "://" in given:
        return "PATH must begin with /, got a URL: POKITDOK_BASE_URL names the server"
    path = given.partition("?")[0].partition("#")[0]
    return f"PATH must begin with /, got {path or 'no path'}"
