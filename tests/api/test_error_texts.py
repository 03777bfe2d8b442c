"""What the text of an error says, and what to do next."""

from __future__ import annotations

import pytest

from pokitdok_session import APIError, APISession
from support.http_server import ScriptedResponse, ScriptedServer

IN_DOUBT = "it may have been processed: look for it at the API before you send it again"
PROBLEM = "the API has a problem of its own"
UNREADABLE = "the body is not what this API sends; check base_url, and proxies on the way"
STEPS: list[tuple[str, int, dict[str, str], str]] = [
    ("POST", 500, {}, f"{PROBLEM}; {IN_DOUBT}"),
    ("POST", 503, {"Retry-After": "17"}, f"{PROBLEM}; send it again after 17 s"),
    ("PUT", 500, {}, f"{PROBLEM}; send it again later"),
    ("GET", 502, {"Retry-After": "3"}, f"{PROBLEM}; send it again after 3 s"),
    ("POST", 200, {}, f"{UNREADABLE}; {IN_DOUBT}"),
    ("GET", 200, {}, UNREADABLE),
    ("POST", 409, {}, IN_DOUBT),
    ("POST", 408, {}, "send it again later"),
    ("POST", 413, {}, "correct the request"),
    ("POST", 422, {}, "correct the request"),
    ("POST", 402, {}, "the account has no credits left; add some"),
    ("POST", 403, {}, "not allowed; check scope= and the rights of the client"),
    ("POST", 404, {}, "check the id and the path"),
]


@pytest.mark.parametrize(("method", "status", "headers", "text"), STEPS)
def test_error_text_says_what_to_do_next(
    api: APISession,
    other_origin: ScriptedServer,
    method: str,
    status: int,
    headers: dict[str, str],
    text: str,
) -> None:
    other_origin.script["/v1/widgets"] = ScriptedResponse(status, b"", headers)
    with pytest.raises(APIError) as caught:
        api.call(method, "/widgets")
    assert str(caught.value) == f"the API answered {status}; {text}"
