"""What to do with a row that was read: send it, or take its outcome from the journal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ..verdict import Verdict
from .errors import JournalError, RowInDoubt
from .index import SENT, Entry, Index
from .journal import Journal
from .journal_file import Record
from .journal_values import is_about_the_row, rebuild_error, rebuild_reply
from .keys import digest_of, text_of
from .outcome import Outcome
from .row import Row
from .search import SETTLED

_FIX = Verdict("fix", processed=False)
_UNKNOWN = Verdict("unknown")


class Planner:
    """Decides by the key of a row, its digest, and what the journal says of them.

    ============================  =========================  ===================================
    the journal says              then                       if the row has changed
    ============================  =========================  ===================================
    nothing, ``retry``, ``stop``  the row is sent            the same
    ``answered``                  the reply is taken from    it is to fix: the reply is to other
                                  the journal                content
    ``fix``                       the error is taken from    it is sent
                                  the journal, except if
                                  the row was not the cause
    ``sent`` only, ``unknown``    the row is searched for    it stays unknown
    ============================  =========================  ===================================
    """

    def __init__(
        self,
        session: Any,
        key: Callable[[Any], Any] | None,
        index: Index,
        journal: Journal | None,
    ) -> None:
        self._session = session
        self._key = key
        self._index = index
        self._journal = journal

    @property
    def next_step(self) -> str:
        """What the caller can do when the batch was stopped."""
        if self._journal is None:
            return (
                "It has no journal: run it again without the rows whose action is answered, fix or "
                "unknown"
            )
        return "Run the same batch again to go on"

    def plan(self, request: Any) -> Row | Outcome:
        """Return the row to send, or its outcome. A row without a key of its own is to fix."""
        name = ""
        try:
            name = "" if self._key is None else text_of(self._key(request))
            digest = digest_of(request)
            name = name or f"{digest}-{self._index.count(digest)}"
            entry = self._index.claim(name)
        except JournalError:
            raise
        except Exception as error:  # of the caller's key function, as a rule
            return Outcome(name, request, error=error, verdict=_FIX)
        if entry is None or self._journal is None:
            return Row(name, digest, request)
        return self._plan_known(Row(name, digest, request), entry, self._journal)

    def _plan_known(self, row: Row, entry: Entry, journal: Journal) -> Row | Outcome:
        record: Record = {} if entry.offset is None else journal.read(entry.offset)
        is_changed = entry.digest != row.digest
        error: Exception | None = None
        if "error" in record:
            error = rebuild_error(record["error"])
        if entry.action == "answered" and is_changed:
            error = ValueError(
                f"row {row.key!r} has changed since it was answered, and was not sent again. To get"
                f" its reply, which is in {journal.path}, restore the row. To send the new content,"
                " give it another key"
            )
            return self._outcome(row, entry, error, _FIX)
        if entry.action == "answered":
            reply = rebuild_reply(self._session, record)
            return Outcome(row.key, row.request, reply, attempts=entry.attempts)
        if entry.action == "fix" and not is_changed and is_about_the_row(record.get("error")):
            return self._outcome(row, entry, error, _FIX)
        if entry.action not in (SENT, "unknown"):
            return replace(row, attempts=entry.attempts)
        if is_changed:
            error = RowInDoubt(
                f"row {row.key!r} has changed since it was sent, and may have been processed. To"
                " search for it, restore the row and run the same batch again. To send the new"
                " content, give it another key"
            )
            return self._outcome(row, entry, error, _UNKNOWN)
        is_late = record.get("at", 0.0) > entry.sent_at + SETTLED
        return replace(
            row,
            attempts=entry.attempts,
            sent_at=entry.sent_at,
            error=error,
            is_searched=is_late and record.get("searched") is True,
            nonce=entry.nonce,
            header=entry.header,
        )

    def _outcome(
        self, row: Row, entry: Entry, error: Exception | None, verdict: Verdict
    ) -> Outcome:
        return Outcome(row.key, row.request, error=error, verdict=verdict, attempts=entry.attempts)
