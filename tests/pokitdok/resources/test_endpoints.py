"""Every endpoint of the API has a method, and every method sends the request of its row."""

from __future__ import annotations

import inspect
import re
import warnings
from typing import Any
from uuid import UUID

import pytest

from pokitdok_session import Reply
from pokitdok_session.api.resource import SESSION_TIMEOUT
from pokitdok_session.pokitdok.resources import Resources
from support.endpoint_table import ABSENT, OFFICIAL, REFERENCE, ROWS, Official, Row
from support.families import FAMILIES, public_methods
from support.wire import Recorder, Sent

METHODS_WITH_PARAMS = [
    (name, method)
    for family in FAMILIES.values()
    for name, method in public_methods(family).items()
    if "params" in inspect.signature(method).parameters
]


def send(row: Row, *args: Any, **kwargs: Any) -> Sent:
    recorder = Recorder()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        getattr(recorder, row.method)(*(args or row.args), **row.kwargs, **kwargs)
    (sent,) = recorder.sent
    return sent


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_method_sends_the_request_of_its_row(row: Row) -> None:
    assert send(row) == row.sent


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_row_names_its_family_and_endpoint(row: Row) -> None:
    template, _, _ = row.endpoint.split()[1].partition("?")
    pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template))
    assert re.fullmatch(f"{pattern}/?", row.path)
    assert row.method in vars(FAMILIES[row.family])


def test_table_has_every_endpoint_of_the_reference() -> None:
    assert len(REFERENCE) == len(set(REFERENCE)) == 106
    covered = {row.endpoint for row in ROWS}
    assert covered | set(ABSENT) == set(REFERENCE), "add the endpoint to REFERENCE"
    assert not covered & set(ABSENT)


def test_table_has_every_method_and_parameter() -> None:
    missing = []
    for family in FAMILIES.values():
        for name, method in public_methods(family).items():
            signature = inspect.signature(method)
            rows = [row for row in ROWS if row.method == name]
            tried = {"self", "timeout", "params", "known"}.union(
                *(signature.bind(None, *row.args, **row.kwargs).arguments for row in rows)
            )
            missing += [f"{name}({argument})" for argument in signature.parameters.keys() - tried]
            missing += [] if rows else [name]
    assert not missing, f"add a Row to tests/support/endpoint_table.py that uses {missing}"


WITH_IDS = [row for row in ROWS if row.ids]


@pytest.mark.parametrize("row", WITH_IDS, ids=str)
def test_id_stays_one_segment_of_the_path(row: Row) -> None:
    ids = [f"a/b?{number}" for number in range(row.ids)]
    names = iter(f"a%2Fb%3F{number}" for number in range(row.ids))
    template = row.endpoint.split()[1]
    assert send(row, *ids, *row.args[row.ids :]).path == re.sub(
        r"\{\w+\}", lambda _: next(names), template
    )


@pytest.mark.parametrize("row", WITH_IDS, ids=str)
@pytest.mark.parametrize("bad", ["", ".", ".."])
def test_id_that_leads_to_another_path_raises_value_error(row: Row, bad: str) -> None:
    for place in range(row.ids):
        args = list(row.args)
        args[place] = bad
        with pytest.raises(ValueError, match="must not be empty"):
            send(row, *args)


@pytest.mark.parametrize("row", WITH_IDS, ids=str)
@pytest.mark.parametrize("bad", [{"id": "5a"}, b"5a", 1.5, True, Reply(data={"ssn": "078"})])
def test_id_of_another_type_raises_type_error_that_hides_it(row: Row, bad: Any) -> None:
    names = list(inspect.signature(getattr(Resources, row.method)).parameters)[1:]
    for place in range(row.ids):
        args = list(row.args)
        args[place] = bad
        with pytest.raises(TypeError) as caught:
            send(row, *args)
        rule = f"{names[place]} must be a str, an int or a UUID, got {type(bad).__name__}"
        assert str(caught.value) == rule


@pytest.mark.parametrize("value", [7, UUID(int=7)])
def test_id_may_be_an_int_or_a_uuid(value: int | UUID) -> None:
    recorder = Recorder()
    recorder.cancel_activity(value)
    assert recorder.sent[0].path == f"/activities/{value}"


def test_cancel_activity_without_an_id_is_refused() -> None:
    with pytest.raises(TypeError, match="activity_id must be a str, an int or a UUID"):
        Recorder().cancel_activity(None)  # type: ignore[arg-type]


@pytest.mark.parametrize("row", {row.method: row for row in ROWS}.values(), ids=str)
def test_method_passes_its_timeout_on(row: Row) -> None:
    recorder = Recorder()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        getattr(recorder, row.method)(*row.args, **row.kwargs)
        getattr(recorder, row.method)(*row.args, **row.kwargs, timeout=(3, 7))
        getattr(recorder, row.method)(*row.args, **row.kwargs, timeout=None)
    assert recorder.timeouts == [SESSION_TIMEOUT, (3, 7), None]


