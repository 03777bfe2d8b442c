"""``python -m pokitdok_session batch``: a file of rows, each taken to a known outcome."""

from __future__ import annotations

import argparse
import contextlib
import inspect
import logging
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from .. import Outcome, PokitDokSession
from ..api.batch.pacing import parse_rate
from ..errors import BatchStopped, JournalError
from ..pokitdok.resources import Resources
from .common import ENVIRONMENT, USAGE, UsageError, exit_status, open_session
from .rows import Output, field_of, open_rows, read_rows

#: In the order of the summary.
ACTIONS = ("answered", "fix", "unknown", "retry", "stop")

EPILOG = f"""\
example:
  python -m pokitdok_session batch eligibility rows.jsonl --output replies.jsonl \\
      --key application_data.appointment

input:   JSON Lines, one body of the method per line; - is standard input.
output:  JSON Lines, in the order in which outcomes become known:
         {{"key", "line", "action", "reply" or "error", "attempts"}}
  action "answered"  the reply is there. It may still report a rejection of the payer
         "fix"       the row is wrong: correct it, and run the same command again
         "unknown"   it may have been processed: look for it before you send it again
         "retry"     not processed: run the same command again
         "stop"      no row can succeed: correct the cause, and run the same command again
journal: what was sent and what became of it, with the replies. It is the memory of the command:
         run again with the same journal, after a kill too, it sends only what is left.
         Rows that may have been processed are searched for in /activities/. They are sent again
         with --resend-in-doubt only.

exit status (the first that applies):
  2  wrong usage, no credentials, or the journal is in use
  4  some rows are unknown
  5  stopped before the last row, or some rows were not sent
  3  some rows must be corrected
  0  every row was answered

{ENVIRONMENT}"""


def arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m pokitdok_session batch",
        description="Call METHOD once per row: paced below the rate limit, journaled, resumable,"
        " and never sent twice in doubt.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "method", metavar="METHOD", help="a resource method that takes one body: eligibility"
    )
    parser.add_argument("rows", metavar="ROWS", help="a file of JSON Lines, or -")
    parser.add_argument(
        "--output", metavar="FILE", required=True, help="each run writes it from the start"
    )
    parser.add_argument("--journal", metavar="FILE", help="default: the output with .journal")
    parser.add_argument("--threads", metavar="N", type=int, default=16, help="default: 16")
    parser.add_argument(
        "--pace", metavar="RATE", help="84/minute, 600/10s; default: learned from the replies"
    )
    parser.add_argument(
        "--key",
        metavar="FIELD",
        help="the field that names a row, such as application_data.appointment;"
        " default: a digest of the row, and the number of its occurrence",
    )
    parser.add_argument(
        "--resend-in-doubt",
        action="store_true",
        help="send rows again, once per run, that may have been processed and are not found: they"
        " may be billed twice",
    )
    return parser.parse_args(argv)


def main(argv: Sequence[str]) -> int:
    options = arguments(argv)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        check(options)
        check_method(options.method)
        _log_progress()
        with open_session() as session:
            return run_batch(session, options)
    except (UsageError, JournalError) as error:
        print(error, file=sys.stderr)
        return USAGE


def check(options: argparse.Namespace) -> None:
    """Complete the options. Raises UsageError for what cannot work."""
    options.journal = options.journal or f"{options.output}.journal"
    files = {"--output": options.output, "--journal": options.journal, "ROWS": options.rows}
    if len({os.path.realpath(name) for name in files.values()}) < len(files):
        raise UsageError("ROWS, --output and --journal must be three different files")
    for option, verb, name in (
        ("--output", "written", options.output),
        ("--journal", "opened", options.journal),
    ):
        if not os.path.isdir(os.path.dirname(os.path.abspath(name))):
            raise UsageError(f"{option} cannot be {verb}: {name}: no such folder")
        if os.path.isdir(name):
            raise UsageError(f"{option} cannot be {verb}: {name} is a folder, it must be a file")
    if options.threads < 1:
        raise UsageError(f"--threads must be at least 1, got {options.threads}")
    if options.pace is not None:
        try:
            parse_rate(options.pace)
        except ValueError as error:
            raise UsageError(f"--{error}") from None


def check_method(name: str) -> None:
    """Raise UsageError unless the name is that of a resource method that takes one body."""
    usable = {
        each
        for family in Resources.__bases__
        for each, method in vars(family).items()
        if not each.startswith("_") and inspect.isfunction(method) and _takes_one(method)
    }
    if name in usable:
        return
    near = get_close_matches(name, usable, 3)
    advice = f" Did you mean {' or '.join(near)}?" if near else ""
    raise UsageError(f"METHOD must be a resource method that takes one body, got {name}.{advice}")


def _takes_one(method: Callable[..., Any]) -> bool:
    """Return True if a method can be called with one argument."""
    _, *parameters = inspect.signature(method).parameters.values()
    positional = [each for each in parameters if each.kind is each.POSITIONAL_OR_KEYWORD]
    required = [each for each in parameters if each.default is each.empty]
    return bool(positional) and required in ([], positional[:1])


def run_batch(session: PokitDokSession, options: argparse.Namespace) -> int:
    counts: Counter[str] = Counter()
    stopped: BaseException | None = None
    with Output(options.output) as output, open_rows(options.rows) as lines:

        def note(outcome: Outcome, line: int | None = None) -> None:
            counts[outcome.action] += 1
            output.write(outcome, line)

        batch = session.batch(
            getattr(session, options.method),
            read_rows(lines, on_unreadable=note),
            key=None if options.key is None else lambda row: field_of(row, options.key),
            journal=options.journal,
            threads=options.threads,
            pace=options.pace,
            resend_in_doubt=options.resend_in_doubt,
            progress=True,
        )
        with contextlib.closing(batch):
            try:
                for outcome in batch:
                    note(outcome)
                output.open()  # empty, if there was no row
            except (BatchStopped, KeyboardInterrupt) as error:
                stopped = error
    print(summary(counts, stopped, options.output), file=sys.stderr)
    return exit_status(counts, is_stopped=stopped is not None)


def summary(counts: Mapping[str, int], stopped: BaseException | None, output: str) -> str:
    """Return one line: what happened, and what to do now."""
    rows = sum(counts.values())
    each = ", ".join(f"{counts[name]} {name}" for name in ACTIONS if counts.get(name))
    parts = [f"{rows} rows: {each or 'none'}."]
    if isinstance(stopped, KeyboardInterrupt):
        parts.append("Interrupted: run the same command again to go on.")
    elif stopped is not None:
        parts.append(f"Stopped by {_text_of(stopped.__cause__)}: remove the cause, then run again.")
    elif counts.get("retry"):
        parts.append("Run the same command again for those to retry.")
    if counts.get("unknown"):
        parts.append(f'Rows with "unknown" in {output} may have been processed: look for them.')
    if counts.get("fix"):
        parts.append(f'Correct the rows with "fix" in {output}, then run the same command again.')
    return " ".join(parts)


def _text_of(cause: BaseException | None) -> str:
    return f"{type(cause).__name__} ({cause})"


def _log_progress() -> None:
    """Print the log line per minute, which stands for the bar if there is no terminal."""
    log = logging.getLogger("pokitdok_session.api.batch.progress")
    log.addHandler(logging.StreamHandler())
    log.setLevel(logging.INFO)
