"""Resource: what a mixin with the calls of one API family is written with."""

from __future__ import annotations

import functools
import inspect
import io
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from difflib import get_close_matches
from typing import IO, Any, Literal
from urllib.parse import quote
from uuid import UUID

import requests

from ..oauth2.timeouts import Timeout
from .reply import Reply

#: A JSON object to send. Every TypedDict is accepted, and none is required.
Body = Mapping[str, object]

#: What may stand in a path.
Identifier = str | int | UUID

#: A file to send: its path, its content, or a file that is open for reading bytes.
Upload = str | os.PathLike[str] | bytes | IO[bytes]


class _SessionTimeout:
    def __repr__(self) -> str:
        return "<the session's timeout>"


#: The default of every ``timeout`` parameter; None would mean to wait without a limit.
SESSION_TIMEOUT: Any = _SessionTimeout()


class Resource(ABC):
    """The base of a mixin: a class with one method per call of an API, and no state.

    A method builds a path, a query and a body, and returns ``self.call(...)``. A misspelt keyword
    argument of a method raises a TypeError that names the nearest parameter.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not issubclass(cls, requests.Session):
            for name, value in list(vars(cls).items()):
                if inspect.isfunction(value) and not name.startswith("_"):
                    setattr(cls, name, _check_keywords(value))

    @abstractmethod
    def call(
        self,
        method: str,
        path: str,
        *,
        params: Any = None,
        json: Any = None,
        data: Any = None,
        files: Any = None,
        headers: Mapping[str, str] | None = None,
        timeout: Timeout = SESSION_TIMEOUT,
    ) -> Reply[Any]:
        """Send one request and return its `Reply`, or raise an `APIError`.

        See `APISession.call`.
        """

    @staticmethod
    def expand_path(template: str, /, **ids: Identifier) -> str:
        """Return ``template`` with each ``{name}`` replaced by that id, quoted as one segment.

        ``self.expand_path("/widgets/{widget_id}/parts", widget_id=widget_id)``. Raises TypeError
        for an id that is not a str, an int or a UUID, and ValueError for one that would lead to
        another path: ``""``, ``"."`` and ``".."`` (RFC 3986 section 5.2.4).
        """
        return template.format_map({name: _segment(name, value) for name, value in ids.items()})

    @staticmethod
    def item_path(collection: str, /, **id: Identifier | None) -> str:
        """Return the path of one item of a collection, or of the collection if the id is None.

        ``self.item_path("/widgets/", widget_id=widget_id)``.
        """
        ((name, value),) = id.items()
        if value is None:
            return collection
        return f"{collection.rstrip('/')}/{_segment(name, value)}"

    @staticmethod
    def query(params: Mapping[str, Any] | None = None, /, **known: Any) -> dict[str, Any]:
        """Return the known parameters that are not None, and then those of ``params``."""
        query = {name: value for name, value in known.items() if value is not None}
        return {**query, **(params or {})}

    @staticmethod
    @contextmanager
    def open_upload(
        upload: Upload, *, name: str = "upload", media_type: str = "application/octet-stream"
    ) -> Iterator[dict[str, Any]]:
        """Return a file as the ``files`` of a call. Only a file that is opened here is closed here.

        ``with self.open_upload(photo) as files: return self.call("POST", path, files=files)``.
        ``name`` is the file's name if it does not have one. The form field is ``file``.
        """
        if isinstance(upload, io.TextIOBase):
            raise TypeError("a file to upload must be opened in binary mode, such as 'rb'")
        if isinstance(upload, (str, os.PathLike)):
            with open(upload, "rb") as file:
                yield {"file": (os.path.basename(upload), file, media_type)}
        else:
            own = getattr(upload, "name", None)
            name = os.path.basename(own) if isinstance(own, str) else name
            yield {"file": (name, upload, media_type)}


def _segment(name: str, value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, UUID)):
        raise TypeError(f"{name} must be a str, an int or a UUID, got {type(value).__name__}")
    text = str(value)
    if text in ("", ".", ".."):
        raise ValueError(f"{name} must not be empty, '.' or '..': it is one segment of a path")
    return quote(text, safe="")


def _check_keywords(method: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``method`` with an error for an unknown keyword that names the nearest one."""
    code = method.__code__
    if code.co_flags & inspect.CO_VARKEYWORDS:
        return method
    names = code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount]

    @functools.wraps(method)
    def checked(self: Any, *args: Any, **kwargs: Any) -> Any:
        for keyword in kwargs:
            if keyword not in names:
                raise TypeError(_unknown_keyword(method.__name__, keyword, names))
        return method(self, *args, **kwargs)

    return checked


