"""The threads of one batch. They end with it, and never keep the interpreter from ending."""

from __future__ import annotations

import contextvars
import queue
import threading
import time
from collections.abc import Callable

from .control import Control
from .outcome import Outcome
from .row import Row

#: Seconds after which the thread that reads the outcomes looks for a signal. Windows needs it.
_LOOK_FOR_SIGNALS = 0.5


class Pool:
    """Up to ``threads`` threads, started when there are rows for them."""

    def __init__(
        self, process: Callable[[Row], Outcome | None], threads: int, control: Control
    ) -> None:
        self._process = process
        self._threads = threads
        self._control = control
        self._started: list[threading.Thread] = []
        self._rows: queue.SimpleQueue[Row | None] = queue.SimpleQueue()
        self._results: queue.SimpleQueue[Outcome | BaseException | None] = queue.SimpleQueue()
        #: Rows that were given and have not come back.
        self.pending = 0

    def give(self, row: Row) -> None:
        if len(self._started) < self._threads:
            self._start()
        self._rows.put(row)
        self.pending += 1

    def _start(self) -> None:
        """Start one more thread; with a limit of the system, go on with those there are."""
        thread = threading.Thread(
            target=contextvars.copy_context().run,  # for tracing that follows the context
            args=(self._work,),
            name=f"batch-{len(self._started) + 1}",
            daemon=True,
        )
        try:
            thread.start()
        except RuntimeError:
            if not self._started:
                raise
            self._threads = len(self._started)
        else:
            self._started.append(thread)

    def _work(self) -> None:
        while (row := self._rows.get()) is not None:
            result: Outcome | BaseException | None = None
            try:
                if not self._control.is_stopping:
                    result = self._process(row)
            except BaseException as error:  # such as SystemExit: it belongs to the caller
                self._control.stop()
                result = error
            self._results.put(result)

    def take(self) -> Outcome | None:
        """Wait for one outcome and return it; None for a row that was not sent."""
        while True:
            try:
                result = self._results.get(timeout=_LOOK_FOR_SIGNALS)
            except queue.Empty:
                continue
            self.pending -= 1
            if isinstance(result, BaseException):
                raise result
            return result

    @property
    def has_result(self) -> bool:
        return not self._results.empty()

    def join(self, seconds: float) -> None:
        """Wait for the calls in flight. A call that takes longer is left behind, in doubt."""
        for _ in self._started:
            self._rows.put(None)
        deadline = time.monotonic() + seconds
        for thread in self._started:
            thread.join(max(0.0, deadline - time.monotonic()))
