"""Responses and exceptions can be pickled, and hold no session."""

from __future__ import annotations

import base64
import multiprocessing
import pickle
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import pytest
import requests

from pokitdok_session import APIError, Reply, TokenError, errors
from pokitdok_session.sandbox import Sandbox
from support.paths import ACTIVITIES_PATH
from support.subprocesses import (
    FORKS_WITH_THREADS,
    PROCESS_TIMEOUT,
    call,
)

pytestmark = pytest.mark.filterwarnings(FORKS_WITH_THREADS)


MEMBER = {
    "trading_partner_id": "MOCKPAYER",
    "member": {
        "id": "W000000000",
        "first_name": "Zephyrine",
        "last_name": "Quillfeather",
        "birth_date": "1970-01-25",
    },
    "provider": {"npi": "1234567893", "first_name": "Marlow", "last_name": "Thistledown"},
}


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_process_pool_can_map_a_method_of_the_session(sandbox: Sandbox, method: str) -> None:
    context = multiprocessing.get_context(method)
    with (
        sandbox.session() as session,
        ProcessPoolExecutor(2, mp_context=context) as pool,
    ):
        call(session)
        replies = list(pool.map(session.eligibility, [MEMBER] * 4, timeout=PROCESS_TIMEOUT))
        assert [isinstance(reply, Reply) for reply in replies] == [True] * 4
        assert len({reply.activity_id for reply in replies}) == 4
        assert all(reply.response.json() == reply for reply in replies)
        answer = pool.submit(session.get, ACTIVITIES_PATH).result(PROCESS_TIMEOUT)
        assert answer.status_code == 200
        with pytest.raises(errors.ValidationError) as refused:
            pool.submit(session.eligibility, {}).result(PROCESS_TIMEOUT)
        assert refused.value.errors
        session.client_secret = "wrong"
        session.token = None
        with pytest.raises(TokenError, match="invalid_client") as failed:
            pool.submit(session.get, ACTIVITIES_PATH).result(PROCESS_TIMEOUT)
        assert failed.value.status_code == 401
    assert sandbox.token_requests == 2


KINDS: dict[type[APIError], dict[str, Any]] = {
    errors.Unauthorized: {"status": 401, "times": None},
    errors.PaymentRequired: {"status": 402},
    errors.RateLimited: {"status": 403, "body": {"message": "Forbidden"}},
    errors.Forbidden: {"status": 403, "body": {"meta": {}, "data": {"errors": {}}}},
    errors.NotFound: {"status": 404},
    errors.ValidationError: {
        "status": 422,
        "body": {"meta": {"activity_id": "5"}, "data": {"errors": {"validation": {"a": ["b"]}}}},
    },
    errors.TradingPartnerError: {"body": {"meta": {}, "data": {"errors": {"query": "no"}}}},
    errors.ServerError: {"status": 500},
}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_pickled_api_error_is_complete_and_holds_no_session(
    sandbox: Sandbox, kind: type[APIError]
) -> None:
    with sandbox.session() as session:
        sandbox.fail("*", **KINDS[kind])
        with pytest.raises(kind) as raised:
            session.eligibility(MEMBER)
    error = raised.value
    copied = pickle.loads(without_secrets(pickle.dumps(error), sandbox))
    assert type(copied) is kind
    assert str(copied) == str(error)
    assert (copied.activity_id, copied.errors) == (error.activity_id, error.errors)
    assert vars(copied).get("retry_after") == vars(error).get("retry_after")
    assert copied.response.status_code == error.response.status_code


def test_pickled_token_error_is_complete_and_holds_no_session(sandbox: Sandbox) -> None:
    with sandbox.session(client_secret="swordfish") as session, pytest.raises(TokenError) as raised:
        session.get(ACTIVITIES_PATH)
    error = raised.value
    blob = pickle.dumps(error)
    copied = pickle.loads(without_secrets(blob, sandbox))
    assert b"swordfish" not in blob
    assert type(copied) is TokenError
    assert str(copied) == str(error)
    assert vars(copied) == vars(error)


@pytest.mark.parametrize("fault", [{"reset": True}, {"delay": 5}], ids=["reset", "silence"])
def test_pickled_network_error_holds_no_session(sandbox: Sandbox, fault: dict[str, Any]) -> None:
    with sandbox.session(timeout=0.3) as session:
        session.fetch_token()
        sandbox.fail("*", **fault)
        with pytest.raises(requests.RequestException) as raised:
            session.eligibility(MEMBER)
    error = raised.value
    copied = pickle.loads(without_secrets(pickle.dumps(error), sandbox))
    assert type(copied) is type(error)
    assert "it may have been processed" in str(copied)


def test_pickled_responses_hold_no_session(sandbox: Sandbox) -> None:
    with sandbox.session() as session:
        answer = session.get(ACTIVITIES_PATH)
        reply = session.eligibility(MEMBER)
        sandbox.revoke()
        replayed = session.get(ACTIVITIES_PATH)
    for sent in (answer, reply, replayed):
        copied = pickle.loads(without_secrets(pickle.dumps(sent), sandbox))
        assert type(copied) is type(sent)
    assert copied.history[0].status_code == 401
    assert copied.json() == replayed.json()


def without_secrets(blob: bytes, sandbox: Sandbox) -> bytes:
    basic = base64.b64encode(f"{sandbox.client_id}:{sandbox.client_secret}".encode())
    for word in (
        sandbox.client_secret.encode(),
        basic,
        b"PokitDokSession",
        b"TokenSource",
        b"TokenAuth",
    ):
        assert word not in blob
    return blob


def test_pickled_session_holds_the_credentials(sandbox: Sandbox) -> None:
    with sandbox.session() as session:
        assert sandbox.client_secret.encode() in pickle.dumps(session)
