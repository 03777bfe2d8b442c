"""X12 transactions: as JSON, as an interchange in JSON, or as the interchange itself.

The media types are those of the documentation's page "Raw X12 Support" (May 2019).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal

from ..api.reply import Reply
from ..api.resource import SESSION_TIMEOUT, Body, Resource, Upload
from ..oauth2.timeouts import Timeout

#: An X12 interchange, from ``ISA`` to ``IEA``.
X12 = str | bytes

#: The form in which the reply to a transaction is requested.
Format = Literal["json", "x12", "x12-json", "full-x12-json"]

MEDIA_TYPES: dict[Format, str] = {
    "json": "application/json",
    "x12": "application/edi-x12",
    "x12-json": "application/vnd.pokitdok.v4+edi-x12-json",
    "full-x12-json": "application/vnd.pokitdok.v4+full-x12-json",
}


class X12Resource(Resource):
    """The base of the families that send X12 transactions."""

    def _post_transaction(
        self,
        path: str,
        *,
        accept: Format | None,
        timeout: Timeout = SESSION_TIMEOUT,
        **request: Body | X12,
    ) -> Reply[Any]:
        """Send one transaction, passed as a keyword under the name of the caller's parameter.

        The reply is JSON unless ``accept`` names another form.
        """
        ((name, transaction),) = request.items()
        headers = {} if accept is None else {"Accept": _media_type(accept)}
        if isinstance(transaction, Mapping):
            if "x12" in transaction:
                headers["Content-Type"] = MEDIA_TYPES["x12-json"]
            return self.call("POST", path, json=transaction, headers=headers, timeout=timeout)
        headers["Content-Type"] = MEDIA_TYPES["x12"]
        interchange = _interchange(name, transaction)
        return self.call("POST", path, data=interchange, headers=headers, timeout=timeout)


def _media_type(accept: Format) -> str:
    if accept not in MEDIA_TYPES:
        choices = ", ".join(map(repr, MEDIA_TYPES))
        raise ValueError(f"accept must be one of {choices}, or None, got {accept!r}")
    return MEDIA_TYPES[accept]


def _interchange(name: str, transaction: X12) -> bytes:
    interchange = transaction.encode() if isinstance(transaction, str) else transaction
    rule = f'{name} must be a mapping, or an X12 interchange that begins with "ISA"'
    if not isinstance(interchange, bytes):
        raise TypeError(f"{rule}, got {type(transaction).__name__}")
    if not interchange.startswith(b"ISA"):
        raise ValueError(f"{rule}, got another {type(transaction).__name__}")
    return interchange


@contextmanager
def open_file(
    upload: Upload, *, name: str = "interchange.x12", media_type: str = "application/EDI-X12"
) -> Iterator[dict[str, Any]]:
    """Return a file as the ``files`` of a call, and refuse an interchange that is a str."""
    if isinstance(upload, str) and upload.startswith(("ISA*", "ISA|")):
        # The error of `open` would repeat it, and it is a health record.
        raise ValueError("a str is the path of a file: pass an interchange as bytes")
    with Resource.open_upload(upload, name=name, media_type=media_type) as files:
        yield files
