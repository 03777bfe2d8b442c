"""Providers: single ones, and searches by name and place."""

from __future__ import annotations

from typing import Any

import pytest

from pokitdok_session import PokitDokSession
from pokitdok_session.errors import NotFound, ValidationError

CHARLESTON = "32.7795, -79.9371"


def found(session: PokitDokSession, **query: Any) -> list[str]:
    items = session.providers(**query).data
    return [
        item["provider"].get("last_name") or item["provider"]["organization_name"] for item in items
    ]


def test_provider_by_npi_is_an_object_in_an_object(session: PokitDokSession) -> None:
    data = session.providers("1234567893").data
    assert list(data) == ["provider"]
    provider = data["provider"]
    assert {
        "uuid",
        "entity_type",
        "specialty",
        "specialty_primary",
        "specialty_secondary",
        "first_name",
        "last_name",
    } <= provider.keys()
    assert (provider["npi"], provider["entity_type"]) == ("1234567893", "individual")
    assert provider["locations"][0]["zipcode"] == "29401"
    assert data == session.providers("1234567893").data


def test_provider_unknown_is_404(session: PokitDokSession) -> None:
    with pytest.raises(NotFound):
        session.providers("1111111111")


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"last_name": "thistledown"}, ["Thistledown"]),
        ({"first_name": "Marlow", "last_name": "Brambleworth"}, []),
        ({"name": "Thisledown marlow"}, ["Thistledown"]),
        ({"name": "pebble"}, ["Pebblemoor"]),
        ({"organization_name": "imaging"}, ["Sandbox Imaging Center"]),
        ({"specialty": "rheum"}, ["Thistledown"]),
        ({"specialty": "care"}, []),
        ({"state": "tx"}, ["Larkspurrow", "Sandbox Hill Hospital"]),
        ({"zipcode": "29307", "gender": "Female"}, ["Dapplegrove"]),
        ({"zipcode": "29307", "gender": "Male"}, []),
        ({"address_lines": "3 example", "state": "SC"}, ["Fennimarsh"]),
        (
            {"city": "Charleston", "state": "SC", "entity_types": "organization"},
            ["Thistledown Clinic"],
        ),
        ({"zipcode": "00000"}, []),
    ],
)
def test_search_lists_matching_providers(
    session: PokitDokSession, query: dict[str, Any], names: list[str]
) -> None:
    assert found(session, **query) == names


def test_search_accepts_both_entity_types(session: PokitDokSession) -> None:
    everybody = found(session, limit=100)
    assert found(session, entity_types="individual,organization", limit=100) == everybody
    assert 0 < len(found(session, entity_types="individual", limit=100)) < len(everybody)


@pytest.mark.parametrize(
    "where",
    [{"lat_lon": CHARLESTON}, {"zipcode": "29401"}, {"city": "Charleston", "state": "SC"}],
)
def test_search_radius_is_around_the_place(session: PokitDokSession, where: dict[str, Any]) -> None:
    items = session.providers(**where, radius="10mi").data
    distances = [float(item["distance"]) for item in items]
    assert {item["provider"]["locations"][0]["zipcode"] for item in items} == {"29401", "29464"}
    assert distances == sorted(distances)
    assert distances[0] == 0 < distances[-1] < 10
    assert len(session.providers(**where, radius="10km").data) < len(items)


def test_search_sorts_by_distance_or_rank(session: PokitDokSession) -> None:
    items = session.providers(lat_lon="37.7650, -122.3960", limit=3).data
    assert items[0]["provider"]["locations"][0]["city"] == "San Francisco"
    assert "distance" in items[0]
    ranked = session.providers(lat_lon="37.7650, -122.3960", sort="rank", limit=3).data
    assert ranked[0]["provider"]["last_name"] == "Thistledown"
    assert "distance" not in ranked[0]


def test_search_without_place_sorts_by_rank(session: PokitDokSession) -> None:
    by_distance = session.providers(sort="distance").data
    assert by_distance == session.providers(sort="rank").data
    assert "distance" not in by_distance[0]


def test_search_is_paged_and_billed(session: PokitDokSession) -> None:
    whole = session.providers(limit=100)
    assert list(session.paginate(session.providers, limit=4)) == whole.data
    assert whole.meta["credits_billed"] == 1


@pytest.mark.parametrize(
    "query",
    [
        {"sort": "name"},
        {"lat_lon": "Charleston"},
        {"lat_lon": "-122.3, 37.5"},
        {"radius": "far"},
        {"entity_types": "individual,group"},
    ],
)
def test_search_invalid_parameter_is_named(session: PokitDokSession, query: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        session.providers(**query)
    assert list(caught.value.errors) == list(query)
