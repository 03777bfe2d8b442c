"""Provider registration: created, changed, detached."""

from __future__ import annotations

from typing import Any

import pytest

from pokitdok_session import PokitDokSession
from pokitdok_session.errors import NotFound, ValidationError
from pokitdok_session.sandbox import Sandbox

NPI = "1234567893"


@pytest.fixture
def registration() -> dict[str, Any]:
    return {
        "entity_type": "individual",
        "npi": NPI,
        "first_name": "Marlow",
        "last_name": "Thistledown",
        "gender": "male",
        "birth_date": {"year": 1970, "month": 1, "day": 25},
        "addresses": [
            {
                "role": "practice",
                "street1": "1 Example Way",
                "city": "Charleston",
                "state_or_province": "SC",
                "postal_code": "29401",
                "country_code": "US",
            }
        ],
        "specialties": [{"name": "Rheumatology", "nucc_code": "207RR0500X"}],
    }


def test_registration_can_be_read(session: PokitDokSession, registration: dict[str, Any]) -> None:
    reply = session.create_provider_registration(registration)
    assert reply.data == registration
    assert session.provider_registration(NPI).data == registration
    assert "credits_billed" not in reply.meta


def test_registration_again_replaces_record(
    session: PokitDokSession, registration: dict[str, Any]
) -> None:
    session.create_provider_registration(registration)
    del registration["gender"]
    session.create_provider_registration(registration)
    assert session.provider_registration(NPI).data == registration


def test_registration_update_keeps_other_fields(
    session: PokitDokSession, registration: dict[str, Any]
) -> None:
    session.create_provider_registration(registration)
    changed = session.update_provider_registration(NPI, {"email": "m@example.com"}).data
    assert changed == {**registration, "email": "m@example.com"}
    assert session.provider_registration(NPI).data == changed


def test_registration_detached_can_register_again(
    session: PokitDokSession, registration: dict[str, Any]
) -> None:
    session.create_provider_registration(registration)
    session.delete_provider_registration(NPI)
    for ask in (session.provider_registration, session.delete_provider_registration):
        with pytest.raises(NotFound):
            ask(NPI)
    with pytest.raises(NotFound):
        session.update_provider_registration(NPI, {})
    session.create_provider_registration(registration)
    assert session.provider_registration(NPI).data == registration


def test_registration_is_visible_only_to_its_application(
    session: PokitDokSession, sandbox: Sandbox, registration: dict[str, Any]
) -> None:
    session.create_provider_registration(registration)
    with sandbox.session() as other, pytest.raises(NotFound):
        other.provider_registration(NPI)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"entity_type": None}, "entity_type"),
        ({"entity_type": "group"}, "entity_type"),
        ({"npi": "1234567890"}, "npi"),
        ({"npi": None}, "npi"),
        ({"birth_date": {"year": 1970, "month": 1}}, "birth_date.day"),
        ({"specialties": [{"nucc_code": "207RR0500X"}]}, "specialties[0].name"),
        ({"addreses": [{"street1": "1"}]}, "addreses[0].city"),
        ({"colour": "blue"}, "colour"),
    ],
)
def test_registration_invalid_field_is_named(
    session: PokitDokSession, registration: dict[str, Any], change: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        session.create_provider_registration({**registration, **change})
    assert next(iter(caught.value.errors)) == field
