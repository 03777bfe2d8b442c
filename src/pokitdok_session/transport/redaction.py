"""Redaction: paths and queries are left out of urllib3's log records and of exception texts."""

from __future__ import annotations

import logging
import re
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

REDACTED = "<path redacted>"

#: The loggers of urllib3 that show a path. A filter sees only its own logger's records.
_LOGGERS = [
    logging.getLogger(f"urllib3.{name}") for name in ("connection", "connectionpool", "util.retry")
]


class _Current(threading.local):
    """The request that a thread is sending, and what its caller was handling when it sent it."""

    request: requests.PreparedRequest | None = None
    callers_exception: BaseException | None = None


_current = _Current()


@contextmanager
def redact_logs(request: requests.PreparedRequest | None) -> Iterator[None]:
    """Redact what urllib3 logs about ``request`` in this thread while the block runs.

    Pass None to disable redaction inside an outer block.
    """
    for logger in _LOGGERS:
        logger.addFilter(_filter)  # which adds it once
    before = _current.request, _current.callers_exception
    _current.request, _current.callers_exception = request, sys.exc_info()[1]
    try:
        yield
    finally:
        _current.request, _current.callers_exception = before


def is_redacting() -> bool:
    """Return True if this thread is sending a confidential request."""
    return _current.request is not None


class RedactingFilter(logging.Filter):
    """Redacts the records of the request that the thread is sending, and no others.

    An exception of a filter would end the request: one that cannot be read is redacted as a whole.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if _current.request is not None:
            try:
                _redact_record(record, _current.request)
            except Exception:  # urllib3's records have changed
                record.msg, record.args = REDACTED, ()
        return True

    def __repr__(self) -> str:
        return "<RedactingFilter of pokitdok_session: redacts only this package's requests>"


_filter = RedactingFilter()


def _redact_record(record: logging.LogRecord, current: requests.PreparedRequest) -> None:
    args = record.args
    if not isinstance(args, tuple):
        raise TypeError("the arguments of a record must be a tuple")
    if str(record.msg).startswith("%s://%s:%s") and not _is_of_host_of(current, args):
        return  # a hook sends another request
    # A new tuple: the objects in the old one belong to the request that is being sent.
    record.args = tuple(map(_redact_target, args))
    shown = record.getMessage()
    target = current.path_url
    if "?" in shown or (target != "/" and target in shown) or (not args and "/" in shown):
        raise ValueError("the path or query stands elsewhere in the record")


def _is_of_host_of(current: requests.PreparedRequest, args: tuple[object, ...]) -> bool:
    host, target = args[1], str(args[4]) if len(args) > 4 else ""
    if "://" in target:  # sent to a proxy: the target names the host
        host = urlsplit(target).hostname
    return host == urlsplit(current.url).hostname


# A request target, or a whole URL, whose scheme and host may be shown.
_TARGET = r"(?s)(?:([a-z]+://)(?:[^/?#]*@)?([^/?#]*))?[/?#].*"


def _redact_target(arg: object) -> object:
    """Return a request target without its path and query, and anything else unchanged.

    A target is recognized by its shape: urllib3 may have quoted it in another way.
    """
    target = re.fullmatch(_TARGET, arg) if isinstance(arg, str) else None
    return arg if target is None else f"{target[1] or ''}{target[2] or ''}{REDACTED}"


def redact_exception(error: BaseException, request: requests.PreparedRequest) -> None:
    """Remove the path and query of ``request`` from the texts of an exception and its causes.

    Other objects in ``args`` are left as they are, because callers look into them. Sets
    ``is_redacted``, which tells that the text of the exception may be shown.
    """
    error.is_redacted = True  # type: ignore[attr-defined]
    errors = list(iter_causes(error, include_context=True))
    # urllib3 quotes the target in its own way and notes the result as ``url``.
    targets = [request.url, request.path_url, *(getattr(cause, "url", None) for cause in errors)]
    for cause in errors:
        cause.args = tuple(_redact_text(targets, arg) for arg in cause.args)


def _redact_text(targets: Iterable[object], text: object) -> object:
    if isinstance(text, str):
        for target in targets:
            if isinstance(target, str) and target not in ("", "/"):
                shown = _redact_target(target)
                text = text.replace(target, REDACTED if shown == target else str(shown))
    return text


def without_query(url: str) -> str:
    """Return a URL without user, query and fragment, which may be confidential."""
    try:
        parts = parse_url(url)
    except LocationParseError:
        return "a URL that cannot be parsed"
    return parts._replace(auth=None, query=None, fragment=None).url


def iter_causes(error: object, *, include_context: bool = False) -> Iterator[BaseException]:
    """Yield an exception and those it was made from: its cause, reason and arguments.

    With ``include_context`` also the exceptions during whose handling they were raised. The one
    that the caller was handling is never included: it belongs to another request.
    """
    seen = {id(_current.callers_exception)}
    waiting = [error]
    while waiting:
        current = waiting.pop()
        if isinstance(current, BaseException) and id(current) not in seen:
            seen.add(id(current))
            yield current
            waiting += [current.__cause__, getattr(current, "reason", None), *current.args]
            if include_context:
                waiting.append(current.__context__)
