"""What a call returns: the JSON body as a dict, and the response it came in."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, NoReturn

import requests

if TYPE_CHECKING:
    # A default for a type variable (PEP 696), so that `Reply` without a parameter is complete.
    from typing_extensions import TypeVar

    Data = TypeVar("Data", default=Any)
else:
    from typing import TypeVar

    Data = TypeVar("Data")


class Reply(dict[str, Any], Generic[Data]):
    """The JSON body of a response. A body that is not an object is under ``"data"``.

    ``response`` is the HTTP response. ``is_json`` is False if the body was not JSON: ``data`` is
    then its text, or None if it was empty. ``is_bare`` is True if the body is not this dict itself
    but its member ``data``.
    """

    response: requests.Response

    is_json = True
    is_bare = False

    @property
    def data(self) -> Data:
        """The member ``data`` of the body, or the whole body if it has no such member."""
        return self["data"] if "data" in self else dict(self)  # type: ignore[return-value]  # `Data` is a promise

    @property
    def meta(self) -> dict[str, Any]:
        """The member ``meta`` of the body, empty if there is none."""
        meta = self.get("meta")
        return meta if isinstance(meta, dict) else {}

    @property
    def activity_id(self) -> str | None:
        """The API's own id of this call, None if the body does not name one."""
        return None

    @property
    def rejections(self) -> list[dict[str, Any]]:
        """What was refused in a reply that reports success; empty unless the API has such."""
        return []

    @property
    def is_pending(self) -> bool:
        """True if the API goes on with what it was asked for; False unless it reports that."""
        return False

    def __repr__(self) -> str:
        """Show the status, the activity and the names of the keys, never the body."""
        response = getattr(self, "response", None)
        status = "" if response is None else f" {response.status_code}"
        activity = f" activity={self.activity_id}" if self.activity_id else ""
        return f"<{type(self).__name__}{status}{activity} keys={sorted(map(str, self))}>"

    if TYPE_CHECKING:
        pass  # a type checker reports an `await` only if there is no such method
    else:

        def __await__(self) -> NoReturn:
            raise TypeError(
                "a Reply cannot be awaited: the session is synchronous, and this call has been"
                " sent already; leave out await, or use asyncio.to_thread(session.method, ...)"
            )


def build_reply(
    kind: type[Reply[Any]],
    response: requests.Response,
    *,
    has_envelope: Callable[[dict[str, Any]], bool],
) -> Reply[Any]:
    """Return the reply in a response; what is not an object with an envelope becomes ``data``."""
    body, is_json = _parse_body(response)
    is_bare = not (isinstance(body, dict) and has_envelope(body))
    reply = kind({"data": body} if is_bare else body)
    reply.response, reply.is_json, reply.is_bare = response, is_json, is_bare
    return reply


def _parse_body(response: requests.Response) -> tuple[Any, bool]:
    """Return the body of a response and True if it is JSON; otherwise its text and False.

    Whether it is JSON is found by parsing: servers label JSON as text/html and the reverse.
    """
    try:
        return json.loads(response.content), True
    except (ValueError, RecursionError):
        return _text(response) or None, False


def _text(response: requests.Response) -> str:
    try:
        return response.text
    except UnicodeError:  # a charset that Python knows and that replaces nothing, such as idna
        return response.content.decode(errors="replace")
