"""Which verdict each exception gets, one row each, and what the network makes of the table."""

from __future__ import annotations

import json
import os
import pickle
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests
from requests import exceptions

from pokitdok_session import APIError, TokenError
from pokitdok_session.api.verdict import Verdict, verdict_on
from pokitdok_session.errors import (
    BatchStopped,
    Forbidden,
    InsecureTransport,
    JournalError,
    NotFound,
    PaymentRequired,
    RateLimited,
    RefusedCall,
    RowInDoubt,
    ServerError,
    TLSFileError,
    TradingPartnerError,
    Unauthorized,
    UnreadableReply,
    ValidationError,
)
from pokitdok_session.sandbox import Sandbox
from support.subprocesses import PROCESS_TIMEOUT

FIX = Verdict("fix", processed=False)
STOP = Verdict("stop", processed=False)
RETRY = Verdict("retry", processed=False)
UNKNOWN = Verdict("unknown")

BODY = {
    "trading_partner_id": "MOCKPAYER",
    "member": {"id": "W1"},
    "provider": {"npi": "1234567893"},
}


def answered(
    kind: type[requests.HTTPError], status: int, method: str = "POST", **headers: str
) -> requests.HTTPError:
    response = requests.Response()
    response.status_code = status
    response.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    response.request = requests.Request(method, "https://api.example/").prepare()
    return kind("text", response=response)


def unprocessed(error: requests.RequestException) -> requests.RequestException:
    """Mark an error as the transport does if nothing was sent."""
    error.processed = False  # type: ignore[attr-defined]
    return error


def lost(kind: type[requests.RequestException], method: str) -> requests.RequestException:
    return kind("lost", request=requests.Request(method, "https://api.example/").prepare())


def limited(seconds: float) -> RateLimited:
    error = answered(RateLimited, 403)
    assert isinstance(error, RateLimited)
    error.retry_after = seconds
    return error


def caused_by(error: BaseException, cause: BaseException) -> BaseException:
    error.__cause__ = cause
    return error


def untrusted(error: BaseException) -> BaseException:
    return caused_by(error, exceptions.SSLError(ssl.SSLCertVerificationError("self-signed")))


