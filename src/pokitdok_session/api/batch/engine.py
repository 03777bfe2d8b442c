"""A batch: read rows lazily, keep so many calls in flight, and yield outcomes as they come."""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sized
from contextlib import suppress
from typing import Any
from weakref import WeakSet

from .control import Control
from .errors import BatchStopped
from .index import Index
from .journal import Journal
from .journal_values import describe_cause
from .keys import name_of
from .learned_pace import LearnedPace
from .outcome import Outcome
from .pacing import EvenPace, Pace, parse_rate
from .plan import Planner
from .pool import Pool
from .progress import Progress, ProgressOption
from .sender import Rules, Sender

#: Seconds that leaving a batch waits for the calls in flight.
LEAVE_WITHIN = 1.8

#: Rows that are read ahead, per thread: a thread that is done finds the next row waiting.
_AHEAD = 2

_batches: WeakSet[Generator[Outcome, None, None]] = WeakSet()


@atexit.register
def _leave_all() -> None:
    """Leave the batches that were not read to their end, as long as their threads still run.

    Later the interpreter stops threads wherever they are, perhaps with a lock of the journal.
    """
    for batch in list(_batches):
        with suppress(ValueError):  # a thread that does not keep the program alive reads it
            batch.close()


def run(
    session: Any,
    rules: Rules,
    rows: Iterable[Any],
    *,
    key: Callable[[Any], Any] | None,
    journal: str | os.PathLike[str] | None,
    threads: int,
    pace: str | Pace | None,
    journal_replies: bool,
    give_up_after: int,
    progress: ProgressOption,
) -> Generator[Outcome, None, None]:
    """Check the arguments, and return the outcomes. Nothing is read or sent before the first."""
    if not callable(rules.call):
        raise TypeError(f"call must be callable, got {type(rules.call).__name__}")
    if isinstance(rows, (str, bytes, Mapping)):
        raise TypeError(f"rows must be an iterable of rows, got {type(rows).__name__}")
    if key is not None and not callable(key):
        raise TypeError(f"key must be callable, or None, got {type(key).__name__}")
    for name, number in (("threads", threads), ("give_up_after", give_up_after)):
        if isinstance(number, bool) or not isinstance(number, int) or number < 1:
            raise ValueError(f"{name} must be a whole number of at least 1, got {number!r}")
    paced = _pace_of(pace)
    iterator = iter(rows)
    total = len(rows) if isinstance(rows, Sized) else None

    def outcomes() -> Generator[Outcome, None, None]:
        book = None
        if journal is not None:
            book = Journal(journal, call=name_of(rules.call), keep_replies=journal_replies)
        index = reports = None
        control = Control(give_up_after)
        pool = Pool(Sender(rules, paced, control, book).process, threads, control)
        try:
            index = Index(book)
            planner = Planner(session, key, index, book)
            reports = Progress(progress, total)
            for outcome in _outcomes(iterator, planner, pool, control, threads * _AHEAD):
                reports.add(outcome.action)
                yield outcome
        finally:
            control.stop()
            try:
                pool.join(LEAVE_WITHIN)
            finally:
                for part in (reports, index, book):
                    if part is not None:
                        part.close()

    batch = outcomes()
    _batches.add(batch)
    return batch


def _outcomes(
    rows: Iterator[Any], planner: Planner, pool: Pool, control: Control, ahead: int
) -> Iterator[Outcome]:
    failure: Exception | None = None
    is_read = False
    while not is_read and not control.is_stopping:
        if pool.pending >= ahead or pool.has_result:
            outcome = pool.take()
        else:
            try:
                outcome = _next(rows, planner, pool)
            except StopIteration:
                is_read, outcome = True, None
            except Exception as error:  # the caller's rows: finish what was sent, then raise it
                is_read, outcome, failure = True, None, error
        if outcome is not None:
            yield outcome
    while pool.pending:
        outcome = pool.take()
        if outcome is not None:
            yield outcome
    if control.cause is not None:
        raise BatchStopped(
            f"the batch was stopped by {describe_cause(control.cause)}. Nothing further was sent,"
            f" and every row that may have been processed has its outcome. {planner.next_step}"
        ) from control.cause
    if failure is not None:
        raise failure


def _next(rows: Iterator[Any], planner: Planner, pool: Pool) -> Outcome | None:
    """Read one row: return its outcome if the journal has it, otherwise give it to a thread."""
    row = planner.plan(next(rows))
    if isinstance(row, Outcome):
        return row
    pool.give(row)
    return None


def _pace_of(pace: str | Pace | None) -> Pace:
    if pace is None:
        return LearnedPace()
    if isinstance(pace, str):
        return EvenPace(*parse_rate(pace))
    if isinstance(pace, Pace):
        return pace
    raise TypeError(f'pace must be None, a rate such as "84/minute" or a RedisPace, got {pace!r}')
