"""Claims and their status: the delay, rejections, payments."""

from __future__ import annotations

from typing import Any

import pytest

from support.plain_client import Client

Claim = dict[str, Any]


def submit(client: Client, claim: Claim) -> dict[str, Any]:
    response = client.api("POST", "/claims/", json=claim)
    assert response.status_code == 200, response.text
    return response.json()["data"]  # type: ignore[no-any-return]


def look(client: Client, activity: dict[str, Any]) -> dict[str, Any]:
    return client.api("GET", f"/activities/{activity['id']}").json()["data"]  # type: ignore[no-any-return]


def test_claim_new_is_scheduled(client: Client, claim: Claim) -> None:
    response = client.api("POST", "/claims/", json=claim).json()
    sent = response["data"]
    assert (response["meta"]["activity_id"], response["meta"]["credits_billed"]) == (sent["id"], 1)
    assert (sent["name"], sent["trading_partner_id"]) == ("claims", "MOCKPAYER")
    assert sent["state"]["name"] == "scheduled"
    assert [state["name"] for state in sent["history"]] == ["init"]
    assert sent["remaining_transitions"] == sent["transition_path"][1:]


def test_claim_parameters_are_request_plus_platform_fields(client: Client, claim: Claim) -> None:
    shown = submit(client, claim)["parameters"]
    assert shown["subscriber"] == {**claim["subscriber"], "payer_responsibility": "primary"}
    assert shown["claim"]["service_lines"][0]["unit_type"] == "units"
    assert shown["claim"]["total_charge_amount"] == "60.0"
    assert shown["claim"]["service_lines"][0]["unit_count"] == "1.0"
    assert shown["claim"]["place_of_service"] == "office"
    assert shown["submitter"]["id"] == "POKITDOKTEST"
    assert shown["receiver"] == {"id": "MOCKRECEIVER", "organization_name": "MOCKRECEIVER"}
    assert len(shown["correlation_id"]) == 36


def test_claim_is_processed_after_five_minutes(client: Client, claim: Claim) -> None:
    sent = submit(client, claim)
    client.sandbox.clock.advance(295)
    assert look(client, sent)["state"]["name"] == "scheduled"
    client.sandbox.clock.advance(5)
    done = look(client, sent)
    assert (done["state"]["name"], done["tracking_description"]) == ("completed", "acknowledged")
    passed = [state["name"] for state in done["history"]]
    assert passed == (
        [
            "init",
            "scheduled",
            "generating",
            "stored",
            "transmitting",
            "waiting",
            "receiving",
            "processing",
        ]
    )
    status = done["result"]["patient"]["claim_level_info"]["statuses"][0]
    assert (status["action"], status["status_category_code"]) == ("accept", "A2")


def test_claim_transitions_can_be_watched(
    client: Client, claim: Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client.sandbox.options, "transition_delay", 10)
    sent = submit(client, claim)
    client.sandbox.clock.advance(300)
    states = []
    for _ in range(7):
        states.append(look(client, sent)["state"]["name"])
        client.sandbox.clock.advance(10)
    assert states == (
        ["generating", "stored", "transmitting", "waiting", "receiving", "processing", "completed"]
    )


@pytest.mark.parametrize(
    ("member", "diagnosis", "reason"),
    [
        ("00001234", "J10.1", "not eligible for benefits"),
        ("00009999", "J10.1", "date of birth"),
        ("W000000000", "I69.91", "not specific enough"),
        ("W000000000", "I11.945", "not valid on the date"),
    ],
)
def test_claim_documented_ids_and_codes_are_rejected(
    client: Client, claim: Claim, member: str, diagnosis: str, reason: str
) -> None:
    claim["subscriber"]["member_id"] = member
    claim["claim"]["service_lines"][0]["diagnosis_codes"] = [diagnosis]
    sent = submit(client, claim)
    client.sandbox.clock.advance(300)
    done = look(client, sent)
    assert (done["state"]["name"], done["tracking_description"]) == ("rejected", "rejected")
    status = done["result"]["patient"]["claim_level_info"]["statuses"][0]
    assert (status["action"], status["status_category_code"]) == ("reject", "A7")
    assert reason in status["status_code"]


