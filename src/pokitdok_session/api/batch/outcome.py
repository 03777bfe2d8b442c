"""What a batch yields: one outcome per row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from ..reply import Reply
from ..verdict import Action, Verdict


@dataclass(frozen=True)
class Outcome:
    """What became of one row: a ``reply``, or an ``error`` with its ``verdict``.

    ``request`` is the row, ``attempts`` how often it was sent, in earlier runs too. A row that was
    answered in an earlier run has no reply if the journal does not keep replies.
    """

    key: str
    request: Any
    reply: Any = None
    error: Exception | None = None
    verdict: Verdict | None = None
    attempts: int = 0

    @property
    def action(self) -> Literal["answered"] | Action:
        """``"answered"``, or the action of the verdict."""
        return "answered" if self.verdict is None else self.verdict.action

    @property
    def is_pending(self) -> bool:
        """True if the API received the row and goes on with it: the reply is not the last one."""
        return isinstance(self.reply, Reply) and self.reply.is_pending

    def __repr__(self) -> str:
        """Show no request and no reply: both hold health data."""
        error = "" if self.error is None else f", error={type(self.error).__name__}"
        return f"Outcome(key={self.key!r}, action={self.action!r}, attempts={self.attempts}{error})"