TABLE: dict[str, tuple[BaseException, Verdict]] = {
    "validation": (answered(ValidationError, 422), FIX),
    "bad request": (answered(ValidationError, 400), FIX),
    "trading partner": (answered(TradingPartnerError, 400), FIX),
    "trading partner with a 200": (answered(TradingPartnerError, 200), FIX),
    "trading partner with a 500": (answered(TradingPartnerError, 500), FIX),
    "not found": (answered(NotFound, 404), FIX),
    "another 4xx": (answered(APIError, 413), FIX),
    "value": (ValueError("a row"), FIX),
    "type": (TypeError("a row"), FIX),
    "header": (exceptions.InvalidHeader("a header"), FIX),
    "URL": (exceptions.InvalidURL("a URL"), FIX),
    "body that is no JSON": (exceptions.InvalidJSONError("nan"), FIX),
    "rate limit": (limited(7.0), Verdict("retry", 7.0, False)),
    "429": (answered(requests.HTTPError, 429, Retry_After="3"), Verdict("retry", 3.0, False)),
    "408": (answered(APIError, 408), RETRY),
    "425": (answered(APIError, 425), RETRY),
    "503 that says when": (
        answered(ServerError, 503, Retry_After="9"),
        Verdict("retry", 9.0, False),
    ),
    "no connection": (unprocessed(exceptions.ConnectionError("refused")), RETRY),
    "no connection in time": (exceptions.ConnectTimeout("late"), RETRY),
    "handshake": (unprocessed(exceptions.SSLError("eof")), RETRY),
    "unauthorized": (answered(Unauthorized, 401), STOP),
    "no credits": (answered(PaymentRequired, 402), STOP),
    "forbidden": (answered(Forbidden, 403), STOP),
    "proxy credentials": (answered(APIError, 407), STOP),
    "plain http": (InsecureTransport(), STOP),
    "proxy URL": (exceptions.InvalidProxyURL("a proxy"), STOP),
    "certificate": (untrusted(exceptions.SSLError("untrusted")), STOP),
    "certificate, sent nothing": (unprocessed(untrusted(exceptions.SSLError("x"))), STOP),  # type: ignore[arg-type]
    "TLS file": (unprocessed(TLSFileError(setting="verify")), STOP),
    "conflict": (answered(APIError, 409), UNKNOWN),
    "redirect": (answered(requests.HTTPError, 302), UNKNOWN),
    "500": (answered(ServerError, 500), UNKNOWN),
    "503 that does not say when": (answered(ServerError, 503), UNKNOWN),
    "502 that says when": (answered(ServerError, 502, Retry_After="9"), UNKNOWN),
    "reset of a POST": (lost(exceptions.ConnectionError, "POST"), UNKNOWN),
    "silence after a POST": (lost(exceptions.ReadTimeout, "POST"), UNKNOWN),
    "reset without a request": (exceptions.ConnectionError("reset"), UNKNOWN),
    "response that is no JSON": (exceptions.JSONDecodeError("no", "{", 0), UNKNOWN),
    "other JSON that is none": (json.JSONDecodeError("no", "{", 0), UNKNOWN),
    "response cannot be decoded": (exceptions.ContentDecodingError("gzip"), UNKNOWN),
    "response is consumed": (exceptions.StreamConsumedError(), UNKNOWN),
    "redirects": (exceptions.TooManyRedirects("30"), UNKNOWN),
    "batch stopped": (BatchStopped(), STOP),
    "journal in use": (JournalError(), STOP),
    "call refused earlier": (RefusedCall(), FIX),
    "row in doubt": (RowInDoubt(), UNKNOWN),
    "success that is no JSON": (answered(UnreadableReply, 200), UNKNOWN),
    "HTTP error without a response": (APIError(), UNKNOWN),
    "KeyError": (KeyError("data"), UNKNOWN),
    "OSError": (OSError("disk"), UNKNOWN),
    "500 of a GET": (answered(ServerError, 500, "GET"), Verdict("retry")),
    "502 of a PUT that says when": (
        answered(ServerError, 502, "PUT", Retry_After="4"),
        Verdict("retry", 4.0),
    ),
    "reset of a GET": (lost(exceptions.ConnectionError, "GET"), Verdict("retry")),
    "silence after a DELETE": (lost(exceptions.ReadTimeout, "DELETE"), Verdict("retry")),
    "body of a GET cut short": (lost(exceptions.ChunkedEncodingError, "GET"), Verdict("retry")),
    "token 400": (TokenError(status_code=400, retry_after=30.0), STOP),
    "token 401": (TokenError(status_code=401, retry_after=30.0), STOP),
    "token 403": (TokenError(status_code=403), STOP),
    "token 404": (TokenError(status_code=404), STOP),
    "token redirect": (TokenError(status_code=302), STOP),
    "token without sense": (TokenError(status_code=200), STOP),
    "token 500": (TokenError(status_code=500), RETRY),
    "token 503": (TokenError(status_code=503, retry_after=5.0), Verdict("retry", 5.0, False)),
    "token 429": (TokenError(status_code=429, retry_after=2.0), Verdict("retry", 2.0, False)),
    "token 408": (TokenError(status_code=408), RETRY),
    "token 425": (TokenError(status_code=425), RETRY),
    "no response for a token": (TokenError(), RETRY),
    "no token, now or later": (TokenError(is_permanent=True, retry_after=30.0), STOP),
    "token endpoint not trusted": (untrusted(TokenError()), STOP),
    "TLS file for a token": (caused_by(TokenError(), TLSFileError(setting="cert")), STOP),
}


@pytest.mark.parametrize(("error", "verdict"), TABLE.values(), ids=TABLE)
def test_verdict_on_an_error_is_that_of_the_table(error: BaseException, verdict: Verdict) -> None:
    assert verdict_on(error) == verdict


def test_verdict_is_a_tuple_that_can_be_pickled_and_unpacked() -> None:
    verdict = verdict_on(answered(ServerError, 503, Retry_After="9"))
    action, retry_after, processed = verdict
    assert (action, retry_after, processed) == ("retry", 9.0, False)
    assert pickle.loads(pickle.dumps(verdict)) == verdict


def raised(session: Any, **options: Any) -> Exception:
    with pytest.raises(requests.RequestException) as caught:
        session.call("POST", "/eligibility/", json=BODY, **options)
    return caught.value


@pytest.mark.parametrize(
    ("fault", "action"),
    [
        ({"status": 422}, "fix"),
        ({"status": 403}, "retry"),
        ({"status": 503, "headers": {"Retry-After": "1"}}, "retry"),
        ({"status": 402}, "stop"),
        ({"status": 502}, "unknown"),
        ({"reset": True}, "unknown"),
        ({"reset": "after_headers"}, "unknown"),
        ({"truncate": True}, "unknown"),
    ],
    ids=str,
)
def test_verdict_on_a_fault_of_the_sandbox_is_that_of_its_kind(
    sandbox: Sandbox, session: Any, fault: dict[str, Any], action: str
) -> None:
    sandbox.fail("/eligibility/", **fault)
    assert verdict_on(raised(session)).action == action