@pytest.mark.parametrize("field", ["transaction_code", "billing_provider"])
def test_claim_missing_field_is_named(client: Client, claim: Claim, field: str) -> None:
    del claim[field]
    response = client.api("POST", "/claims/", json=claim)
    assert response.status_code == 422
    assert response.json()["data"]["errors"] == {"validation": {field: ["This field is required."]}}


def test_claim_missing_field_of_person_is_named(client: Client, claim: Claim) -> None:
    del claim["subscriber"]["last_name"]
    claim["patient"] = "nobody"
    response = client.api("POST", "/claims/", json=claim)
    assert response.json()["data"]["errors"]["validation"] == {
        "subscriber": {"last_name": ["This field is required."]},
        "patient": ["Expected an object."],
    }


ADJUSTMENT = {"group": "contractual_obligations", "reason": "45", "amount": "1"}
OTHER_PAYER = {
    "subscriber": {
        "first_name": "Z",
        "last_name": "Q",
        "member_id": "W1",
        "relationship": "spouse",
    },
    "payer": {"organization_name": "Other", "id": "OTHER"},
    "adjustments": [ADJUSTMENT] * 5,
}


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"claim": {"place_of_service": "Office"}}, ["claim", "place_of_service"]),
        ({"claim": {"claim_frequency": "corrected"}}, ["claim"]),
        ({"claim": {"related_causes_code": "auto_accident"}}, ["claim"]),
        ({"claim": {"referring_provider": {"tax_id": "1"}}}, ["claim", "referring_provider"]),
        ({"claim": {"service_lines": [{"unit_type": "hours"}]}}, ["claim", "service_lines"]),
        ({"subscriber": {"payer_responsibility": "first"}}, ["subscriber", "payer_responsibility"]),
        ({"coordination_of_benefits": {**OTHER_PAYER, "payer": {}}}, ["coordination_of_benefits"]),
        ({"coordination_of_benefits": [{}]}, ["coordination_of_benefits"]),
        (
            {"coordination_of_benefits": {**OTHER_PAYER, "adjustments": [ADJUSTMENT] * 6}},
            ["coordination_of_benefits", "adjustments"],
        ),
    ],
    ids=lambda value: ".".join(value) if isinstance(value, list) else "",
)
def test_claim_value_that_is_not_documented_is_named(
    client: Client, claim: Claim, change: dict[str, Any], path: list[str]
) -> None:
    for name, value in change.items():
        claim[name] = {**claim.get(name, {}), **value} if isinstance(value, dict) else value
    response = client.api("POST", "/claims/", json=claim)
    errors = response.json()["data"]["errors"]["validation"]
    assert response.status_code == 422
    for name in path:
        assert list(errors) == [name]
        errors = errors[name]


@pytest.mark.parametrize("others", [OTHER_PAYER, [OTHER_PAYER, OTHER_PAYER]])
def test_claim_with_other_payers_is_accepted(client: Client, claim: Claim, others: object) -> None:
    claim["claim"] |= {"claim_frequency": "corrected", "original_reference_number": "A1"}
    assert submit(client, {**claim, "coordination_of_benefits": others})["id"]


def test_claim_unknown_fields_are_the_only_errors(client: Client, claim: Claim) -> None:
    del claim["transaction_code"]
    response = client.api("POST", "/claims/", json={**claim, "colour": "red", "size": 3})
    body = response.json()
    assert response.status_code == 422
    assert body["data"]["errors"]["validation"] == {"colour": "Rogue field", "size": "Rogue field"}
    assert not {"activity_id", "credits_billed"} & set(body["meta"])


def test_claim_without_only_payer_is_400(client: Client, claim: Claim) -> None:
    del claim["trading_partner_id"]
    response = client.api("POST", "/claims/", json=claim)
    assert response.status_code == 400
    assert response.json()["data"]["errors"]["validation"] == {
        "trading_partner_id": ["This field is required."]
    }