def test_unknown_keyword_raises_type_error_with_the_nearest_name() -> None:
    with pytest.raises(TypeError, match=r"providers.* 'zip_code'\. Did you mean 'zipcode'\?"):
        Recorder().providers(zip_code="29401")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"use params=\{'qqq': \.\.\.\}"):
        Recorder().providers(qqq="29401")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"eligibility.* 'time_out'\. Did you mean 'timeout'\?$"):
        Recorder().eligibility({}, time_out=7)  # type: ignore[call-arg]
    with pytest.raises(
        TypeError, match=r"get_identity.* 'firstname'\. Did you mean 'first_name'\?"
    ):
        send(next(row for row in ROWS if row.method == "identity"), firstname="Z")


@pytest.mark.parametrize("name", [name for name, _ in METHODS_WITH_PARAMS])
def test_params_are_sent_as_they_are(name: str) -> None:
    row = next(row for row in ROWS if row.method == name)
    recorder = Recorder()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        getattr(recorder, name)(*row.args, **{**row.kwargs, "params": {"new": True}})
    assert recorder.sent[0].query["new"] == "true"


def test_parameter_that_is_none_is_not_sent() -> None:
    recorder = Recorder()
    recorder.providers(state="SC", zipcode=None, params={"unknown": None})
    recorder.claims_convert(b"ISA", callback_url=None)
    assert [sent.query for sent in recorder.sent] == [{"state": "SC"}, {}]
    assert recorder.sent[1].form == {}


@pytest.mark.parametrize("method", ["eligibility", "claims", "claims_status", "authorizations"])
@pytest.mark.parametrize("request_", ['{"member": {}}', b"", "GS*HC", None, [{"member": {}}]])
def test_transaction_in_another_form_is_refused_and_not_repeated(
    method: str, request_: Any
) -> None:
    recorder = Recorder()
    rule = f"{method[:9]}.*_request must be a mapping, or an X12 interchange that begins"
    with pytest.raises((TypeError, ValueError), match=rule) as caught:
        getattr(recorder, method)(request_)
    assert recorder.sent == []
    assert not request_ or str(request_) not in str(caught.value)


def test_accept_of_another_form_raises_value_error_with_the_choices() -> None:
    recorder = Recorder()
    with pytest.raises(ValueError, match=r"accept must be one of 'json', 'x12', .*, got 'xml'"):
        recorder.eligibility({}, accept="xml")  # type: ignore[arg-type]
    assert recorder.sent == []


@pytest.mark.parametrize("row", [row for row in ROWS if row.deprecated], ids=str)
def test_deprecated_method_warns_at_the_line_of_its_caller(row: Row) -> None:
    with pytest.warns(DeprecationWarning, match=f"{row.method} is deprecated") as caught:
        getattr(Recorder(), row.method)(*row.args, **row.kwargs)
    assert [warning.filename for warning in caught] == [__file__]


@pytest.mark.parametrize(("name", "official"), OFFICIAL.items(), ids=OFFICIAL)
def test_signature_of_the_official_client_is_accepted(name: str, official: Official) -> None:
    ours = list(inspect.signature(getattr(Resources, name)).parameters.values())[1:]
    positional = [*official.required, *official.optional]
    assert [parameter.name for parameter in ours[: len(positional)]] == positional
    for parameter in ours:
        assert parameter.kind is not parameter.POSITIONAL_ONLY
        if parameter.name in positional:
            assert parameter.kind is parameter.POSITIONAL_OR_KEYWORD
        if parameter.default is parameter.empty and parameter.kind is not parameter.VAR_KEYWORD:
            assert parameter.name in (*official.required, *official.needs)
    kinds = {parameter.name: parameter.kind for parameter in ours}
    assert not official.keywords or {"params", "known"} & kinds.keys()


@pytest.mark.parametrize(("name", "official"), OFFICIAL.items(), ids=OFFICIAL)
@pytest.mark.parametrize("by_name", [False, True], ids=["by position", "by name"])
@pytest.mark.parametrize("all_", [False, True], ids=["required", "all"])
def test_call_of_the_official_client_reaches_the_same_endpoint(
    name: str, official: Official, by_name: bool, all_: bool
) -> None:
    names = [*official.required, *(official.optional if all_ else ())]
    given = {argument: _example(argument) for argument in names}
    keywords: dict[str, Any] = dict.fromkeys(official.needs, "x")
    if official.keywords:
        keywords["params"] = {"anything": "x"}
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
    assert sent.query == {**keywords.pop("params", {}), **keywords}
    assert bool(caught) is official.deprecated is row.deprecated


def _example(argument: str) -> Any:
    if argument.endswith("_file"):
        return b"ISA"
    return {"a": 1} if argument.endswith(("_request", "_data", "_payload")) else "x"
