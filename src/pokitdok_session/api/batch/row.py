"""A row to send, and how far it has come."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import requests

from ...transport.redaction import iter_causes
from ..verdict import Verdict, verdict_on
from .outcome import Outcome

_UNKNOWN = Verdict("unknown")


@dataclass(frozen=True)
class Row:
    """A row to send. ``sent_at`` is set if an earlier run left it in doubt."""

    key: str
    digest: str
    request: Any
    attempts: int = 0
    sent_at: float | None = None
    error: Exception | None = None
    #: True if an earlier run searched for it when the API could not be busy with it anymore.
    is_searched: bool = False
    #: Tells its requests from those of other batches that use the same key. Journals of earlier
    #: versions have none.
    nonce: str = field(default_factory=lambda: secrets.token_hex(8))

    #: The idempotency header that an earlier run sent with it.
    header: str | None = None

    @property
    def mark(self) -> str:
        """What its requests carry."""
        return f"{self.key} {self.nonce}" if self.nonce else self.key


@dataclass(frozen=True)
class Failure:
    """What a call raised, and what that means for its row."""

    error: Exception
    verdict: Verdict
    #: True if the request that failed carried our idempotency key, and so did all before it.
    is_named: bool = False


@dataclass
class State:
    """How far a row has come."""

    row: Row
    attempts: int
    #: Why the row may have been processed; None as long as it certainly was not. What becomes of
    #: a later copy of the request says nothing of an earlier one.
    doubt: Exception | None
    #: True if the API was searched to the end since the row was last sent.
    is_searched: bool
    #: True if all copies of its request carry one idempotency key.
    is_named: bool
    #: True if this run has sent it again although it was in doubt.
    is_resent: bool = False

    def doubt_after(self, failure: Failure) -> None:
        self.doubt = failure.error
        self.is_named = self.is_named and failure.is_named

    def begin(self) -> None:
        self.attempts += 1
        self.is_searched = False

    def action_after(self, failure: Failure) -> str:
        return failure.verdict.action if self.doubt is None else "unknown"

    def failed(self, failure: Failure) -> Outcome:
        """Return the outcome after a failure: unknown as long as the row is in doubt."""
        row, verdict = self.row, failure.verdict if self.doubt is None else _UNKNOWN
        error, attempts = failure.error, self.attempts
        return Outcome(row.key, row.request, error=error, verdict=verdict, attempts=attempts)

    def left(self) -> Outcome | None:
        """Return the outcome of a row that is not sent (again): none, unless it is in doubt."""
        return None if self.doubt is None else self.failed(Failure(self.doubt, _UNKNOWN))


def verdict_on_call(error: Exception, answered: Collection[requests.Response]) -> Verdict:
    """Return what an error means if requests of the same call were answered before.

    An error that is itself the only answer says what became of its request. An exception that the
    caller's function made of one of requests means what that one does, if that is in doubt.
    """
    response = getattr(error, "response", None)
    is_another = any(each is not response for each in answered)
    return _UNKNOWN if is_another or _is_of_a_lost_request(error) else verdict_on(error)


def _is_of_a_lost_request(error: Exception) -> bool:
    return not isinstance(error, requests.RequestException) and any(
        isinstance(cause, requests.RequestException) and verdict_on(cause).action == "unknown"
        for cause in iter_causes(error, include_context=True)
    )
