"""What an exception says about a request that may have been processed."""

from __future__ import annotations

import copy
import pickle
import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from pokitdok_session import ClientCredentialsSession
from pokitdok_session.transport.in_doubt import IN_DOUBT
from support.http_server import ScriptedResponse, ScriptedServer, redirect
from support.raw_server import Action, RawServer

TOKEN = {"access_token": "t", "expires_in": 3600}


def session_for(url: str, **options: Any) -> ClientCredentialsSession:
    return ClientCredentialsSession("id", "secret", f"{url}/token", token=TOKEN, **options)


def error_of(session: requests.Session, method: str, url: str, **options: Any) -> Any:
    with pytest.raises(requests.RequestException) as caught:
        session.request(method, url, **options)
    return caught.value


@pytest.fixture
def closed_url() -> str:
    with ScriptedServer() as server:
        return server.url


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


@pytest.mark.parametrize("action", ["close", "reset"])
def test_lost_post_on_a_new_connection_is_one_sentence(action: Action) -> None:
    with RawServer([[action]]) as server, session_for(server.url) as session:
        error = error_of(session, "POST", f"{server.url}/claims?name=secret", data=b"secret")
    assert error.processed is None
    assert re.fullmatch(
        rf"POST {server.url} was sent, but no complete response came \(\w+\); it may have been "
        "processed: look for it at the API before you send it again",
        str(error),
    )
    assert isinstance(error.__cause__, Exception)


@pytest.mark.parametrize("action", ["close", "reset"])
def test_lost_post_on_a_reused_connection_names_the_case(action: Action) -> None:
    with RawServer([["respond", action]]) as server, session_for(server.url) as session:
        session.get(server.url)
        error = error_of(session, "POST", server.url)
    assert error.processed is None
    assert "on a reused connection that the server closed without a response" in str(error)
    assert str(error).endswith(f"; {IN_DOUBT}")


def test_lost_get_keeps_its_text_and_may_have_been_processed() -> None:
    with RawServer([["close"]]) as server, session_for(server.url) as session:
        error = error_of(session, "GET", server.url)
    assert error.processed is None
    assert str(error).startswith("('Connection aborted.', RemoteDisconnected(")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_refused_connection_was_not_processed(closed_url: str, method: str) -> None:
    with session_for(closed_url) as session:
        error = error_of(session, method, closed_url)
    assert error.processed is False


def test_refused_connection_of_a_foreign_adapter_was_not_processed(closed_url: str) -> None:
    with session_for(closed_url) as session:
        session.mount("http://", HTTPAdapter())
        assert error_of(session, "POST", closed_url).processed is False


def test_lost_post_of_a_foreign_adapter_may_have_been_processed() -> None:
    with RawServer([["close"]]) as server, session_for(server.url) as session:
        session.mount("http://", HTTPAdapter())
        error = error_of(session, "POST", server.url)
    assert error.processed is None
    assert "it may have been processed" in str(error)


def test_post_to_another_origin_sets_processed_too(server: ScriptedServer, closed_url: str) -> None:
    with RawServer([["close"]]) as other, session_for(server.url) as session:
        assert error_of(session, "POST", closed_url).processed is False
        error = error_of(session, "POST", other.url)
    assert error.processed is None
    assert str(error).startswith(f"POST {other.url} was sent, but no complete response came")


class Stub(HTTPAdapter):
    def send(self, *args: Any, **kwargs: Any) -> requests.Response:
        raise requests.ConnectionError("the stub's own text")


def test_lost_post_of_a_stub_keeps_the_text_of_the_stub() -> None:
    with session_for("http://127.0.0.1:1") as session:
        session.mount("http://", Stub())
        error = error_of(session, "POST", "http://127.0.0.1:1/")
    assert str(error) == f"the stub's own text; {IN_DOUBT}"


def test_invalid_proxy_was_not_processed(server: ScriptedServer) -> None:
    with session_for(server.url) as session:
        error = error_of(session, "POST", server.url, proxies={"http": "http:///"})
    assert isinstance(error, requests.exceptions.InvalidProxyURL)
    assert error.processed is False


def test_post_answered_by_a_redirect_that_fails_may_have_been_processed(
    server: ScriptedServer, closed_url: str
) -> None:
    server.script["/claims"] = redirect(f"{closed_url}/elsewhere", status=307)
    for origins in ([server.url], [server.url, closed_url]):
        with session_for(server.url, origins=origins) as session:
            error = error_of(session, "POST", f"{server.url}/claims")
        assert isinstance(error, requests.ConnectionError)
        assert error.processed is None


def test_post_with_a_failing_hook_may_have_been_processed(
    server: ScriptedServer, closed_url: str
) -> None:
    def hook(response: requests.Response, **kwargs: Any) -> None:
        response.close()
        requests.get(closed_url, timeout=5)

    with session_for(server.url) as session:
        error = error_of(session, "POST", server.url, hooks={"response": hook})
    assert error.processed is None
    assert "may have been processed" not in str(error)


def test_post_answered_by_a_redirect_loop_may_have_been_processed(server: ScriptedServer) -> None:
    server.script["/loop"] = redirect("/loop", status=307)
    with session_for(server.url) as session:
        error = error_of(session, "POST", f"{server.url}/loop")
    assert isinstance(error, requests.TooManyRedirects)
    assert error.processed is None


def test_replay_that_cannot_connect_was_not_processed() -> None:
    def respond(seen: Any) -> ScriptedResponse:
        return ScriptedResponse(401)

    with ScriptedServer({"/claims": respond}) as server, session_for(server.url) as session:
        session._token_source.replace = lambda *args: close_and_return_token()  # type: ignore

        def close_and_return_token() -> Any:
            server._server.shutdown()
            server._server.server_close()
            return session._token_source.current

        session.headers["Connection"] = "close"
        error = error_of(session, "POST", f"{server.url}/claims", timeout=5)
    assert isinstance(error, requests.ConnectionError)
    assert error.processed is False


def test_retry_that_cannot_connect_may_have_been_processed() -> None:
    policy = Retry(1, allowed_methods=["POST"], backoff_factor=0)
    with RawServer([["close"]]) as server, session_for(server.url, retries=policy) as session:
        server.close_after_one = True
        error = error_of(session, "POST", server.url)
    assert error.processed is None
    assert "it may have been processed" in str(error)


def test_request_sent_again_that_cannot_connect_may_have_been_processed() -> None:
    with RawServer([["respond", "close"]]) as server, session_for(server.url) as session:
        server.close_after_one = True
        session.get(server.url)
        error = error_of(session, "GET", server.url)
    assert error.processed is None


@pytest.mark.parametrize("action", ["close", "reset"])
def test_lost_post_that_was_pickled_keeps_text_and_processed(action: Action) -> None:
    with RawServer([[action]]) as server, session_for(server.url) as session:
        error = error_of(session, "POST", server.url)
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert (twin.processed, str(twin)) == (None, str(error))


def test_refused_connection_that_was_pickled_keeps_processed(closed_url: str) -> None:
    with session_for(closed_url) as session:
        error = error_of(session, "POST", closed_url)
    assert pickle.loads(pickle.dumps(error)).processed is False
