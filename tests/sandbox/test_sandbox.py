"""The session of a sandbox, and deprecated names."""

from __future__ import annotations

import pickle
import time
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from pokitdok_session.sandbox import Sandbox


class CountingAdapter(HTTPAdapter):
    sent = 0

    def send(self, *args: Any, **kwargs: Any) -> requests.Response:
        self.sent += 1
        return super().send(*args, **kwargs)


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
@pytest.mark.parametrize("adapter", [None, HTTPAdapter()])
def test_session_trusts_sandbox_with_other_ca_in_environment(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, variable: str, adapter: HTTPAdapter | None
) -> None:
    monkeypatch.setenv(variable, "/nowhere.pem")
    with sandbox.session() as session:
        if adapter is not None:
            session.mount("https://", adapter)
        assert session.get("/activities/").status_code == 200
        prepared = session.prepare_request(requests.Request("GET", "/activities/"))
        assert session.send(prepared).status_code == 200
        assert pickle.loads(pickle.dumps(session)).get("/activities/").status_code == 200
    assert sandbox.token_requests == 1


def test_session_mounted_adapter_sends_requests_and_token_requests(sandbox: Sandbox) -> None:
    adapter = CountingAdapter()
    with sandbox.session() as session:
        session.mount("https://", adapter)
        assert session.get("/activities/").status_code == 200
    assert adapter.sent == 2


def test_session_mounted_adapter_retries_as_in_requests(sandbox: Sandbox) -> None:
    sandbox.fail("/activities/", status=503, times=2)
    with sandbox.session() as session:
        session.mount("https://", HTTPAdapter(max_retries=Retry(2, status_forcelist=[503])))
        assert session.get("/activities/").status_code == 200
    assert len(sandbox.received("/activities/")) == 3


def test_session_verify_of_a_call_overrides_the_sandboxs(sandbox: Sandbox) -> None:
    with sandbox.session() as session, pytest.raises(requests.exceptions.SSLError):
        session.get("/activities/", verify=requests.certs.where(), withhold_token=True)


def test_session_passes_options_on(sandbox: Sandbox) -> None:
    with sandbox.session(scope=["user_schedule"], retries=2) as session:
        sandbox.fail("/activities/", status=503)
        assert session.get("/activities/").status_code == 200
    assert b"scope=user_schedule" in sandbox.token_log[-1].body


def test_heal_warns_and_clears_the_faults(sandbox: Sandbox) -> None:
    sandbox.fail("/activities/", status=503, times=None)
    with pytest.warns(DeprecationWarning, match=r"use Sandbox\.clear_faults"):
        sandbox.heal()
    with sandbox.session() as session:
        assert session.get("/activities/").status_code == 200


@pytest.mark.parametrize("delay", [300, 800])
def test_no_waiting_wait_for_activity_advances_the_clock(
    sandbox: Sandbox, claim: dict[str, Any], delay: float
) -> None:
    sandbox.options.claim_delay = delay
    started = sandbox.clock.now()
    with sandbox.session() as session, sandbox.no_waiting():
        reply = session.wait_for_activity(session.claims(claim))
    assert reply.data["state"]["name"] == "completed"
    assert delay <= sandbox.clock.now() - started < delay + 90


def test_no_waiting_rate_limit_advances_the_clock() -> None:
    with Sandbox(rate_limit=1) as sandbox, sandbox.session(max_rate_limit_wait=120) as session:
        session.trading_partners()
        with sandbox.no_waiting():
            session.trading_partners()
        assert len(sandbox.requests) == 3


def test_no_waiting_ends_with_its_block(sandbox: Sandbox) -> None:
    from pokitdok_session.pokitdok import activities

    with sandbox.no_waiting():
        assert activities.time is not time
    assert activities.time is time


@pytest.mark.parametrize(
    ("options", "kind", "text"),
    [
        ({"expires": "never"}, ValueError, "expires must be 'in', 'both' or 'past', got 'never'"),
        ({"rate_limit": "84"}, TypeError, "rate_limit must be a number, got str"),
        ({"token_lifetime": None}, TypeError, "token_lifetime must be a number, got NoneType"),
        ({"scopes": "user_schedule"}, TypeError, "scopes must be a list of strings, got str"),
    ],
)
def test_sandbox_with_a_wrong_option_is_an_error(
    options: dict[str, Any], kind: type[Exception], text: str
) -> None:
    with pytest.raises(kind, match=f"^{text}$"):
        Sandbox(**options)


@pytest.mark.parametrize(
    ("path", "options", "text"),
    [
        ("https://127.0.0.1/activities/", {"status": 500}, "path must be a path or a pattern"),
        ("/activities/", {"reset": "after"}, "reset must be True, False or 'after_headers', got"),
    ],
)
def test_fault_that_could_not_happen_is_an_error(
    sandbox: Sandbox, path: str, options: dict[str, Any], text: str
) -> None:
    with pytest.raises(ValueError, match=f"^{text}"):
        sandbox.fail(path, **options)
