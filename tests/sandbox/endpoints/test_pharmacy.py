"""Pharmacy: formularies, plans and drug costs, and the paths of drafts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from pokitdok_session import PokitDokSession
from pokitdok_session.errors import NotFound, TradingPartnerError, ValidationError

MEDICARE = "medicare_national"
PLAN = "S0000003"


def test_formulary_row_has_documented_fields(session: PokitDokSession) -> None:
    reply = session.pharmacy_formulary(MEDICARE, plan_number=PLAN, drug="simvastatin 10 mg")
    [row] = reply.data
    assert (row["drug"], row["tier"], row["tier_name"]) == (
        "simvastatin 10 mg tablet",
        1,
        "Preferred Generic",
    )
    assert "statins" in row["drug_class"]
    assert (row["prior_auth"], row["step_therapy"], row["quantity_limit"]) == (False,) * 3
    assert row["retail"] == {
        "oop_30_day": {"amount": "1.00", "currency": "USD"},
        "total_cost_30_day": {"amount": "3.60", "currency": "USD"},
        "ins_pay_30_day": {"amount": "2.60", "currency": "USD"},
    }
    assert row["mail"].keys() == {"oop_90_day", "total_cost_90_day", "ins_pay_90_day"}
    assert "plan" not in row
    assert (reply.meta["result_count"], reply.meta["credits_billed"]) == (1, 1)


def test_formulary_copay_is_at_most_the_cost(session: PokitDokSession) -> None:
    [row] = session.pharmacy_formulary(MEDICARE, plan_number="S0000004", drug="lisinopril").data
    assert row["retail"]["oop_30_day"] == row["retail"]["total_cost_30_day"]
    assert row["retail"]["ins_pay_30_day"]["amount"] == "0.00"


def test_formulary_row_has_limit_if_any(session: PokitDokSession) -> None:
    [row] = session.pharmacy_formulary(MEDICARE, plan_number=PLAN, drug="zolpidem").data
    assert (row["quantity_limit"], row["limit_amount"], row["limit_days"]) == (
        True,
        "30 tablets",
        30,
    )


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"drug": "Simvastatin"}, 2),
        ({"drug": "simvastatin 40 mg tablet"}, 1),
        ({"drug": "simvastatin capsule"}, 0),
        ({"drug_class": "statins"}, 3),
        ({"drug_class": "statin"}, 0),
        ({"ndc": "00000000501"}, 1),
        ({"rxcui": "900201"}, 1),
    ],
)
def test_formulary_finds_by_name_class_and_code(
    session: PokitDokSession, query: dict[str, Any], count: int
) -> None:
    for plan in ({"plan_number": PLAN}, {"plan_name": "rx saver"}):
        assert len(session.pharmacy_formulary(MEDICARE, **plan, **query).data) == count


@pytest.mark.parametrize(
    "ask",
    [{"include_plans": True}, {"params": {"include": "plan"}}, {"include_plans": "True"}],
)
def test_formulary_includes_plan_if_requested(
    session: PokitDokSession, ask: dict[str, Any]
) -> None:
    [row] = session.pharmacy_formulary(MEDICARE, plan_number=PLAN, drug="metformin", **ask).data
    assert row["plan"] == session.pharmacy_plans(MEDICARE, plan_number=PLAN).data[0]


def test_plans_list_has_copays_and_coinsurances(session: PokitDokSession) -> None:
    [plan] = session.pharmacy_plans(MEDICARE, plan_number=PLAN).data
    assert (plan["plan_number"], plan["trading_partner_id"]) == (PLAN, MEDICARE)
    for name in ("premium", "deductible", "initial_coverage_limit"):
        assert plan[name]["currency"] == "USD"
    retail = plan["retail"]
    assert retail["tier_one_30_day_copay"] == {"amount": "1.00", "currency": "USD"}
    assert retail["tier_five_30_day_coins"] == "0.25"
    assert plan["mail"]["tier_three_90_day_copay"]["amount"] == "95.00"


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ({"plan_name": "Example"}, ["S0000003", "S0000004"]),
        ({"plan_name": "Rx", "zipcode": "94401"}, ["S0001001"]),
        ({"plan_number": PLAN, "zipcode": "94401"}, []),
        ({"plan_number": "S9999999"}, []),
    ],
)
def test_plans_found_by_name_number_and_zip_code(
    session: PokitDokSession, query: dict[str, Any], numbers: list[str]
) -> None:
    plans = session.pharmacy_plans(MEDICARE, **query).data
    assert [plan["plan_number"] for plan in plans] == numbers


def test_drug_costs_are_rows_with_label_name(session: PokitDokSession) -> None:
    [cost] = session.pharmacy_drug_cost(MEDICARE, PLAN, drug="metformin").data
    [row] = session.pharmacy_formulary(MEDICARE, plan_number=PLAN, drug="metformin").data
    assert cost == {
        "label_name": "metformin 500 mg tablet",
        "retail": row["retail"],
        "mail": row["mail"],
    }
    for side, days in (("retail", 30), ("mail", 90)):
        paid = {name: Decimal(money["amount"]) for name, money in cost[side].items()}
        total = paid[f"total_cost_{days}_day"]
        assert paid[f"oop_{days}_day"] + paid[f"ins_pay_{days}_day"] == total


def test_draft_paths_have_the_same_responses(session: PokitDokSession) -> None:
    body = {"trading_partner_id": MEDICARE, "plan_number": PLAN, "drug": "metformin"}
    rows = session.pharmacy_formulary(**body).data
    assert session.call("POST", "/pharmacy/formulary/", json=body).data == rows
    included = session.call("POST", "/pharmacy/formulary/", json={**body, "include_plans": True})
    assert "plan" in included.data[0]
    costs = session.pharmacy_drug_cost(**body).data
    assert session.call("POST", "/pharmacy/drugcost", json=body).data == costs
    assert session.call("GET", "/pharmacy/drugcost", params=body).data == costs
    [plan] = session.pharmacy_plans(MEDICARE, plan_number=PLAN).data
    which = {"trading_partner_id": MEDICARE, "plan_number": PLAN}
    assert session.call("GET", "/pharmacy/plan", params=which).data == plan
    assert session.call("POST", "/pharmacy/plan/", json=which).data == plan
    with pytest.raises(NotFound):
        session.call("GET", "/pharmacy/plan", params={**which, "plan_number": "S9999999"})


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"trading_partner_id": "", "plan_number": PLAN, "drug": "x"}, "trading_partner_id"),
        ({"drug": "metformin"}, "plan_number"),
        ({"plan_number": "", "drug": "metformin"}, "plan_number"),
        ({"plan_number": PLAN}, "drug"),
        ({"plan_number": PLAN, "drug": "x", "include_plans": "some"}, "include_plans"),
    ],
)
def test_formulary_invalid_parameter_is_named(
    session: PokitDokSession, query: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        session.pharmacy_formulary(**{"trading_partner_id": MEDICARE, **query})
    assert list(caught.value.errors) == [field]
    assert caught.value.response.status_code == 422


def test_plans_and_costs_require_a_plan(session: PokitDokSession) -> None:
    for ask in (
        lambda: session.pharmacy_plans(MEDICARE),
        lambda: session.pharmacy_drug_cost(MEDICARE, drug="metformin"),
        lambda: session.pharmacy_drug_cost(MEDICARE, PLAN),
    ):
        with pytest.raises(ValidationError):
            ask()


def test_pharmacy_other_trading_partner_is_refused(session: PokitDokSession) -> None:
    with pytest.raises(TradingPartnerError):
        session.pharmacy_plans("MOCKPAYER", plan_number=PLAN)
