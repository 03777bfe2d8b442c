"""``python -m pokitdok_session batch``: a file of rows, each taken to a known outcome."""

from __future__ import annotations

import argparse
import contextlib
import inspect
import logging
import os
import signal
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from .. import Outcome, PokitDokSession
from ..api.batch.journal_values import describe_cause
from ..api.batch.pacing import parse_rate
from ..errors import BatchStopped, JournalError
from ..pokitdok.resources import Resources
from .common import ENVIRONMENT, STOPPED, USAGE, UsageError, exit_status, open_session, tell
from .rows import FileError, Output, Rows, field_of, is_journal, open_rows

#: In the order of the summary.
ACTIONS = ("answered", "fix", "unknown", "retry", "stop")

#: Counts answered rows that the API goes on with.
PENDING = "pending"

EPILOG = f"""\
example:
  python -m pokitdok_session batch eligibility rows.jsonl --output replies.jsonl \\
      --key application_data.appointment

input:   JSON Lines, one body of the method per line; - is standard input.
output:  JSON Lines, in the order in which outcomes become known:
         {{"key", "line", "action", "reply" or "error", "attempts"}}
  action "answered"  the reply is there. It may still report a rejection of the payer. With
                     "pending": true the API is not finished: the reply is the activity. Read it
                     later, with call GET /activities/ID
         "fix"       the row is wrong: correct it, and run the same command again
         "unknown"   it may have been processed: look for it before you send it again
         "retry"     not processed: run the same command again
         "stop"      no row can succeed: correct the cause, and run the same command again
journal: what was sent and what became of it, with the replies. It is the memory of the command:
         run again with the same journal, after a kill too, it sends only what is left.
         Rows that may have been processed are searched for in /activities/. They are sent again
         with --resend-in-doubt only.

exit status (the first that applies):
  2  wrong usage, no credentials, or a file cannot be used: nothing was sent
  4  some rows are unknown
  5  stopped before the last row, by a full disk too, or some rows were not sent
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
        tell(str(error))
        return USAGE
    except KeyboardInterrupt:  # before the first row, or a second one
        tell("Interrupted: run the same command again to go on.")
        return STOPPED


def check(options: argparse.Namespace) -> None:
    """Complete the options. Raises UsageError for what cannot work."""
    if options.journal is None and os.path.dirname(os.path.abspath(options.output)) == "/dev":
        raise UsageError(
            f"--journal must be given with --output {options.output}: by default the journal is"
            " beside the output, and what is in /dev does not last"
        )
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
    if is_journal(options.output):
        raise UsageError(
            f"--output must not be a journal, got {options.output}: the command would empty it, and"
            " send its rows again"
        )
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
    """Take each row to its outcome, print the summary, and return the exit status."""
    counts: Counter[str] = Counter()
    ends: list[BaseException] = []
    with open_rows(options.rows) as lines, Output(options.output) as output:

        def note(outcome: Outcome, line: int | None = None) -> None:
            counts[outcome.action] += 1
            counts[PENDING] += outcome.is_pending
            output.write(outcome, line)

        rows = Rows(lines, options.rows, on_unreadable=note)
        batch = session.batch(
            getattr(session, options.method),
            rows,
            key=None if options.key is None else lambda row: field_of(row, options.key),
            journal=options.journal,
            threads=options.threads,
            pace=options.pace,
            resend_in_doubt=options.resend_in_doubt,
            progress=True,
        )
        try:
            with contextlib.closing(batch):
                for outcome in batch:
                    note(outcome)
            output.begin()  # empty, if there was no row
        except (BatchStopped, JournalError, FileError, KeyboardInterrupt) as error:
            if isinstance(error, JournalError) and not rows.line:
                raise  # nothing was sent
            ends.append(error)
    if output.failure is not None and output.failure not in ends:
        ends.append(output.failure)
    tell(summary(counts, ends, options.output))
    return exit_status(counts, is_stopped=bool(ends))


def summary(counts: Mapping[str, int], ends: Sequence[BaseException], output: str) -> str:
    """Return one line: what happened, and what to do now. ``ends`` is what ended the run early."""
    rows = sum(counts.get(name, 0) for name in ACTIONS)
    each = ", ".join(f"{counts[name]} {name}" for name in ACTIONS if counts.get(name))
    parts = [f"{rows} rows: {each or 'none'}.", *map(_advice_on, ends)]
    if counts.get("retry") and not ends:
        parts.append("Run the same command again for those to retry.")
    if pending := counts.get(PENDING):
        parts.append(f"{pending} of the answered rows are not finished: read their activity.")
    if counts.get("unknown"):
        parts.append(
            f'Rows with "unknown" in {output} may have been processed: look for them before you'
            " send them again with --resend-in-doubt."
        )
    if counts.get("fix"):
        parts.append(f'Correct the rows with "fix" in {output}, then run the same command again.')
    return " ".join(parts)


def _advice_on(end: BaseException) -> str:
    """Return what ended a run, and what to do."""
    if isinstance(end, KeyboardInterrupt):
        return "Interrupted: run the same command again to go on."
    cause = end.__cause__ or end if isinstance(end, BatchStopped) else end
    if isinstance(cause, (JournalError, FileError)):
        return f"Stopped: {cause}."
    return f"Stopped by {describe_cause(cause)}: remove the cause, then run again."


def _log_progress() -> None:
    """Print why nothing goes on, and the line per minute that stands for the bar."""
    log = logging.getLogger("pokitdok_session.api.batch")
    log.addHandler(logging.StreamHandler())
    log.setLevel(logging.INFO)
