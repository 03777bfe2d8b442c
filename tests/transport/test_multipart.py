"""A form with files is what requests would send, read while it is sent, and sent again whole."""

from __future__ import annotations

import io
import os
import re
from pathlib import Path
from typing import Any

import pytest
import requests

from pokitdok_session import PokitDokSession
from pokitdok_session.sandbox import Sandbox
from pokitdok_session.transport.multipart import Multipart

CONTENT = b"ISA*00*" + bytes(range(256)) * 3


def boundary_of(content_type: str) -> bytes:
    return content_type.partition("boundary=")[2].encode()


def as_requests_makes_it(data: Any, files: Any) -> bytes:
    prepared = requests.Request("POST", "https://x.example", data=data, files=files).prepare()
    assert isinstance(prepared.body, bytes)
    return prepared.body.replace(boundary_of(prepared.headers["Content-Type"]), b"BOUNDARY")


FORMS = [
    ({}, lambda file: {"file": file}),
    ({"a": "1", "b": ["2", "3"], "c": None, "d": 4, "é": "ü"}, lambda file: {"file": file}),
    ([("a", "1"), ("a", "2")], lambda file: [("file", ("n.837", file, "application/EDI-X12"))]),
    ({}, lambda file: {"file": ("ü.txt", file, "text/plain", {"X-Part": "1"})}),
    ({}, lambda file: {"file": ("n", CONTENT), "text": ("t", "words"), "none": ("x", None)}),
    (None, lambda file: {"file": (None, file)}),
]


@pytest.mark.parametrize(("data", "files"), FORMS)
def test_multipart_bytes_are_those_of_requests(data: Any, files: Any) -> None:
    form = Multipart(data, files(io.BytesIO(CONTENT)))
    body = b"".join(form)
    assert len(form) == len(body)
    ours = body.replace(boundary_of(form.content_type), b"BOUNDARY")
    assert ours == as_requests_makes_it(data, files(io.BytesIO(CONTENT)))


def test_multipart_file_is_sent_from_the_position() -> None:
    file = io.BytesIO(b"skipped" + CONTENT)
    file.seek(7)
    assert CONTENT in b"".join(Multipart({}, {"file": file}))
    assert b"skipped" not in b"".join(Multipart({}, {"file": file}))


def test_multipart_seek_to_any_position_reads_the_rest() -> None:
    form = Multipart({"a": "1"}, {"file": io.BytesIO(CONTENT)})
    whole = b"".join(form)
    for position in (0, 1, 50, len(whole) - 300, len(whole) - 1, len(whole)):
        form.seek(position)
        assert form.tell() == position
        assert b"".join(form) == whole[position:]


@pytest.mark.parametrize("size", [1, 7, 64, 10_000])
def test_multipart_read_returns_at_most_size_bytes(size: int) -> None:
    form = Multipart({"a": "1"}, {"file": io.BytesIO(CONTENT)})
    blocks = []
    while block := form.read(size):
        assert len(block) <= size
        blocks.append(block)
    form.seek(0)
    assert b"".join(blocks) == b"".join(form)


@pytest.mark.parametrize("size", [(), (-1,), (None,)], ids=repr)
def test_multipart_read_without_a_size_returns_all_that_remains(size: Any) -> None:
    form = Multipart({"a": "1"}, {"file": io.BytesIO(CONTENT * 2000)})
    whole = b"".join(form)
    for position in (0, 7, len(whole) - 3, len(whole)):
        form.seek(position)
        assert form.read(*size) == whole[position:]
        assert (form.tell(), form.read(*size)) == (len(whole), b"")


def test_multipart_with_a_file_open_in_text_mode_raises(tmp_path: Path) -> None:
    (tmp_path / "claims.837").write_bytes(CONTENT)
    with (tmp_path / "claims.837").open("r", encoding="latin-1") as file:
        for value in (file, ("claims.837", file)):
            with pytest.raises(TypeError, match=r'^files\["batch"\] must be open in binary mode'):
                Multipart({}, {"batch": value})


def test_multipart_text_and_pipes_are_read_at_once() -> None:
    ours, theirs = os.pipe()
    os.write(theirs, CONTENT)
    os.close(theirs)
    with os.fdopen(ours, "rb") as pipe:
        form = Multipart({}, {"pipe": ("p", pipe), "text": ("t", io.StringIO("wörter"))})
    body = b"".join(form)
    assert CONTENT in body
    assert "wörter".encode() in body


def test_multipart_file_truncated_during_the_upload_raises(
    tmp_path: Path,
) -> None:
    path = tmp_path / "short"
    path.write_bytes(CONTENT)
    with path.open("rb", buffering=0) as file:
        form = Multipart({}, {"file": file})
        os.truncate(path, 10)
        with pytest.raises(OSError, match="truncated"):
            b"".join(form)


def test_multipart_after_a_401_is_replayed_complete(
    sandbox: Sandbox, session: PokitDokSession, tmp_path: Path
) -> None:
    path = tmp_path / "claims.837"
    path.write_bytes(CONTENT * 500)
    sandbox.fail("/claims/convert", status=401, body='{"message": "Unauthorized"}')
    sandbox.fail("/claims/convert", status=200, body='{"data": {}}')
    with path.open("rb") as file:
        session.call(
            "POST",
            "/claims/convert",
            data={"callback_url": "https://x.example"},
            files={"file": ("claims.837", file, "application/EDI-X12")},
        )
    refused, taken = sandbox.received("/claims/convert")
    assert refused.size == taken.size > len(CONTENT) * 500
    assert refused.sha256 == taken.sha256
    assert re.search(rb'filename="claims.837"\r\nContent-Type: application/EDI-X12', taken.body)


def test_multipart_with_one_file_under_two_names_sends_the_file_twice() -> None:
    file = io.BytesIO(CONTENT)
    assert b"".join(Multipart({}, {"a": file, "b": file})).count(CONTENT) == 2


def test_multipart_with_unusual_values_is_that_of_requests() -> None:
    data, files = {"a": iter(["1", "2"]), "b": {"c": 1}}, {"n": 5, "m": memoryview(b"x")}
    form = Multipart(data, files)
    body = b"".join(form).replace(boundary_of(form.content_type), b"BOUNDARY")
    data["a"] = iter(["1", "2"])
    assert body == as_requests_makes_it(data, {"n": 5, "m": b"x"})
