"""Plans of the insurance exchanges: five metal levels of two issuers, in every county."""

from __future__ import annotations

from typing import Any

from ..data.geo import PLACES
from ..data.payers import PAYERS
from ..server.call import Call, Page
from ..server.routing import Family
from ..server.schema import one_of

api = Family("plans")

# Metal level: monthly premium at age 21, deductible and maximum per person, coinsurance in %.
METALS: dict[str, tuple[float, float, float, int]] = {
    "catastrophic": (158.0, 7150.0, 7150.0, 0),
    "bronze": (196.0, 6500.0, 7150.0, 40),
    "silver": (241.0, 3500.0, 6800.0, 30),
    "gold": (298.0, 1250.0, 5000.0, 20),
    "platinum": (367.0, 250.0, 2000.0, 10),
}
# Trading partner, five digits of its plan ids, plan name, plan type.
ISSUERS = (
    ("MOCKPAYER", "00000", "Mock Individual Advantage", "PPO"),
    ("SANDBOX_PAYER_01", "00001", "Sandbox Choice", "HMO"),
)
BY_AGE = {21: 1.0, 40: 1.278, 60: 2.714}
CHILD = 0.635
BENEFITS = (
    "emergency_room",
    "generic_drugs",
    "inpatient_facility",
    "inpatient_physician",
    "non_preferred_brand_drugs",
    "preferred_brand_drugs",
    "primary_care_physician",
    "specialist",
    "specialty_drugs",
)
# The share of a coinsurance that patients with a small income pay in a silver plan.
REDUCTIONS = {"percent_73": 0.9, "percent_87": 0.5, "percent_94": 0.2}
EXACT = ("trading_partner_id", "county", "state", "plan_id", "plan_type", "metallic_level")


def _premiums(at_21: float) -> list[dict[str, Any]]:
    return [
        {
            "age": age,
            "adults": adults,
            "children": children,
            "cost": round(at_21 * (factor * adults + CHILD * children), 2),
        }
        for age, factor in BY_AGE.items()
        for adults in (1, 2)
        for children in (0, 1, 2)
    ]


def _cost(coinsurance: int, metal: str) -> dict[str, str]:
    """Return what a patient pays of one benefit."""
    shares = {"standard": 1.0, **(REDUCTIONS if metal == "silver" else {})}
    return {
        name: f"{round(coinsurance * share)}% coinsurance after deductible"
        for name, share in shares.items()
    }


def _plans() -> list[dict[str, Any]]:
    plans = []
    counties = list({(place.state, place.county): None for place in PLACES.values()})
    for trading_partner_id, issuer, name, plan_type in ISSUERS:
        for number, (state, county) in enumerate(counties):
            for place, (metal, terms) in enumerate(METALS.items(), 1):
                at_21, deductible, most, coinsurance = terms
                plans.append(
                    {
                        "plan_id": f"{issuer}{state}{10 * number + place:07d}",
                        "plan_name": f"{name} {metal.title()}",
                        "plan_type": plan_type,
                        "metallic_level": metal,
                        "state": state,
                        "county": county,
                        "trading_partner_id": trading_partner_id,
                        "public_exchange": True,
                        "benefits_summary_url": f"https://example.com/plans/{issuer}/{metal}.pdf",
                        "customer_service_phone": "8005550100",
                        "premiums": _premiums(at_21),
                        "deductible": {"individual": deductible, "family": 2 * deductible},
                        "max_out_of_pocket": {"individual": most, "family": 2 * most},
                        **{benefit: _cost(coinsurance, metal) for benefit in BENEFITS},
                    }
                )
    return plans


PLANS = _plans()


@api.get("/plans/", invented="the texts of the benefits")
def plans(call: Call) -> Page:
    """List the plans that match. For a test application of 2015 the service listed others too."""
    params = call.require_params(metallic_level=one_of(*METALS))
    query = {name: text.casefold() for name, text in params.items()}
    return Page([plan for plan in PLANS if _matches(plan, query)], counted=True)


def _matches(plan: dict[str, Any], query: dict[str, str]) -> bool:
    issuer = PAYERS[plan["trading_partner_id"]]["name"].casefold()
    return (
        all(plan[name].casefold() == query[name] for name in EXACT if name in query)
        and query.get("issuer_name", "") in issuer
        and query.get("plan_name", "") in plan["plan_name"].casefold()
    )
