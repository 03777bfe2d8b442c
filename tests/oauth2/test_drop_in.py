"""Code written for `requests.Session` works unchanged, and its requests have the token."""

from __future__ import annotations

import copy
import inspect
import json
import traceback
from typing import Any

import pytest
import requests

from pokitdok_session import ClientCredentialsSession, PokitDokSession
from pokitdok_session.sandbox import Sandbox
from support.http_server import ScriptedResponse, ScriptedServer
from support.paths import ACTIVITIES_PATH
from support.recording import OptionsRecorder

VERBS = ["get", "options", "head", "post", "put", "patch", "delete"]


# Signatures


def test_request_signature_is_that_of_requests() -> None:
    ours = list(inspect.signature(ClientCredentialsSession.request).parameters.values())
    theirs = list(inspect.signature(requests.Session.request).parameters.values())
    assert [each.name for each in ours] == [*(each.name for each in theirs), "withhold_token"]
    assert [each.kind for each in ours[:-1]] == [each.kind for each in theirs]
    assert ours[-1].kind is inspect.Parameter.KEYWORD_ONLY
    differing = {a.name for a, b in zip(ours, theirs, strict=False) if a.default != b.default}
    assert differing == {"timeout"}


@pytest.mark.parametrize("verb", VERBS)
def test_verb_methods_are_those_of_requests(verb: str) -> None:
    assert getattr(ClientCredentialsSession, verb) is getattr(requests.Session, verb)


def test_positional_arguments_are_sent_as_in_requests(
    api_session: ClientCredentialsSession, api_server: ScriptedServer
) -> None:
    api_session.request(
        "POST", "/a", {"in": "query"}, {"in": "body"}, {"X-In": "header"}, {"in": "jar"}
    )
    api_session.post("/a", {"in": "body"}, None, params={"in": "query"})
    api_session.post("/a", None, {"in": "json"})
    api_session.put("/a", b"in body")
    api_session.patch("/a", b"in body")
    first, second, third, fourth, fifth = api_server.requests
    assert (first.path, first.body) == ("/root/a?in=query", b"in=body")
    assert (first.headers["X-In"], first.headers["Cookie"]) == ("header", "in=jar")
    assert (second.path, second.body) == ("/root/a?in=query", b"in=body")
    assert json.loads(third.body) == {"in": "json"}
    assert fourth.body == fifth.body == b"in body"
    assert {seen.authorization for seen in api_server.requests} == {"Bearer of-the-api"}


def test_verb_methods_send_the_token(
    api_session: ClientCredentialsSession, api_server: ScriptedServer
) -> None:
    for verb in VERBS:
        assert type(getattr(api_session, verb)("/a")) is requests.Response
    assert [seen.method.lower() for seen in api_server.requests] == VERBS
    assert {seen.authorization for seen in api_server.requests} == {"Bearer of-the-api"}


def test_error_status_is_returned_and_not_raised(
    api_session: ClientCredentialsSession, api_server: ScriptedServer
) -> None:
    for status in (400, 402, 403, 404, 422, 429, 500, 503):
        api_server.script["/root/a"] = ScriptedResponse(status)
        assert api_session.get("/a").status_code == status
    assert len(api_server.requests) == 8


# URLs


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("/a", "/root/a"),
        ("/", "/root/"),
        ("/a/../b", "/root/b"),
        ("/a?b=c#d", "/root/a?b=c"),
        (b"/a", "/root/a"),
        (" /a", "/root/a"),
        ("/a%2Fb/\u00e9", "/root/a%2Fb/%C3%A9"),
    ],
    ids=repr,
)
def test_url_path_is_appended_to_base_url(
    api_session: ClientCredentialsSession, api_server: ScriptedServer, url: Any, path: str
) -> None:
    api_session.get(url)
    assert api_server.requests[0].path == path


def test_url_absolute_is_used_unchanged(
    api_session: ClientCredentialsSession, api_server: ScriptedServer
) -> None:
    api_session.get(api_server.url + "/other")
    api_session.get((api_server.url + "/other").encode())
    assert [seen.path for seen in api_server.requests] == ["/other", "/other"]


