"""What urllib3 logs about a confidential request: everything but its path and query."""

from __future__ import annotations

import logging
import threading

import requests

WITHHELD = "<path withheld>"


class _Present(threading.local):
    """The confidential request that this thread is sending."""

    request: requests.PreparedRequest | None = None


_present = _Present()


class withheld:
    """Keep a request's path and query out of urllib3's records, as long as the block runs.

    None, inside another block, is for a request whose records are nobody's secret.
    """

    def __init__(self, request: requests.PreparedRequest | None) -> None:
        self._request = request

    def __enter__(self) -> None:
        self._before, _present.request = _present.request, self._request

    def __exit__(self, *fault: object) -> None:
        _present.request = self._before


def without(path: str, text: object) -> object:
    """Give the text without the path; what is no text is given as it is."""
    if path != "/" and isinstance(text, str):
        return text.replace(path, WITHHELD)
    return text


def _withhold(record: logging.LogRecord) -> bool:
    if _present.request is not None and isinstance(record.args, tuple):
        path = _present.request.path_url
        # Another tuple, and no live object in it is touched: what is being sent stays as it is.
        record.args = tuple(without(path, arg) for arg in record.args)
    return True


# Those that log the path. A filter of a logger sees that logger's own records alone, and theirs
# pass unchanged while no confidential request is on its way in the thread.
for _name in ("urllib3.connectionpool", "urllib3.util.retry"):
    logging.getLogger(_name).addFilter(_withhold)
