"""What urllib3 says of a confidential request: everything but its path and query."""

from __future__ import annotations

import logging
import re
import sys
import threading
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

import requests

REDACTED = "<path redacted>"


# Its ``request`` is the confidential one that this thread is sending, and ``handled`` the
# exception that its caller was handling then: that one is the caller's.
_present = threading.local()


class redact_logs:
    """Keep a request's path and query out of urllib3's records, as long as the block runs.

    None, inside another block, is for a request whose records are nobody's secret.
    """

    def __init__(self, request: requests.PreparedRequest | None) -> None:
        self._request = request

    def __enter__(self) -> None:
        self._before = _request(), _handled()
        _present.request, _present.handled = self._request, sys.exc_info()[1]

    def __exit__(self, *fault: object) -> None:
        _present.request, _present.handled = self._before


def _request() -> requests.PreparedRequest | None:
    return getattr(_present, "request", None)


def _handled() -> BaseException | None:
    return getattr(_present, "handled", None)


# A target as it stands in a request line, or a whole URL: its scheme and host are no secret.
_TARGET = r"(?s)(?:([a-z]+://)(?:[^/?#]*@)?([^/?#]*))?[/?#].*"


def redact_exception(fault: BaseException, request: requests.PreparedRequest) -> None:
    """Take the path and its query out of what a fault says, and out of all that it follows from.

    The objects stay as they are, for code that looks into them.
    """
    errors = list(iter_causes(fault, context=True))
    # urllib3 quotes the target once more, in its own way, and notes what it made of it.
    targets = {request.path_url, *(getattr(error, "url", None) for error in errors)}
    for error in errors:
        error.args = tuple(_without(targets, arg) for arg in error.args)


def iter_causes(fault: object, *, context: bool = False) -> Iterator[BaseException]:
    """Give a fault and all that it was made from.

    With ``context`` also what was being handled when it was raised, but for the caller's own.
    """
    seen = {id(_handled())}
    waiting = [fault]
    while waiting:
        error = waiting.pop()
        if isinstance(error, BaseException) and id(error) not in seen:
            seen.add(id(error))
            yield error
            waiting += [error.__cause__, getattr(error, "reason", None), *error.args]
            if context:
                waiting.append(error.__context__)


def _without(targets: Iterable[object], text: object) -> object:
    if isinstance(text, str):
        for target in targets:
            if isinstance(target, str) and target not in ("", "/"):
                text = text.replace(target, REDACTED)
    return text


def _place(arg: object) -> object:
    """Give a target's scheme and host, and anything else as it is.

    Known by its shape, for urllib3 may have quoted it anew since it was ours.
    """
    target = re.fullmatch(_TARGET, arg) if isinstance(arg, str) else None
    return arg if target is None else f"{target[1] or ''}{target[2] or ''}{REDACTED}"


def _withhold(record: logging.LogRecord) -> bool:
    if _is_of_the_present(record) and isinstance(record.args, tuple):
        # Another tuple, and no live object in it is touched: what is being sent stays as it is.
        record.args = tuple(map(_place, record.args))
    return True


def _is_of_the_present(record: logging.LogRecord) -> bool:
    """Say whether a record is of the present request, or does not say whose it is."""
    present = _request()
    if present is not None and not str(record.msg).startswith("%s://%s:%s"):
        return True
    if present is None or not isinstance(record.args, tuple):
        return False
    _, host, _, _, target, *_ = record.args
    if "://" in str(target):  # a proxy was asked for the whole URL
        host = urlsplit(str(target)).hostname
    return host == urlsplit(present.url).hostname


# Those that log the path. A filter of a logger sees that logger's own records alone, and theirs
# pass unchanged while no confidential request is on its way in the thread.
for _name in ("urllib3.connection", "urllib3.connectionpool", "urllib3.util.retry"):
    logging.getLogger(_name).addFilter(_withhold)
