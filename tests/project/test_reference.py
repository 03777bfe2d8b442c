"""The reference tables in docstrings, compared with the code that they describe."""

from __future__ import annotations

import inspect
import re

import pytest

from pokitdok_session import APISession, ClientCredentialsSession, PokitDokSession
from pokitdok_session.pokitdok import resources
from pokitdok_session.pokitdok.resources import Resources


@pytest.mark.parametrize("family", Resources.__bases__, ids=lambda family: family.__name__)
def test_resources_docstring_lists_methods_and_their_costs(family: type) -> None:
    row = re.search(
        rf"^    {family.__name__} +(.*?)(?=\n    \w|\n\n)", resources.__doc__ or "", re.M | re.S
    )
    assert row
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


@pytest.mark.parametrize("kind", [APISession, PokitDokSession])
def test_derived_session_docstring_explains_further_options(kind: type) -> None:
    inherited = documented_options(ClientCredentialsSession)
    explained = "".join(inspect.getdoc(parent) or "" for parent in (kind, APISession))
    for name in inspect.signature(kind).parameters:
        assert name in inherited or f"``{name}``" in explained
