"""Providers: a directory of invented doctors and hospitals, with a search."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from ..data.geo import PLACES, Place, lat_lon, miles, parse_radius, radius, search_center
from ..data.similarity import similar
from ..server.call import Call, Page
from ..server.routing import Family
from ..server.schema import one_of

api = Family("providers")

INDIVIDUAL, ORGANIZATION = "individual", "organization"
# No NPI that begins with 2 was issued when this was written.
PEOPLE = (
    ("1234567893", "Marlow", "Thistledown", "Male", "MD", "Rheumatology", "29401"),
    ("2000000010", "Ottoline", "Brambleworth", "Female", "MD", "Family Medicine", "29401"),
    ("2000000028", "Cosmo", "Fennimarsh", "Male", "DO", "Family Medicine", "29464"),
    ("2000000036", "Saffron", "Quibblewick", "Female", "MD", "Dermatology", "29464"),
    ("2000000044", "Barnaby", "Mosswhistle", "Male", "MD", "Cardiology", "29201"),
    ("2000000051", "Hyacinth", "Dapplegrove", "Female", "DPT", "Physical Therapy", "29307"),
    ("2000000069", "Thaddeus", "Crumblethorn", "Male", "MD", "Orthopedic Surgery", "94401"),
    ("2000000077", "Isolde", "Wrenfeather", "Female", "MD", "Pediatrics", "94401"),
    ("2000000085", "Lysander", "Pebblemoor", "Male", "MD", "Ophthalmology", "94107"),
    ("2000000093", "Clementine", "Larkspurrow", "Female", "MD", "Psychiatry", "78701"),
)
ORGANIZATIONS = (
    ("2000000101", "Thistledown Clinic", "Multispecialty Clinic", "29401"),
    ("2000000119", "Sandbox Imaging Center", "Radiology", "29464"),
    ("2000000127", "Sandbox Bay Urgent Care", "Urgent Care", "94107"),
    ("2000000135", "Sandbox Hill Hospital", "General Acute Care Hospital", "78701"),
)
EXACT = ("first_name", "middle_name", "last_name", "gender")
WHERE = ("city", "state", "zipcode")
NAMES = ("first_name", "last_name", "organization_name")


def _provider(npi: str, specialty: str, place: Place, number: int) -> dict[str, Any]:
    location = {
        "address_lines": [f"{number} Example Way"],
        "city": place.city,
        "state": place.state,
        "zipcode": place.zipcode,
        "country": "US",
        "county": place.county,
        "phone": f"80055501{number:02d}",
        "role": ["mailing", "practice"],
    }
    return {
        "uuid": str(uuid5(NAMESPACE_URL, f"urn:npi:{npi}")),
        "npi": npi,
        "specialty": [specialty],
        "specialty_primary": [specialty],
        "specialty_secondary": [],
        "licenses": [{"number": f"SBX{number:05d}", "state": place.state}],
        "locations": [location],
        "phone": location["phone"],
        "verified": True,
    }


PROVIDERS: dict[str, dict[str, Any]] = {
    npi: {
        **_provider(npi, specialty, PLACES[zipcode], number),
        "entity_type": INDIVIDUAL,
        "first_name": first,
        "last_name": last,
        "gender": gender,
        "degree": degree,
    }
    for number, (npi, first, last, gender, degree, specialty, zipcode) in enumerate(PEOPLE, 1)
} | {
    npi: {
        **_provider(npi, specialty, PLACES[zipcode], number),
        "entity_type": ORGANIZATION,
        "organization_name": name,
    }
    for number, (npi, name, specialty, zipcode) in enumerate(ORGANIZATIONS, len(PEOPLE) + 1)
}


def _entity_types(value: str) -> str | None:
    check = one_of(INDIVIDUAL, ORGANIZATION)
    return next((error for error in map(check, value.split(",")) if error), None)


@api.get("/providers/")
def search(call: Call) -> Page:
    """List the providers that match: the nearest first if the search has a position.

    For a test application of 2015 the service ignored the parameters; the sandbox uses them.
    """
    query = call.require_params(
        sort=one_of("distance", "rank"),
        lat_lon=lat_lon,
        radius=radius,
        entity_types=_entity_types,
    )
    here = search_center(query)
    max_miles = parse_radius(query["radius"]) if here and "radius" in query else None
    found = []
    for provider in PROVIDERS.values():
        place = PLACES[provider["locations"][0]["zipcode"]]
        away = miles(here, place.point) if here else 0.0
        # City and ZIP code are the center of a radius; without a radius they must be equal.
        is_near = _is_in(place, query) if max_miles is None else away <= max_miles
        if is_near and _matches(provider, query):
            found.append((away, provider))
    if here is None or query.get("sort") == "rank":
        return Page([{"provider": provider} for _, provider in found])
    found.sort(key=lambda pair: pair[0])
    return Page([{"provider": provider, "distance": f"{away:.1f}"} for away, provider in found])


@api.get("/providers/{npi}")
def provider(call: Call) -> Any:
    return {"provider": call.find("provider", "npi", PROVIDERS)}


def _is_in(place: Place, query: Mapping[str, str]) -> bool:
    return all(
        getattr(place, name).casefold() == query[name].casefold() for name in WHERE if name in query
    )


def _matches(provider: Mapping[str, Any], query: Mapping[str, str]) -> bool:
    wanted = {name: text.casefold() for name, text in query.items()}
    wanted_types = query.get("entity_types", provider["entity_type"]).split(",")
    organization = provider.get("organization_name", "").casefold()
    address = " ".join(provider["locations"][0]["address_lines"]).casefold()
    return (
        provider["entity_type"] in wanted_types
        and all(
            provider.get(name, "").casefold() == wanted[name] for name in EXACT if name in wanted
        )
        and wanted.get("organization_name", "") in organization
        and wanted.get("address_lines", "") in address
        and any(
            each.casefold().startswith(wanted.get("specialty", ""))
            for each in provider["specialty"]
        )
        and _has_name(provider, wanted.get("name", ""))
    )


def _has_name(provider: Mapping[str, Any], name: str) -> bool:
    """Return True if each word is similar to a name of the provider, or its beginning."""
    own = " ".join(provider.get(part, "") for part in NAMES).casefold().split()
    return all(
        any(each.startswith(word) or similar(word, each) for each in own) for word in name.split()
    )
