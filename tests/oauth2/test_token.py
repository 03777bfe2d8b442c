"""The lifetime and the text of a token, by a table of unusual token responses."""

from __future__ import annotations

import json
import pickle
import time
from collections.abc import Callable
from typing import Any

import pytest

from pokitdok_session import PokitDokSession, TokenError
from pokitdok_session.oauth2.token import DEFAULT_LIFETIME, MAX_LIFETIME, Token
from pokitdok_session.sandbox import Sandbox
from support.clock import Clock
from support.paths import ACTIVITIES_PATH, TOKEN_PATH

MISSING = ...  # `object()` would have another repr per xdist worker

LIFETIMES = [
    (3600, 3600),
    ("3600", 3600),
    (3600.7, 3600.7),
    ("3600.0", 3600),
    ("", DEFAULT_LIFETIME),
    ("abc", DEFAULT_LIFETIME),
    ([3600], DEFAULT_LIFETIME),
    ({}, DEFAULT_LIFETIME),
    (True, DEFAULT_LIFETIME),
    (float("nan"), DEFAULT_LIFETIME),
    (float("inf"), DEFAULT_LIFETIME),
    ("NaN", DEFAULT_LIFETIME),
    ("Infinity", DEFAULT_LIFETIME),
    (0, 0),
    ("0", 0),
    (-1, 0),
    ("-3600", 0),
    (None, DEFAULT_LIFETIME),
    (MISSING, DEFAULT_LIFETIME),
    (10**12, MAX_LIFETIME),
    ("1e12", MAX_LIFETIME),
    (10**400, MAX_LIFETIME),
    (-(10**400), 0),
]


def grant_token(sandbox: Sandbox) -> str:
    """Return a token that the sandbox granted to another session."""
    with sandbox.session() as other:
        return str(other.fetch_token()["access_token"])


def respond_with(sandbox: Sandbox, **fields: Any) -> None:
    """Respond to the next token request with a valid token and these fields."""
    body = {
        "access_token": grant_token(sandbox),
        "token_type": "bearer",
        "expires_in": 3600,
        **fields,
    }
    kept = {name: value for name, value in body.items() if value is not MISSING}
    sandbox.fail(TOKEN_PATH, body=json.dumps(kept), content_type="application/json")


@pytest.mark.parametrize(("stated", "lifetime"), LIFETIMES, ids=lambda value: repr(value)[:12])
def test_expires_in_of_any_kind_gives_a_lifetime(
    sandbox: Sandbox, session: PokitDokSession, stated: Any, lifetime: float
) -> None:
    respond_with(sandbox, expires_in=stated)
    assert session.get(ACTIVITIES_PATH).status_code == 200
    token = session._token_source.current
    assert token is not None
    assert token.lifetime == lifetime
    assert token.response["expires_at"] == pytest.approx(time.time() + lifetime, abs=5)
    assert sandbox.token_requests == 2  # of the other session and ours


