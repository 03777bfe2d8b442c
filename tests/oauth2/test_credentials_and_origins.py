"""What happens when origins or the token change while requests run."""

from __future__ import annotations

import gc
import pickle
import threading
import traceback
import weakref
from typing import Any

import pytest
import requests
from urllib3.util import Timeout

from pokitdok_session import ClientCredentialsSession, TokenError
from pokitdok_session.oauth2.client_auth.methods import ClientSecretPost
from pokitdok_session.oauth2.rejections import Rejections
from pokitdok_session.oauth2.renewal import RENEWAL_TIMEOUT, Renewal
from pokitdok_session.oauth2.session.request_options import RequestOptions
from pokitdok_session.oauth2.timeouts import total_timeout
from pokitdok_session.oauth2.token import Token
from pokitdok_session.oauth2.token_request import TokenRequest
from pokitdok_session.oauth2.token_sending import PreparedTokenRequest, prepare_token_request
from pokitdok_session.oauth2.token_source import TokenSource
from support.http_server import ReceivedRequest, ScriptedResponse, ScriptedServer

GRANTED = ScriptedResponse(body=b'{"access_token": "t", "expires_in": 3600}')


def token(text: str = "t", now: float = 0.0) -> Token:
    return Token.from_response({"access_token": text, "expires_in": 60}, requested_at=now, now=now)


class Renews:
    """A renewer that returns a token, or does what it is told first."""

    _may_wait_for_others = False

    def __init__(self, first: Any = None) -> None:
        self.first = first

    def _fetch_next_token(self, stale: Token | None, timeout: float) -> Token:
        if self.first is not None:
            first, self.first = self.first, None
            first()
        return token("fetched")

    def _notify_token_updater(self, token: Token) -> None:
        """Tell nothing."""


# Token requests


def test_token_header_with_a_line_break_is_refused_without_its_value() -> None:
    with pytest.raises(ValueError, match=r"token_headers\['X-Key'\] must not contain") as caught:
        ClientCredentialsSession("i", "s", "https://h/t", token_headers={"X-Key": "private\n"})
    assert "private" not in str(caught.value)


def test_hook_that_raises_for_a_status_shows_no_query_of_the_token_request(
    server: ScriptedServer,
) -> None:
    server.script["/token"] = ScriptedResponse(401)

    def raise_for_status(response: requests.Response) -> requests.Response:
        response.raise_for_status()
        return response

    url = f"{server.url}/token"
    options: dict[str, Any] = {"token_endpoint_auth_method": "client_secret_post"}
    with ClientCredentialsSession("id", "private", url, **options) as session:
        session.register_compliance_hook("access_token_response", raise_for_status)
        with pytest.raises(TokenError) as caught:
            session.fetch_token(method="GET")
    assert "private" not in "".join(traceback.format_exception(caught.value))


def test_pickle_after_fetch_token_with_an_auth_object(held: ClientCredentialsSession) -> None:
    held.fetch_token(auth=lambda request: request)
    copy = pickle.loads(pickle.dumps(held))
    assert copy.get("/x").status_code == 200


# Origins


def test_no_new_token_goes_to_an_origin_that_was_removed(
    server: ScriptedServer, held: ClientCredentialsSession
) -> None:
    def remove(request: ReceivedRequest) -> ScriptedResponse:
        held.base_url = None
        held.origins = ["https://new.example"]
        return ScriptedResponse(401)

    server.script["/x"] = remove
    assert held.get("/x").status_code == 401
    assert [request.path for request in server.requests] == ["/token", "/x"]


def test_no_new_token_goes_to_an_origin_removed_during_the_renewal(
    server: ScriptedServer, held: ClientCredentialsSession
) -> None:
    def grant_and_remove(request: ReceivedRequest) -> ScriptedResponse:
        if len(server.requests) > 1:
            held.base_url = None
            held.origins = ["https://new.example"]
        return ScriptedResponse(body=b'{"access_token": "t%d"}' % len(server.requests))

    server.script.update({"/token": grant_and_remove, "/x": ScriptedResponse(401)})
    assert held.get("/x").status_code == 401
    assert [request.path for request in server.requests] == ["/token", "/x", "/token"]


def test_base_url_that_is_set_is_an_origin(
    server: ScriptedServer, other_origin: ScriptedServer, held: ClientCredentialsSession
) -> None:
    held.base_url = f"{other_origin.url}/"
    held.get("/x")
    assert held.base_url == other_origin.url
    assert other_origin.requests[-1].authorization == "Bearer t"


# References and timeouts


def test_session_is_freed_after_a_refused_token_request(server: ScriptedServer) -> None:
    server.script["/token"] = ScriptedResponse(401)
    gc.collect()
    gc.disable()
    try:
        session = ClientCredentialsSession("id", "secret", f"{server.url}/token")
        with pytest.raises(TokenError):
            session.fetch_token()
        with pytest.raises(TokenError):
            session.get(f"{server.url}/x")
        source = weakref.ref(session._token_source)
        freed = weakref.ref(session)
        del session
        assert (freed(), source()) == (None, None)
    finally:
        gc.enable()


def test_waiter_gets_a_token_error_for_an_exception_without_a_copy() -> None:
    class Odd(Exception):
        def __init__(self, one: str, two: str) -> None:
            super().__init__(one + two)

    renewal = Renewal(0.0, None)
    renewal.finish(Odd("private", "text"))
    with pytest.raises(TokenError, match=r"^the token request raised Odd$"):
        renewal.result(1)