@pytest.mark.parametrize("slash", ["", "/"])
def test_base_url_with_trailing_slash_gives_the_same_url(
    api_server: ScriptedServer, slash: str
) -> None:
    token = {"access_token": "x"}
    base_url = api_server.url + "/root" + slash
    with ClientCredentialsSession(
        "id", "secret", api_server.url, base_url=base_url, token=token
    ) as session:
        session.get("/a")
    assert api_server.requests[0].path == "/root/a"


@pytest.mark.parametrize("url", ["", "a", "//host/a", "host/a", "http://", "http:///a", "x://"])
def test_invalid_url_raises_same_error_as_requests(
    api_session: ClientCredentialsSession, url: str
) -> None:
    with pytest.raises(Exception) as theirs:  # noqa: PT011
        requests.Session().get(url)
    with pytest.raises(theirs.type) as ours:
        api_session.get(url)
    assert isinstance(ours.value, requests.RequestException)
    assert ours.type is theirs.type


def test_url_path_without_base_url_raises_missing_schema() -> None:
    session = ClientCredentialsSession("id", "secret", "https://auth.example/token")
    with session, pytest.raises(requests.exceptions.MissingSchema) as error:
        session.get("/a", params={"ssn": "123"})
    assert str(error.value) == (
        "invalid URL: give an absolute URL (https://host/path), or set base_url and give a path "
        'that begins with one "/"'
    )


def test_url_path_without_slash_raises_without_quoting_it(
    api_session: ClientCredentialsSession,
) -> None:
    with pytest.raises(requests.exceptions.MissingSchema, match='one "/"') as error:
        api_session.get("patients/7?ssn=123")
    shown = "".join(traceback.format_exception(error.type, error.value, None))
    assert "patients" not in shown
    assert "123" not in shown


@pytest.mark.parametrize("method", ["GET", "get", b"GET"])
def test_method_in_any_spelling_is_sent_as_in_requests(
    api_session: ClientCredentialsSession, api_server: ScriptedServer, method: Any
) -> None:
    api_session.request(method, "/a")
    assert api_server.requests[0].method == "GET"


# Timeouts


@pytest.mark.parametrize(
    ("given", "used"),
    [({}, (5, 60)), ({"timeout": None}, None), ({"timeout": 3}, 3), ({"timeout": (1, 2)}, (1, 2))],
    ids=str,
)
def test_timeout_of_a_request_has_a_default_and_can_be_none(
    api_session: ClientCredentialsSession,
    options_recorder: OptionsRecorder,
    given: dict[str, Any],
    used: Any,
) -> None:
    api_session.get("/a", **given)
    api_session.send(api_session.prepare_request(requests.Request("GET", "/a")), **given)
    assert [options["timeout"] for options in options_recorder.options] == [used, used]


@pytest.mark.parametrize("scheme", ["HTTP", "Http"])
def test_timeout_has_a_default_for_a_scheme_in_capitals(
    api_session: ClientCredentialsSession, options_recorder: OptionsRecorder, scheme: str
) -> None:
    assert api_session.base_url is not None
    api_session.get(scheme + api_session.base_url.removeprefix("http"))
    assert [options["timeout"] for options in options_recorder.options] == [(5, 60)]


def test_timeout_of_the_session_can_be_changed(api_server: ScriptedServer) -> None:
    token = {"access_token": "x"}
    with ClientCredentialsSession(
        "id", "secret", api_server.url, token=token, timeout=7
    ) as session:
        wire = OptionsRecorder()
        session.mount("http://", wire)
        session.get(api_server.url)
        session.timeout = None
        session.get(api_server.url)
    assert [options["timeout"] for options in wire.options] == [7, None]


