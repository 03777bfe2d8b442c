"""What a batch adds to the calls that it makes, without a parameter on every resource method."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

import requests

from ..transport.in_doubt import IDEMPOTENT_METHODS


@dataclass
class CallContext:
    """How `APISession.call` sends in this thread."""

    #: Sent with each call, unless the caller gives the same header.
    headers: Mapping[str, str] = field(default_factory=dict)
    #: False if a call that meets the rate limit must raise, whatever ``max_rate_limit_wait`` is.
    waits_for_rate_limit: bool = True
    #: Collects the responses of a status below 400 to requests that are not idempotent.
    answered: list[requests.Response] | None = None

    #: Called with each request before it leaves, also one that does not go through `call`.
    before_request: Callable[[requests.PreparedRequest], object] = lambda request: None

    def note(self, response: requests.Response) -> None:
        """Take in a response that came, a redirect too."""
        is_idempotent = response.request.method in IDEMPOTENT_METHODS
        if self.answered is not None and response.status_code < 400 and not is_idempotent:
            self.answered.append(response)


_PLAIN = CallContext()
_context: ContextVar[CallContext] = ContextVar("call_context", default=_PLAIN)


def current_call_context() -> CallContext:
    return _context.get()


@contextmanager
def call_context(context: CallContext) -> Iterator[None]:
    """Use a context for the calls of the block."""
    token = _context.set(context)
    try:
        yield
    finally:
        _context.reset(token)
