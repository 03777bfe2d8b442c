"""Every method of the official client 2.8.1, called as its users called it, against the sandbox.

`OFFICIAL` has the signatures, `EXAMPLES` has values that the API accepts for their arguments.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import pytest

from pokitdok_session.sandbox import Sandbox
from support.endpoint_table import OFFICIAL
from support.official_examples import EXAMPLES, Desk, Example

CALLS = [
    pytest.param(name, example_, id=f"{name}({', '.join([*example_.arguments])})")
    for name, examples in EXAMPLES.items()
    for example_ in examples
]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    scopes = ["user_schedule", "business_schedule"]
    with Sandbox() as sandbox, sandbox.session(scope=scopes) as session:
        desk = Desk(sandbox, session, tmp_path_factory.mktemp("official"))
        # So that the lists have something to show, whichever test comes first.
        for make in (Desk.identity, Desk.slot, Desk.snapshot):
            make(desk)
        yield desk


def test_examples_have_every_method_and_argument() -> None:
    assert set(EXAMPLES) == set(OFFICIAL)
    for name, official in OFFICIAL.items():
        given = [set(example_.arguments) for example_ in EXAMPLES[name]]
        assert all(set(official.required) <= arguments for arguments in given), name
        assert set().union(*given) == {*official.required, *official.optional}, name
        for example_ in EXAMPLES[name]:
            assert set(official.needs) <= set(example_.keywords), name
            assert official.keywords or not example_.keywords, name


@pytest.mark.parametrize("by_name", [False, True], ids=["by position", "by name"])
@pytest.mark.parametrize(("name", "example_"), CALLS)
def test_official_call_gets_the_documented_reply(
    desk: Desk, name: str, example_: Example, by_name: bool
) -> None:
    official = OFFICIAL[name]
    given = {
        argument: value(desk) if callable(value) else value
        for argument, value in example_.arguments.items()
    }
    ordered = [*official.required, *official.optional]
    positional = [given[argument] for argument in ordered if argument in given]
    method = getattr(desk.session, name)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", DeprecationWarning)
        if by_name:
            reply = method(**given, **example_.keywords)
        else:
            reply = method(*positional, **example_.keywords)
    assert bool(caught) is official.deprecated
    assert set(reply) == {"meta", "data"}
    assert reply.response.status_code == 200
    assert reply.activity_id
    assert type(reply.data) is example_.data
    items = reply.data if example_.data is list else [reply.data]
    assert items
    for item in items:
        assert set(example_.fields.split()) <= set(item)