def test_timeout_applies_to_redirects_replays_and_other_origins(
    sandbox: Sandbox, session: PokitDokSession, api_server: ScriptedServer
) -> None:
    wire = OptionsRecorder(verify=sandbox.ca_file)
    session.mount(sandbox.base_url + "/api", wire)
    session.mount("http://", wire)
    sandbox.fail(ACTIVITIES_PATH, status=401)
    sandbox.fail(ACTIVITIES_PATH, status=302, headers={"Location": api_server.url + "/"})
    assert session.get(ACTIVITIES_PATH).ok
    assert [options["timeout"] for options in wire.options] == [(5, 60)] * 3


# prepare_request and send


def test_prepare_request_adds_the_token(sandbox: Sandbox, session: PokitDokSession) -> None:
    prepared = session.prepare_request(
        requests.Request("GET", ACTIVITIES_PATH, params={"limit": 1})
    )
    assert prepared.url == sandbox.base_url + "/api/v4/activities/?limit=1"
    assert prepared.headers["Authorization"] == f"Bearer {session.access_token}"
    assert session.send(prepared).status_code == 200


def test_prepare_request_leaves_the_request_unchanged(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    def hook(url: str, headers: Any, data: Any) -> Any:
        return url, {**headers, "X-Hook": "1"}, data

    for trust_env in (True, False):
        session.trust_env = trust_env
        for url in (ACTIVITIES_PATH, sandbox.base_url + ACTIVITIES_PATH, "https://other.example/"):
            request = requests.Request("GET", url)
            before = copy.deepcopy(vars(request))
            session.prepare_request(request)
            session.register_compliance_hook("protected_request", hook)
            session.prepare_request(request)
            session.compliance_hook["protected_request"].clear()
            assert vars(request) == before


def test_prepare_request_leaves_session_headers_unchanged(session: PokitDokSession) -> None:
    before = dict(session.headers)
    session.prepare_request(requests.Request("GET", ACTIVITIES_PATH, headers={"X-Own": "1"}))
    assert dict(session.headers) == before


def test_session_header_of_none_is_not_sent(
    api_session: ClientCredentialsSession, api_server: ScriptedServer
) -> None:
    api_session.headers["Accept"] = None  # type: ignore[assignment]
    api_session.headers["X-Kept"] = "1"
    api_session.get("/a")
    api_session.get("/a", headers={"X-Kept": None})
    assert api_server.requests[0].headers["X-Kept"] == "1"
    assert api_server.requests[0].headers["Accept"] is None
    assert api_server.requests[1].headers["X-Kept"] is None


@pytest.mark.parametrize("name", ["proxies", "headers"])
def test_session_with_mapping_set_to_none_sends_requests(
    api_session: ClientCredentialsSession, api_server: ScriptedServer, name: str
) -> None:
    setattr(api_session, name, None)
    api_session.get("/a")
    assert api_server.requests[0].authorization == "Bearer of-the-api"


@pytest.mark.parametrize("params", [[("a", "1")], {"a": "1"}, {"a": None}, {}, None, "a=1"])
def test_session_params_are_merged_as_in_requests(
    api_session: ClientCredentialsSession, api_server: ScriptedServer, params: Any
) -> None:
    api_session.params = params
    with requests.Session() as plain:
        plain.params = params
        for session in (plain, api_session):
            session.get(api_server.url + "/a")
            session.get(api_server.url + "/a", params={"b": "2"})
    assert [seen.path for seen in api_server.requests[:2]] == [
        seen.path for seen in api_server.requests[2:]
    ]


def test_send_of_a_foreign_prepared_request_adds_no_token(
    api_session: ClientCredentialsSession, api_server: ScriptedServer
) -> None:
    api_session.send(requests.Request("GET", api_server.url + "/root/a").prepare())
    assert api_server.requests[0].authorization is None


def test_send_of_an_unprepared_request_raises_value_error(
    api_session: ClientCredentialsSession,
) -> None:
    with pytest.raises(ValueError, match="PreparedRequests"):
        api_session.send(requests.Request("GET", "http://127.0.0.1/"))  # type: ignore[arg-type]