@pytest.mark.parametrize(
    ("timeout", "seconds"),
    [(Timeout(3), 3), (Timeout(connect=1, read=2), 3), (Timeout(connect=1), RENEWAL_TIMEOUT)],
)
def test_urllib3_timeout_bounds_the_wait_for_a_token(timeout: Timeout, seconds: float) -> None:
    assert total_timeout(timeout) == seconds


def test_types_of_request_options_name_what_requests_takes() -> None:
    import inspect

    known = set(inspect.signature(requests.Session.request).parameters) - {"self", "method", "url"}
    assert set(RequestOptions.__annotations__) == {*known, "withhold_token"}


# Renewals


def test_interrupt_reaches_a_caller_that_renews_without_threads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    def no_thread(*args: Any) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("pokitdok_session.oauth2.token_source.start_helper", no_thread)
    renewer = Renews(interrupt)
    renewer._may_wait_for_others = True
    with pytest.raises(KeyboardInterrupt):
        TokenSource().get(renewer, 5)


def test_interrupt_of_one_caller_lets_a_helper_thread_go_on() -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    source = TokenSource()
    with pytest.raises(KeyboardInterrupt):
        source.get(Renews(interrupt), 5)
    for thread in threading.enumerate():
        if thread.name == "token-renewal":
            thread.join(10)
    assert source.current is not None
    assert source.current.access_token == "fetched"


def test_token_set_during_a_renewal_makes_a_hand_over_needless() -> None:
    source = TokenSource()

    def set_and_interrupt() -> None:
        source.set(token("set"))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        source.get(Renews(set_and_interrupt), 5)
    assert source.current is not None
    assert source.current.access_token == "set"


def test_waiter_without_time_left_gets_a_token_error() -> None:
    with pytest.raises(TokenError, match=r"within 0\.01 s"):
        Renewal(0.0, None).result(0.01)


@pytest.mark.parametrize(
    ("fetched", "text"),
    [
        (None, "must return the token as a dict, got NoneType"),
        ({"access_token": ""}, "returned a token that is not usable: .* no access_token"),
    ],
)
def test_fetch_token_override_without_a_usable_token_is_a_permanent_error(
    server: ScriptedServer, fetched: Any, text: str
) -> None:
    class Own(ClientCredentialsSession):
        def fetch_token(self, *args: Any, **kwargs: Any) -> Any:
            return fetched

    session = Own("id", "secret", f"{server.url}/token", base_url=server.url)
    with session, pytest.raises(TokenError, match=text) as caught:
        session.get("/x")
    assert caught.value.is_permanent


def test_fetch_token_of_another_session_in_a_fetcher_is_its_own(server: ScriptedServer) -> None:
    other = ClientCredentialsSession("id", "secret", f"{server.url}/token")

    def fetch(session: Any) -> dict[str, Any]:
        return dict(other.fetch_token())

    url = f"{server.url}/token"
    with ClientCredentialsSession(
        "id", None, url, base_url=server.url, token_fetcher=fetch
    ) as session:
        assert session.get("/x").status_code == 200
    assert other.access_token == session.access_token == "t"


def test_replay_that_is_not_possible_keeps_the_401_if_no_token_comes(
    server: ScriptedServer, held: ClientCredentialsSession
) -> None:
    held.get("/x")
    server.script.update({"/token": ScriptedResponse(401), "/x": ScriptedResponse(401)})
    assert held.post("/x", data=iter([b"once"])).status_code == 401


def test_set_aside_token_is_dropped_when_a_newer_one_comes() -> None:
    rejections = Rejections()
    rejections.remember_older(token("old"), token("new"))
    assert rejections.other_token(token("new"), 1.0) is not None
    rejections.remember_older(token("old"), token("newest"))
    assert not rejections.has_set_aside


def test_rejections_have_no_other_token_for_an_old_one() -> None:
    rejections = Rejections()
    rejections.remember_older(token("old"), token("new"))
    assert rejections.other_token(token("new"), 30.0) is None


def test_copy_of_a_token_request_is_still_a_token_request() -> None:
    request = prepare_token_request(requests.Request("POST", "https://h/token", data={"a": "b"}))
    copied = request.copy()
    assert isinstance(copied, PreparedTokenRequest)
    assert copied.body == request.body


def test_token_request_shows_none_of_its_fields() -> None:
    request = TokenRequest("https://h/", {"client_secret": "private"}, ClientSecretPost("i", "s"))
    assert repr(request) == "<TokenRequest>"


@pytest.mark.parametrize("wrong", [None, 5, b"https://h/token"])
def test_token_url_of_another_type_is_a_type_error(wrong: Any) -> None:
    with pytest.raises(TypeError, match="token_url must be a string, got"):
        ClientCredentialsSession("id", "secret", wrong)


def test_waiters_get_copies_of_what_the_renewal_raised_with_its_cause() -> None:
    renewal = Renewal(0.0, None)
    error = KeyError("of a compliance hook")
    error.__cause__ = OSError("its cause")
    renewal.finish(error)
    caught = []
    for _ in range(2):
        with pytest.raises(KeyError, match="of a compliance hook") as info:
            renewal.result(1)
        assert str(info.value.__cause__) == "its cause"
        caught.append(info.value)
    assert caught[0] is not caught[1]
    assert len(traceback.extract_tb(caught[0].__traceback__)) == 2  # it does not grow


def test_types_module_names_every_type() -> None:
    from pokitdok_session import types

    assert {"Activity", "EligibilityRequest", "TokenDict"} <= set(types.__all__)
    assert all(hasattr(types, name) for name in types.__all__)
    assert types.TokenDict.__annotations__


def test_client_id_can_be_deleted_as_in_oauth2_session() -> None:
    session = ClientCredentialsSession("id", "secret", "https://h/token")
    del session.client_id
    assert session.client_id is None
