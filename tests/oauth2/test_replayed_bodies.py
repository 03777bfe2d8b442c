"""Which bodies are replayed after a 401, and which are not."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from pokitdok_session import PokitDokSession
from pokitdok_session.sandbox import Sandbox
from pokitdok_session.transport.adapter import Transport
from support.paths import TOKEN_PATH


def reject_once(sandbox: Sandbox, path: str = "/eligibility/") -> None:
    sandbox.fail(path, status=401)
    sandbox.fail(path, status=200, body={"data": {}})


class Unseekable(io.RawIOBase):
    """A body that can be read only once."""

    def __init__(self, content: bytes) -> None:
        self._inner = io.BytesIO(content)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self._inner.read(size)

    def seekable(self) -> bool:
        return False


def partly_read_file(content: bytes) -> io.BytesIO:
    file = io.BytesIO(b"skipped" + content)
    file.seek(len(b"skipped"))
    return file


BODIES: list[tuple[str, dict[str, Any], bytes | None]] = [
    ("none", {}, b""),
    ("bytes", {"data": b"\x00\xffbytes"}, b"\x00\xffbytes"),
    ("empty bytes", {"data": b""}, b""),
    ("str", {"data": "stra\xdfe"}, "stra\xdfe".encode()),
    ("json", {"json": {"name": "Zo\xeb"}}, None),
    ("form", {"data": {"name": "Zo\xeb"}}, b"name=Zo%C3%AB"),
    ("files", {"files": {"file": ("a.x12", b"ISA*00")}, "data": {"a": "b"}}, None),
    ("file", {"data": io.BytesIO(b"whole file")}, b"whole file"),
    ("file read in part", {"data": partly_read_file(b"the rest")}, b"the rest"),
]


@pytest.mark.parametrize(
    ("body", "sent"), [row[1:] for row in BODIES], ids=[row[0] for row in BODIES]
)
def test_replayed_body_is_complete(
    sandbox: Sandbox, session: PokitDokSession, body: dict[str, Any], sent: bytes | None
) -> None:
    reject_once(sandbox)
    response = session.post("/eligibility/", **body)
    assert response.status_code == 200
    first, again = sandbox.requests
    assert first.body == again.body
    assert sent is None or again.body == sent
    assert sent is not None or len(again.body) > 10
    assert {**first.headers, "authorization": ""} == {**again.headers, "authorization": ""}
    assert first.token != again.token == session.access_token


def test_replayed_file_starts_at_its_former_position(
    sandbox: Sandbox, session: PokitDokSession, tmp_path: Path
) -> None:
    path = tmp_path / "claim.x12"
    path.write_bytes(b"skipped" + b"x" * 300_000)
    reject_once(sandbox)
    with path.open("rb") as file:
        file.seek(len(b"skipped"))
        assert session.post("/eligibility/", data=file).status_code == 200
    first, again = sandbox.requests
    assert first.size == again.size == 300_000
    assert first.sha256 == again.sha256


def lines() -> Iterator[bytes]:
    yield b"one"
    yield b"two"


@pytest.mark.parametrize(
    "body",
    [lines, lambda: Unseekable(b"onetwo"), lambda: bytearray(b"onetwo")],
    ids=["generator", "no position", "bytearray"],
)
def test_body_that_cannot_rewind_returns_the_401(
    sandbox: Sandbox, session: PokitDokSession, body: Callable[[], Any]
) -> None:
    reject_once(sandbox)
    response = session.post("/eligibility/", data=body())
    assert (response.status_code, response.history) == (401, [])
    assert [seen.body for seen in sandbox.requests] == [b"onetwo"]
    refused = sandbox.requests[0].token
    assert session.post("/eligibility/", data=body()).status_code == 200
    assert sandbox.requests[1].body == b"onetwo"
    assert sandbox.requests[1].token != refused
    assert sandbox.token_requests == 2


def test_body_file_that_was_closed_returns_the_401(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    file = io.BytesIO(b"content")
    reject_once(sandbox)

    class ClosingTransport(Transport):
        def send(self, *args: Any, **kwargs: Any) -> requests.Response:
            response = super().send(*args, **kwargs)
            file.close()
            return response

    session.mount(sandbox.base_url + "/api/", ClosingTransport(verify=sandbox.ca_file))
    assert session.post("/eligibility/", data=file).status_code == 401


def test_body_that_cannot_rewind_returns_the_401_without_a_token(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    session.fetch_token()
    reject_once(sandbox)
    sandbox.fail(TOKEN_PATH, status=401)
    assert session.post("/eligibility/", data=lines()).status_code == 401
