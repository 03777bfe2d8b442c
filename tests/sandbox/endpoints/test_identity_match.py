"""Identity match: configurations, sources, the canonical identities they are joined to."""

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


def test_a_configuration_is_listed_in_short_and_read_in_full_by_either_name(
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


def test_a_configuration_is_changed_in_part(sandbox: Sandbox, session: PokitDokSession) -> None:
    made = session.create_match_config("old", "people").data
    sandbox.clock.advance(60)
    changed = session.update_match_config("old", algorithm_id="new").data
    assert changed["update_dt"] != made["update_dt"]
    assert changed == {**made, "algorithm_id": "new", "update_dt": changed["update_dt"]}
    topic = session.update_match_config(made["_uuid"], input_topic="patients").data["input_topic"]
    assert topic == "patients"
    with pytest.raises(NotFound):
        session.match_configs("old")


def test_an_algorithm_is_unique_but_a_topic_may_be_shared(session: PokitDokSession) -> None:
    session.create_match_config("one", "people")
    session.create_match_config("other", "people")
    with pytest.raises(ValidationError) as caught:
        session.create_match_config("one", "elsewhere")
    assert list(caught.value.errors) == ["algorithm_id"]
    with pytest.raises(ValidationError):
        session.update_match_config("other", algorithm_id="one")
    assert session.update_match_config("one", algorithm_id="one").data["algorithm_id"] == "one"


def test_a_deletion_says_how_many_went(session: PokitDokSession, algorithm: str) -> None:
    assert session.delete_match_config(algorithm).data == {"status": "OK", "count": 1}
    assert session.match_configs().data == []
    with pytest.raises(NotFound):
        session.delete_match_config(algorithm)


@pytest.mark.parametrize("body", [{}, {"algorithm_id": "a"}, {"algorithm_id": "", "rogue": 1}])
def test_a_configuration_lacks_nothing(session: PokitDokSession, body: dict[str, Any]) -> None:
    answer = session.post("/identity/match_config/", json=body)
    assert answer.status_code == 422
    assert answer.json()["data"]["errors"]["validation"]


def test_a_source_is_joined_to_a_canonical_identity_and_can_be_read_back(
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
def test_one_person_has_one_canonical_identity(
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
def test_another_person_has_another(
    session: PokitDokSession, algorithm: str, person: dict[str, Any], change: dict[str, Any]
) -> None:
    sources = [
        session.create_match_source(algorithm, identity).data["_source_id"]
        for identity in (person, {**person, **change})
    ]
    for source_id in sources:
        [canonical] = session.match_source_canonical(algorithm, source_id).data
        assert canonical["sources"] == [source_id]


def test_a_search_finds_a_canonical_identity_and_stores_nothing(
    session: PokitDokSession, algorithm: str, person: dict[str, Any]
) -> None:
    assert session.find_match(algorithm, person).data == {}
    assert session.find_match(algorithm, person).data == {}
    source_id = session.create_match_source(algorithm, person).data["_source_id"]
    found = session.find_match(algorithm, {"ssn": "000001234"}).data
    assert found["sources"] == [source_id]
    assert session.match_canonical(algorithm, found["record_id"]).data == found


def test_algorithms_do_not_share_their_sources(
    session: PokitDokSession, algorithm: str, person: dict[str, Any]
) -> None:
    source_id = session.create_match_source(algorithm, person).data["_source_id"]
    session.create_match_config("other", "people")
    assert session.find_match("other", person).data == {}
    with pytest.raises(NotFound):
        session.match_source("other", source_id)


def test_what_is_unknown_is_not_found(
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


def test_a_birth_date_has_all_its_parts_or_none(
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
def test_a_bad_field_is_named(
    session: PokitDokSession,
    algorithm: str,
    person: dict[str, Any],
    change: dict[str, Any],
    field: str,
) -> None:
    with pytest.raises(ValidationError) as caught:
        session.create_match_source(algorithm, {**person, **change})
    assert list(caught.value.errors) == [field]


def test_a_body_without_a_content_type_is_taken_as_json(
    session: PokitDokSession, algorithm: str
) -> None:
    answer = session.post(f"/identity/match/{algorithm}", data=b'{"ssn": "000-00-1234"}')
    assert "Content-Type" not in answer.request.headers
    assert "_source_id" in answer.json()["data"]
