"""App registrations: created, read, replaced, deleted, restored, loaded from CSV."""

from __future__ import annotations

from typing import Any

import pytest

from pokitdok_session import PokitDokSession
from pokitdok_session.errors import NotFound, ValidationError
from pokitdok_session.sandbox import Sandbox

CSV = (
    "npi,trading_partner_id,transaction_set_name,claims_roles,tax_id,address_lines,city,state,"
    "zipcode,first_name,last_name\n"
    '1234567893,MOCKPAYER,claims,billing;rendering,123456789,"1 Example Way;Suite 2",'
    "Charleston,SC,29401,Marlow,Thistledown\n"
    "1234567893,MOCKPAYER,eligibility,billing,123456789,1 Example Way,Charleston,SC,29401,"
    "Marlow,Thistledown\n"
)


@pytest.fixture
def registration() -> dict[str, Any]:
    return {
        "npi": "1234567893",
        "trading_partner_id": "MOCKPAYER",
        "transaction_set_name": "claims",
        "claims_roles": ["billing", "rendering"],
        "tax_id": ["123456789"],
        "address_lines": ["1 Example Way"],
        "city": "Charleston",
        "state": "SC",
        "zipcode": "29401",
        "organization_name": "Thistledown Clinic",
    }


def test_registration_can_be_read(session: PokitDokSession, registration: dict[str, Any]) -> None:
    made = session.create_app_registration(registration).data
    assert registration.items() <= made.items()
    assert set(made) - set(registration) == {"_uuid", "app_name", "client_id"}
    assert made["client_id"] == session.client_id
    assert session.app_registrations(made["_uuid"]).data == made
    assert session.app_registrations().data == [made]


def test_registration_update_keeps_uuid(
    session: PokitDokSession, registration: dict[str, Any]
) -> None:
    uuid = session.create_app_registration(registration).data["_uuid"]
    del registration["organization_name"]
    registration |= {"first_name": "Marlow", "last_name": "Thistledown", "city": "Greenville"}
    changed = session.update_app_registration(uuid, registration).data
    assert (changed["_uuid"], changed["city"]) == (uuid, "Greenville")
    assert "organization_name" not in changed
    assert session.app_registrations().data == [changed]


def test_registration_deletion_can_be_undone(
    session: PokitDokSession, registration: dict[str, Any]
) -> None:
    made = session.create_app_registration(registration).data
    session.delete_app_registration(made["_uuid"])
    assert session.app_registrations().data == []
    for gone in (
        session.app_registrations,
        session.delete_app_registration,
        lambda uuid: session.update_app_registration(uuid, registration),
    ):
        with pytest.raises(NotFound):
            gone(made["_uuid"])
    assert session.undelete_app_registration(made["_uuid"]).data == made
    assert session.app_registrations().data == [made]


def test_registrations_are_paged_and_per_application(
    session: PokitDokSession, sandbox: Sandbox, registration: dict[str, Any]
) -> None:
    made = [session.create_app_registration(registration).data for _ in range(3)]
    assert session.app_registrations(limit=2).data == made[:2]
    assert session.app_registrations(limit=2, offset=2).data == made[2:]
    with sandbox.session() as other:
        assert other.app_registrations().data == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"npi": "1234567890"}, "npi"),
        ({"npi": None}, "npi"),
        ({"tax_id": "123456789"}, "tax_id"),
        ({"tax_id": [123456789]}, "tax_id"),
        ({"claims_roles": ["paying"]}, "claims_roles"),
        ({"claims_roles": []}, "claims_roles"),
        ({"transaction_set_name": "claims_status"}, "transaction_set_name"),
        ({"organization_name": None}, "organization_name"),
        ({"address": {}}, "address"),
        ({"trading_partner_id": None}, "trading_partner_id"),
    ],
)
def test_registration_invalid_field_is_named(
    session: PokitDokSession, registration: dict[str, Any], change: dict[str, Any], field: str
) -> None:
    uuid = session.create_app_registration(registration).data["_uuid"]
    for send in (
        session.create_app_registration,
        lambda body: session.update_app_registration(uuid, body),
    ):
        with pytest.raises(ValidationError) as caught:
            send({**registration, **change})
        assert list(caught.value.errors) == [field]


def test_csv_makes_a_registration_per_line(session: PokitDokSession) -> None:
    made = session.upload_app_registrations(("\ufeff" + CSV).encode()).data
    assert [registration["transaction_set_name"] for registration in made] == [
        "claims",
        "eligibility",
    ]
    assert made[0]["address_lines"] == ["1 Example Way", "Suite 2"]
    assert made[0]["claims_roles"] == ["billing", "rendering"]
    assert session.app_registrations().data == made


def test_csv_with_one_invalid_line_registers_none(session: PokitDokSession) -> None:
    with pytest.raises(ValidationError) as caught:
        session.upload_app_registrations(CSV.replace("eligibility", "everything").encode())
    assert list(caught.value.errors) == ["rows[1].transaction_set_name"]
    assert session.app_registrations().data == []


@pytest.mark.parametrize("content", [b"", b"npi\n", b"npi\n1234567893,MOCKPAYER\n", b"a\r\x00b\n"])
def test_csv_incomplete_is_invalid(session: PokitDokSession, content: bytes) -> None:
    with pytest.raises(ValidationError):
        session.upload_app_registrations(content)


def test_registration_unknown_is_404(session: PokitDokSession) -> None:
    for ask in (session.app_registrations, session.undelete_app_registration):
        with pytest.raises(NotFound):
            ask("u1")
    with pytest.raises(ValidationError):
        session.call("POST", "/appregistrations/csv", data={"npi": "1234567893"})
