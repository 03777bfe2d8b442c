"""Prices: what any procedure costs anywhere, made up from its code and the region."""

from __future__ import annotations

import re
from typing import Any
from zlib import crc32

from ..data.procedures import PROCEDURES
from ..server.call import Call
from ..server.routing import Family
from ..server.schema import matching

api = Family("prices")

cpt_code = matching(r"[A-Z\d]\d{3}[A-Z\d]", "Must be a CPT or HCPCS code.")
zip_code = matching(r"\d{5}", "Must be five digits.")

# How the index of a region follows from what is submitted to insurers there.
SHARES = {
    ("insurance", "submitted"): 1.0,
    ("insurance", "allowed"): 0.62,
    ("medicare", "submitted"): 0.97,
    ("medicare", "allowed"): 0.41,
    ("medicare", "paid"): 0.33,
    ("medicare", "standardized"): 0.36,
}
CASH = 0.78
GEOZIP = 3


@api.get("/prices/cash", name="cash_prices")
def cash(call: Call) -> Any:
    """A row for each procedure that has the code.

    The documentation promised about fifty procedures. A test application was answered for every
    code, without name and URN; so it is here with those that were not among the fifty.
    """
    query = call.require_params("cpt_code", "zip_code", cpt_code=cpt_code, zip_code=zip_code)
    code, region = query["cpt_code"], query["zip_code"][:GEOZIP]
    row = {"cpt_code": code, "geo_zip_area": region, **_spread(_submitted(code, region) * CASH)}
    return [
        {
            **row,
            "procedure_description": description,
            "pokitdok_procedure_urn": f"urn:pokitdok:procedure:{_slug(description)}",
        }
        for description in PROCEDURES.get(code, ())
    ] or [row]


@api.get("/prices/insurance", name="insurance_prices")
def insurance(call: Call) -> Any:
    query = call.require_params("cpt_code", "zip_code", cpt_code=cpt_code, zip_code=zip_code)
    code, region = query["cpt_code"], query["zip_code"][:GEOZIP]
    return {"cpt_code": code, "geo_zip_area": region, "amounts": amounts(code, region)}


def amounts(code: str, region: str) -> list[dict[str, Any]]:
    """The price index of a procedure in a geozip."""
    submitted = _submitted(code, region)
    return [
        {"payer_type": payer, "payment_type": payment, **_spread(submitted * share)}
        for (payer, payment), share in SHARES.items()
    ]


def _submitted(code: str, region: str) -> float:
    """Always the same for the same code and region; 100 to 2,500, and a quarter more or less."""
    return (100 + crc32(code.encode()) % 2400) * (0.75 + crc32(region.encode()) % 50 / 100)


def _spread(average: float) -> dict[str, float]:
    return {
        "average_price": round(average, 2),
        "median_price": round(average * 0.96, 2),
        "low_price": round(average * 0.58, 2),
        "high_price": round(average * 1.71, 2),
        "standard_deviation": round(average * 0.24, 2),
    }


def _slug(description: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", description.lower()).strip("-")
