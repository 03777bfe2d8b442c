"""Eligibility: MOCKPAYER's responses, and the errors."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from support.plain_client import Client

Inquiry = dict[str, Any]
REQUIRED = ["This field is required."]


def ask(client: Client, body: Any) -> Any:
    return client.api("POST", "/eligibility/", json=body)


def test_eligibility_response_is_recorded_one_with_names(client: Client, inquiry: Inquiry) -> None:
    data = ask(client, inquiry).json()["data"]
    assert (data["valid_request"], data["coverage"]["active"]) == (True, True)
    assert data["coverage"]["group_number"] == "088818801000013"
    assert data["summary"]["deductible"]["individual"]["in_network"]["applied"] == {
        "amount": "16.43",
        "currency": "USD",
    }
    assert data["service_type_codes"] == ["98"]
    assert inquiry["member"].items() <= data["subscriber"].items()
    assert data["provider"] == inquiry["provider"]


def test_eligibility_repeats_application_data(client: Client, inquiry: Inquiry) -> None:
    ticket = {"ticket": ["T-1", None]}
    response = ask(client, {**inquiry, "application_data": ticket}).json()
    assert response["data"]["application_data"] == ticket
    activity = client.api("GET", f"/activities/{response['meta']['activity_id']}").json()["data"]
    assert activity["application_data"] == ticket
    assert activity["parameters"]["service_types"] == ["health_benefit_plan_coverage"]


def test_eligibility_async_is_an_activity_first(client: Client, inquiry: Inquiry) -> None:
    asked = ask(client, {**inquiry, "async": True}).json()["data"]
    assert asked["state"]["name"] == "generating"
    client.sandbox.clock.advance(1)
    done = client.api("GET", f"/activities/{asked['id']}").json()["data"]
    assert (done["state"]["name"], done["result"]["valid_request"]) == ("completed", True)


def errors_of(response: requests.Response) -> dict[str, Any]:
    assert response.status_code == 422, response.text
    return response.json()["data"]["errors"]["validation"]  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("missing", "status"),
    [
        (["provider"], 422),
        (["member"], 422),
        (["member", "provider"], 422),
        (["trading_partner_id"], 400),
        (["trading_partner_id", "member"], 422),
    ],
)
def test_eligibility_missing_fields_are_named(
    client: Client, inquiry: Inquiry, missing: list[str], status: int
) -> None:
    response = ask(client, {name: inquiry[name] for name in inquiry if name not in missing})
    assert response.status_code == status
    assert response.json()["data"]["errors"] == {"validation": dict.fromkeys(missing, REQUIRED)}


@pytest.mark.parametrize("npi", ["3", "1234567890", "12345678931", "123456789x", 3, "١٢٣٤٥٦٧٨٩٣"])
def test_eligibility_npi_with_wrong_check_digit_is_invalid(
    client: Client, inquiry: Inquiry, npi: object
) -> None:
    inquiry["provider"]["npi"] = npi
    response = ask(client, inquiry)
    assert response.status_code == 422
    assert list(response.json()["data"]["errors"]["validation"]["provider"]) == ["npi"]


@pytest.mark.parametrize("npi", [1234567893, 1234567893.0, ["1234567893"]])
def test_eligibility_npi_not_a_string_is_invalid(
    client: Client, inquiry: Inquiry, npi: object
) -> None:
    inquiry["provider"]["npi"] = npi
    assert errors_of(ask(client, inquiry)) == {"provider": {"npi": ["Not a valid NPI."]}}


@pytest.mark.parametrize(
    ("member", "field", "error"),
    [
        ({"birth_date": "hello"}, "birth_date", ["Must be a date, YYYY-MM-DD."]),
        ({"birth_date": "25.01.1970"}, "birth_date", ["Must be a date, YYYY-MM-DD."]),
        ({"birth_date": 19700125}, "birth_date", ["Must be a date, YYYY-MM-DD."]),
        ({"plan_start_date": "soon"}, "plan_start_date", ["Must be a date, YYYY-MM-DD."]),
        ({"id": 7}, "id", ["Expected a string."]),
        ({"last_name": ["Quillfeather"]}, "last_name", ["Expected a string."]),
        ({"gender": "f"}, "gender", ["Must be one of male, female, unknown."]),
        ({"colour": "red"}, "colour", "Rogue field"),
        ({"callback_url": "https://x.example"}, "callback_url", "Rogue field"),
    ],
)
def test_eligibility_invalid_member_field_is_named(
    client: Client, inquiry: Inquiry, member: dict[str, Any], field: str, error: object
) -> None:
    inquiry["member"].update(member)
    assert errors_of(ask(client, inquiry)) == {"member": {field: error}}


@pytest.mark.parametrize("name", ["id", "birth_date"])
def test_eligibility_member_needs_an_id_or_a_birth_date(
    client: Client, inquiry: Inquiry, name: str
) -> None:
    del inquiry["member"][name]
    assert ask(client, inquiry).status_code == 200
    inquiry["member"] = {"first_name": "Zephyrine", "last_name": "Quillfeather"}
    assert errors_of(ask(client, inquiry)) == {"member": ["An id or a birth_date is required."]}


@pytest.mark.parametrize("field", ["payer", "application_data"])
def test_eligibility_field_that_must_be_an_object_is_named(
    client: Client, inquiry: Inquiry, field: str
) -> None:
    assert errors_of(ask(client, {**inquiry, field: "text"})) == {field: ["Expected an object."]}


@pytest.mark.parametrize("types", ["30", ["nonsense"], [["hospice"]], ["hospice", 30], {}, 7])
def test_eligibility_unknown_service_type_is_named(
    client: Client, inquiry: Inquiry, types: object
) -> None:
    assert list(errors_of(ask(client, {**inquiry, "service_types": types}))) == ["service_types"]


@pytest.mark.parametrize("types", [[], ["hospice", "pharmacy"]])
def test_eligibility_known_service_types_are_accepted(
    client: Client, inquiry: Inquiry, types: list[str]
) -> None:
    assert ask(client, {**inquiry, "service_types": types}).status_code == 200


def test_eligibility_documented_id_has_inactive_coverage(client: Client, inquiry: Inquiry) -> None:
    inquiry["member"]["id"] = "00001234"
    response = ask(client, inquiry)
    data = response.json()["data"]
    assert (data["valid_request"], data["coverage"]["active"]) == (True, False)
    assert "summary" not in data
    assert response.headers["X-Sandbox-Invented"] == "1"


def test_eligibility_documented_id_is_rejected(client: Client, inquiry: Inquiry) -> None:
    inquiry["member"]["id"] = "00009999"
    with client.sandbox.session() as session:
        reply = session.eligibility(inquiry)
    assert reply.data["valid_request"] is False
    [rejection] = reply.rejections
    assert rejection["reject_reason"] == "patient_birth_date_mismatch"
    assert reply.response.headers["X-Sandbox-Invented"] == "1"


@pytest.mark.parametrize("body", ["text", [1], 3, True])
def test_eligibility_body_not_an_object_is_invalid(client: Client, body: object) -> None:
    response = ask(client, body)
    assert (response.status_code, list(response.json()["data"]["errors"])) == (422, ["validation"])


@pytest.mark.parametrize("raw", [b"{", b"\xff", b"[" * 100_000])
def test_eligibility_body_not_json_is_invalid(client: Client, raw: bytes) -> None:
    assert client.api("POST", "/eligibility/", data=raw).status_code == 422


@pytest.mark.parametrize("payer", ["NOPE", "", 7, ["MOCKPAYER"]])
def test_eligibility_unknown_payer_is_refused(
    client: Client, inquiry: Inquiry, payer: object
) -> None:
    response = ask(client, {**inquiry, "trading_partner_id": payer})
    assert (response.status_code, response.headers["X-Sandbox-Invented"]) == (400, "1")
    if payer != "":
        assert response.json()["data"]["errors"]["query"] == (
            "Unable to find configuration for "
            f"trading_partner_id: {payer}, transaction_set_name: eligibility"
        )


def test_eligibility_without_content_type_is_json(client: Client, inquiry: Inquiry) -> None:
    response = client.api("POST", "/eligibility/", data=json.dumps(inquiry).encode())
    assert response.status_code == 200


def test_eligibility_constants_list_service_types(client: Client) -> None:
    response = client.api("GET", "/eligibility/constants").json()
    assert response["data"]["service_types"]["health_benefit_plan_coverage"] == "30"
    assert "credits_billed" not in response["meta"]


def test_trading_partners_are_paged(client: Client) -> None:
    response = client.api("GET", "/tradingpartners/").json()
    assert (len(response["data"]), "next" in response["meta"]) == (20, True)
    assert "result_count" not in response["meta"]


def test_trading_partner_has_details(client: Client) -> None:
    data = client.api("GET", "/tradingpartners/MOCKPAYER").json()["data"]
    assert (data["id"], data["supported_transactions"]) == (
        "MOCKPAYER",
        ["270", "276", "278", "837"],
    )
    assert data["monitoring"]["eligibility"]["status"] == "available"
    assert "primary_search" in data["supported_search_options"]


def test_trading_partner_unknown_is_an_empty_object(client: Client) -> None:
    response = client.api("GET", "/tradingpartners/NOPE")
    assert (response.status_code, response.json()["data"]) == (200, {})


def test_payers_are_on_one_page(client: Client) -> None:
    response = client.api("GET", "/payers/").json()
    assert len(response["data"]) > 20
    assert response["data"][0]["trading_partner_id"] == "MOCKPAYER"
    assert "next" not in response["meta"]
