"""Replies in the journal: a second run yields them as they were."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from pokitdok_session import Outcome, PokitDokSession, Reply
from pokitdok_session.api.batch.journal_values import describe_cause, describe_error, rebuild_error
from pokitdok_session.errors import (
    APIError,
    PaymentRequired,
    RefusedCall,
    RowInDoubt,
    TradingPartnerError,
)
from pokitdok_session.sandbox import Sandbox
from pokitdok_session.transport.redaction import redact_exception
from support.batches import ELIGIBILITY, appointments, key_of, row_of, rows_of

Twice = Callable[[Callable[[Any], Any]], tuple[Outcome, Outcome]]


@pytest.fixture
def twice(session: PokitDokSession, path: Path) -> Twice:
    """Run a batch of one row twice; return the outcomes of both."""

    def run(call: Callable[[Any], Any], row: Any = None) -> tuple[Outcome, Outcome]:
        rows = [row or row_of(0)]
        (first,) = session.batch(call, rows, journal=path)
        (again,) = session.batch(call, rows, journal=path)
        return first, again

    return run


@pytest.mark.parametrize("kind", [APIError, PaymentRequired, TradingPartnerError, RefusedCall])
def test_error_of_an_api_comes_back_as_its_class(kind: type[APIError]) -> None:
    error = rebuild_error(describe_error(kind("why", activity_id="a1", errors={"f": ["x"]})))
    assert type(error) is kind
    assert isinstance(error, APIError)
    assert (str(error), error.activity_id, error.errors) == ("why", "a1", {"f": ["x"]})


class OwnError(APIError):
    """An error of a caller's API."""

    def __init__(self, reply: Reply) -> None:
        super().__init__("own text", activity_id=reply.data)


def test_error_with_a_constructor_of_its_own_comes_back_as_an_api_error() -> None:
    error = rebuild_error(describe_error(OwnError(Reply({"data": "a1"}))))
    assert type(error) is APIError
    assert (str(error), error.activity_id) == ("own text", "a1")


@pytest.mark.parametrize(
    "value",
    ["ISA*00*", b"ISA*00*", b"\xff\x00", {"data": 1}, {"a": [1, None]}, [1], 7, None, "", {}],
    ids=repr,
)
def test_resume_yields_what_a_call_returned(twice: Twice, value: Any) -> None:
    first, again = twice(lambda row: value)
    assert first.reply is value
    assert again.action == "answered"
    assert again.reply == value
    assert type(again.reply) is type(value)


@pytest.mark.parametrize(
    ("content", "data", "is_json", "is_bare"),
    [
        (b"ISA*00*", "ISA*00*", False, True),
        (b'{"meta": {}, "data": "ISA*00*"}', "ISA*00*", True, False),
        (b'{"a": "b"}', {"a": "b"}, True, True),
        (b"", None, False, True),
        ("é".encode(), "é", False, True),
    ],
    ids=str,
)
def test_resume_yields_a_reply_of_the_same_form(
    session: PokitDokSession,
    twice: Twice,
    content: bytes,
    data: Any,
    is_json: bool,
    is_bare: bool,
) -> None:
    def call(row: Any) -> Reply:
        response = requests.Response()
        response.status_code, response._content, response.encoding = 201, content, "utf-8"
        return session.read_reply(response)

    for outcome in twice(call):
        reply = outcome.reply
        assert (reply.data, reply.is_json, reply.is_bare) == (data, is_json, is_bare)
        assert reply.response.status_code == 201


@pytest.mark.parametrize("text", ["e", "é"], ids=["UTF-8", "other bytes"])
def test_resume_yields_a_response(session: PokitDokSession, twice: Twice, text: str) -> None:
    def call(row: Any) -> requests.Response:
        response = session.get("/tradingpartners/")
        response.headers["set-cookie"] = "secret=1"  # as over HTTP/2
        response._content, response.encoding = text.encode("cp850"), "cp850"
        response.headers["Content-Type"] = "text/plain; charset=cp850"
        return response

    first, again = twice(call)
    assert isinstance(again.reply, requests.Response)
    assert again.reply.content == first.reply.content
    assert (again.reply.status_code, again.reply.reason) == (200, first.reply.reason)
    assert again.reply.text == text
    assert "Set-Cookie" not in again.reply.headers


@pytest.mark.parametrize("status", [422, 502])
def test_batch_judges_a_response_by_its_status(
    session: PokitDokSession, sandbox: Sandbox, status: int
) -> None:
    sandbox.fail(ELIGIBILITY, status=status)
    call = lambda row: session.post(ELIGIBILITY, json=row)  # noqa: E731
    outcomes = list(session.batch(call, rows_of(2), key=key_of, threads=1))
    assert [outcome.action for outcome in outcomes] == [
        "fix" if status == 422 else "unknown",
        "answered",
    ]


class Money:
    pass


def test_resume_tells_of_a_reply_that_the_journal_could_not_hold(
    twice: Twice,
) -> None:
    calls: list[Any] = []

    def call(row: Any) -> Money:
        calls.append(row)
        return Money()

    first, again = twice(call)
    assert isinstance(first.reply, Money)
    assert (again.action, len(calls)) == ("unknown", 1)
    assert isinstance(again.error, RowInDoubt)
    assert "the journal could not hold: the call returned a Money. It must" in str(again.error)


def test_resume_finds_a_reply_that_the_journal_could_not_hold(
    session: PokitDokSession, sandbox: Sandbox, path: Path
) -> None:
    def call(row: Any) -> Any:
        return {"at": object(), "reply": session.eligibility(row)}

    run = lambda: session.batch(call, rows_of(1), key=key_of, journal=path)  # noqa: E731
    (first,), (again,) = run(), run()
    assert again.action == "answered"
    assert again.reply.activity_id == first.reply["reply"].activity_id
    assert appointments(sandbox) == {"A0": 1}


def test_journal_without_replies_reads_no_response(session: PokitDokSession, path: Path) -> None:
    class Unread(requests.Response):
        @property
        def content(self) -> Any:
            raise AssertionError

    def call(row: Any) -> requests.Response:
        response = Unread()
        response.status_code = 200
        return response

    (outcome,) = session.batch(call, [1], journal=path, journal_replies=False)
    assert outcome.action == "answered"
    assert "reply" not in json.loads(path.read_text().splitlines()[-1])


def test_cause_of_a_stop_is_its_type_and_the_text_that_is_safe() -> None:
    assert describe_cause(PaymentRequired("no\n credits")) == "PaymentRequired (no credits)"
    assert describe_cause(requests.HTTPError("of /?member=Jane")) == "HTTPError"
    error = requests.ConnectionError("no route to /?member=Jane")
    error.processed = False  # type: ignore[attr-defined]  # as that of another origin
    assert describe_cause(error) == "ConnectionError"
    request = requests.Request("GET", "https://api.example/?member=Jane").prepare()
    redact_exception(error, request)
    assert describe_cause(error) == "ConnectionError (no route to <path redacted>)"
    assert describe_cause(requests.Timeout()) == "Timeout"
