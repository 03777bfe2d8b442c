"""The helpers of Resource: what a mixin gives them by mistake is an error that says so."""

from __future__ import annotations

from typing import Any

import pytest

from pokitdok_session import APISession, Resource


class Books(Resource):
    def book(self, isbn: str, *, edition: int | None = None) -> Any:
        return self.call("GET", self.expand_path("/books/{isbn}", isbn=isbn))


class Library(Books, APISession):
    """The API of a library."""


def test_expand_path_without_an_id_of_its_template_is_a_type_error() -> None:
    with pytest.raises(TypeError, match=r"^expand_path must get isbn=, its template has {isbn}$"):
        Resource.expand_path("/books/{isbn}")


def test_expand_path_with_an_id_that_its_template_lacks_is_an_error() -> None:
    text = r"^the template of expand_path must have {isbn}, got isbn=$"
    with pytest.raises(TypeError, match=text):
        Resource.expand_path("/books/isbn", isbn="12")


@pytest.mark.parametrize("upload", [None, 5, {"cover": b"png"}])
def test_open_upload_of_something_else_is_a_type_error(upload: Any) -> None:
    text = rf"^the file to upload must be a path, bytes, .*, got {type(upload).__name__}$"
    with pytest.raises(TypeError, match=text), Resource.open_upload(upload):
        """Nothing is sent."""


@pytest.mark.parametrize("content", [b"png", bytearray(b"png"), memoryview(b"png")])
def test_open_upload_takes_content(content: Any) -> None:
    with Resource.open_upload(content, name="cover.png") as files:
        assert files == {"file": ("cover.png", content, "application/octet-stream")}


def test_unknown_keyword_error_lists_what_the_method_has() -> None:
    library: Any = Library("id", "secret", "https://h/token", base_url="https://h")
    text = r"^book\(\) has no parameter 'title'\. It has isbn, edition\.$"
    with pytest.raises(TypeError, match=text):
        library.book(title="x")
