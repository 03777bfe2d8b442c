"""Out of pocket: prices are loaded, read, listed, deleted, and used in estimates."""

from __future__ import annotations

from typing import Any

import pytest

from pokitdok_session import PokitDokSession
from pokitdok_session.errors import NotFound, TradingPartnerError, ValidationError
from pokitdok_session.sandbox import Sandbox

BUNDLE = ["81291", "99385"]
PRICE = {
    "trading_partner_id": "MOCKPAYER",
    "cpt_bundle": BUNDLE,
    "price": {"amount": "1300.00", "currency": "USD"},
}
WHO = {
    "provider": {"npi": "1234567893", "organization_name": "Thistledown Clinic"},
    "member": {
        "id": "W000000000",
        "first_name": "Zephyrine",
        "last_name": "Quillfeather",
        "birth_date": "1970-01-25",
    },
}
ASKED = {"trading_partner_id": "MOCKPAYER", "cpt_bundle": BUNDLE, "eligibility": WHO}


def test_price_loaded_can_be_read_and_listed(session: PokitDokSession) -> None:
    loaded = session.oop_insurance_prices(PRICE).data
    assert PRICE.items() <= loaded.items()
    assert loaded["client_id"] == session.client_id
    assert session.oop_insurance_loaded_prices(loaded["uuid"]).data == loaded
    assert session.oop_insurance_loaded_prices().data == [loaded]
    without_price = {name: PRICE[name] for name in ("trading_partner_id", "cpt_bundle")}
    assert session.oop_insurance_prices(without_price).data == loaded


def test_price_default_currency_is_dollars(
    session: PokitDokSession,
) -> None:
    loaded = session.oop_insurance_prices({**PRICE, "price": {"amount": 60.0}}).data
    assert loaded["price"] == {"amount": "60.0", "currency": "USD"}


def test_price_loaded_again_is_replaced(session: PokitDokSession) -> None:
    first = session.oop_insurance_prices(PRICE).data
    again = {**PRICE, "cpt_bundle": BUNDLE[::-1], "price": {"amount": "9"}}
    assert session.oop_insurance_prices(again).data["uuid"] == first["uuid"]
    assert [price["price"]["amount"] for price in session.oop_insurance_loaded_prices().data] == [
        "9"
    ]


def test_prices_are_paged(session: PokitDokSession) -> None:
    for code in ("99213", "99214", "99215"):
        session.oop_insurance_prices({**PRICE, "cpt_bundle": [code]})
    pages = session.oop_insurance_loaded_prices(limit=2, offset=2).data
    assert [price["cpt_bundle"] for price in pages] == [["99215"]]


def test_price_lookup_without_price_is_404(session: PokitDokSession) -> None:
    with pytest.raises(NotFound):
        session.oop_insurance_prices({"trading_partner_id": "MOCKPAYER", "cpt_bundle": BUNDLE})


@pytest.mark.parametrize("body", [None, {"reason": "old"}])
def test_price_deleted_is_404(session: PokitDokSession, body: dict[str, Any] | None) -> None:
    uuid = session.oop_insurance_prices(PRICE).data["uuid"]
    deleted = session.oop_insurance_delete_price(uuid, body)
    assert (deleted.response.status_code, deleted.data) == (200, {})
    assert session.oop_insurance_loaded_prices().data == []
    for ask in (session.oop_insurance_loaded_prices, session.oop_insurance_delete_price):
        with pytest.raises(NotFound):
            ask(uuid)


def test_price_is_visible_only_to_its_application(
    session: PokitDokSession, sandbox: Sandbox
) -> None:
    uuid = session.oop_insurance_prices(PRICE).data["uuid"]
    with sandbox.session() as other, pytest.raises(NotFound):
        other.oop_insurance_loaded_prices(uuid)


def test_estimate_uses_loaded_price_in_any_bundle_order(
    session: PokitDokSession,
) -> None:
    session.oop_insurance_prices({**PRICE, "price": {"amount": "4000"}})
    reply = session.oop_insurance_estimate({**ASKED, "cpt_bundle": BUNDLE[::-1]})
    calculation = reply.data["calculation"]
    assert calculation["price"] == {"amount": "4000", "currency": "USD"}
    assert calculation["low_price"] == calculation["high_price"] == calculation["price"]
    # The remaining deductible, then 0 or 50 %, at most the remaining maximum.
    assert (calculation["deductible"], calculation["max_oop"]) == ("2983.57", "2983.57")
    assert calculation["coinsurance"] == ["0.0", "0.5"]
    assert calculation["estimate"] == ["2984", "2984"]
    assert calculation["service_type_codes"] == [["98"], ["98"]]
    assert "deductible" in calculation["messages"][0]
    assert reply.meta["credits_billed"] == 1


