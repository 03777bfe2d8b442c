"""Rows with an idempotency header: only one whose requests carried the key is sent again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from pokitdok_session import APISession, Outcome
from pokitdok_session.api.batch.idempotency import IdempotencyKey
from pokitdok_session.errors import JournalError
from support.batches import forget_outcome, records
from support.http_server import ReceivedRequest, ScriptedResponse, ScriptedServer

HEADER = "Idempotency-Key"

Call = Callable[[APISession], Any]


@pytest.fixture(autouse=True)
def _fail_at_x(server: ScriptedServer) -> None:
    server.script["/x"] = ScriptedResponse(502)


def run(plain: APISession, path: Path, call: Call) -> Outcome:
    """Run a batch of the row A to its end."""
    batch = plain.batch(
        lambda row: call(plain), [1], key=lambda row: "A", journal=path, idempotency_header=HEADER
    )
    (outcome,) = batch
    return outcome


def posted(server: ScriptedServer) -> list[ReceivedRequest]:
    return [request for request in server.requests if request.path == "/x"]


def read_and_post(plain: APISession) -> Any:
    plain.call("GET", "/reference")
    plain.post("/x").raise_for_status()


def post_with_own_key(plain: APISession) -> Any:
    plain.call("POST", "/x", headers={HEADER.lower(): "of the caller"})


def post_without_key_and_with_it(plain: APISession) -> Any:
    plain.post("/first")
    plain.call("POST", "/x")


def post_with_key_and_without_it(plain: APISession) -> Any:
    plain.call("POST", "/first")
    plain.post("/x").raise_for_status()


def post_with_key_and_by_another_session(plain: APISession) -> Any:
    plain.call("POST", "/first")
    requests.post(f"{plain.base_url}/x", timeout=9).raise_for_status()


IN_SESSION = [
    read_and_post,
    post_with_own_key,
    post_without_key_and_with_it,
    post_with_key_and_without_it,
]


@pytest.mark.parametrize("call", [*IN_SESSION, post_with_key_and_by_another_session])
def test_batch_sends_a_row_once_if_one_post_did_not_carry_the_key(
    plain: APISession, server: ScriptedServer, path: Path, call: Call
) -> None:
    for _ in range(2):
        assert run(plain, path, call).action == "unknown"
    assert len(posted(server)) == 1


@pytest.mark.parametrize("call", IN_SESSION)
def test_resume_after_a_kill_sends_no_row_with_a_post_without_the_key(
    plain: APISession, server: ScriptedServer, path: Path, call: Call
) -> None:
    run(plain, path, call)
    forget_outcome(path, "A")
    assert run(plain, path, call).action == "unknown"
    assert len(posted(server)) == 1


@pytest.mark.parametrize("call", IN_SESSION[:3])
def test_journal_names_no_row_with_another_key_than_that_of_the_batch(
    plain: APISession, path: Path, call: Call
) -> None:
    run(plain, path, call)
    assert not [each for each in records(path) if "named" in each]


def post_twice(plain: APISession) -> Any:
    plain.call("GET", "/reference")
    plain.call("POST", "/first")
    return plain.call("POST", "/x")


def test_batch_sends_a_row_again_if_each_post_carried_the_key(
    plain: APISession, server: ScriptedServer, path: Path
) -> None:
    statuses = iter([502, 200, 200])
    server.script["/x"] = lambda request: ScriptedResponse(next(statuses))
    assert run(plain, path, post_twice).attempts == 2
    named = {"named": "A", "header": HEADER}
    assert [each for each in records(path) if "named" in each] == [named, named]
    forget_outcome(path, "A")
    assert run(plain, path, post_twice).action == "answered"
    keys = [request.headers[HEADER] for request in posted(server)]
    assert len(keys) == 3
    assert len(set(keys)) == 1


def test_key_does_not_cover_a_failure_without_a_request() -> None:
    noted: list[bool] = []

    def note(is_named: bool) -> None:
        noted.append(is_named)
        if not is_named:
            raise JournalError("the disk is full")

    key = IdempotencyKey(HEADER, "digest", "A", note)
    assert not key.covers(ValueError())
    key.check(requests.Request("POST", "http://x", headers={HEADER: key.value}).prepare())
    assert not key.covers(ValueError())
    assert noted == [True, False]
