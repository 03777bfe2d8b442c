"""What to do with a row that was read: send it, or take its outcome from the journal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..verdict import Verdict
from .errors import JournalError
from .index import SENT, Entry, Index
from .journal import Journal
from .journal_file import Record
from .keys import digest_of, text_of
from .outcome import Outcome
from .recorded import rebuild_error, rebuild_reply
from .row import Row
from .search import SETTLED

_FIX = Verdict("fix", processed=False)
_UNKNOWN = Verdict("unknown")


class Planner:
    """Decides by the key of a row, its digest, and what the journal says of them.

    ==============================  ===================================================
    the journal says                then
    ==============================  ===================================================
    nothing, ``retry``, ``stop``    the row is sent
    ``answered``                    its outcome is taken from the journal; JournalError if the
                                    row has changed
    ``fix``                         the same, but a row that has changed is sent
    ``sent`` only, ``unknown``      the row is in doubt: it is searched for
    ==============================  ===================================================
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

    def plan(self, request: Any) -> Row | Outcome:
        """Return the row to send, or its outcome. A row without a key of its own is to fix.

        Raises JournalError if the journal has the answer to another row with the same key.
        """
        name = ""
        try:
            digest = digest_of(request)
            if self._key is not None:
                name = text_of(self._key(request))
            else:
                name = f"{digest}-{self._index.count(digest)}"
            entry = self._index.claim(name)
        except Exception as error:  # of the caller's key function, as a rule
            return Outcome(name, request, error=error, verdict=_FIX)
        if entry is None or self._journal is None:
            return Row(name, digest, request)
        return self._plan_known(Row(name, digest, request), entry, self._journal)

    def _plan_known(self, row: Row, entry: Entry, journal: Journal) -> Row | Outcome:
        record: Record = {} if entry.offset is None else journal.read(entry.offset)
        attempts = record.get("attempts", 1)
        if entry.action == "answered":
            if entry.digest != row.digest:
                raise JournalError(
                    f"the journal {journal.path} has the answer to other content of the row"
                    f" {row.key!r}. If the row has changed since, restore it: with another key or"
                    " another journal it is sent again. If this is another batch, give it a"
                    " journal of its own"
                )
            reply = rebuild_reply(self._session, record)
            return Outcome(row.key, row.request, reply, attempts=attempts)
        if entry.action == "fix" and entry.digest == row.digest:
            refusal = rebuild_error(record.get("error"))
            return Outcome(row.key, row.request, error=refusal, verdict=_FIX, attempts=attempts)
        if entry.action in (SENT, "unknown"):
            known = record.get("error")
            error = None if known is None else rebuild_error(known)
            is_late = record.get("at", 0.0) > entry.sent_at + SETTLED
            is_searched = is_late and record.get("searched") is True
            return Row(
                row.key,
                entry.digest,  # of which its idempotency key is made
                row.request,
                attempts,
                entry.sent_at,
                error,
                is_searched,
                entry.nonce,
                entry.header,
            )
        return Row(row.key, row.digest, row.request, attempts)
