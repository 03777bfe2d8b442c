"""Paths without documentation: constants, the TLS report, two paths of clients."""

from __future__ import annotations

import pytest

from pokitdok_session import PokitDokSession
from pokitdok_session.errors import ValidationError


def test_constants_are_service_types_with_codes(session: PokitDokSession) -> None:
    types = session.eligibility_constants().data["service_types"]
    assert len(types) == 244
    assert types["health_benefit_plan_coverage"] == "30"
    assert types["professional_physician_visit_office"] == "98"
    assert types["well_baby_care"] == "68"


def test_ssl_describes_its_own_connection(session: PokitDokSession) -> None:
    with session.get("/ssl/", stream=True) as response:
        socket = response.raw.connection.sock
        name, _, bits = socket.cipher()
        expected = {"protocol": socket.version(), "cipher": name, "bits": bits}
        assert response.json()["data"] == expected
    assert session.ssl().data == expected


def test_ccd_is_about_the_requested_patient(
    session: PokitDokSession,
) -> None:
    patient = {"first_name": "Zephyrine", "last_name": "Quillfeather"}
    document = session.ccd({"trading_partner_id": "MOCKPAYER", "patient": patient}).data
    assert (document["patient"], document["medications"]) == (patient, [])


def test_ccd_without_body_is_invalid(session: PokitDokSession) -> None:
    with pytest.raises(ValidationError):
        session.ccd({})


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_deductible_equals_that_of_eligibility(session: PokitDokSession, method: str) -> None:
    digest = session.call(method, "/deductible/").data["deductible"]
    assert digest["individual"]["in_network"]["remaining"]["amount"] == "2983.57"


def test_undocumented_paths_are_not_billed(session: PokitDokSession) -> None:
    for reply in (session.ssl(), session.eligibility_constants(), session.ccd({"a": 1})):
        assert "credits_billed" not in reply.meta
