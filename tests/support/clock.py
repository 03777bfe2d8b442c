"""A clock that moves only when a test advances it."""

from __future__ import annotations


class Clock:
    """Replaces `time.monotonic`."""

    def __init__(self, now: float = 50_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds
