"""What the constructor of a session refuses."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from pokitdok_session import (
    ClientCredentialsSession,
    FileTokenStore,
)
from pokitdok_session.sandbox import Sandbox
from support.token_requests import generic


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        ({"client_id": ""}, "client_id"),
        ({"client_id": None}, "client_id"),
        ({"client_secret": ""}, "client_secret"),
        ({"client_secret": b"bytes"}, "client_secret"),
        ({"token_endpoint_auth_method": "none"}, "token_endpoint_auth_method"),
        ({"token": {"token_type": "bearer"}}, "access_token"),
        ({"token": {"access_token": "a\nb"}}, "access_token"),
    ],
    ids=str,
)
def test_constructor_value_that_cannot_work_is_a_value_error(
    sandbox: Sandbox, bad: dict[str, Any], error: str
) -> None:
    with pytest.raises(ValueError, match=error):
        generic(sandbox, **bad)


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        ({"scope": 5}, "scope must be a string or a list of strings"),
        ({"scope": b"a b"}, "scope must be a string or a list of strings"),
        ({"token_params": "audience=x"}, "token_params must be a dict"),
        ({"token_updater": "save"}, "token_updater must be callable"),
        ({"token": "abc"}, "token must be a dict"),
        ({"retries": None}, "retries must be an int or a urllib3 Retry"),
        ({"retries": "3"}, "retries must be an int or a urllib3 Retry"),
        ({"store": "/tmp/tokens.json"}, "store must be an object with load, save and lock"),
        ({"store": FileTokenStore}, "store must be an object with load, save and lock"),
    ],
    ids=str,
)
def test_constructor_argument_of_another_type_is_a_type_error(
    sandbox: Sandbox, bad: dict[str, Any], error: str
) -> None:
    with pytest.raises(TypeError, match=error):
        generic(sandbox, **bad)


@pytest.mark.parametrize("url", ["", "auth.example/token", "https://", "/token"])
def test_constructor_token_url_that_is_not_a_url_is_an_error(url: str) -> None:
    with pytest.raises(requests.RequestException, match="token_url"):
        ClientCredentialsSession("id", "secret", url)


def test_constructor_scope_may_be_an_iterator(sandbox: Sandbox) -> None:
    with generic(sandbox, scope=(word for word in ("a", "b"))) as session:
        assert session.scope == ["a", "b"]


def test_constructor_error_does_not_show_a_misplaced_secret() -> None:
    with pytest.raises(requests.exceptions.MissingSchema) as error:
        ClientCredentialsSession("https://auth.example/token", "id", "the-secret")
    assert "the-secret" not in str(error.value)