@pytest.mark.parametrize("url", ["http://example.com/", "https://", "ftp://localhost/", 7, "x"])
def test_claim_callback_url_must_be_https_or_local(
    client: Client, claim: Claim, url: object
) -> None:
    response = client.api("POST", "/claims/", json={**claim, "callback_url": url})
    assert response.status_code == 422
    assert list(response.json()["data"]["errors"]["validation"]) == ["callback_url"]


def test_claim_mock_payment_requires_callback_url(client: Client, claim: Claim) -> None:
    claim["application_data"] = {"mock_claim_payment": True}
    response = client.api("POST", "/claims/", json=claim)
    assert response.json()["data"]["errors"]["validation"] == {
        "callback_url": ["This field is required."]
    }


@pytest.fixture
def inquiry() -> dict[str, Any]:
    return {
        "trading_partner_id": "MOCKPAYER",
        "provider": {"npi": "1234567893"},
        "patient": {"id": "W1", "first_name": "Zephyrine", "last_name": "Quillfeather"},
        "service_date": "2030-01-02",
    }


def test_claims_status_returns_the_paid_claim(client: Client, inquiry: dict[str, Any]) -> None:
    data = client.api("POST", "/claims/status", json=inquiry).json()["data"]
    [found] = data["patient"]["claims"]
    assert (found["tracking_id"], found["service_date"]) == ("E1TWCYYMF", "2030-01-02")
    assert data["providers"] == [inquiry["provider"]]


def test_claims_status_repeats_application_data(client: Client, inquiry: dict[str, Any]) -> None:
    inquiry["application_data"] = {"ticket": "T-0001"}
    data = client.api("POST", "/claims/status", json=inquiry).json()["data"]
    assert data["application_data"] == {"ticket": "T-0001"}


def test_claims_status_adds_result_to_named_claim(
    client: Client, claim: Claim, inquiry: dict[str, Any]
) -> None:
    sent = submit(client, claim)
    client.sandbox.clock.advance(300)
    client.api("POST", "/claims/status", json={**inquiry, "claims_activity_id": sent["id"]})
    assert len(look(client, sent)["result_history"]) == 2


def test_claims_status_can_be_asynchronous(client: Client, inquiry: dict[str, Any]) -> None:
    asked = client.api("POST", "/claims/status", json={**inquiry, "async": True}).json()["data"]
    assert (asked["_type"], "result" in asked) == ("PlatformActivityModel", False)
    client.sandbox.clock.advance(1)
    done = look(client, asked)
    assert (done["state"]["name"], "patient" in done["result"]) == ("completed", True)


@pytest.mark.parametrize(
    "change",
    [
        {"claim": {"service_lines": [{"diagnosis_codes": 5}]}},
        {"claim": {"service_lines": [{"diagnosis_codes": [{}]}]}},
        {"subscriber": {"first_name": "Z", "last_name": "Q", "member_id": [{}]}},
    ],
)
def test_claim_odd_but_valid_is_completed(client: Client, claim: Claim, change: Claim) -> None:
    sent = client.api("POST", "/claims/", json={**claim, **change}).json()["data"]
    client.sandbox.clock.advance(300)
    done = client.api("GET", f"/activities/{sent['id']}").json()["data"]
    assert done["state"]["name"] == "completed"


def test_claim_status_of_a_payer_without_that_transaction_is_refused(client: Client) -> None:
    body = {
        "trading_partner_id": "SANDBOX_PAYER_01",
        "provider": {"npi": "1234567893"},
        "patient": {"id": "W000000000"},
    }
    response = client.api("POST", "/claims/status", json=body)
    assert response.status_code == 400
    assert response.json()["data"]["errors"]["query"] == (
        "Unable to find configuration for "
        "trading_partner_id: SANDBOX_PAYER_01, transaction_set_name: claims_status"
    )
