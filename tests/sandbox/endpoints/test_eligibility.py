"""Eligibility: MOCKPAYER's one answer, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from support.plain_client import Client

Inquiry = dict[str, Any]
REQUIRED = ["This field is required."]


def ask(client: Client, body: Any) -> Any:
    return client.api("POST", "/eligibility/", json=body)


def test_the_answer_is_canned_around_what_was_asked(client: Client, inquiry: Inquiry) -> None:
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


def test_application_data_comes_back_unchanged(client: Client, inquiry: Inquiry) -> None:
    ticket = {"ticket": ["T-1", None]}
    answer = ask(client, {**inquiry, "application_data": ticket}).json()
    assert answer["data"]["application_data"] == ticket
    activity = client.api("GET", f"/activities/{answer['meta']['activity_id']}").json()["data"]
    assert activity["application_data"] == ticket
    assert activity["parameters"]["service_types"] == ["health_benefit_plan_coverage"]


def test_an_asynchronous_inquiry_is_an_activity_first(client: Client, inquiry: Inquiry) -> None:
    asked = ask(client, {**inquiry, "async": True}).json()["data"]
    assert asked["state"]["name"] == "generating"
    client.sandbox.clock.advance(1)
    done = client.api("GET", f"/activities/{asked['id']}").json()["data"]
    assert (done["state"]["name"], done["result"]["valid_request"]) == ("completed", True)


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
def test_missing_fields_are_named(
    client: Client, inquiry: Inquiry, missing: list[str], status: int
) -> None:
    answer = ask(client, {name: inquiry[name] for name in inquiry if name not in missing})
    assert answer.status_code == status
    assert answer.json()["data"]["errors"] == {"validation": dict.fromkeys(missing, REQUIRED)}


@pytest.mark.parametrize("npi", ["3", "1234567890", "12345678931", "123456789x", 3, "١٢٣٤٥٦٧٨٩٣"])
def test_an_npi_must_pass_its_check_digit(client: Client, inquiry: Inquiry, npi: object) -> None:
    inquiry["provider"]["npi"] = npi
    answer = ask(client, inquiry)
    assert answer.status_code == 422
    assert list(answer.json()["data"]["errors"]["validation"]["provider"]) == ["npi"]


@pytest.mark.parametrize("body", ["text", [1], 3, True])
def test_a_body_that_is_no_object_is_invalid(client: Client, body: object) -> None:
    answer = ask(client, body)
    assert (answer.status_code, list(answer.json()["data"]["errors"])) == (422, ["validation"])


@pytest.mark.parametrize("raw", [b"{", b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_json_is_invalid(client: Client, raw: bytes) -> None:
    assert client.api("POST", "/eligibility/", data=raw).status_code == 422


@pytest.mark.parametrize("payer", ["NOPE", "", 7, ["MOCKPAYER"]])
def test_an_unknown_payer_has_no_configuration(
    client: Client, inquiry: Inquiry, payer: object
) -> None:
    answer = ask(client, {**inquiry, "trading_partner_id": payer})
    assert answer.status_code == 400
    if payer != "":
        assert answer.json()["data"]["errors"]["query"] == (
            "Unable to find configuration for "
            f"trading_partner_id: {payer}, transaction_set_name: eligibility"
        )


def test_the_content_type_may_be_missing(client: Client, inquiry: Inquiry) -> None:
    answer = client.api("POST", "/eligibility/", data=json.dumps(inquiry).encode())
    assert answer.status_code == 200


def test_the_constants_list_service_types(client: Client) -> None:
    answer = client.api("GET", "/eligibility/constants").json()
    assert answer["data"]["service_types"]["health_benefit_plan_coverage"] == "30"
    assert "credits_billed" not in answer["meta"]


def test_trading_partners_are_paged(client: Client) -> None:
    answer = client.api("GET", "/tradingpartners/").json()
    assert (len(answer["data"]), "next" in answer["meta"]) == (20, True)
    assert "result_count" not in answer["meta"]


def test_a_trading_partner_has_details(client: Client) -> None:
    data = client.api("GET", "/tradingpartners/MOCKPAYER").json()["data"]
    assert (data["id"], data["supported_transactions"]) == (
        "MOCKPAYER",
        ["270", "276", "278", "837"],
    )
    assert data["monitoring"]["eligibility"]["status"] == "available"
    assert "primary_search" in data["supported_search_options"]


def test_an_unknown_trading_partner_is_an_empty_object(client: Client) -> None:
    answer = client.api("GET", "/tradingpartners/NOPE")
    assert (answer.status_code, answer.json()["data"]) == (200, {})


def test_payers_are_all_on_one_page(client: Client) -> None:
    answer = client.api("GET", "/payers/").json()
    assert len(answer["data"]) > 20
    assert answer["data"][0]["trading_partner_id"] == "MOCKPAYER"
    assert "next" not in answer["meta"]
