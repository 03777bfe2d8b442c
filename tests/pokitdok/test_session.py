"""PokitDokSession: its credentials and URLs, its calls, and its wait for the rate limit."""

from __future__ import annotations

import io
import logging
import re
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import requests

from pokitdok_session import PokitDokSession, TokenError
from pokitdok_session.errors import NotFound, RateLimited, Unauthorized, ValidationError
from pokitdok_session.sandbox import Sandbox
from support.clock import Clock

ELIGIBILITY = "/eligibility/"

# Credentials and URLs


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POKITDOK_CLIENT_ID", "id-of-the-environment")
    monkeypatch.setenv("POKITDOK_CLIENT_SECRET", "secret-of-the-environment")
    monkeypatch.setenv("POKITDOK_BASE_URL", "https://environment.example/")


@pytest.mark.usefixtures("environment")
def test_session_without_arguments_reads_the_environment() -> None:
    session = PokitDokSession()
    assert session.client_id == "id-of-the-environment"
    assert session.client_secret == "secret-of-the-environment"
    assert session.token_url == "https://environment.example/oauth2/token"
    assert session.base_url == "https://environment.example/api/v4"
    assert session.is_token_origin("https://environment.example/anything")


@pytest.mark.usefixtures("environment")
def test_arguments_override_the_environment() -> None:
    session = PokitDokSession("id", "secret", base_url="https://given.example", version="v5")
    assert (session.client_id, session.client_secret) == ("id", "secret")
    assert session.token_url == "https://given.example/oauth2/token"
    assert session.base_url == "https://given.example/api/v5"
    assert not session.is_token_origin("https://environment.example/anything")


@pytest.mark.parametrize("version", [4, "", "/v4", None])
def test_version_that_is_not_a_path_segment_is_refused(version: Any) -> None:
    text = f"^version must be one segment of a path, such as 'v4', got {version!r}$"
    with pytest.raises(ValueError, match=text):
        PokitDokSession("id", "secret", version=version)


def test_session_defaults_to_the_platform() -> None:
    session = PokitDokSession("id", "secret")
    assert session.token_url == "https://platform.pokitdok.com/oauth2/token"
    assert session.base_url == "https://platform.pokitdok.com/api/v4"


@pytest.mark.parametrize("name", ["CLIENT_ID", "CLIENT_SECRET"])
@pytest.mark.parametrize("value", [None, ""])
@pytest.mark.usefixtures("environment")
def test_missing_credentials_raise_value_error_with_the_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str | None
) -> None:
    if value is None:
        monkeypatch.delenv(f"POKITDOK_{name}")
    else:
        monkeypatch.setenv(f"POKITDOK_{name}", value)
    with pytest.raises(
        ValueError, match=f"{name.lower()} is missing: pass it, or set POKITDOK_{name}"
    ):
        PokitDokSession()


@pytest.mark.parametrize(
    "base_url", ["https://given.example/api/v4", "https://given.example/api/v4/"]
)
def test_base_url_that_ends_with_the_api_root_is_accepted(base_url: str) -> None:
    session = PokitDokSession("id", "secret", base_url=base_url)
    assert session.token_url == "https://given.example/oauth2/token"
    assert session.base_url == "https://given.example/api/v4"


def test_max_rate_limit_wait_must_be_a_number() -> None:
    with pytest.raises(TypeError, match="max_rate_limit_wait must be a number of seconds, got str"):
        PokitDokSession("id", "secret", max_rate_limit_wait="70")  # type: ignore[arg-type]


def test_plain_http_is_refused_when_the_session_is_built() -> None:
    with pytest.raises(requests.RequestException):
        PokitDokSession("id", "secret", base_url="platform.example")
    from oauthlib.oauth2 import InsecureTransportError

    with pytest.raises(InsecureTransportError):
        PokitDokSession("id", "secret", base_url="http://platform.example")


# call


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_call_sends_to_a_path_below_the_root(
    sandbox: Sandbox, session: PokitDokSession, method: str
) -> None:
    sandbox.fail("/new/thing", body={"data": 1})
    assert session.call(method, "/new/thing", params={"a": "b c"}).data == 1
    (record,) = sandbox.requests
    assert (record.method, record.path, record.query) == (method, "/api/v4/new/thing", "a=b+c")
    assert record.token == session.access_token


def test_call_sends_json_data_files_and_headers(sandbox: Sandbox, session: PokitDokSession) -> None:
    sandbox.fail("/new", body={"data": 1}, times=None)
    session.call("POST", "/new", json={"a": 1}, headers={"Accept": "text/x"})
    session.call("POST", "/new", data={"a": "1"})
    session.call("POST", "/new", files={"file": ("name.x12", b"ISA")})
    first, second, third = sandbox.requests
    assert (first.json(), first.headers["Accept"]) == ({"a": 1}, "text/x")
    assert second.body == b"a=1"
    assert b'filename="name.x12"' in third.body


