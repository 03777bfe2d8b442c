"""The idempotency key of a row, and whether the requests of one attempt carried it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress

import requests

from ...transport.in_doubt import IDEMPOTENT_METHODS
from .errors import JournalError


class IdempotencyKey:
    """The key for one attempt of a row; it has the same value in each attempt.

    ``note`` is called before a request leaves: with True before the first that carries the key,
    with False before the first that does not. After one without, it is not called anymore.
    """

    def __init__(self, header: str, digest: str, key: str, note: Callable[[bool], None]) -> None:
        self.header = header
        self.value = hashlib.blake2b(f"{digest} {key}".encode(), digest_size=16).hexdigest()
        self._note = note
        self._is_carried: bool | None = None  # None before the first request

    def check(self, request: requests.PreparedRequest) -> None:
        """Take in a request that is about to leave. Idempotent methods need no key."""
        if request.method in IDEMPOTENT_METHODS or self._is_carried is False:
            return
        is_carried = self._is_in(request)
        if is_carried != bool(self._is_carried):
            self._note(is_carried)
        self._is_carried = is_carried

    def covers(self, error: Exception) -> bool:
        """Return True if the request that failed carried the key, and all before it did.

        The request may be one of another session, which `check` has not seen.
        """
        failed = getattr(error, "request", None)
        if failed is None:
            failed = getattr(getattr(error, "response", None), "request", None)
        is_covered = self._is_carried is True and self._is_in(failed)
        if self._is_carried and not is_covered:
            with suppress(JournalError):  # the next record raises it too
                self._note(False)
        return is_covered

    def _is_in(self, request: object) -> bool:
        """Return False also if the caller gave the header a value of its own."""
        headers = getattr(request, "headers", None) or {}
        return bool(headers.get(self.header) == self.value)
