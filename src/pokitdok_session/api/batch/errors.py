"""The exceptions that end a batch."""

from __future__ import annotations

from typing import Any

import requests

from ..errors import APIError


class BatchStopped(requests.RequestException):
    """The batch ended early; ``__cause__`` is the exception that ended it.

    Every row that may have been processed has been yielded. The same call with the same journal
    goes on.
    """

    def __init__(self, message: str = "the batch was stopped before its last row") -> None:
        super().__init__(message)


class JournalError(requests.RequestException):
    """The journal is in use, is that of another batch, is not a journal, or cannot be written."""

    def __init__(self, message: str = "the journal cannot be used") -> None:
        super().__init__(message)


class RowInDoubt(requests.RequestException):
    """An earlier run sent the row, and could not note what became of it."""

    def __init__(
        self,
        message: str = "an earlier run was interrupted when this row was sent: it may have been"
        " processed, so look for it at the API before you send it again",
    ) -> None:
        super().__init__(message)


class RefusedCall(APIError):
    """A row in doubt was found at the API, which had refused it."""

    def __init__(
        self,
        message: str = "the API received this row and refused it; its response was lost",
        **details: Any,
    ) -> None:
        super().__init__(message, **details)
