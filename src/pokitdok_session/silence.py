"""What urllib3 logs about a confidential request: everything but its path and query."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

WITHHELD = "<path withheld>"


class _Present(threading.local):
    """The path that this thread is sending a confidential request to."""

    path: str | None = None


_present = _Present()


@contextmanager
def withheld(path: str | None) -> Iterator[None]:
    """Keep a path and its query out of urllib3's records, as long as the block runs.

    None, inside another block, is for a request whose records are nobody's secret.
    """
    before, _present.path = _present.path, path
    try:
        yield
    finally:
        _present.path = before


def without(path: str, text: object) -> object:
    """Give the text without the path; what is no text is given as it is."""
    if path != "/" and isinstance(text, str):
        return text.replace(path, WITHHELD)
    return text


def _withhold(record: logging.LogRecord) -> bool:
    path = _present.path
    if path is not None and isinstance(record.args, tuple):
        # Another tuple, and no live object in it is touched: what is being sent stays as it is.
        record.args = tuple(without(path, arg) for arg in record.args)
    return True


# Those that log the path. A filter of a logger sees that logger's own records alone, and theirs
# pass unchanged while no confidential request is on its way in the thread.
for _name in ("urllib3.connectionpool", "urllib3.util.retry"):
    logging.getLogger(_name).addFilter(_withhold)
