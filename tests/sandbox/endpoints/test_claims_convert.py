"""Claims conversion: one claim at once, several as a batch, ICD-9 as ICD-10."""

from __future__ import annotations

from typing import Any

import pytest

from pokitdok_session import PokitDokSession
from pokitdok_session.errors import ValidationError
from pokitdok_session.sandbox import Sandbox
from support.http_server import ScriptedServer
from support.interchanges import INQUIRY, claim, claims, interchange

ONE = interchange(claims(claim("BK:25012*BF:4871")))
TWO = interchange(claims(claim("BK:4019"), claim("ABK:J101", "40")), INQUIRY)


def test_convert_one_claim_is_a_valid_claims_body(
    session: PokitDokSession,
) -> None:
    request = session.claims_convert(ONE).data["claims_request"]
    assert request["trading_partner_id"] == "MOCKPAYER"
    assert request["billing_provider"]["npi"] == "1234567893"
    assert request["billing_provider"]["address"]["zipcode"] == "29401"
    assert request["subscriber"]["claim_filing_code"] == "commercial_insurance_co"
    assert (request["patient"]["first_name"], request["patient"]["relationship"]) == (
        "Peregrine",
        "child",
    )
    assert request["claim"]["place_of_service"] == "office"
    [line] = request["claim"]["service_lines"]
    assert (line["procedure_code"], line["service_date"]) == ("99213", "2030-01-02")
    assert session.claims(request).data["state"]["name"] == "scheduled"


def test_convert_icd9_becomes_first_icd10_without_dot(
    session: PokitDokSession,
) -> None:
    data = session.claims_convert(ONE).data
    assert data["claims_request"]["claim"]["service_lines"][0]["diagnosis_codes"] == ["E1169"]
    assert "~HI*ABK:E1169*ABF:J111~" in data["converted_edi"]
    first, second = data["diagnosis_mappings"]
    assert (first["source_code"]["value"], first["source_code"]["system"]) == ("25012", "icd9")
    assert (first["combination"], second["combination"]) == (True, False)
    [[choice], _] = first["destination_scenarios"][0]["choice_lists"]
    assert (choice["value"], choice["system"]) == ("E1169", "icd10")


def test_convert_icd10_and_unknown_codes_stay(session: PokitDokSession) -> None:
    data = session.claims_convert(interchange(claims(claim("ABK:J101*BF:99999")))).data
    assert "~HI*ABK:J101*BF:99999~" in data["converted_edi"]
    assert data["diagnosis_mappings"] == []


def test_convert_edi_keeps_envelope_and_segment_count(
    session: PokitDokSession,
) -> None:
    edi = session.claims_convert(ONE).data["converted_edi"]
    assert edi.startswith(ONE.decode().partition("ST*")[0])
    assert edi.endswith("~GE*1*1~IEA*1*000000001~")
    inside = edi[edi.index("~ST*") + 1 : edi.index("~GE*")].split("~")
    assert inside[-1] == f"SE*{len(inside)}*0001"


def test_convert_code_without_dot_is_rejected_too(
    session: PokitDokSession, sandbox: Sandbox
) -> None:
    converted = session.claims_convert(interchange(claims(claim("ABK:I6991")))).data
    sent = session.claims(converted["claims_request"]).data
    sandbox.clock.advance(300)
    assert session.activities(sent["id"]).data["state"]["name"] == "rejected"


def test_convert_several_claims_are_a_batch(session: PokitDokSession, sandbox: Sandbox) -> None:
    batch = session.claims_convert(TWO).data
    assert (batch["state"]["name"], batch["units_of_work"]) == ("stored", 2)
    waiting = session.activities(parent_id=batch["id"]).data
    assert [child.get("result") for child in waiting] == [None, None]
    sandbox.clock.advance(1)
    assert session.activities(batch["id"]).data["state"]["name"] == "completed"
    children = session.activities(parent_id=batch["id"]).data
    amounts = [
        child["result"]["claims_request"]["claim"]["total_charge_amount"] for child in children
    ]
    assert amounts == ["60", "40"]
    assert {child["state"]["name"] for child in children} == {"completed"}
    [edi, other] = [child["result"]["converted_edi"] for child in children]
    assert edi.count("CLM*") == other.count("CLM*") == 1
    assert "ABK:I10" in edi


def test_convert_form_can_have_callback_url(session: PokitDokSession, sandbox: Sandbox) -> None:
    with ScriptedServer() as receiver:
        session.claims_convert(TWO, callback_url=receiver.url + "/done")
        sandbox.clock.advance(1)
        assert sandbox.wait_for_callbacks()
        assert [seen.path for seen in receiver.requests] == ["/done"]


@pytest.mark.parametrize("content", [b"", b"ISA", b"hello", interchange(INQUIRY)])
def test_convert_file_without_claim_is_invalid(session: PokitDokSession, content: bytes) -> None:
    with pytest.raises(ValidationError):
        session.claims_convert(content)


def test_convert_missing_file_and_bad_url_are_named(session: PokitDokSession) -> None:
    for form, field in (({}, "file"), ({"callback_url": "http://example.com/"}, "callback_url")):
        with pytest.raises(ValidationError) as caught:
            session.call("POST", "/claims/convert", data=form)
        assert list(caught.value.errors) == [field]


@pytest.mark.parametrize(
    "transaction",
    ["CLM*1~", "ST*837~CLM~LX~SV1~HI~DTP~NM1~N3~N4~REF~SBR~PAT~PRV~DMG~", "ST~LX~SV1~CLM*²*²***²~"],
)
def test_convert_damaged_interchange_is_no_server_error(
    session: PokitDokSession, transaction: str
) -> None:
    response: Any = session.post(
        "/claims/convert", files={"file": ("x", interchange(transaction), "application/EDI-X12")}
    )
    assert response.status_code in (200, 422)
