"""Every endpoint of the API has a method, and every method sends what the table says."""

from __future__ import annotations

import inspect
import re
import warnings
from typing import Any

import pytest

from pokitdok_session.pokitdok.resources import Resources
from support.endpoint_table import ABSENT, OFFICIAL, REFERENCE, ROWS, Official, Row
from support.families import FAMILIES, public_methods
from support.wire import Recorder, Sent


def send(row: Row, *args: Any) -> Sent:
    recorder = Recorder()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        getattr(recorder, row.method)(*(args or row.args), **row.kwargs)
    (sent,) = recorder.sent
    return sent


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_method_sends_what_its_row_says(row: Row) -> None:
    assert send(row) == row.sent


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_row_names_the_family_and_the_endpoint_that_it_is_about(row: Row) -> None:
    template, _, _ = row.endpoint.split()[1].partition("?")
    pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template))
    assert re.fullmatch(f"{pattern}/?", row.path)
    assert row.method in vars(FAMILIES[row.family])


def test_no_endpoint_of_the_reference_is_missing() -> None:
    assert len(REFERENCE) == len(set(REFERENCE)) == 106
    covered = {row.endpoint for row in ROWS}
    assert covered | set(ABSENT) == set(REFERENCE)
    assert not covered & set(ABSENT)


def test_no_method_and_no_parameter_is_missing_from_the_table() -> None:
    missing = []
    for family in FAMILIES.values():
        for name, method in public_methods(family).items():
            signature = inspect.signature(method)
            rows = [row for row in ROWS if row.method == name]
            tried = {"self", "params"}.union(
                *(signature.bind(None, *row.args, **row.kwargs).arguments for row in rows)
            )
            missing += [f"{name}({argument})" for argument in signature.parameters.keys() - tried]
            missing += [] if rows else [name]
    assert missing == []


WITH_IDS = [row for row in ROWS if row.ids]


@pytest.mark.parametrize("row", WITH_IDS, ids=str)
def test_an_id_stays_one_segment_of_the_path(row: Row) -> None:
    ids = [f"a/b?{number}" for number in range(row.ids)]
    names = iter(f"a%2Fb%3F{number}" for number in range(row.ids))
    template = row.endpoint.split()[1]
    assert send(row, *ids, *row.args[row.ids :]).path == re.sub(
        r"\{\w+\}", lambda _: next(names), template
    )


@pytest.mark.parametrize("row", WITH_IDS, ids=str)
@pytest.mark.parametrize("bad", ["", ".", ".."])
def test_what_would_be_another_path_is_refused_as_an_id(row: Row, bad: str) -> None:
    for place in range(row.ids):
        args = list(row.args)
        args[place] = bad
        with pytest.raises(ValueError, match="an id must be"):
            send(row, *args)


def test_a_parameter_that_is_none_is_not_sent() -> None:
    recorder = Recorder()
    recorder.providers(state="SC", zipcode=None, unknown=None)
    recorder.claims_convert(b"ISA", callback_url=None)
    assert [sent.query for sent in recorder.sent] == [{"state": "SC"}, {}]
    assert recorder.sent[1].form == {}


@pytest.mark.parametrize("method", ["eligibility", "claims", "claims_status", "authorizations"])
@pytest.mark.parametrize("request_", ['{"member": {}}', b"", "GS*HC", None, [{"member": {}}]])
def test_what_is_neither_a_mapping_nor_an_interchange_is_refused_and_not_repeated(
    method: str, request_: Any
) -> None:
    recorder = Recorder()
    with pytest.raises(ValueError, match="begins with ISA") as caught:
        getattr(recorder, method)(request_)
    assert recorder.sent == []
    assert not request_ or str(request_) not in str(caught.value)


@pytest.mark.parametrize("row", [row for row in ROWS if row.deprecated], ids=str)
def test_a_deprecated_name_warns_at_the_line_that_uses_it(row: Row) -> None:
    with pytest.warns(DeprecationWarning, match=f"{row.method} is deprecated") as caught:
        getattr(Recorder(), row.method)(*row.args, **row.kwargs)
    assert [warning.filename for warning in caught] == [__file__]


@pytest.mark.parametrize(("name", "official"), OFFICIAL.items(), ids=OFFICIAL)
def test_the_official_clients_signature_is_accepted(name: str, official: Official) -> None:
    ours = list(inspect.signature(getattr(Resources, name)).parameters.values())[1:]
    positional = [*official.required, *official.optional]
    assert [parameter.name for parameter in ours[: len(positional)]] == positional
    for parameter in ours:
        assert parameter.kind is not parameter.POSITIONAL_ONLY
        if parameter.name in positional:
            assert parameter.kind is parameter.POSITIONAL_OR_KEYWORD
        if parameter.default is parameter.empty and parameter.kind is not parameter.VAR_KEYWORD:
            assert parameter.name in (*official.required, *official.needs)
    assert not official.keywords or ours[-1].kind is inspect.Parameter.VAR_KEYWORD


@pytest.mark.parametrize(("name", "official"), OFFICIAL.items(), ids=OFFICIAL)
@pytest.mark.parametrize("by_name", [False, True], ids=["by position", "by name"])
@pytest.mark.parametrize("all_", [False, True], ids=["required", "all"])
def test_a_call_of_the_official_client_goes_where_it_went(
    name: str, official: Official, by_name: bool, all_: bool
) -> None:
    names = [*official.required, *(official.optional if all_ else ())]
    given = {argument: _example(argument) for argument in names}
    keywords: dict[str, Any] = dict.fromkeys(official.needs, "x")
    if official.keywords:
        keywords["anything"] = "x"
    row = next(row for row in ROWS if row.method == name)
    recorder = Recorder()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", DeprecationWarning)
        if by_name:
            getattr(recorder, name)(**given, **keywords)
        else:
            getattr(recorder, name)(*given.values(), **keywords)
    filled = re.sub(r"\{(\w+)\}", lambda match: given.get(match[1], ""), official.path)
    (sent,) = recorder.sent
    assert (sent.verb, sent.path.rstrip("/")) == (official.verb, filled.rstrip("/"))
    assert sent.query == keywords
    assert bool(caught) is official.deprecated is row.deprecated


def _example(argument: str) -> Any:
    if argument.endswith("_file"):
        return b"ISA"
    return {"a": 1} if argument.endswith(("_request", "_data", "_payload")) else "x"
