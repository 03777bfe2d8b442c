"""APISession against a server that is not the sandbox: errors, rate limits, pages, the log."""

from __future__ import annotations

import inspect
import json
import logging
import re
from pathlib import Path
from typing import Any

import pytest
import requests

import pokitdok_session.api
from pokitdok_session import APIError, APISession, ClientCredentialsSession, Reply
from pokitdok_session.api.resource import SESSION_TIMEOUT
from pokitdok_session.errors import RateLimited, ServerError, UnreadableReply, ValidationError
from support.http_server import ReceivedRequest, ScriptedResponse, ScriptedServer

README = Path(pokitdok_session.api.__file__).with_name("README.md")


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that calls waited for a rate limit; they pass at once."""
    taken: list[float] = []

    def pause(seconds: float) -> bool:
        taken.append(seconds)
        return True

    monkeypatch.setattr("pokitdok_session.api.session.pause", pause)
    return taken


def respond(server: ScriptedServer, path: str, *responses: ScriptedResponse) -> None:
    """Send these responses one after the other, and the last one again and again."""
    left = list(responses)
    server.script[path] = lambda seen: left.pop(0) if len(left) > 1 else left[0]


def body(value: Any, status: int = 200, **headers: str) -> ScriptedResponse:
    names = {name.replace("_", "-"): text for name, text in headers.items()}
    return ScriptedResponse(status, json.dumps(value).encode(), names)


def problem(errors: Any) -> ScriptedResponse:
    return body(
        {"title": "Invalid", "errors": errors}, 422, Content_Type="application/problem+json"
    )


def test_readme_of_the_api_layer_runs(other_origin: ScriptedServer, pauses: list[float]) -> None:
    respond(other_origin, "/token", body({"access_token": "abc", "token_type": "bearer"}))
    created = problem([{"pointer": "#/color", "detail": "loud is not a color"}])
    first = body([{"color": "red"}], Link='</v1/widgets?page=2>; rel="next"')
    script = [body({}, 429, Retry_After="7"), first, body([{"color": "dark red"}]), created]
    other_origin.script["/v1/widgets"] = lambda seen: script.pop(0)
    names: dict[str, Any] = {"__name__": "readme"}
    for code in re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL):
        exec(code.replace("https://api.example.com", other_origin.url), names)
    assert names["colors"] == ["red", "dark red"]
    assert names["problems"] == {"color": ["loud is not a color"]}
    assert pauses == [7]
    targets = [seen.path for seen in other_origin.seen if seen.path != "/token"]
    assert targets == ["/v1/widgets?color=red"] * 2 + ["/v1/widgets?page=2", "/v1/widgets"]

    other_origin.script["/v1/widgets/a%2Fb/photo"] = body({"stored": True})
    assert names["session"].add_photo("a/b", b"PNG") == {"stored": True}
    assert b'filename="photo.png"' in other_origin.seen[-1].body

    other_origin.script["/v1/widgets/5"] = body({"color": "red"})
    assert names["LiveWidgetSession"]("id", "secret", retries=1).widget(5) == {"color": "red"}

    respond(
        other_origin, "/v1/widgets/7", body({"error": "too many requests", "wait": 3}), body({})
    )
    old = names["OldWidgetSession"](
        "id",
        "secret",
        f"{other_origin.url}/token",
        base_url=f"{other_origin.url}/v1",
        max_rate_limit_wait=5,
    )
    assert old.widget(7) == {}
    assert pauses == [7, 3]


def test_readme_names_every_method_that_a_subclass_overrides() -> None:
    listed = re.findall(r"^\| `(\w+)\((.*?)\)` \|", README.read_text("utf-8"), re.MULTILINE)
    assert listed
    for name, _ in listed:
        assert callable(getattr(APISession, name))
    overridable = [name for name in vars(APISession) if re.match(r"find_|read_|format_", name)]
    assert set(overridable) <= {name for name, _ in listed}


def test_constructor_has_every_parameter_of_the_parent() -> None:
    parent = inspect.signature(ClientCredentialsSession).parameters
    own = inspect.signature(APISession).parameters
    assert set(own) - set(parent) == {"max_rate_limit_wait"}
    for name, parameter in parent.items():
        assert own[name].default == parameter.default
        assert own[name].kind is parameter.kind


# Replies


def test_reply_of_an_object_is_that_object(api: APISession, other_origin: ScriptedServer) -> None:
    other_origin.script["/v1/widget"] = body({"id": 1, "meta": {"page": 2}})
    reply = api.call("GET", "/widget")
    assert reply == reply.data == {"id": 1, "meta": {"page": 2}}
    assert (reply.meta, reply.activity_id, reply.rejections) == ({"page": 2}, None, [])
    assert not reply.is_pending
    other_origin.script["/v1/widget"] = body({"data": [1], "meta": None})
    reply = api.call("GET", "/widget")
    assert (reply.data, reply.meta) == ([1], {})


def test_reply_of_a_list_has_it_as_data(api: APISession, other_origin: ScriptedServer) -> None:
    other_origin.script["/v1/widgets"] = body([1, 2])
    reply = api.call("GET", "/widgets")
    assert reply == {"data": [1, 2]}
    assert reply.is_bare
    assert reply.is_json


def test_reply_repr_shows_status_and_keys_and_not_the_body(
    api: APISession, other_origin: ScriptedServer
) -> None:
    other_origin.script["/v1/widget"] = body({"ssn": "078-05-1120", "name": "Quillfeather"}, 201)
    assert repr(api.call("GET", "/widget")) == "<Reply 201 keys=['name', 'ssn']>"
    assert repr(Reply(a=1)) == "<Reply keys=['a']>"


def test_reply_that_is_awaited_says_that_the_call_was_sent() -> None:
    with pytest.raises(TypeError, match=r"cannot be awaited: .*this call has been sent already"):
        Reply().__await__()  # type: ignore[attr-defined]


@pytest.mark.parametrize("status", [200, 201])
def test_page_instead_of_json_is_an_unreadable_reply(
    api: APISession, other_origin: ScriptedServer, status: int
) -> None:
    other_origin.script["/v1/widgets"] = ScriptedResponse(status, b"<html>Sign in</html>")
    with pytest.raises(UnreadableReply) as caught:
        api.call("POST", "/widgets", json={})
    assert caught.value.processed is None
    assert "Sign in" not in str(caught.value)
    reply = api.call("POST", "/widgets", json={}, headers={"Accept": "text/html"})
    assert (reply.data, reply.is_json) == ("<html>Sign in</html>", False)


EMPTY = [("POST", 200, False), ("GET", 200, False), ("POST", 201, True), ("DELETE", 200, True)]


@pytest.mark.parametrize(("method", "status", "is_readable"), EMPTY)
def test_empty_body_is_readable_if_the_status_or_method_allow_it(
    api: APISession, other_origin: ScriptedServer, method: str, status: int, is_readable: bool
) -> None:
    other_origin.script["/v1/widgets"] = ScriptedResponse(status, b"")
    if is_readable:
        assert api.call(method, "/widgets").data is None
    else:
        with pytest.raises(UnreadableReply):
            api.call(method, "/widgets")


# Errors


ERRORS: list[tuple[Any, dict[str, list[str]]]] = [
    ([{"pointer": "#/birth/month", "detail": "no"}], {"birth.month": ["no"]}),
    ([{"field": "a", "message": "x"}, {"field": "a", "message": "y"}], {"a": ["x", "y"]}),
    ([{"source": {"pointer": "/data/age"}, "title": "old"}], {"data.age": ["old"]}),
    ([{"detail": "no field"}, "not an object"], {"": ["no field"]}),
    ([{"field": "a"}], {"a": [""]}),
    ({"a": ["x"], "b": {"c": "y"}}, {"a": ["x"], "b.c": ["y"]}),
    ("text", {}),
]


@pytest.mark.parametrize(("errors", "fields"), ERRORS, ids=repr)
def test_validation_error_has_the_messages_by_field(
    api: APISession, other_origin: ScriptedServer, errors: Any, fields: dict[str, list[str]]
) -> None:
    other_origin.script["/v1/widgets"] = problem(errors)
    with pytest.raises(ValidationError) as caught:
        api.call("POST", "/widgets", json={})
    assert caught.value.errors == fields
    assert caught.value.processed is False


def test_status_without_a_class_of_its_own_is_an_api_error(
    api: APISession, other_origin: ScriptedServer
) -> None:
    other_origin.script["/v1/widgets"] = body([], 409)
    with pytest.raises(APIError, match="the API answered 409") as caught:
        api.call("POST", "/widgets", json={})
    assert type(caught.value) is APIError
    other_origin.script["/v1/widgets"] = body([], 500)
    with pytest.raises(ServerError) as server_error:
        api.call("POST", "/widgets", json={})
    assert server_error.value.processed is None


# The rate limit


HEADERS: list[tuple[dict[str, str], float, bool]] = [
    ({}, 60, True),
    ({"Retry-After": "5"}, 5, False),
    ({"RateLimit": '"default";r=0;t=30'}, 30, False),
    ({"RateLimit-Reset": "9"}, 9, False),
    ({"X-RateLimit-Reset": "11"}, 11, False),
    ({"X-RateLimit-Reset": "2000000030", "Date": "Wed, 18 May 2033 03:33:20 GMT"}, 30, False),
    ({"X-RateLimit-Reset": "2000000030000", "Date": "Wed, 18 May 2033 03:33:20 GMT"}, 30, False),
    ({"X-RateLimit-Reset": "2000086401", "Date": "Wed, 18 May 2033 03:33:20 GMT"}, 60, True),
    ({"RateLimit-Reset": "0"}, 0, False),
    ({"X-RateLimit-Reset": "1000000001", "Date": "Wed, 18 May 2033 03:33:20 GMT"}, 60, True),
    ({"RateLimit-Reset": "soon"}, 60, True),
]


@pytest.mark.parametrize(("headers", "seconds", "is_assumed"), HEADERS, ids=str)
def test_rate_limited_knows_when_the_limit_ends(
    api: APISession,
    other_origin: ScriptedServer,
    headers: dict[str, str],
    seconds: float,
    is_assumed: bool,
) -> None:
    other_origin.script["/v1/widgets"] = ScriptedResponse(429, b"{}", headers)
    words = f"send it again after {seconds} s{', which is assumed' if is_assumed else '$'}"
    with pytest.raises(RateLimited, match=words) as caught:
        api.call("GET", "/widgets")
    assert (caught.value.retry_after, caught.value.is_assumed) == (seconds, is_assumed)


def test_rate_limit_without_seconds_is_waited_for_at_least_a_second(
    api: APISession, other_origin: ScriptedServer, pauses: list[float]
) -> None:
    api.max_rate_limit_wait = 2.5
    respond(other_origin, "/v1/widgets", body({}, 429, Retry_After="0"))
    with pytest.raises(RateLimited):
        api.call("GET", "/widgets")
    assert pauses == [1, 1]


def test_interrupted_wait_raises_the_rate_limit(
    api: APISession, other_origin: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pokitdok_session.api.session.pause", lambda seconds: False)
    api.max_rate_limit_wait = 60
    other_origin.script["/v1/widgets"] = body({}, 429, Retry_After="7")
    with pytest.raises(RateLimited):
        api.call("GET", "/widgets")
    assert len(other_origin.seen) == 1


@pytest.mark.parametrize("value", ["70", True, None])
def test_max_rate_limit_wait_of_another_type_is_a_type_error(value: Any) -> None:
    with pytest.raises(TypeError, match="max_rate_limit_wait must be a number of seconds, got"):
        APISession("id", "secret", "https://id.example/token", max_rate_limit_wait=value)


# Pages


def test_paginate_follows_next_in_the_body(api: APISession, other_origin: ScriptedServer) -> None:
    respond(
        other_origin,
        "/v1/widgets",
        body({"results": [1], "next": "/v1/widgets?page=2"}),
        body({"results": [], "next": "/v1/widgets?page=3"}),
        body({"results": [2], "next": "/v1/widgets?page=2"}),
    )
    assert list(api.paginate(api.call, "GET", "/widgets", timeout=9)) == [1, 2]
    assert len(other_origin.seen) == 3


def test_paginate_gives_up_after_many_empty_pages(
    api: APISession, other_origin: ScriptedServer
) -> None:
    def page(seen: ReceivedRequest) -> ScriptedResponse:
        return body({"items": [], "next": f"/v1/widgets?page={len(other_origin.seen)}"})

    other_origin.script["/v1/widgets"] = page
    with pytest.raises(APIError, match="the last 100 pages had no items"):
        list(api.paginate(api.call, "GET", "/widgets"))
    assert len(other_origin.seen) == 100


def test_paginate_of_one_object_yields_it(api: APISession, other_origin: ScriptedServer) -> None:
    other_origin.script["/v1/widget"] = body({"id": 1})
    assert list(api.paginate(api.call, "GET", "/widget")) == [{"id": 1}]


@pytest.mark.parametrize("following", ["https://[", "https://other_origin.example/widgets"])
def test_paginate_refuses_a_next_page_at_another_origin(
    api: APISession, other_origin: ScriptedServer, following: str
) -> None:
    other_origin.script["/v1/widgets"] = body({"items": [1], "next": following})
    with pytest.raises(APIError, match="the next page is at another origin"):
        list(api.paginate(api.call, "GET", "/widgets"))


def test_paginate_of_a_reply_says_how_it_is_called(api: APISession) -> None:
    with pytest.raises(TypeError, match=r"paginate\(session.widgets, limit=100\), got Reply"):
        api.paginate(api.call("GET", "/widgets"))  # type: ignore[arg-type]


# Timeouts


@pytest.mark.parametrize("timeout", [(3, 7), None, 9])
def test_timeout_of_a_call_reaches_every_request(
    api: APISession,
    other_origin: ScriptedServer,
    pauses: list[float],
    monkeypatch: pytest.MonkeyPatch,
    timeout: Any,
) -> None:
    seen: list[Any] = []
    adapter = api.get_adapter(other_origin.url)
    send = adapter.send

    def spy(*args: Any, **kwargs: Any) -> requests.Response:
        seen.append(kwargs["timeout"])
        return send(*args, **kwargs)

    monkeypatch.setattr(adapter, "send", spy)
    api.max_rate_limit_wait = 60
    respond(other_origin, "/v1/widgets", body({}, 429, Retry_After="7"), body({}))
    api.call("GET", "/widgets", timeout=timeout)
    api.call("GET", "/widgets")
    assert seen == [timeout, timeout, (5, 60)]
    assert repr(SESSION_TIMEOUT) == "<the session's timeout>"


# The log


def test_log_has_one_record_per_call_without_path_and_query(
    api: APISession,
    other_origin: ScriptedServer,
    pauses: list[float],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "pokitdok_session.calls")
    api.max_rate_limit_wait = 60
    path = "/v1/widgets/078-05-1120"
    respond(other_origin, path, body({}, 429, Retry_After="7"), body({}, 422))
    with pytest.raises(ValidationError):
        api.call("GET", "/widgets/078-05-1120", params={"name": "Quillfeather"})
    (record,) = (record for record in caplog.records if record.name == "pokitdok_session.calls")
    text = record.getMessage()
    assert re.fullmatch(r"GET 422 in \d+ ms, activity None, requests sent: 2", text)


def test_log_names_the_error_of_a_call_without_a_response(
    api: APISession, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "pokitdok_session.calls")
    with pytest.raises(requests.ConnectionError):
        api.call("GET", "http://127.0.0.1:9/widgets")
    text = caplog.records[-1].getMessage()
    assert re.fullmatch(r"GET ConnectionError in \d+ ms, activity None, requests sent: 0", text)