def test_call_raises_the_error_of_the_response(sandbox: Sandbox, session: PokitDokSession) -> None:
    with pytest.raises(ValidationError) as caught:
        session.call("POST", ELIGIBILITY, json={"trading_partner_id": "MOCKPAYER"})
    assert "member" in caught.value.errors
    with pytest.raises(NotFound):
        session.call("GET", "/no/such/path")


def test_unknown_activity_raises_not_found(session: PokitDokSession) -> None:
    with pytest.raises(NotFound):
        session.activities("5a5a5a5a5a5a5a5a5a5a5a5a")


def test_call_raises_unauthorized_for_a_lasting_401(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    sandbox.fail(ELIGIBILITY, status=401, times=None)
    with pytest.raises(Unauthorized):
        session.call("POST", ELIGIBILITY, json={})
    assert len(sandbox.requests) == 2


def test_call_raises_a_token_error_without_a_token(sandbox: Sandbox) -> None:
    with sandbox.session(client_secret="wrong") as session, pytest.raises(TokenError):
        session.activities()


# The rate limit


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox, clock: Clock) -> list[float]:
    """The seconds that `call` waited; they pass at once, for the sandbox and for the client."""
    taken: list[float] = []

    def pause(seconds: float) -> bool:
        taken.append(seconds)
        clock.advance(seconds)
        sandbox.clock.advance(seconds)

        return True

    monkeypatch.setattr("pokitdok_session.api.session.pause", pause)
    return taken


def limited(sandbox: Sandbox, times: int = 1, wait: str = "7") -> None:
    sandbox.fail(ELIGIBILITY, status=403, headers={"Retry-After": wait}, times=times)
    sandbox.fail(ELIGIBILITY, status=200, body={"data": "answered"})


def test_rate_limit_is_not_waited_for_by_default(
    sandbox: Sandbox, session: PokitDokSession, waits: list[float]
) -> None:
    limited(sandbox)
    with pytest.raises(RateLimited) as caught:
        session.call("GET", ELIGIBILITY)
    assert caught.value.retry_after == 7
    assert waits == []
    assert len(sandbox.requests) == 1


def test_rate_limit_is_waited_for_and_the_call_sent_again(
    sandbox: Sandbox, session: PokitDokSession, waits: list[float]
) -> None:
    session.max_rate_limit_wait = 7
    limited(sandbox)
    assert session.call("POST", ELIGIBILITY, json={"a": 1}).data == "answered"
    assert waits == [7]
    first, again = sandbox.requests
    assert first.body == again.body == b'{"a": 1}'
    assert first.token == again.token


def test_rate_limit_longer_than_allowed_is_raised_at_once(
    sandbox: Sandbox, session: PokitDokSession, waits: list[float]
) -> None:
    session.max_rate_limit_wait = 6.9
    limited(sandbox)
    with pytest.raises(RateLimited):
        session.call("GET", ELIGIBILITY)
    assert waits == []


def test_max_rate_limit_wait_bounds_all_waits_of_a_call(
    sandbox: Sandbox, session: PokitDokSession, waits: list[float]
) -> None:
    session.max_rate_limit_wait = 20
    limited(sandbox, times=3)
    with pytest.raises(RateLimited, match="send it again after 7 s"):
        session.call("GET", ELIGIBILITY)
    assert waits == [7, 7]
    assert len(sandbox.requests) == 3


def test_unknown_end_of_a_rate_limit_is_waited_for_as_long_as_allowed(
    sandbox: Sandbox, session: PokitDokSession, waits: list[float]
) -> None:
    session.max_rate_limit_wait = 15
    sandbox.fail(ELIGIBILITY, status=403)
    sandbox.fail(ELIGIBILITY, status=200, body={"data": "answered"})
    assert session.call("GET", ELIGIBILITY).data == "answered"
    assert waits == [15]


def test_rate_limited_text_says_that_its_end_is_assumed(
    sandbox: Sandbox, session: PokitDokSession, waits: list[float]
) -> None:
    session.max_rate_limit_wait = 15
    sandbox.fail(ELIGIBILITY, status=403, times=None)
    with pytest.raises(RateLimited, match="after 60 s, which is assumed, because the API"):
        session.call("GET", ELIGIBILITY)
    assert waits == [15]


def test_rate_limit_of_the_sandbox_is_over_after_the_wait(
    sandbox: Sandbox, session: PokitDokSession, waits: list[float]
) -> None:
    sandbox.options.rate_limit = 2
    session.max_rate_limit_wait = 61
    for _ in range(3):
        session.activities()
    (wait,) = waits
    assert 55 < wait <= 61
    assert len(sandbox.requests) == 4


