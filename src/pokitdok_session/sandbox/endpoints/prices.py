"""Prices: every procedure has one in every region, computed from its code."""

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

# Each index of a region, as a share of what is submitted to insurers there.
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
    """Return a row for each procedure with the code.

    The documentation listed about fifty procedures. A test application got a row for every other
    code too, without a name and a URN.
    """
    query = call.require_params("cpt_code", "zip_code", cpt_code=cpt_code, zip_code=zip_code)
    code, region = query["cpt_code"], query["zip_code"][:GEOZIP]
    row = {
        "cpt_code": code,
        "geo_zip_area": region,
        **_statistics(_submitted_price(code, region) * CASH),
    }
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
    return {"cpt_code": code, "geo_zip_area": region, "amounts": price_index(code, region)}


def price_index(code: str, region: str) -> list[dict[str, Any]]:
    """Return the prices of a procedure in a region (three digits of a ZIP code)."""
    submitted = _submitted_price(code, region)
    return [
        {"payer_type": payer, "payment_type": payment, **_statistics(submitted * share)}
        for (payer, payment), share in SHARES.items()
    ]


def _submitted_price(code: str, region: str) -> float:
    """Return a constant price per code and region: 100 to 2,500 dollars, 25 % more or less."""
    return (100 + crc32(code.encode()) % 2400) * (0.75 + crc32(region.encode()) % 50 / 100)


def _statistics(average: float) -> dict[str, float]:
    return {
        "average_price": round(average, 2),
        "median_price": round(average * 0.96, 2),
        "low_price": round(average * 0.58, 2),
        "high_price": round(average * 1.71, 2),
        "standard_deviation": round(average * 0.24, 2),
    }


def _slug(description: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", description.lower()).strip("-")