def redirected_error(sandbox: Sandbox, session: Any, method: str, location: str) -> Exception:
    sandbox.fail("/activities/", status=303, headers={"Location": location})
    with pytest.raises((requests.RequestException, ValueError)) as caught:
        session.call(method, "/activities/")
    return caught.value


@pytest.mark.parametrize(
    ("location", "action"),
    [
        ("http://[broken", "fix"),
        ("https://:99999/", "fix"),
        ("http://.example/", "fix"),
        ("ftp://files.example/", "fix"),
        ("http://127.0.0.1:1/", "retry"),
    ],
)
def test_verdict_after_a_redirect_that_fails_depends_on_the_method(
    sandbox: Sandbox, session: Any, location: str, action: str
) -> None:
    assert verdict_on(redirected_error(sandbox, session, "POST", location)) == UNKNOWN
    error = redirected_error(sandbox, session, "GET", location)
    assert verdict_on(error) == Verdict(action)  # type: ignore[arg-type]


@pytest.mark.parametrize(("status", "verdict"), [(303, UNKNOWN), (307, FIX)])
def test_verdict_on_an_error_after_a_redirect_depends_on_its_method(
    sandbox: Sandbox, session: Any, status: int, verdict: Verdict
) -> None:
    # 303 turns POST into GET, whose answer says nothing of the POST.
    sandbox.fail("/eligibility/", status=status, headers={"Location": "/api/v4/activities/"})
    sandbox.fail("/activities/", status=422)
    error = raised(session)
    assert isinstance(error, ValidationError)
    assert verdict_on(error) == verdict


def test_verdict_on_a_refused_token_after_a_redirect_is_unknown(
    sandbox: Sandbox, session: Any
) -> None:
    session.get("/activities/")  # the token is there
    sandbox.fail("/eligibility/", status=303, headers={"Location": "/api/v4/activities/"})
    sandbox.fail("/activities/", status=401)
    sandbox.fail("/oauth2/token", status=400, times=None)
    error = raised(session)
    assert isinstance(error, TokenError)
    assert verdict_on(error) == UNKNOWN


def test_verdict_on_silence_is_unknown(sandbox: Sandbox, session: Any) -> None:
    sandbox.fail("/eligibility/", delay=5)
    session.timeout = (5, 0.05)
    assert verdict_on(raised(session)) == UNKNOWN


def test_verdict_on_a_wrong_secret_is_stop(sandbox: Sandbox) -> None:
    with sandbox.session(client_secret="wrong") as session:
        assert verdict_on(raised(session)) == STOP


def test_verdict_on_an_untrusted_certificate_is_stop(sandbox: Sandbox, session: Any) -> None:
    session.get("/activities/")  # the token is there
    session.verify = True
    assert verdict_on(raised(session)) == STOP


@pytest.mark.parametrize("option", ["verify", "cert"])
@pytest.mark.parametrize("exists", [True, False])
@pytest.mark.parametrize("has_token", [True, False])
def test_verdict_on_a_tls_file_that_cannot_be_used_is_stop(
    sandbox: Sandbox, session: Any, tmp_path: Path, option: str, exists: bool, has_token: bool
) -> None:
    path = tmp_path / "file.pem"
    if exists:
        path.write_text("not a certificate")
    if has_token:
        session.fetch_token()
    setattr(session, option, str(path))
    error = raised(session)
    assert isinstance(error, TLSFileError if has_token else TokenError)
    assert verdict_on(error) == STOP
    assert sandbox.received("/eligibility/") == []


def test_verdict_on_a_response_that_is_no_json_is_unknown_with_simplejson(tmp_path: Path) -> None:
    tmp_path.joinpath("simplejson.py").write_text(
        "from json import *\nclass JSONDecodeError(ValueError): pass\n"
    )
    code = (
        "import json, requests; from pokitdok_session.api.verdict import verdict_on;"
        "error = requests.exceptions.JSONDecodeError('no');"
        "assert not isinstance(error, json.JSONDecodeError);"
        "print(verdict_on(error).action)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=PROCESS_TIMEOUT,
        check=True,
    )
    assert ended.stdout == "unknown\n"
