"""Over the wire, each method sends the request of its row, and the sandbox knows the endpoint."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from pokitdok_session import PokitDokSession
from pokitdok_session.errors import APIError, ValidationError
from pokitdok_session.sandbox import Sandbox
from support.endpoint_table import ABSENT, REFERENCE, ROWS, Row
from support.wire import Sent

from .test_uploads import UPLOADS


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture(scope="module")
def session(sandbox: Sandbox) -> Iterator[PokitDokSession]:
    with sandbox.session(scope=["user_schedule", "business_schedule"]) as session:
        yield session


def answer(session: PokitDokSession, row: Row) -> requests.Response:
    """What came back, be it what was asked for or a refusal: ids and bodies are made up."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            response = getattr(session, row.method)(*row.args, **row.kwargs).response
        except APIError as refusal:
            response = refusal.response
    assert isinstance(response, requests.Response)
    return response


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_sandbox_receives_the_request_of_the_row(
    sandbox: Sandbox, session: PokitDokSession, row: Row
) -> None:
    before = len(sandbox.requests)
    response = answer(session, row)
    (record,) = sandbox.requests[before:]
    target = f"{record.path}?{record.query}"
    received = Sent.of(record.method, target, record.headers, record.body, root="/api/v4")
    assert received == row.sent
    assert record.headers["Authorization"] == f"Bearer {session.access_token}"
    # Where no code of the API runs, as on an unknown path, its framework gives a web page.
    is_page = response.headers["Content-Type"].startswith("text/html")
    assert not is_page, "the sandbox does not have this path: add it in sandbox/endpoints/"
    assert response.status_code in (200, 400, 404, 422)


@pytest.mark.parametrize("name", UPLOADS)
def test_upload_is_sent_whole_after_a_401(sandbox: Sandbox, name: str, tmp_path: Path) -> None:
    path = tmp_path / "batch.837"
    path.write_bytes(b"ISA*00*" * 100_000)
    sandbox.fail("*", status=401)
    before = len(sandbox.requests)
    with sandbox.session() as session, pytest.raises(ValidationError):
        UPLOADS[name](session, path)
    refused, replayed = sandbox.requests[before:]
    assert refused.token != replayed.token
    assert (refused.sha256, refused.size) == (replayed.sha256, replayed.size)
    assert replayed.size > path.stat().st_size


#: Not below the API's root.
ELSEWHERE = {line for line in REFERENCE if "/oauth2/" in line}


@pytest.mark.parametrize("line", sorted(set(ABSENT) - ELSEWHERE))
def test_sandbox_answers_endpoints_without_a_method(session: PokitDokSession, line: str) -> None:
    verbs, path = line.split()
    for verb in ("GET", "POST") if verbs == "?" else verbs.split("/"):
        response = session.request(verb, path)
        is_page = response.headers["Content-Type"].startswith("text/html")
        assert not is_page, "the sandbox does not have this path: add it in sandbox/endpoints/"
        assert response.status_code in (200, 400, 422)
