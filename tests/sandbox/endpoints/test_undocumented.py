"""What no page of the documentation shows: constants, the TLS report, two paths of clients."""

from __future__ import annotations

import pytest

from pokitdok_session import PokitDokSession
from pokitdok_session.errors import ValidationError


def test_the_constants_are_the_service_types_with_their_codes(session: PokitDokSession) -> None:
    types = session.eligibility_constants().data["service_types"]
    assert len(types) == 244
    assert types["health_benefit_plan_coverage"] == "30"
    assert types["professional_physician_visit_office"] == "98"
    assert types["well_baby_care"] == "68"


def test_the_tls_report_is_about_the_connection_it_came_over(session: PokitDokSession) -> None:
    with session.get("/ssl/", stream=True) as answer:
        socket = answer.raw.connection.sock
        name, _, bits = socket.cipher()
        expected = {"protocol": socket.version(), "cipher": name, "bits": bits}
        assert answer.json()["data"] == expected
    assert session.ssl().data == expected


def test_a_continuity_of_care_document_is_about_whom_was_asked_for(
    session: PokitDokSession,
) -> None:
    patient = {"first_name": "Zephyrine", "last_name": "Quillfeather"}
    document = session.ccd({"trading_partner_id": "MOCKPAYER", "patient": patient}).data
    assert (document["patient"], document["medications"]) == (patient, [])


def test_a_document_about_nobody_is_invalid(session: PokitDokSession) -> None:
    with pytest.raises(ValidationError):
        session.ccd({})


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_deductible_is_that_of_eligibility(session: PokitDokSession, method: str) -> None:
    digest = session.call(method, "/deductible/").data["deductible"]
    assert digest["individual"]["in_network"]["remaining"]["amount"] == "2983.57"


def test_nothing_here_is_billed(session: PokitDokSession) -> None:
    for reply in (session.ssl(), session.eligibility_constants(), session.ccd({"a": 1})):
        assert "credits_billed" not in reply.meta
