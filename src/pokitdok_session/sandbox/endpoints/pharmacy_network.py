"""Pharmacy networks: the pharmacies of a Medicare plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..data.geo import miles, parse_radius, radius, search_center
from ..data.pharmacies import PHARMACIES, Pharmacy
from ..server.call import Call, Page
from ..server.routing import Family
from ..server.schema import one_of
from .pharmacy import boolean, is_true, read_parameters

api = Family("pharmacy_network")


@api.get("/pharmacy/network/")
def network(call: Call) -> Page:
    """List a plan's pharmacies, or those of all plans.

    The service of 2016 ignored the ZIP code; the sandbox uses it.
    """
    params = read_parameters(
        call, sort=one_of("distance", "rank"), radius=radius, retail=boolean, mail=boolean
    )
    wants_retail, wants_mail = is_true(params, "retail", default="true"), is_true(params, "mail")
    here = search_center({"zipcode": params["zipcode"]}) if "zipcode" in params else None
    max_miles = parse_radius(params["radius"]) if here and "radius" in params else None
    found = []
    for pharmacy in PHARMACIES.values():
        away = miles(here, pharmacy.place.point) if here else 0.0
        # The ZIP code is the center of a radius; without a radius it must be the pharmacy's.
        is_near = (
            params.get("zipcode", pharmacy.place.zipcode) == pharmacy.place.zipcode
            if max_miles is None
            else away <= max_miles
        )
        if (
            is_near
            and ((pharmacy.retail and wants_retail) or (pharmacy.mail and wants_mail))
            and params.get("state", pharmacy.place.state).upper() == pharmacy.place.state
            and params.get("pharmacy_name", "").casefold() in pharmacy.name.casefold()
            and _is_in_network(pharmacy, params)
        ):
            found.append((away, pharmacy))
    if here and params.get("sort") != "rank":
        found.sort(key=lambda pair: pair[0])
    return Page([_row(pharmacy, params) for _, pharmacy in found], counted=True)


@api.get("/pharmacy/network/{npi}")
def in_network(call: Call) -> Any:
    """Return a list of one pharmacy or none."""
    params = read_parameters(call)
    pharmacy = PHARMACIES.get(call.params["npi"])
    return [] if pharmacy is None else [_row(pharmacy, params)]


def _is_in_network(pharmacy: Pharmacy, params: Mapping[str, str]) -> bool:
    number = params.get("plan_number")
    return bool(pharmacy.plans) if number is None else number.upper() in pharmacy.plans


def _row(pharmacy: Pharmacy, params: Mapping[str, str]) -> dict[str, Any]:
    """Return a pharmacy with the names of the documentation's sample; its table had others."""
    place = pharmacy.place
    latitude, longitude = place.point
    return {
        "pharmacy_name": pharmacy.name,
        "npi": pharmacy.npi,
        "in_network": _is_in_network(pharmacy, params),
        "retail": pharmacy.retail,
        "mail": pharmacy.mail,
        **({"plan_id": params["plan_number"]} if "plan_number" in params else {}),
        "location": {
            "address_lines": [pharmacy.street],
            "city": place.city,
            "state": place.state,
            "zipcode": place.zipcode,
            "country": "US",
            "phone": "8005550100",
            "geo_location": [longitude, latitude],
        },
    }