def test_expires_in_with_a_fraction_is_shown_in_whole_seconds(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    respond_with(sandbox, expires_in=3600.7)
    assert session.fetch_token()["expires_in"] == 3600


def test_default_lifetime_is_stored_but_not_shown(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    kept: list[dict[str, Any]] = []
    session.token_updater = kept.append
    respond_with(sandbox, expires_in=MISSING)
    assert session.fetch_token().keys() == {"access_token", "token_type"}
    assert session.token.keys() == {"access_token", "token_type"}
    assert kept[0]["expires_at"] == pytest.approx(time.time() + DEFAULT_LIFETIME, abs=5)


def test_token_with_zero_lifetime_serves_its_request(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    for count in (1, 2, 3):
        respond_with(sandbox, expires_in=0)
        assert session.get(ACTIVITIES_PATH).status_code == 200
        assert sandbox.token_requests == 2 * count
    assert session.get(ACTIVITIES_PATH).status_code == 200


@pytest.mark.parametrize("name", ["expires", "expires_at"])
@pytest.mark.parametrize("offset", [-8 * 86_400, 8 * 86_400])
def test_absolute_expiry_in_the_response_is_ignored(
    sandbox: Sandbox, session: PokitDokSession, name: str, offset: float
) -> None:
    respond_with(sandbox, **{name: int(time.time() + offset)})
    session.get(ACTIVITIES_PATH)
    token = session._token_source.current
    assert token is not None
    assert token.lifetime == 3600
    assert token.usable_until - session._token_source.clock() == pytest.approx(3595)


@pytest.mark.parametrize("expires", ["both", "past"])
def test_documented_sample_response_gives_the_full_lifetime(expires: Any) -> None:
    with Sandbox(expires=expires) as sandbox, sandbox.session() as session:
        assert [session.get(ACTIVITIES_PATH).status_code for _ in range(3)] == [200] * 3
        assert sandbox.token_requests == 1


def test_renewed_token_without_expires_in_has_its_own_lifetime(
    sandbox: Sandbox, session: PokitDokSession, pass_time: Callable[[float], None]
) -> None:
    session.get(ACTIVITIES_PATH)
    pass_time(4000)
    respond_with(sandbox, expires_in=MISSING)
    asked = sandbox.token_requests
    assert [session.get(ACTIVITIES_PATH).status_code for _ in range(3)] == [200] * 3
    assert sandbox.token_requests == asked + 1


@pytest.mark.parametrize(
    "kind", [MISSING, None, "bearer", "Bearer", "BEARER", " bearer", "bearer "]
)
def test_token_type_that_means_bearer_is_accepted(
    sandbox: Sandbox, session: PokitDokSession, kind: Any
) -> None:
    respond_with(sandbox, token_type=kind)
    assert session.get(ACTIVITIES_PATH).status_code == 200


UNUSABLE = [
    ({"token_type": "DPoP"}, "needs a proof"),
    ({"token_type": "mac"}, "token_type"),
    ({"token_type": 7}, "token_type"),
    ({"token_type": "N_A"}, "needs a proof"),
    ({"access_token": None}, "access_token"),
    ({"access_token": ""}, "access_token"),
    ({"access_token": MISSING}, "access_token"),
    ({"access_token": "hidden\nX-Evil: 1"}, "access_token"),
    ({"access_token": "hidden\twords"}, "access_token"),
    ({"access_token": "hidden\x00"}, "access_token"),
    ({"access_token": "hidden\u20ac"}, "access_token"),
    ({"access_token": "hidden\x85"}, "access_token"),
    ({"access_token": 12345678}, "access_token"),
    ({"access_token": ["hidden"]}, "access_token"),
]


@pytest.mark.parametrize(("fields", "named"), UNUSABLE, ids=lambda value: repr(value)[:40])
def test_unusable_token_raises_token_error_when_fetched(
    sandbox: Sandbox, session: PokitDokSession, fields: dict[str, Any], named: str
) -> None:
    respond_with(sandbox, **fields)
    with pytest.raises(TokenError, match=named) as caught:
        session.get(ACTIVITIES_PATH)
    assert "hidden" not in str(caught.value)
    assert "12345678" not in str(caught.value)
    assert caught.value.status_code == 200
    assert not session.authorized
    assert len(sandbox.requests) == 0


def test_null_error_field_with_a_token_is_ignored(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    respond_with(sandbox, error=None)
    assert session.get(ACTIVITIES_PATH).status_code == 200


def test_error_field_with_a_token_raises_token_error(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    respond_with(sandbox, error="invalid_client")
    with pytest.raises(TokenError) as caught:
        session.get(ACTIVITIES_PATH)
    assert (caught.value.error, caught.value.status_code) == ("invalid_client", 200)


@pytest.mark.parametrize(
    "body",
    [
        "<html>not to be quoted</html>",
        "",
        "[]",
        "null",
        '"not to be quoted"',
        "7",
        '{"access_token": "not to be quoted"',
        "[" * 100_000,
        b"\xff\xfe\x00",
    ],
    ids=lambda body: repr(body)[:12],
)
def test_token_response_without_object_raises_without_its_text(
    sandbox: Sandbox, session: PokitDokSession, body: str | bytes
) -> None:
    sandbox.fail(TOKEN_PATH, status=200, body=body)
    with pytest.raises(TokenError, match="returned 200 with") as caught:
        session.get(ACTIVITIES_PATH)
    assert "to be quoted" not in repr(caught.value)
    assert caught.value.status_code == 200
    assert len(sandbox.requests) == 0


def test_access_token_in_latin_1_is_sent_in_the_header(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    respond_with(sandbox, access_token="t\xf6ken")
    sandbox.fail("/activities/", status=200, body={})
    session.get(ACTIVITIES_PATH)
    # The sandbox decodes headers as latin-1.
    assert sandbox.requests[0].token == "t\xf6ken"


def from_response(lifetime: float, asked: float = 1000.0) -> Token:
    return Token.from_response(
        {"access_token": "x", "expires_in": lifetime}, requested_at=asked, now=asked
    )


@pytest.mark.parametrize("lifetime", [0.5, 1, 2, 20, 60, 3600, 86_400, 10**9])
def test_renewal_windows_scale_with_the_lifetime(lifetime: float) -> None:
    token = from_response(lifetime)
    lasts = min(lifetime, MAX_LIFETIME)
    assert 1000 + lasts * 0.9 < token.renew_from < token.usable_until < 1000 + lasts
    assert token.renew_from >= 1000 + lasts - 300
    assert token.usable_until >= 1000 + lasts - 5


@pytest.mark.parametrize("lifetime", [2, 3600])
def test_token_is_renewed_near_its_expiry_and_not_before(
    sandbox: Sandbox, session: PokitDokSession, clock: Clock, lifetime: float
) -> None:
    sandbox.options.token_lifetime = lifetime
    session.get(ACTIVITIES_PATH)
    clock.advance(lifetime * 0.95)
    session.get(ACTIVITIES_PATH)
    assert sandbox.token_requests == 1
    clock.advance(lifetime * 0.06)
    session.get(ACTIVITIES_PATH)
    assert sandbox.token_requests == 2


def test_token_lifetime_starts_at_the_token_request(
    sandbox: Sandbox, session: PokitDokSession, clock: Clock
) -> None:
    def advance_30_seconds(response: Any) -> Any:
        clock.advance(30)
        return response

    asked = clock.now
    session.register_compliance_hook("access_token_response", advance_30_seconds)
    session.fetch_token()
    token = session._token_source.current
    assert token is not None
    assert token.usable_until == pytest.approx(asked + 3600 - 5)


def test_token_does_not_expire_when_the_wall_clock_jumps(
    sandbox: Sandbox, session: PokitDokSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.get(ACTIVITIES_PATH)
    true = time.time
    monkeypatch.setattr(time, "time", lambda: true() + 10**6)
    session.get(ACTIVITIES_PATH)
    assert sandbox.token_requests == 1


def test_token_is_immutable() -> None:
    token = from_response(60)
    with pytest.raises(AttributeError, match="can't set attribute"):
        token.access_token = "y"
    assert token.access_token != "y"


def test_token_repr_shows_only_a_distinct_fingerprint() -> None:
    token = Token.from_response({"access_token": "hidden"}, requested_at=0, now=0)
    other = Token.from_response({"access_token": "hidden2"}, requested_at=0, now=0)
    assert repr(token) == f"<Token {token.fingerprint}>"
    assert "hidden" not in repr(token)
    assert token.fingerprint != other.fingerprint


SAVED = [
    # saved fields, seconds left, lifetime
    ({"expires_in": 3600, "expires_at": 100}, 100, 3600),
    ({"expires_in": "3600", "expires_at": "100"}, 100, 3600),
    ({"expires_at": 100}, 100, 100),
    ({"expires_at": -100}, -100, 0),
    ({"expires_in": 60, "expires_at": 10**6}, 60, 60),
    ({"expires_in": 60}, 60, 60),
    ({"expires_in": 60, "expires_at": None}, 60, 60),
    ({"expires_in": 60, "expires_at": "never"}, 60, 60),
    ({}, DEFAULT_LIFETIME, DEFAULT_LIFETIME),
]


@pytest.mark.parametrize(("kept", "left", "lifetime"), SAVED, ids=str)
def test_saved_token_keeps_its_expiry(kept: dict[str, Any], left: float, lifetime: float) -> None:
    if isinstance(kept.get("expires_at"), (int, float)):
        kept = {**kept, "expires_at": time.time() + kept["expires_at"]}
    elif kept.get("expires_at") == "100":
        kept = {**kept, "expires_at": str(time.time() + 100)}
    token = Token.from_saved({"access_token": "x", **kept}, now=1000)
    assert token.usable_until + min(token.lifetime / 256, 5) == pytest.approx(1000 + left, abs=1)
    assert token.lifetime == pytest.approx(lifetime, abs=1)


def test_saved_token_is_used_without_a_token_request(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    session.fetch_token()
    with sandbox.session(token=session.token) as later:
        assert later.get(ACTIVITIES_PATH).status_code == 200
    assert sandbox.token_requests == 1


def test_saved_token_that_expired_is_renewed_before_use(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    token = {**session.fetch_token(), "expires_at": time.time() - 1}
    with sandbox.session(token=token) as later:
        assert later.get(ACTIVITIES_PATH).status_code == 200
    assert sandbox.token_requests == 2
    assert len(sandbox.requests) == 1


def test_access_token_with_spaces_is_sent_unchanged(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    respond_with(sandbox, access_token="this is the access token")
    assert session.fetch_token()["access_token"] == "this is the access token"
    session.get(ACTIVITIES_PATH)
    headers = [record.headers["Authorization"] for record in sandbox.received("/activities/")]
    assert headers[0] == "Bearer this is the access token"


def test_expires_at_counts_from_the_token_request() -> None:
    token = Token.from_response({"access_token": "x", "expires_in": 30}, requested_at=100, now=120)
    assert token.response["expires_at"] == pytest.approx(time.time() + 10, abs=2)


def test_pickled_token_shows_no_default_lifetime() -> None:
    token = Token.from_response({"access_token": "x"}, requested_at=0, now=0)
    assert pickle.loads(pickle.dumps(token)).to_dict() == {"access_token": "x"}
