"""How far a batch has come: a bar on a terminal, a log line per minute, or a callable."""

from __future__ import annotations

import logging
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

log = logging.getLogger(__name__)

#: Seconds between two log lines.
LOG_INTERVAL = 60.0

#: What ``progress=`` takes: True, False, or a callable that gets the number of rows per action.
ProgressOption: TypeAlias = "bool | Callable[[Mapping[str, int]], object]"


class Progress:
    """Counts the outcomes per action, and reports them."""

    def __init__(
        self,
        option: ProgressOption,
        total: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.counts: Counter[str] = Counter()
        self._clock = clock
        self._report = option if callable(option) else None
        self._bar: Any = _bar(total) if option is True else None
        self._is_logging = option is True and self._bar is None
        self._next_line = clock() + LOG_INTERVAL

    def add(self, action: str) -> None:
        """Count one outcome."""
        self.counts[action] += 1
        if self._report is not None:
            self._report(dict(self.counts))
        elif self._bar is not None:
            self._bar.set_postfix(dict(self.counts), refresh=False)
            self._bar.update()
        elif self._is_logging and self._clock() >= self._next_line:
            self._next_line = self._clock() + LOG_INTERVAL
            log.info("%s", str(self))  # as it is now: handlers may format later

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
        elif self._is_logging:
            log.info("%s", str(self))  # as it is now: handlers may format later

    def __str__(self) -> str:
        rows = sum(self.counts.values())
        each = ", ".join(f"{number} {action}" for action, number in sorted(self.counts.items()))
        return f"{rows} rows" + (f": {each}" if each else "")


def _bar(total: int | None) -> Any:
    """Return a bar of tqdm; None if standard error is not a terminal, or without tqdm."""
    if sys.stderr is None or not sys.stderr.isatty():  # None if it was closed
        return None
    try:
        # It has no types; `unused-ignore` is for those who have installed stubs.
        from tqdm import tqdm  # type: ignore[import-untyped,unused-ignore]
    except ImportError:
        return None
    return tqdm(total=total, unit=" rows", dynamic_ncols=True)
