"""Resource: what a mixin with the calls of one API family is written with."""

from __future__ import annotations

import functools
import inspect
import io
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any
from urllib.parse import quote
from uuid import UUID

import requests

from ..oauth2.arguments import did_you_mean
from ..oauth2.timeouts import SESSION_TIMEOUT as SESSION_TIMEOUT  # for mixins
from ..oauth2.timeouts import Timeout as Timeout
from .reply import Reply

#: A JSON object to send. Every TypedDict is accepted, and none is required.
Body = Mapping[str, object]

#: What may stand in a path.
Identifier = str | int | UUID

#: Parameters that a method does not know, and sends as they are.
Params = Mapping[str, Any] | None

#: A file to send: its path, its content, or a file that is open for reading bytes.
Upload = str | os.PathLike[str] | bytes | IO[bytes]

_PATH_OR_CONTENT = (str, os.PathLike, bytes, bytearray, memoryview)


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
        for name in ids:
            if f"{{{name}}}" not in template:
                raise TypeError(f"the template of expand_path must have {{{name}}}, got {name}=")
        try:
            return template.format_map({name: _segment(name, value) for name, value in ids.items()})
        except KeyError as error:
            name = error.args[0]
            raise TypeError(f"expand_path must get {name}=, its template has {{{name}}}") from None

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
            raise TypeError("the file to upload must be open in binary mode: open(path, 'rb')")
        if not isinstance(upload, _PATH_OR_CONTENT) and not hasattr(upload, "read"):
            raise TypeError(
                "the file to upload must be a path, bytes, or a file that is open in binary mode,"
                f" got {type(upload).__name__}"
            )
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
    text = f"{method}() has no parameter {keyword!r}."
    near = did_you_mean(keyword, names)
    if "params" in names:
        near += f" For a parameter that is not documented use params={{{keyword!r}: ...}}."
    return text + (near or f" It has {', '.join(names)}.")