def test_estimate_below_deductible_is_the_whole_price(
    session: PokitDokSession,
) -> None:
    session.oop_insurance_prices({**PRICE, "price": {"amount": "130.3855"}})
    calculation = session.oop_insurance_estimate(ASKED).data["calculation"]
    for name in ("estimate", "lower_estimate", "upper_estimate"):
        assert calculation[name] == ["130", "130"]


def test_estimate_includes_eligibility(session: PokitDokSession) -> None:
    session.oop_insurance_prices(PRICE)
    estimated = session.oop_insurance_estimate(ASKED).data["eligibility"]
    asked = session.eligibility({"trading_partner_id": "MOCKPAYER", **WHO}).data
    for part in ("subscriber", "provider", "payer", "coverage", "summary", "valid_request"):
        assert estimated[part] == asked[part]


@pytest.mark.parametrize(
    "who",
    [{}, {"member": WHO["member"]}, {"provider": WHO["provider"], "member": None}],
)
def test_estimate_without_member_uses_whole_limits(
    session: PokitDokSession, who: dict[str, Any]
) -> None:
    session.oop_insurance_prices({**PRICE, "price": {"amount": "4000"}})
    calculation = session.oop_insurance_estimate({**ASKED, "eligibility": who}).data["calculation"]
    assert (calculation["deductible"], calculation["estimate"]) == ("3000", ["3000", "3000"])


def test_estimate_without_price_uses_regional_index(session: PokitDokSession) -> None:
    calculation = session.oop_insurance_estimate({**ASKED, "zip_code": "29401"}).data["calculation"]
    expected = 0.0
    for code in BUNDLE:
        for row in session.insurance_prices(code, "29401").data["amounts"]:
            if (row["payer_type"], row["payment_type"]) == ("insurance", "allowed"):
                expected += row["average_price"]
    amounts = [float(calculation[name]["amount"]) for name in ("low_price", "price", "high_price")]
    assert amounts[1] == pytest.approx(expected)
    assert amounts == sorted(amounts)
    estimates = [int(calculation[f"{name}estimate"][0]) for name in ("lower_", "", "upper_")]
    assert estimates == sorted(estimates)


def test_estimate_accepts_service_type_codes(session: PokitDokSession) -> None:
    session.oop_insurance_prices(PRICE)
    assert session.oop_insurance_estimate({**ASKED, "service_type_codes": ["30"]}).data


def test_estimate_without_any_price_is_invalid(session: PokitDokSession) -> None:
    with pytest.raises(ValidationError) as caught:
        session.oop_insurance_estimate(ASKED)
    assert list(caught.value.errors) == ["zip_code"]


@pytest.mark.parametrize(
    ("change", "field", "status"),
    [
        ({"trading_partner_id": None}, "trading_partner_id", 400),
        ({"cpt_bundle": None}, "cpt_bundle", 422),
        ({"cpt_bundle": []}, "cpt_bundle", 422),
        ({"cpt_bundle": "99385"}, "cpt_bundle", 422),
        ({"cpt_bundle": ["99385", {}]}, "cpt_bundle", 422),
        ({"cpt": ["99385"]}, "cpt", 422),
    ],
)
def test_price_invalid_field_is_named(
    session: PokitDokSession, change: dict[str, Any], field: str, status: int
) -> None:
    for send, body in (
        (session.oop_insurance_prices, PRICE),
        (session.oop_insurance_estimate, ASKED),
    ):
        with pytest.raises(ValidationError) as caught:
            send({**body, **change})
        assert list(caught.value.errors) == [field]
        assert caught.value.response.status_code == status


@pytest.mark.parametrize(
    "price",
    [
        {"currency": "USD"},
        {"amount": "much"},
        {"amount": "-1"},
        {"amount": "NaN"},
        {"amount": "1", "currency": "$"},
        "60",
    ],
)
def test_price_not_an_amount_is_invalid(session: PokitDokSession, price: object) -> None:
    with pytest.raises(ValidationError):
        session.oop_insurance_prices({**PRICE, "price": price})


def test_estimate_provider_requires_npi(session: PokitDokSession) -> None:
    with pytest.raises(ValidationError) as caught:
        session.oop_insurance_estimate({**ASKED, "eligibility": {"provider": {"npi": "3"}}})
    assert list(caught.value.errors) == ["eligibility.provider.npi"]


def test_price_unknown_payer_is_refused(session: PokitDokSession) -> None:
    for send, body in (
        (session.oop_insurance_prices, PRICE),
        (session.oop_insurance_estimate, ASKED),
    ):
        with pytest.raises(TradingPartnerError):
            send({**body, "trading_partner_id": "NOPE"})
