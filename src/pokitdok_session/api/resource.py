"""The one thing a family may use: `call`, and what its arguments are made of."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import IO, Any, Literal
from urllib.parse import quote

from .reply import Reply

#: A JSON object to send. Every TypedDict is accepted; nobody is forced to use one.
Body = Mapping[str, object]

#: An X12 interchange as it is, from ``ISA`` to ``IEA``.
X12 = str | bytes

#: What a transaction's answer may be asked for as (API reference 4.6).
Format = Literal["json", "x12", "x12-json", "full-x12-json"]

#: A file to send: its path, its content, or the file itself, open for reading bytes.
Upload = str | os.PathLike[str] | bytes | IO[bytes]

MEDIA_TYPES: dict[Format, str] = {
    "json": "application/json",
    "x12": "application/edi-x12",
    "x12-json": "application/vnd.pokitdok.v4+edi-x12-json",
    "full-x12-json": "application/vnd.pokitdok.v4+full-x12-json",
}


class Resource(ABC):
    """What the families are mixed into."""

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
    ) -> Reply:
        """Send one request to a path below the API root; give its `Reply` or raise an `APIError`.

        ``params``, ``json``, ``data``, ``files`` and ``headers`` are those of
        `requests.Session.request`.
        """


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
