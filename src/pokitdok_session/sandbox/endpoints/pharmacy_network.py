"""Pharmacy networks: which pharmacies a Medicare plan has, and where."""

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
    """A plan's pharmacies, or those of all plans.

    The recording of 2016 took no notice of a ZIP code; here it counts.
    """
    asked = read_parameters(
        call, sort=one_of("distance", "rank"), radius=radius, retail=boolean, mail=boolean
    )
    wants_retail, wants_mail = is_true(asked, "retail", usual="true"), is_true(asked, "mail")
    here = search_center({"zipcode": asked["zipcode"]}) if "zipcode" in asked else None
    around = parse_radius(asked["radius"]) if here and "radius" in asked else None
    found = []
    for pharmacy in PHARMACIES.values():
        away = miles(here, pharmacy.place.point) if here else 0.0
        # A radius is drawn around the ZIP code; without one it must be the pharmacy's own.
        is_near = (
            asked.get("zipcode", pharmacy.place.zipcode) == pharmacy.place.zipcode
            if around is None
            else away <= around
        )
        if (
            is_near
            and ((pharmacy.retail and wants_retail) or (pharmacy.mail and wants_mail))
            and asked.get("state", pharmacy.place.state).upper() == pharmacy.place.state
            and asked.get("pharmacy_name", "").casefold() in pharmacy.name.casefold()
            and _is_in_network(pharmacy, asked)
        ):
            found.append((away, pharmacy))
    if here and asked.get("sort") != "rank":
        found.sort(key=lambda one: one[0])
    return Page([_row(pharmacy, asked) for _, pharmacy in found], counted=True)


@api.get("/pharmacy/network/{npi}")
def in_network(call: Call) -> Any:
    """A list of the one, or of none."""
    asked = read_parameters(call)
    pharmacy = PHARMACIES.get(call.params["npi"])
    return [] if pharmacy is None else [_row(pharmacy, asked)]


def _is_in_network(pharmacy: Pharmacy, asked: Mapping[str, str]) -> bool:
    number = asked.get("plan_number")
    return bool(pharmacy.plans) if number is None else number.upper() in pharmacy.plans


def _row(pharmacy: Pharmacy, asked: Mapping[str, str]) -> dict[str, Any]:
    """A pharmacy with the names of the sample; the table had plan_number and locations."""
    place = pharmacy.place
    latitude, longitude = place.point
    return {
        "pharmacy_name": pharmacy.name,
        "npi": pharmacy.npi,
        "in_network": _is_in_network(pharmacy, asked),
        "retail": pharmacy.retail,
        "mail": pharmacy.mail,
        **({"plan_id": asked["plan_number"]} if "plan_number" in asked else {}),
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
