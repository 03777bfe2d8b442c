"""Places: seven ZIP codes, distances, and the parameters of searches by distance."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from ..server.schema import Check, matching

Point: TypeAlias = tuple[float, float]
"""Degrees: latitude, longitude."""

EARTH_RADIUS = 3958.8
MILES_PER = {"mi": 1.0, "km": 0.621371}

radius: Check = matching(r"\d{1,5}(\.\d+)?(mi|km)?", "Must be a distance such as 10mi.")


@dataclass(frozen=True)
class Place:
    city: str
    county: str
    state: str
    zipcode: str
    point: Point


PLACES = {
    place.zipcode: place
    for place in (
        Place("Charleston", "Charleston", "SC", "29401", (32.7795, -79.9371)),
        Place("Mount Pleasant", "Charleston", "SC", "29464", (32.8473, -79.8206)),
        Place("Columbia", "Richland", "SC", "29201", (33.9886, -81.0320)),
        Place("Spartanburg", "Spartanburg", "SC", "29307", (34.9820, -81.8420)),
        Place("San Mateo", "San Mateo", "CA", "94401", (37.5735, -122.3180)),
        Place("San Francisco", "San Francisco", "CA", "94107", (37.7650, -122.3960)),
        Place("Austin", "Travis", "TX", "78701", (30.2713, -97.7426)),
    )
}


def miles(one: Point, other: Point) -> float:
    """Return the great-circle distance (haversine)."""
    (lat, lon), (other_lat, other_lon) = (map(math.radians, point) for point in (one, other))
    half = (
        math.sin((other_lat - lat) / 2) ** 2
        + math.cos(lat) * math.cos(other_lat) * math.sin((other_lon - lon) / 2) ** 2
    )
    return 2 * EARTH_RADIUS * math.asin(math.sqrt(min(1.0, half)))


def parse_radius(text: str) -> float:
    """Return the miles of a radius such as ``10mi`` or ``10km``; the default unit is miles."""
    number = text.rstrip("kmi")
    return float(number) * MILES_PER.get(text[len(number) :], 1.0)


def point_of(text: str) -> Point | None:
    """Parse a position such as ``"32.8, -79.9"``, with or without brackets."""
    try:
        latitude, longitude = map(float, text.strip("[] ").split(","))
    except ValueError:
        return None
    return (latitude, longitude) if is_on_earth(latitude, longitude) else None


def is_on_earth(latitude: float, longitude: float) -> bool:
    return abs(latitude) <= 90 and abs(longitude) <= 180


def lat_lon(value: Any) -> str | None:
    is_point = isinstance(value, str) and point_of(value) is not None
    return None if is_point else 'Must be "latitude, longitude".'


def position(value: Any) -> str | None:
    """A list of two numbers: latitude, longitude."""
    numbers = value if isinstance(value, list) else []
    is_pair = len(numbers) == 2 and all(type(number) in (int, float) for number in numbers)
    return None if is_pair and is_on_earth(*numbers) else "Must be [latitude, longitude]."


def search_center(query: Mapping[str, str]) -> Point | None:
    """Return the center of a search: its position, its ZIP code, or its city."""
    if "lat_lon" in query:
        return point_of(query["lat_lon"])
    if "zipcode" in query:
        place = PLACES.get(query["zipcode"])
        return None if place is None else place.point
    if "city" in query and "state" in query:
        wanted = query["city"].casefold(), query["state"].casefold()
        for place in PLACES.values():
            if (place.city.casefold(), place.state.casefold()) == wanted:
                return place.point
    return None
