"""The reference tables in docstrings, compared with the code that they describe."""

from __future__ import annotations

import inspect
import re
from typing import Any

import pytest

from pokitdok_session import APISession, ClientCredentialsSession, PokitDokSession
from pokitdok_session.api import session_options as api_session_options
from pokitdok_session.oauth2.session import options as session_options
from pokitdok_session.pokitdok import resources
from pokitdok_session.pokitdok.resources import Resources


@pytest.mark.parametrize("family", Resources.__bases__, ids=lambda family: family.__name__)
def test_resources_docstring_lists_methods_and_their_costs(family: type) -> None:
    row = re.search(
        rf"^    {family.__name__} +(.*?)(?=\n    \w|\n\n)", resources.__doc__ or "", re.M | re.S
    )
    assert row, f"add {family.__name__} to the docstring of pokitdok/resources/__init__.py"
    assert re.sub(r"\s+", " ", row[1]).split(", ") == [
        f"{name} *" if "Billed per call" in (inspect.getdoc(method) or "") else name
        for name, method in vars(family).items()
        if inspect.isfunction(method) and not name.startswith("_")
    ]


def documented_options(kind: type) -> list[str]:
    """Return the options in the table of a session's docstring."""
    return re.findall(r"^``(\w+)`` ", inspect.getdoc(kind) or "", re.MULTILINE)


def test_session_docstring_table_has_every_option() -> None:
    assert documented_options(ClientCredentialsSession) == list(
        inspect.signature(ClientCredentialsSession).parameters
    )


@pytest.mark.parametrize("kind", [ClientCredentialsSession, APISession, PokitDokSession])
def test_constructor_shows_no_parameters_of_oauth2session_in_its_help(kind: Any) -> None:
    assert ":param" not in (inspect.getdoc(kind.__init__) or ":param")


@pytest.mark.parametrize("kind", [APISession, PokitDokSession])
def test_derived_session_docstring_explains_further_options(kind: type) -> None:
    inherited = documented_options(ClientCredentialsSession)
    explained = "".join(inspect.getdoc(parent) or "" for parent in (kind, APISession))
    for name in inspect.signature(kind).parameters:
        assert name in inherited or f"``{name}``" in explained


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        (ClientCredentialsSession, session_options.SessionOptions),
        (APISession, api_session_options.APISessionOptions),
    ],
)
def test_options_for_type_checkers_are_those_of_the_constructor(kind: type, typed: Any) -> None:
    parameters = inspect.signature(kind).parameters.values()
    assert sorted(typed.__annotations__) == sorted(
        each.name for each in parameters if each.kind is inspect.Parameter.KEYWORD_ONLY
    )


@pytest.mark.parametrize("module", [session_options, api_session_options])
def test_options_for_type_checkers_have_the_same_names_for_each_client(module: Any) -> None:
    kinds = [
        value
        for name, value in vars(module).items()
        if name.endswith("Options") and value.__module__ == module.__name__
    ]
    assert len(kinds) == 5
    assert len({frozenset(kind.__annotations__) for kind in kinds}) == 1
