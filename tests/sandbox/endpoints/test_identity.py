"""Identities: created, changed, found, and compared for duplicates."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from pokitdok_session import PokitDokSession
from pokitdok_session.errors import NotFound, ValidationError
from pokitdok_session.sandbox import Sandbox
from pokitdok_session.sandbox.data.similarity import MAX_LENGTH, distance

PERSON = {
    "prefix": "Dr.",
    "first_name": "Zephyrine",
    "middle_name": "Quince",
    "last_name": "Quillfeather",
    "suffix": "II",
    "birth_date": "1970-01-25",
    "gender": "female",
    "email": "z@example.com",
    "phone": "5550100",
    "secondary_phone": "5550101",
    "member_id": "W000000000",
    "address": {
        "address_lines": ["1 Example Way", "Suite 2"],
        "city": "Charleston",
        "state": "SC",
        "zipcode": "29401",
    },
    "identifiers": [
        {
            "system_uuid": "967d207f-b024-41cc-8cac-89575a1f6fef",
            "provider_uuid": "1da8a6c6-6b8a-4a24-a3d7-0f5b2f5ca6c5",
            "value": "EHR-0001",
            "location": [-79.9, 32.8],
        }
    ],
}


@pytest.fixture
def person() -> dict[str, Any]:
    return copy.deepcopy(PERSON)


@pytest.fixture(scope="module")
def index(sandbox: Sandbox) -> Iterator[PokitDokSession]:
    """A session of an application with two identities; tests must not add others."""
    app = sandbox.add_app()
    with sandbox.session(client_id=app.client_id, client_secret=app.client_secret) as session:
        session.create_identity(PERSON)
        session.create_identity(
            {"first_name": "Marlow", "address": {"address_lines": []}, "suffix": "I"}
        )
        yield session


def test_identity_created_has_platform_fields(
    session: PokitDokSession, person: dict[str, Any]
) -> None:
    made = session.create_identity(person).data
    sent = {name: value for name, value in person.items() if name != "identifiers"}
    assert sent.items() <= made.items()
    assert set(made) - set(person) == {
        "uuid",
        "insert_datetime",
        "update_datetime",
        "app_name",
        "client_id",
    }
    [identifier] = made["identifiers"]
    assert person["identifiers"][0].items() <= identifier.items()
    assert {"insert_datetime", "update_datetime"} < set(identifier)


def test_identity_read_is_a_list_with_app_id(
    session: PokitDokSession, person: dict[str, Any]
) -> None:
    made = session.create_identity(person).data
    [read] = session.get_identity(made["uuid"]).data
    client_id = made.pop("client_id")
    assert read == {**made, "app_id": client_id}


def test_identity_unknown_is_empty_list_and_404_on_update(
    session: PokitDokSession,
) -> None:
    assert session.get_identity("nobody").data == []
    assert session.identity_history("nobody").data == []
    with pytest.raises(NotFound):
        session.update_identity("nobody", {"suffix": "II"})


def test_identity_update_keeps_former_version(
    sandbox: Sandbox, session: PokitDokSession, person: dict[str, Any]
) -> None:
    made = session.create_identity(person).data
    sandbox.clock.advance(60)
    changed = session.update_identity(made["uuid"], {"last_name": "Thistledown"}).data
    assert (changed["first_name"], changed["last_name"]) == ("Zephyrine", "Thistledown")
    assert changed["insert_datetime"] == made["insert_datetime"] < changed["update_datetime"]
    history = session.identity_history(made["uuid"]).data
    assert [version["version"] for version in history] == [1, 2]
    assert [version["insert_datetime"] for version in history] == [
        made["insert_datetime"],
        changed["update_datetime"],
    ]
    names = [
        session.identity_history(made["uuid"], version["version"]).data["last_name"]
        for version in history
    ]
    assert names == ["Quillfeather", "Thistledown"]
    assert session.get_identity(made["uuid"]).data[0]["last_name"] == "Thistledown"
    with pytest.raises(NotFound):
        session.identity_history(made["uuid"], 3)


def test_identifier_kept_in_update_keeps_its_date(
    sandbox: Sandbox, session: PokitDokSession, person: dict[str, Any]
) -> None:
    made = session.create_identity(person).data
    sandbox.clock.advance(60)
    more = {"identifiers": [*person["identifiers"], {"value": "EHR-0002"}]}
    changed = session.update_identity(made["uuid"], more).data
    old, new = (one["insert_datetime"] for one in changed["identifiers"])
    assert old == made["identifiers"][0]["insert_datetime"] < new


@pytest.mark.parametrize(
    "query",
    [
        {"first_name": "zephirin"},
        {"middle_name": "Quins"},
        {"last_name": "Quilfeathr"},
        {"address": "1 Exampel Way"},
        {"address": "1 Example Way Suite 2"},
        {"city": "Charlston"},
        {"last_name": "Quillfeather", "state": "SC"},
    ],
    ids=str,
)
def test_search_names_and_places_within_distance_two(
    index: PokitDokSession, query: dict[str, str]
) -> None:
    assert [found["suffix"] for found in index.get_identity(**query).data] == ["II"]


@pytest.mark.parametrize(
    "query",
    [
        {"first_name": "Zephyr"},
        {"last_name": "Quill"},
        {"city": "Charles"},
        {"address": "Example"},
        {"last_name": "Quillfeather", "state": "NC"},
        {"email": "y@example.com"},
        {"gender": "Female"},
        {"zipcode": "29402"},
        {"birth_date": "1970-01-26"},
        {"phone": "5550101"},
        {"prefix": "Dr"},
    ],
    ids=str,
)
def test_search_distance_three_or_exact_field_does_not_match(
    index: PokitDokSession, query: dict[str, str]
) -> None:
    assert index.get_identity(**query).data == []


def test_search_other_fields_match_exactly(index: PokitDokSession) -> None:
    [stored] = index.get_identity(last_name="Quillfeather").data
    for name in (
        "prefix",
        "gender",
        "birth_date",
        "email",
        "phone",
        "secondary_phone",
        "member_id",
        "uuid",
    ):
        assert index.get_identity(**{name: stored[name]}).data == [stored], name


def test_search_external_id_overrides_other_parameters(index: PokitDokSession) -> None:
    [found] = index.get_identity(id="EHR-0001", first_name="Marlow").data
    assert found["suffix"] == "II"
    assert index.get_identity(id="EHR-0002", first_name="Marlow").data == []


def test_search_is_paged(session: PokitDokSession) -> None:
    for number in range(3):
        session.create_identity({"last_name": "Thistledown", "member_id": str(number)})
    found = session.paginate(session.get_identity, last_name="Thistledown", limit=2)
    assert [identity["member_id"] for identity in found] == ["0", "1", "2"]


def test_identity_is_visible_only_to_its_application(
    sandbox: Sandbox, session: PokitDokSession, person: dict[str, Any]
) -> None:
    session.create_identity(person)
    other = sandbox.add_app()
    with sandbox.session(
        client_id=other.client_id, client_secret=other.client_secret
    ) as another_session:
        assert another_session.get_identity().data == []


def test_search_deprecated_parameter_works(
    session: PokitDokSession, person: dict[str, Any]
) -> None:
    made = session.create_identity(person).data
    with pytest.warns(DeprecationWarning, match="get_identity"):
        assert session.identity(made["uuid"]).data[0]["uuid"] == made["uuid"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"gender": "Female"}, "gender"),
        ({"birth_date": "25.01.1970"}, "birth_date"),
        ({"birth_date": "19700125"}, "birth_date"),
        ({"shoe_size": "7"}, "shoe_size"),
        ({"address": "1 Example Way"}, "address"),
        ({"address": {"address_lines": "1 Example Way"}}, "address.address_lines"),
        ({"identifiers": [{"location": [32.8, -179.9]}]}, "identifiers[0].location"),
        ({"identifiers": [{"value": "1"}, {"location": "32.8, -79.9"}]}, "identifiers[1].location"),
    ],
)
def test_identity_invalid_field_is_named(
    index: PokitDokSession, body: dict[str, Any], field: str
) -> None:
    [stored] = index.get_identity(last_name="Quillfeather").data
    for ask in (index.create_identity, lambda sent: index.update_identity(stored["uuid"], sent)):
        with pytest.raises(ValidationError) as caught:
            ask(body)
        assert list(caught.value.errors) == [field]
        assert caught.value.response is not None
        assert caught.value.response.status_code == 422


def test_search_is_redirected_only_with_strict_slashes(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    plain = session.get("/identity", params={"city": "Charleston"}, allow_redirects=False)
    assert plain.status_code == 200
    sandbox.options.strict_slashes = True
    try:
        strict = session.get("/identity", params={"city": "Charleston"}, allow_redirects=False)
        assert session.get_identity(city="Charleston").data == []
    finally:
        sandbox.options.strict_slashes = False
    assert strict.status_code == 301
    assert strict.headers["Location"].endswith("/api/v4/identity/?city=Charleston")
    assert strict.headers["Content-Type"].startswith("text/html")


def job(*rules: dict[str, Any], threshold: float = 90) -> dict[str, Any]:
    return {"match_configuration": list(rules), "threshold": threshold}


def rule(field: str, algorithm: str, weight: float = 1) -> dict[str, Any]:
    return {
        "source_field": field,
        "match_algorithm": algorithm,
        "search_fields": [field],
        "weight": weight,
    }


@pytest.mark.parametrize(
    ("algorithm", "field", "alike", "different"),
    [
        ("exact", "member_id", "w000000000", "W000000001"),
        ("levenshtein", "last_name", "Quilfeather", "Quiller"),
        ("soundex", "last_name", "Quilphetter", "Thistledown"),
        ("stemming", "first_name", "Zephyrines", "Marlow"),
    ],
)
def test_match_job_finds_duplicates_by_each_algorithm(
    sandbox: Sandbox,
    session: PokitDokSession,
    person: dict[str, Any],
    algorithm: str,
    field: str,
    alike: str,
    different: str,
) -> None:
    uuids = [
        session.create_identity({**person, field: value}).data["uuid"]
        for value in (person[field], alike, different)
    ]
    activity = session.identity_match(job(rule(field, algorithm))).data
    assert (activity["name"], activity["state"]["name"]) == ("identity_match", "queued")
    sandbox.clock.advance(300)
    done = session.activities(activity["id"]).data
    assert done["state"]["name"] == "completed"
    assert done["result"]["compared"] == 3
    [pair] = done["result"]["duplicates"]
    assert pair["uuids"] == uuids[:2]
    assert 90 <= pair["score"] <= 100


def test_match_job_rules_have_weights(
    sandbox: Sandbox, session: PokitDokSession, person: dict[str, Any]
) -> None:
    session.create_identity(person)
    session.create_identity({**person, "email": "y@example.com"})
    rules = rule("last_name", "exact", 3), rule("email", "exact", 1)
    activities = [
        session.identity_match(job(*rules, threshold=threshold)).data for threshold in (75, 76)
    ]
    sandbox.clock.advance(300)
    found = [
        session.activities(activity["id"]).data["result"]["duplicates"] for activity in activities
    ]
    assert [[pair["score"] for pair in pairs] for pairs in found] == [[75.0], []]


def test_match_job_null_weight_is_the_default(
    sandbox: Sandbox, session: PokitDokSession, person: dict[str, Any]
) -> None:
    for _ in range(2):
        session.create_identity(person)
    body = job({**rule("last_name", "exact"), "weight": None}, rule("email", "exact"))
    activity = session.identity_match(body).data
    sandbox.clock.advance(300)
    (pair,) = session.activities(activity["id"]).data["result"]["duplicates"]
    assert pair["score"] == 100


def test_distance_compares_only_beginning_of_long_texts() -> None:
    assert distance("a" * 100_000, "b" * 100_000) == MAX_LENGTH


def test_match_job_can_be_canceled_before_it_runs(session: PokitDokSession) -> None:
    activity = session.identity_match(job(rule("email", "exact"))).data
    assert session.cancel_activity(activity["id"]).data["state"]["name"] == "canceled"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"threshold": 90}, "match_configuration"),
        (job(rule("email", "guess")), "match_configuration[0].match_algorithm"),
        (
            job({**rule("email", "exact"), "source_field": []}),
            "match_configuration[0].source_field",
        ),
        (job(rule("email", "exact"), threshold=101), "threshold"),
        ({**job(rule("email", "exact")), "callback_url": "http://example.com/"}, "callback_url"),
    ],
)
def test_match_job_invalid_is_refused(
    index: PokitDokSession, body: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        index.identity_match(body)
    assert list(caught.value.errors) == [field]
