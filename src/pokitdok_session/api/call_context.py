"""What a batch adds to the calls that it makes, without a parameter on every resource method."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(frozen=True)
class CallContext:
    """How `APISession.call` sends in this thread."""

    #: Sent with each call, unless the caller gives the same header.
    headers: Mapping[str, str] = field(default_factory=dict)
    #: False if a call that meets the rate limit must raise, whatever ``max_rate_limit_wait`` is.
    waits_for_rate_limit: bool = True


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
