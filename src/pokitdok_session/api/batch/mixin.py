"""`APISession.batch`, and the hook that puts a key into a request."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

    from ..reply import Reply
    from .errors import RefusedCall
    from .outcome import Outcome
    from .pacing import Pace


class BatchMethods:
    """What a session has for many calls."""

    def batch(
        self,
        call: Callable[[Any], Any],
        rows: Iterable[Any],
        *,
        key: Callable[[Any], str | int] | None = None,
        journal: str | os.PathLike[str] | None = None,
        threads: int = 16,
        pace: str | Pace | None = None,
        journal_replies: bool = True,
        resend_in_doubt: bool = False,
        idempotency_header: str | None = None,
        give_up_after: int = 10,
        progress: bool | Callable[[Mapping[str, int]], object] = False,
    ) -> Generator[Outcome, None, None]:
        """Call a resource method once per row; yield an `Outcome` as soon as one is known.

        ``for outcome in session.batch(session.eligibility, rows, key=..., journal="j.jsonl")``.
        The same batch on the same journal goes on where it was killed.

        - ``rows`` is read lazily, in the thread that reads the outcomes.
        - ``key(row)`` names a row, in every run. By default it is a digest of the row.
        - ``journal`` is the path of a file that only this batch uses.
        - ``threads`` calls are in flight at most.
        - ``pace``: None learns the rate limit from the responses, ``"84/minute"`` sets it,
          `RedisPace` shares it.
        - ``journal_replies=False`` keeps replies out of the journal.
        - ``resend_in_doubt=True`` sends a row again that may have been processed, once per run.
        - ``idempotency_header="Idempotency-Key"`` sends a key of the row, and sends in doubt again.
        - ``give_up_after`` rows in a row without an outcome stop the batch.
        - ``progress=True`` shows a bar on a terminal, otherwise a log line per minute; a callable
          gets the number of rows per action.

        Raises `BatchStopped` after the last outcome if no further row can succeed, and
        `JournalError` if the journal is in use, is that of another batch, or is another file. The
        README in ``api/batch`` has more.
        """
        from .engine import run
        from .sender import Rules

        can_search = (
            type(self).find_sent is not BatchMethods.find_sent
            or type(self).find_all_sent is not BatchMethods.find_all_sent
        )
        rules = Rules(
            call,
            mark=self.mark_request,
            find_all_sent=self.find_all_sent if can_search else None,
            resend_in_doubt=resend_in_doubt,
            idempotency_header=idempotency_header,
        )
        return run(
            self,
            rules,
            rows,
            key=key,
            journal=journal,
            threads=threads,
            pace=pace,
            journal_replies=journal_replies,
            give_up_after=give_up_after,
            progress=progress,
        )

    def mark_request(self, request: Any, key: str) -> Any:
        """Return a request that carries ``key``, so that ``find_sent`` can find it.

        That is the key of the row, and what tells it from the same key in another batch.

        By default requests stay as they are.
        """
        return request

    def find_sent(self, key: str, since: datetime) -> Reply[Any] | None:
        """Return the reply to a call that carried ``key`` and was sent after ``since``.

        None if the API has no such call, or, as by default, no way to look for one. Raises
        `RefusedCall` if the API has the call, and had refused it.
        """
        return None

    def find_all_sent(
        self, keys: Collection[str], since: datetime
    ) -> Iterator[Mapping[str, Reply[Any] | RefusedCall]]:
        """Yield the replies to calls that carried one of ``keys``, after each call of the API.

        By default that is `find_sent` for each key. An API that lists its calls finds many keys
        in one page.
        """
        from .errors import RefusedCall

        for key in keys:
            try:
                reply = self.find_sent(key, since)
            except RefusedCall as refused:
                yield {key: refused}
            else:
                yield {} if reply is None else {key: reply}
