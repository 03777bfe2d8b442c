"""All that a program shows, for tests of what must not be shown."""

from __future__ import annotations

import base64
import logging
import traceback
from collections.abc import Callable

from pokitdok_session import PokitDokSession
from pokitdok_session.sandbox import Sandbox
from support.fault_table import (
    GET,
    POST,
    claim,
)

#: Begins whatever is planted in bodies, paths, queries, and in the secret.
MARK = "mk5Qz"
SECRET = f"{MARK}-secret"


class Said(logging.Handler):
    """All that was said: records as they are printed and as they are held, warnings, errors."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.texts: list[str] = []
        self.records: list[logging.LogRecord] = []
        self._format = logging.Formatter("%(name)s %(levelname)s %(message)s")

    def emit(self, record: logging.LogRecord) -> None:
        if record.threadName == "pokitdok-sandbox":
            return  # what a server says of the tokens that it grants is no word of the client
        self.records.append(record)
        self.texts += [self._format.format(record), repr(vars(record))]

    def error(self, error: BaseException) -> None:
        self.texts += ["".join(traceback.format_exception(type(error), error, error.__traceback__))]
        follows: BaseException | None = error
        while follows is not None:
            self.texts += [str(follows), repr(follows), repr(follows.args)]
            follows = follows.__cause__ or follows.__context__

    def of(self, name: str) -> list[str]:
        return [record.getMessage() for record in self.records if record.name == name]

    def holds(self, *secrets: str) -> list[str]:
        return [text for text in self.texts if any(secret in text for secret in secrets)]


def confidential(sandbox: Sandbox) -> list[str]:
    """What must not be found: the marker, the Basic value, every token that was granted."""
    basic = base64.b64encode(f"{sandbox.client_id}:{sandbox.client_secret}".encode()).decode()
    tokens = {seen.token for seen in sandbox.requests if seen.token}
    return [MARK, basic, *tokens]


def attempt(said: Said, call: Callable[[], object]) -> object:
    """Make a call, and read what its error says, if that is what comes."""
    try:
        return call()
    except Exception as error:
        said.error(error)
        return None


def spread(session: PokitDokSession, said: Said) -> None:
    """Put the marker into every place of a request."""
    query = {"member": f"{MARK}-query", "name": f"José {MARK}"}
    attempt(said, lambda: session.get(GET, params=query))
    attempt(said, lambda: session.post(POST, json=claim(f"{MARK}-body"), params=query))
    attempt(said, lambda: session.call("GET", f"/activities/{MARK}-path"))
