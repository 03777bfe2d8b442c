"""Pharmacy: formularies and plans of Medicare Part D, and the prices of drugs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..data.money import money
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
    """List tiers, limits and prices of drugs per plan, in the initial coverage phase."""
    params = read_parameters(call)
    plans = _plans(params)
    drugs = _drugs(params, "drug", "drug_class", "ndc", "rxcui")
    with_plan = is_true(params, "include_plans") or params.get("include") == "plan"
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
            rows.append({**row, "plan": _plan_json(plan)} if with_plan else row)
    return Page(rows, counted=True)


@api.get("/pharmacy/plans", name="pharmacy_plans")
def plans(call: Call) -> Page:
    """Return a list, as documented since 2016; in May 2016 the service returned an object."""
    return Page([_plan_json(plan) for plan in _plans(read_parameters(call))])


@api.get("/pharmacy/plan", name="pharmacy_plan", invented="the response")
def plan(call: Call) -> Any:
    found = _plans(read_parameters(call))
    if not found:
        raise NotFound("plan")
    return _plan_json(found[0])


@api.get("/pharmacy/drug/cost", name="pharmacy_drug_cost")
def drug_cost(call: Call) -> Page:
    """List prices of drugs, which later became a part of the formulary."""
    params = read_parameters(call)
    plans = _plans(params)
    drugs = _drugs(params, "drug", "ndc")
    return Page(
        [{"label_name": drug.name, **_prices(drug, plan)} for plan in plans for drug in drugs]
    )


# Drafts of the documentation had POST, and another path.
api.post("/pharmacy/formulary/", name="pharmacy_formulary")(formulary)
api.post("/pharmacy/plan/", name="pharmacy_plan", invented="the response")(plan)
api.get("/pharmacy/drugcost", name="pharmacy_drug_cost")(drug_cost)
api.post("/pharmacy/drugcost", name="pharmacy_drug_cost")(drug_cost)


def read_parameters(call: Call, **checks: Check) -> dict[str, str]:
    """Return the parameters of the query, or of a body, as in drafts of the documentation."""
    body = call.validate(Schema()) if call.body is not None else {}
    sent = {**call.query, **body}
    params = {name: str(value) for name, value in sent.items() if value not in (None, "")}
    schema = Schema(("trading_partner_id",), checks={"include_plans": boolean, **checks})
    errors = schema.errors(params)
    if errors:
        raise ValidationError(errors)
    if params["trading_partner_id"] != MEDICARE:
        raise UnknownTradingPartner(params["trading_partner_id"], "pharmacy")
    return params


def is_true(params: Mapping[str, str], name: str, *, default: str = "false") -> bool:
    return params.get(name, default).lower() == "true"


def _plans(params: Mapping[str, str]) -> list[Plan]:
    if not (params.get("plan_number") or params.get("plan_name")):
        raise ValidationError({"plan_number": [REQUIRED]})
    return [
        plan
        for plan in PLANS.values()
        if params.get("plan_number", plan.number).upper() == plan.number
        and params.get("plan_name", "").casefold() in plan.name.casefold()
        and params.get("zipcode", plan.zipcodes[0]) in plan.zipcodes
    ]


def _drugs(params: Mapping[str, str], *names: str) -> list[Drug]:
    """Return the drugs that match; a name can be without strength and form."""
    if not any(params.get(name) for name in names):
        raise ValidationError({names[0]: [REQUIRED]})
    return [
        drug
        for drug in DRUGS
        if set(params.get("drug", "").casefold().split()) <= set(drug.name.casefold().split())
        and params.get("drug_class", drug.classes[0]).casefold() in drug.classes
        and params.get("ndc", drug.ndc) == drug.ndc
        and params.get("rxcui", drug.rxcui) == drug.rxcui
    ]


def _copay(plan: Plan, tier: int) -> float | None:
    """Return dollars for thirty days, or None if the patient pays a fraction."""
    return plan.copays[tier - 1] if tier <= len(plan.copays) else None


def _coinsurance(plan: Plan, tier: int) -> float:
    return plan.coinsurances[tier - len(plan.copays) - 1]


def patient_pays(drug: Drug, plan: Plan, cost: float, *, mail: bool = False) -> float:
    """Return the patient's part, which is at most the cost."""
    copay = _copay(plan, drug.tier)
    if copay is None:
        return round(cost * _coinsurance(plan, drug.tier), 2)
    return min(cost, copay * (plan.mail if mail else 1))


def _prices(drug: Drug, plan: Plan) -> dict[str, Any]:
    """Return objects, as in the documentation's samples; its table says strings."""
    retail, mail = drug.monthly, drug.monthly * 3
    pays, pays_by_mail = patient_pays(drug, plan, retail), patient_pays(drug, plan, mail, mail=True)
    return {
        "retail": {
            "oop_30_day": money(pays),
            "total_cost_30_day": money(retail),
            "ins_pay_30_day": money(retail - pays),
        },
        "mail": {
            "oop_90_day": money(pays_by_mail),
            "total_cost_90_day": money(mail),
            "ins_pay_90_day": money(mail - pays_by_mail),
        },
    }


def _tiers(plan: Plan, days: int, factor: float) -> Iterator[tuple[str, Any]]:
    for tier, word in TIER_WORDS.items():
        copay = _copay(plan, tier)
        if copay is None:
            yield f"tier_{word}_{days}_day_coins", str(_coinsurance(plan, tier))
        else:
            yield f"tier_{word}_{days}_day_copay", money(copay * factor)


def _plan_json(plan: Plan) -> dict[str, Any]:
    return {
        "plan_name": plan.name,
        "plan_number": plan.number,
        "trading_partner_id": MEDICARE,
        "zipcodes": list(plan.zipcodes),
        "premium": money(plan.premium),
        "deductible": money(plan.deductible),
        "initial_coverage_limit": money(INITIAL_COVERAGE_LIMIT),
        "retail": dict(_tiers(plan, 30, 1)),
        "mail": dict(_tiers(plan, 90, plan.mail)),
    }
