"""What the commands share: exit statuses, the session, and JSON from an argument."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

from oauthlib.oauth2 import OAuth2Error

from .. import PokitDokSession

ANSWERED, USAGE, FIX, UNKNOWN, STOPPED = 0, 2, 3, 4, 5

ENVIRONMENT = """\
Credentials come from POKITDOK_CLIENT_ID and POKITDOK_CLIENT_SECRET, the server from
POKITDOK_BASE_URL. `python -m pokitdok_session sandbox` serves a local sandbox without an account,
and prints the variables to set."""


class UsageError(Exception):
    """The command cannot run as it was given. The text says what to do."""


def open_session(**options: Any) -> PokitDokSession:
    """Return a session with the credentials of the environment."""
    try:
        return PokitDokSession(**options)
    except (ValueError, OAuth2Error) as error:
        raise UsageError(
            f"{error}. Without an account, `python -m pokitdok_session sandbox` serves a local"
            " sandbox and prints the variables to set"
        ) from None


def exit_status(counts: Mapping[str, int], *, is_stopped: bool = False) -> int:
    """Return the exit status for so many rows per action."""
    if counts.get("unknown"):
        return UNKNOWN
    if is_stopped or counts.get("stop") or counts.get("retry"):
        return STOPPED
    return FIX if counts.get("fix") else ANSWERED


def tell(text: str) -> None:
    """Write a line to standard error, if that can be written."""
    write_line(text, sys.stderr)


def write_line(text: str, stream: TextIO | None) -> OSError | None:
    """Write a line to a standard stream, None if it is closed. Return the error if that fails.

    The stream then leads nowhere: the interpreter writes the rest of it when it ends, and a second
    failure would change the exit status.
    """
    if stream is None:
        return None
    try:
        print(text, file=stream, flush=True)
    except OSError as error:
        with contextlib.suppress(OSError), open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), stream.fileno())
        return error
    return None


def read_json(argument: str) -> Any:
    """Return JSON from an argument: itself, a file (``@path``), or standard input (``-``)."""
    try:
        if argument == "-":
            if sys.stdin is None:
                raise UsageError("--data - cannot be read: standard input is closed")
            text = sys.stdin.buffer.read().decode("utf-8-sig")
        elif argument.startswith("@"):
            text = Path(argument[1:]).read_text("utf-8-sig")
        else:
            text = argument
        return json.loads(text)
    except OSError as error:
        raise UsageError(f"--data {argument} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise UsageError("--data must be JSON, @ and the name of a file, or -") from None
