"""A file may be a path, bytes, or open already; a file is closed where it was opened."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pokitdok_session.api.reply import Reply
from pokitdok_session.pokitdok.resources import Resources
from support.wire import Part, Recorder

CONTENT = b"ISA*00*\xff\x00~"

UPLOADS: dict[str, Callable[[Resources, Any], Reply]] = {
    "claims_convert": lambda session, file: session.claims_convert(file),
    "enrollment_snapshot": lambda session, file: session.enrollment_snapshot("MOCKPAYER", file),
    "files": lambda session, file: session.files("MOCKPAYER", file),
    "upload_app_registrations": lambda session, file: session.upload_app_registrations(file),
}

pytestmark = pytest.mark.parametrize("name", UPLOADS)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "batch.837"
    path.write_bytes(CONTENT)
    return path


def part(name: str, file_name: str) -> Part:
    media_type = "text/csv" if name == "upload_app_registrations" else "application/EDI-X12"
    return Part(file_name, media_type, CONTENT)


def upload(name: str, file: Any) -> Part | None:
    recorder = Recorder()
    UPLOADS[name](recorder, file)
    return recorder.sent[0].part


@pytest.mark.parametrize("kind", [Path, str])
def test_path_is_sent_with_the_name_of_its_file(name: str, kind: type, path: Path) -> None:
    assert upload(name, kind(path)) == part(name, "batch.837")


def test_open_file_is_sent_with_its_name_and_stays_open(name: str, path: Path) -> None:
    with path.open("rb") as file:
        assert upload(name, file) == part(name, "batch.837")
        assert not file.closed


def test_bytes_and_files_without_a_name_get_one(name: str) -> None:
    stand_in = "registrations.csv" if name == "upload_app_registrations" else "interchange.x12"
    file = io.BytesIO(CONTENT)
    assert upload(name, CONTENT) == upload(name, file) == part(name, stand_in)
    assert not file.closed


def test_file_with_a_descriptor_as_name_gets_a_name(name: str, path: Path) -> None:
    with path.open("rb") as named, open(named.fileno(), "rb", closefd=False) as file:
        assert isinstance(file.name, int)
        sent = upload(name, file)
    assert sent is not None
    assert sent.name in ("interchange.x12", "registrations.csv")


def test_path_may_begin_like_an_interchange(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("ISA.837").write_bytes(CONTENT)
    assert upload(name, "ISA.837") == part(name, "ISA.837")


@pytest.mark.parametrize("fails", [False, True])
def test_path_is_opened_for_the_call_and_closed_after_it(
    name: str, path: Path, fails: bool
) -> None:
    seen: list[Any] = []

    class Session(Recorder):
        def call(self, method: str, path: str, **kwargs: Any) -> Reply:
            _, file, _ = kwargs["files"]["file"]
            assert not file.closed
            seen.append(file)
            if fails:
                raise OSError
            return super().call(method, path, **kwargs)

    try:
        UPLOADS[name](Session(), path)
    except OSError:
        assert fails
    assert [file.closed for file in seen] == [True]


def test_missing_file_sends_nothing(name: str, tmp_path: Path) -> None:
    recorder = Recorder()
    with pytest.raises(FileNotFoundError):
        UPLOADS[name](recorder, tmp_path / "missing")
    assert recorder.sent == []


def test_interchange_as_str_is_refused_and_not_repeated(name: str) -> None:
    with pytest.raises(ValueError, match="as bytes") as caught:
        upload(name, "ISA*00*QUILLFEATHER~")
    assert "QUILLFEATHER" not in str(caught.value)


def test_file_in_text_mode_is_refused(name: str, path: Path) -> None:
    with path.open(encoding="latin-1") as file, pytest.raises(TypeError, match="binary mode"):
        upload(name, file)
