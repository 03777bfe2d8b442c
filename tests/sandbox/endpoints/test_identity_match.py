"""Identity match: configurations, sources and canonical identities."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from pokitdok_session import PokitDokSession
from pokitdok_session.errors import NotFound, ValidationError
from pokitdok_session.sandbox import Sandbox


@pytest.fixture
def algorithm(session: PokitDokSession) -> str:
    session.create_match_config("nearly-the-same", "people")
    return "nearly-the-same"


@pytest.fixture
def person() -> dict[str, Any]:
    return {
        "first_name": "Zephyrine",
        "last_name": "Quillfeather",
        "ssn": "000-00-1234",
        "gender": "F",
        "birth_date": {"year": 1970, "month": 1, "day": 25},
        "address": {"street1": "1 Example Way", "city": "Charleston", "postal_code": "29401"},
    }


def test_configuration_is_read_by_uuid_or_algorithm_id(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    made = session.create_match_config("nearly-the-same", "people").data
    brief = {"algorithm_id": "nearly-the-same", "input_topic": "people"}
    assert session.match_configs().data == [brief]
    assert set(made) - set(brief) == {
        "_uuid",
        "_id",
        "_type",
        "insert_dt",
        "update_dt",
        "deleted",
        "owner_id",
    }
    assert made["_type"] == "IdentityMatchConfig"
    assert made["deleted"] is False
    datetime.strptime(made["insert_dt"], "%a %b %d %H:%M:%S %Y")
    assert session.match_configs(made["_uuid"]).data == made
    assert session.match_configs("nearly-the-same").data == made


def test_configuration_can_be_changed_in_part(sandbox: Sandbox, session: PokitDokSession) -> None:
    made = session.create_match_config("old", "people").data
    sandbox.clock.advance(60)
    changed = session.update_match_config("old", algorithm_id="new").data
    assert changed["update_dt"] != made["update_dt"]
    assert changed == {**made, "algorithm_id": "new", "update_dt": changed["update_dt"]}
    topic = session.update_match_config(made["_uuid"], input_topic="patients").data["input_topic"]
    assert topic == "patients"
    with pytest.raises(NotFound):
        session.match_configs("old")


def test_configuration_algorithm_is_unique_topic_is_not(session: PokitDokSession) -> None:
    session.create_match_config("one", "people")
    session.create_match_config("other", "people")
    with pytest.raises(ValidationError) as caught:
        session.create_match_config("one", "elsewhere")
    assert list(caught.value.errors) == ["algorithm_id"]
    with pytest.raises(ValidationError):
        session.update_match_config("other", algorithm_id="one")
    assert session.update_match_config("one", algorithm_id="one").data["algorithm_id"] == "one"


def test_configuration_deletion_returns_count(session: PokitDokSession, algorithm: str) -> None:
    assert session.delete_match_config(algorithm).data == {"status": "OK", "count": 1}
    assert session.match_configs().data == []
    with pytest.raises(NotFound):
        session.delete_match_config(algorithm)


@pytest.mark.parametrize("body", [{}, {"algorithm_id": "a"}, {"algorithm_id": "", "rogue": 1}])
def test_configuration_requires_both_fields(session: PokitDokSession, body: dict[str, Any]) -> None:
    response = session.post("/identity/match_config/", json=body)
    assert response.status_code == 422
    assert response.json()["data"]["errors"]["validation"]


def test_source_is_joined_and_can_be_read(
    session: PokitDokSession, algorithm: str, person: dict[str, Any]
) -> None:
    created = session.create_match_source(algorithm, person).data
    assert list(created) == ["_source_id"]
    source = {**created, "data": person}
    assert session.match_source(algorithm, created["_source_id"]).data == source
    [canonical] = session.match_source_canonical(algorithm, created["_source_id"]).data
    assert set(canonical) == {"record_id", "sources", "last_updated", "data"}
    assert canonical["sources"] == [created["_source_id"]]
    assert canonical["data"] == {"identity": person}
    assert session.match_canonical(algorithm, canonical["record_id"]).data == canonical
    assert session.match_canonical_sources(algorithm, canonical["record_id"]).data == [source]


@pytest.mark.parametrize(
    "change",
    [
        {"last_name": "Thistledown"},
        {"ssn": "000001234", "birth_date": {"year": 1971, "month": 1, "day": 25}},
        {"ssn": None, "first_name": "zephyrin"},
    ],
    ids=str,
)
def test_canonical_identity_is_one_per_person(
    sandbox: Sandbox,
    session: PokitDokSession,
    algorithm: str,
    person: dict[str, Any],
    change: dict[str, Any],
) -> None:
    first = session.create_match_source(algorithm, person).data["_source_id"]
    [before] = session.match_source_canonical(algorithm, first).data
    sandbox.clock.advance(60)
    second = session.create_match_source(algorithm, {**person, **change}).data["_source_id"]
    [canonical] = session.match_source_canonical(algorithm, first).data
    assert canonical["sources"] == [first, second]
    assert canonical["last_updated"] > before["last_updated"]
    assert canonical["data"]["identity"] == {**person, **change}


@pytest.mark.parametrize(
    "change",
    [
        {"ssn": "000-00-4321"},
        {"ssn": None, "birth_date": {"year": 1970, "month": 1, "day": 26}},
        {"ssn": None, "birth_date": None},
        {"ssn": None, "first_name": "Marlow"},
        {"ssn": None, "last_name": None},
    ],
    ids=str,
)
def test_canonical_identity_of_other_person_is_new(
    session: PokitDokSession, algorithm: str, person: dict[str, Any], change: dict[str, Any]
) -> None:
    sources = [
        session.create_match_source(algorithm, identity).data["_source_id"]
        for identity in (person, {**person, **change})
    ]
    for source_id in sources:
        [canonical] = session.match_source_canonical(algorithm, source_id).data
        assert canonical["sources"] == [source_id]


def test_find_returns_canonical_and_stores_nothing(
    session: PokitDokSession, algorithm: str, person: dict[str, Any]
) -> None:
    assert session.find_match(algorithm, person).data == {}
    assert session.find_match(algorithm, person).data == {}
    source_id = session.create_match_source(algorithm, person).data["_source_id"]
    found = session.find_match(algorithm, {"ssn": "000001234"}).data
    assert found["sources"] == [source_id]
    assert session.match_canonical(algorithm, found["record_id"]).data == found


def test_source_belongs_to_one_algorithm(
    session: PokitDokSession, algorithm: str, person: dict[str, Any]
) -> None:
    source_id = session.create_match_source(algorithm, person).data["_source_id"]
    session.create_match_config("other", "people")
    assert session.find_match("other", person).data == {}
    with pytest.raises(NotFound):
        session.match_source("other", source_id)


def test_identity_match_unknown_ids_are_404(
    session: PokitDokSession, algorithm: str, person: dict[str, Any]
) -> None:
    for ask in (
        lambda: session.create_match_source("unknown", person),
        lambda: session.find_match("unknown", person),
        lambda: session.match_canonical(algorithm, "unknown"),
        lambda: session.match_canonical_sources(algorithm, "unknown"),
        lambda: session.match_source(algorithm, "unknown"),
        lambda: session.match_source_canonical(algorithm, "unknown"),
        lambda: session.match_configs("unknown"),
        lambda: session.update_match_config("unknown", input_topic="people"),
    ):
        with pytest.raises(NotFound):
            ask()


def test_source_birth_date_incomplete_is_invalid(
    session: PokitDokSession, algorithm: str, person: dict[str, Any]
) -> None:
    del person["birth_date"]["month"]
    for ask in (session.create_match_source, session.find_match):
        with pytest.raises(ValidationError) as caught:
            ask(algorithm, person)
        assert caught.value.errors == {"birth_date.month": ["Missing field."]}
        assert caught.value.response is not None
        assert caught.value.response.status_code == 422
        validation = caught.value.response.json()["data"]["errors"]["validation"]
        assert validation == {"birth_date": {"month": "Missing field."}}
    assert session.create_match_source(algorithm, {**person, "birth_date": {}}).data["_source_id"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"gender": "female"}, "gender"),
        ({"birth_date": {"year": 1970, "month": 13, "day": 1}}, "birth_date"),
        ({"birth_date": {"year": "1970", "month": "1", "day": "1"}}, "birth_date"),
        ({"birth_date": "1970-01-25"}, "birth_date"),
        ({"member_id": "W000000000"}, "member_id"),
        ({"address": "1 Example Way"}, "address"),
    ],
)
def test_source_invalid_field_is_named(
    session: PokitDokSession,
    algorithm: str,
    person: dict[str, Any],
    change: dict[str, Any],
    field: str,
) -> None:
    with pytest.raises(ValidationError) as caught:
        session.create_match_source(algorithm, {**person, **change})
    assert list(caught.value.errors) == [field]


def test_source_without_content_type_is_json(session: PokitDokSession, algorithm: str) -> None:
    response = session.post(f"/identity/match/{algorithm}", data=b'{"ssn": "000-00-1234"}')
    assert "Content-Type" not in response.request.headers
    assert "_source_id" in response.json()["data"]
