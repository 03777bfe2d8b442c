"""Pharmacy: formularies and plans of Medicare Part D, and what drugs cost under them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..data.pharmacies import (
    DRUGS,
    INITIAL_COVERAGE_LIMIT,
    MEDICARE,
    PLANS,
    TIER_NAMES,
    TIER_WORDS,
    Drug,
    Plan,
)
from ..server.call import Call, Page
from ..server.responses import NotFound, UnknownTradingPartner, ValidationError
from ..server.routing import Family
from ..server.schema import REQUIRED, Check, Schema, matching

api = Family("pharmacy")

boolean: Check = matching("(?i:true|false)", "Must be true or false.")


@api.get("/pharmacy/formulary", name="pharmacy_formulary")
def formulary(call: Call) -> Page:
    """What plans cover of drugs, with tiers, limits and prices of the initial coverage phase."""
    asked = read_parameters(call)
    plans = _plans(asked)
    drugs = _drugs(asked, "drug", "drug_class", "ndc", "rxcui")
    with_plan = is_true(asked, "include_plans") or asked.get("include") == "plan"
    rows = []
    for plan in plans:
        for drug in drugs:
            row: dict[str, Any] = {
                "drug": drug.name,
                "drug_class": list(drug.classes),
                "tier": drug.tier,
                "tier_name": TIER_NAMES[drug.tier],
                "prior_auth": drug.prior_auth,
                "step_therapy": drug.step_therapy,
                "quantity_limit": drug.limit is not None,
                **_prices(drug, plan),
            }
            if drug.limit is not None:
                row["limit_amount"], row["limit_days"] = drug.limit
            rows.append({**row, "plan": _shown(plan)} if with_plan else row)
    return Page(rows, counted=True)


@api.get("/pharmacy/plans", name="pharmacy_plans")
def plans(call: Call) -> Page:
    """A list, as documented since 2016; a recording of May of that year had an object."""
    return Page([_shown(plan) for plan in _plans(read_parameters(call))])


@api.get("/pharmacy/plan", name="pharmacy_plan")
def plan(call: Call) -> Any:
    """One plan, in a draft; how it answered for an unknown one was never recorded."""
    found = _plans(read_parameters(call))
    if not found:
        raise NotFound("plan")
    return _shown(found[0])


@api.get("/pharmacy/drug/cost", name="pharmacy_drug_cost")
def drug_cost(call: Call) -> Page:
    """What became part of the formulary."""
    asked = read_parameters(call)
    plans = _plans(asked)
    drugs = _drugs(asked, "drug", "ndc")
    return Page([{"label_name": one.name, **_prices(one, plan)} for plan in plans for one in drugs])


# The drafts before: first a POST, and another path.
api.post("/pharmacy/formulary/", name="pharmacy_formulary")(formulary)
api.post("/pharmacy/plan/", name="pharmacy_plan")(plan)
api.get("/pharmacy/drugcost", name="pharmacy_drug_cost")(drug_cost)
api.post("/pharmacy/drugcost", name="pharmacy_drug_cost")(drug_cost)


def read_parameters(call: Call, **checks: Check) -> dict[str, str]:
    """The parameters, be they in the query or, as in the drafts, in a body."""
    body = call.validate(Schema()) if call.body is not None else {}
    sent = {**call.query, **body}
    asked = {name: str(value) for name, value in sent.items() if value not in (None, "")}
    schema = Schema(("trading_partner_id",), checks={"include_plans": boolean, **checks})
    wrong = schema.errors(asked)
    if wrong:
        raise ValidationError(wrong)
    if asked["trading_partner_id"] != MEDICARE:
        raise UnknownTradingPartner(asked["trading_partner_id"], "pharmacy")
    return asked


def is_true(asked: Mapping[str, str], name: str, *, usual: str = "false") -> bool:
    return asked.get(name, usual).lower() == "true"


def _plans(asked: Mapping[str, str]) -> list[Plan]:
    if not (asked.get("plan_number") or asked.get("plan_name")):
        raise ValidationError({"plan_number": [REQUIRED]})
    return [
        plan
        for plan in PLANS.values()
        if asked.get("plan_number", plan.number).upper() == plan.number
        and asked.get("plan_name", "").casefold() in plan.name.casefold()
        and asked.get("zipcode", plan.zipcodes[0]) in plan.zipcodes
    ]


def _drugs(asked: Mapping[str, str], *names: str) -> list[Drug]:
    """Those that fit; of a name, strength and form may be left out."""
    if not any(asked.get(name) for name in names):
        raise ValidationError({names[0]: [REQUIRED]})
    return [
        drug
        for drug in DRUGS
        if set(asked.get("drug", "").casefold().split()) <= set(drug.name.casefold().split())
        and asked.get("drug_class", drug.classes[0]).casefold() in drug.classes
        and asked.get("ndc", drug.ndc) == drug.ndc
        and asked.get("rxcui", drug.rxcui) == drug.rxcui
    ]


def _money(amount: float) -> dict[str, str]:
    return {"amount": f"{amount:.2f}", "currency": "USD"}


def _copay(plan: Plan, tier: int) -> float | None:
    """Dollars for thirty days; None where a fraction is due."""
    return plan.copays[tier - 1] if tier <= len(plan.copays) else None


def _coinsurance(plan: Plan, tier: int) -> float:
    return plan.coinsurances[tier - len(plan.copays) - 1]


def patient_pays(drug: Drug, plan: Plan, cost: float, *, mail: bool = False) -> float:
    """Never more than the drug costs."""
    copay = _copay(plan, drug.tier)
    if copay is None:
        return round(cost * _coinsurance(plan, drug.tier), 2)
    return min(cost, copay * (plan.mail if mail else 1))


def _prices(drug: Drug, plan: Plan) -> dict[str, Any]:
    """Money, as in the samples; the table said strings."""
    retail, mail = drug.monthly, drug.monthly * 3
    pays, pays_by_mail = patient_pays(drug, plan, retail), patient_pays(drug, plan, mail, mail=True)
    return {
        "retail": {
            "oop_30_day": _money(pays),
            "total_cost_30_day": _money(retail),
            "ins_pay_30_day": _money(retail - pays),
        },
        "mail": {
            "oop_90_day": _money(pays_by_mail),
            "total_cost_90_day": _money(mail),
            "ins_pay_90_day": _money(mail - pays_by_mail),
        },
    }


def _tiers(plan: Plan, days: int, factor: float) -> Iterator[tuple[str, Any]]:
    for tier, word in TIER_WORDS.items():
        copay = _copay(plan, tier)
        if copay is None:
            yield f"tier_{word}_{days}_day_coins", str(_coinsurance(plan, tier))
        else:
            yield f"tier_{word}_{days}_day_copay", _money(copay * factor)


def _shown(plan: Plan) -> dict[str, Any]:
    return {
        "plan_name": plan.name,
        "plan_number": plan.number,
        "trading_partner_id": MEDICARE,
        "zipcodes": list(plan.zipcodes),
        "premium": {"amount": plan.premium, "currency": "USD"},
        "deductible": {"amount": plan.deductible, "currency": "USD"},
        "initial_coverage_limit": {"amount": INITIAL_COVERAGE_LIMIT, "currency": "USD"},
        "retail": dict(_tiers(plan, 30, 1)),
        "mail": dict(_tiers(plan, 90, plan.mail)),
    }