def test_file_is_sent_whole_after_the_wait(
    sandbox: Sandbox, session: PokitDokSession, waits: list[float]
) -> None:
    session.max_rate_limit_wait = 60
    limited(sandbox)
    session.call("POST", ELIGIBILITY, data=io.BytesIO(b"content"))
    assert [seen.body for seen in sandbox.requests] == [b"content", b"content"]


def test_body_that_cannot_be_sent_again_is_not_waited_for(
    sandbox: Sandbox, session: PokitDokSession, waits: list[float]
) -> None:
    def lines() -> Iterator[bytes]:
        yield b"content"

    session.max_rate_limit_wait = 60
    limited(sandbox)
    with pytest.raises(RateLimited):
        session.call("POST", ELIGIBILITY, data=lines())
    assert waits == []


def test_token_that_expired_during_the_wait_is_renewed(
    sandbox: Sandbox, session: PokitDokSession, waits: list[float]
) -> None:
    sandbox.options.token_lifetime = 30
    session.max_rate_limit_wait = 60
    sandbox.fail("/activities/", status=403, headers={"Retry-After": "50"})
    assert session.activities().response.status_code == 200
    assert waits == [50]
    assert sandbox.token_requests == 2


def test_token_replaced_before_the_wait_is_renewed_after_it(
    sandbox: Sandbox, session: PokitDokSession, waits: list[float]
) -> None:
    sandbox.options.token_lifetime = 30
    session.max_rate_limit_wait = 60
    session.activities()
    sandbox.revoke()
    sandbox.fail("/activities/", status=401)
    sandbox.fail("/activities/", status=403, headers={"Retry-After": "50"})
    assert session.activities().response.status_code == 200
    assert sandbox.token_requests == 3


def test_environment_settings_hold_for_the_second_try(
    sandbox: Sandbox, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", sandbox.ca_file)
    with PokitDokSession(
        sandbox.client_id,
        sandbox.client_secret,
        base_url=sandbox.base_url,
        max_rate_limit_wait=60,
    ) as session:
        limited(sandbox)
        assert session.call("GET", ELIGIBILITY).data == "answered"
        session.close()
        limited(sandbox)
        assert session.call("GET", ELIGIBILITY).data == "answered"


def test_get_does_not_wait_for_a_rate_limit(
    sandbox: Sandbox, session: PokitDokSession, waits: list[float]
) -> None:
    session.max_rate_limit_wait = 60
    limited(sandbox)
    assert session.get(ELIGIBILITY).status_code == 403
    assert waits == []


def test_calls_of_several_families_succeed_in_sequence(
    sandbox: Sandbox, session: PokitDokSession, pass_time: Callable[[float], None]
) -> None:
    claim: dict[str, Any] = {
        "trading_partner_id": "MOCKPAYER",
        "transaction_code": "chargeable",
        "billing_provider": {"npi": "1234567893", "organization_name": "Thistledown Clinic"},
        "subscriber": {"first_name": "Z", "last_name": "Q", "member_id": "W000000000"},
        "claim": {
            "total_charge_amount": 60.0,
            "service_lines": [
                {
                    "procedure_code": "99213",
                    "charge_amount": 60.0,
                    "unit_count": 1.0,
                    "diagnosis_codes": ["J10.1"],
                    "service_date": time.strftime("%Y-%m-%d", time.gmtime(0)),
                }
            ],
        },
    }
    sent = session.claims(claim)
    assert sent.activity_id is not None
    assert session.activities(sent.activity_id).data["id"] == sent.activity_id
    pass_time(4000)
    assert session.activities(sent.activity_id).data["state"]["name"] == "completed"
    with pytest.raises(ValidationError):
        session.cancel_activity(sent.activity_id)
    assert sandbox.token_requests == 2


# Values and the log


def test_datetime_with_a_zone_is_sent_in_utc_without_it(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    sandbox.fail("/new", body={"data": 1})
    zone = timezone(timedelta(hours=-5))
    at = [datetime(2030, 1, 2, 22, 0, tzinfo=zone), datetime(2030, 1, 2, 22, 0)]
    session.call("POST", "/new", json={"at": at})
    assert sandbox.requests[0].json() == {"at": ["2030-01-03T03:00:00", "2030-01-02T22:00:00"]}


def test_log_of_a_call_has_its_activity(
    session: PokitDokSession, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "pokitdok_session.calls")
    reply = session.activities()
    (text,) = (each.getMessage() for each in caplog.records if each.name.endswith(".calls"))
    assert re.fullmatch(rf"GET 200 in \d+ ms, activity {reply.activity_id}, requests sent: 1", text)
