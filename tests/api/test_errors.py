"""The tree of errors is the one that its docstring draws, and an error survives a journey."""

from __future__ import annotations

import copy
import pickle
import re
from typing import Any

import pytest
import requests
from oauthlib.oauth2 import OAuth2Error

from pokitdok_session import APIError, TokenError, errors

DRAWN = re.compile(r"^ +[│ ]*[├└]── (?:requests\.)?(\w+)", re.MULTILINE)
TREE = {name: kind for name, kind in vars(errors).items() if isinstance(kind, type)}
OWN = {name: kind for name, kind in TREE.items() if kind.__module__.startswith("pokitdok_session.")}

ERRORS = [kind for kind in OWN.values() if not issubclass(kind, Warning)]


def test_the_docstring_draws_every_error_that_there_is() -> None:
    drawn = DRAWN.findall(errors.__doc__ or "")
    assert set(OWN) <= set(drawn)
    assert set(drawn) - set(OWN) == {"Timeout", "HTTPError"}


@pytest.mark.parametrize("kind", ERRORS)
def test_every_error_is_caught_by_code_that_catches_requests_errors(kind: type) -> None:
    assert issubclass(kind, requests.RequestException)


@pytest.mark.parametrize("kind", ERRORS)
def test_every_error_can_be_raised_without_an_argument_and_says_something(kind: Any) -> None:
    assert str(kind())


def test_a_token_error_is_oauthlib_s_as_well() -> None:
    assert issubclass(TokenError, OAuth2Error)
    assert TokenError().status_code is None


def test_an_api_error_is_an_http_error_and_a_token_error_is_none() -> None:
    assert issubclass(APIError, requests.HTTPError)
    assert not issubclass(TokenError, requests.HTTPError)


JOURNEYS = [copy.copy, copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))]


@pytest.mark.parametrize("travel", JOURNEYS, ids=["copy", "deepcopy", "pickle"])
def test_a_token_error_keeps_what_it_knows_on_a_journey(travel: Any) -> None:
    error = TokenError(
        "words", error="invalid_client", description="more", status_code=401, retry_after=30
    )
    other = travel(error)
    assert other is not error
    assert (type(other), str(other)) == (TokenError, "words")
    known = ("error", "description", "status_code", "retry_after")
    assert [getattr(other, name) for name in known] == ["invalid_client", "more", 401, 30]


@pytest.mark.parametrize("travel", JOURNEYS, ids=["copy", "deepcopy", "pickle"])
@pytest.mark.parametrize("kind", [kind for kind in OWN.values() if issubclass(kind, APIError)])
def test_an_api_error_keeps_what_it_knows_on_a_journey(kind: Any, travel: Any) -> None:
    response = requests.Response()
    response.status_code = 422
    response._content = b"{}"
    error = kind("words", response=response, activity_id="5a01", errors={"a": ["b"]})
    other = travel(error)
    assert (type(other), str(other)) == (kind, "words")
    assert (other.activity_id, other.errors) == ("5a01", {"a": ["b"]})
    assert other.response.status_code == 422


def test_an_error_keeps_how_long_to_wait_on_a_journey() -> None:
    error = errors.RateLimited()
    assert error.retry_after == 60
    error.retry_after = 7
    assert pickle.loads(pickle.dumps(error)).retry_after == 7
