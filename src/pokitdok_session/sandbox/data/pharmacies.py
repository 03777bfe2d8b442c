"""The drugs, plans and pharmacies of the sandbox. The drugs exist; the rest is invented."""

from __future__ import annotations

from dataclasses import dataclass

from .geo import PLACES, Place

MEDICARE = "medicare_national"


@dataclass(frozen=True)
class Drug:
    """A drug; ``monthly`` is its price for thirty days. Codes and prices are invented."""

    name: str
    classes: tuple[str, ...]
    tier: int
    ndc: str
    rxcui: str
    monthly: float
    prior_auth: bool = False
    step_therapy: bool = False
    limit: tuple[str, int] | None = None


@dataclass(frozen=True)
class Plan:
    """A plan. The patient pays ``copays`` dollars in tiers 1 to 3, then a fraction of the cost."""

    number: str
    name: str
    premium: str
    deductible: str
    copays: tuple[float, float, float]
    coinsurances: tuple[float, float]
    zipcodes: tuple[str, ...]
    #: The factor from a retail copay of 30 days to one of 90 days by mail.
    mail: float


@dataclass(frozen=True)
class Pharmacy:
    npi: str
    name: str
    street: str
    place: Place
    plans: tuple[str, ...]
    retail: bool = True
    mail: bool = False


TIER_NAMES = {
    1: "Preferred Generic",
    2: "Generic",
    3: "Preferred Brand",
    4: "Non-Preferred Drug",
    5: "Specialty Tier",
}
TIER_WORDS = {1: "one", 2: "two", 3: "three", 4: "four", 5: "five"}
INITIAL_COVERAGE_LIMIT = "3310.00"

STATINS = ("statins", "antihyperlipidemics")
DRUGS = (
    Drug("simvastatin 10 mg tablet", STATINS, 1, "00000000101", "900101", 3.6),
    Drug("simvastatin 40 mg tablet", STATINS, 1, "00000000102", "900102", 6.2),
    Drug("atorvastatin 20 mg tablet", STATINS, 2, "00000000103", "900103", 14.4),
    Drug("metformin 500 mg tablet", ("antidiabetics",), 1, "00000000201", "900201", 2.4),
    Drug("lisinopril 10 mg tablet", ("ace inhibitors",), 1, "00000000301", "900301", 2.1),
    Drug(
        "zolpidem 5 mg tablet",
        ("hypnotics",),
        2,
        "00000000401",
        "900401",
        11.8,
        limit=("30 tablets", 30),
    ),
    Drug(
        "insulin glargine 100 unit/ml pen",
        ("antidiabetics", "insulins"),
        3,
        "00000000501",
        "900501",
        371.5,
    ),
    Drug(
        "celecoxib 200 mg capsule",
        ("nsaids",),
        4,
        "00000000601",
        "900601",
        96.0,
        step_therapy=True,
    ),
    Drug(
        "adalimumab 40 mg/0.8 ml pen",
        ("immunosuppressants",),
        5,
        "00000000701",
        "900701",
        4410.0,
        prior_auth=True,
        limit=("2 pens", 28),
    ),
)
_EAST, _WEST = ("29401", "29464", "29201", "29307"), ("94401", "94107", "78701")
PLANS = {
    plan.number: plan
    for plan in (
        Plan(
            "S0000003", "Example Rx Saver", "21.90", "360.00", (1, 4, 38), (0.4, 0.25), _EAST, 2.5
        ),
        Plan("S0000004", "Example Rx Choice", "64.20", "0.00", (3, 9, 42), (0.45, 0.33), _EAST, 3),
        Plan("S0001001", "Sandbox Rx Basic", "30.10", "360.00", (2, 6, 45), (0.5, 0.25), _WEST, 3),
    )
}
_BOTH = ("S0000003", "S0000004")
PHARMACIES = {
    pharmacy.npi: pharmacy
    for pharmacy in (
        Pharmacy("1234567893", "Example Pharmacy", "1 Example Way", PLACES["29401"], _BOTH),
        Pharmacy("2000000200", "Example Drugs East", "9 Example Way", PLACES["29401"], _BOTH[:1]),
        Pharmacy("2000000218", "Sandbox Apothecary", "4 Test Street", PLACES["29464"], _BOTH),
        Pharmacy("2000000226", "Sandbox Apothecary", "12 Test Street", PLACES["29201"], _BOTH),
        Pharmacy(
            "2000000234", "Upstate Sample Pharmacy", "7 Mock Road", PLACES["29307"], _BOTH[1:]
        ),
        Pharmacy(
            "2000000242", "Bay Sample Pharmacy", "3 Mock Road", PLACES["94401"], ("S0001001",)
        ),
        Pharmacy(
            "2000000259", "Pier Sample Pharmacy", "5 Mock Road", PLACES["94107"], ("S0001001",)
        ),
        Pharmacy(
            "2000000267",
            "Sandbox Mail Order",
            "100 Parcel Lane",
            PLACES["78701"],
            (*_BOTH, "S0001001"),
            retail=False,
            mail=True,
        ),
    )
}