def _unknown_keyword(method: str, keyword: str, names: tuple[str, ...]) -> str:
    text = f"{method}() has no parameter {keyword!r}"
    nearest = get_close_matches(keyword, names, 1)
    if nearest:
        text += f"; did you mean {nearest[0]!r}?"
    if "params" in names:
        text += f"; for one that is not documented use params={{{keyword!r}: ...}}"
    return text


# Until the families use the methods of `Resource`

#: An X12 interchange as it is, from ``ISA`` to ``IEA``.
X12 = str | bytes

#: What a transaction's answer may be asked for as (API reference 4.6).
Format = Literal["json", "x12", "x12-json", "full-x12-json"]

MEDIA_TYPES: dict[Format, str] = {
    "json": "application/json",
    "x12": "application/edi-x12",
    "x12-json": "application/vnd.pokitdok.v4+edi-x12-json",
    "full-x12-json": "application/vnd.pokitdok.v4+full-x12-json",
}


def segment(value: object) -> str:
    """Quote an id as exactly one segment of a path.

    Raises ValueError for what would be another path: nothing, ``.`` and ``..``, which requests
    resolves even when they are percent-encoded (RFC 3986 section 5.2.4).
    """
    text = str(value)
    if text in ("", ".", ".."):
        raise ValueError(f"an id must be neither empty nor a dot segment, got {text!r}")
    return quote(text, safe="")


def item_path(collection: str, value: object | None) -> str:
    """Give the path of one member of a collection; of the collection itself for None."""
    return collection if value is None else f"{collection.rstrip('/')}/{segment(value)}"


def given(**fields: Any) -> dict[str, Any]:
    """Leave out what is None; write booleans and dates as JSON and the API write them."""
    return {name: _written(value) for name, value in fields.items() if value is not None}


def _written(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else value


def post_x12(caller: Resource, path: str, request: Body | X12, accept: Format | None) -> Reply:
    """Post one X12 transaction: as JSON, as a bare interchange, or as ``{"x12": interchange}``.

    The answer is JSON unless ``accept`` asks for another form, whatever was sent.
    """
    headers = {} if accept is None else {"Accept": MEDIA_TYPES[accept]}
    if isinstance(request, Mapping):
        if "x12" in request:
            headers["Content-Type"] = MEDIA_TYPES["x12-json"]
        return caller.call("POST", path, json=request, headers=headers)
    interchange = request.encode() if isinstance(request, str) else request
    if not (isinstance(interchange, bytes) and interchange.startswith(b"ISA")):
        raise ValueError("a request is a mapping, or an X12 interchange that begins with ISA")
    headers["Content-Type"] = MEDIA_TYPES["x12"]
    return caller.call("POST", path, data=interchange, headers=headers)


@contextmanager
def opened(
    upload: Upload, *, name: str = "interchange.x12", media_type: str = "application/EDI-X12"
) -> Iterator[dict[str, Any]]:
    """Give a file as the ``files`` of a request; only what is opened here is closed here.

    ``name`` stands in where the file has none.
    """
    if isinstance(upload, str) and upload.startswith(("ISA*", "ISA|")):
        # Refused here because the error of `open` would repeat it, and it is a health record.
        raise ValueError("text is taken for a path: give an interchange as bytes")
    if isinstance(upload, (str, os.PathLike)):
        with open(upload, "rb") as file:
            yield {"file": (os.path.basename(upload), file, media_type)}
    else:
        own = getattr(upload, "name", None)
        name = os.path.basename(own) if isinstance(own, str) else name
        yield {"file": (name, upload, media_type)}
