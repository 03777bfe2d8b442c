"""Pharmacy networks: searches and single pharmacies."""

from __future__ import annotations

from typing import Any

import pytest

from pokitdok_session import PokitDokSession
from pokitdok_session.errors import ValidationError

MEDICARE = "medicare_national"
PLAN = "S0000003"


def found(session: PokitDokSession, **query: Any) -> list[str]:
    rows = session.pharmacy_network(trading_partner_id=MEDICARE, **query).data
    return [row["npi"] for row in rows]


def test_pharmacy_by_npi_is_a_list_of_one(session: PokitDokSession) -> None:
    [row] = session.pharmacy_network(
        "1234567893", trading_partner_id=MEDICARE, plan_number=PLAN
    ).data
    assert row["npi"] == "1234567893"
    assert (row["in_network"], row["retail"], row["mail"]) == (True, True, False)
    assert row["plan_id"] == PLAN
    assert row["location"]["city"] == "Charleston"


def test_pharmacy_unknown_is_an_empty_list(session: PokitDokSession) -> None:
    assert session.pharmacy_network("1111111111", trading_partner_id=MEDICARE).data == []


def test_pharmacy_outside_network_has_in_network_false(session: PokitDokSession) -> None:
    for plan, is_in_network in ((PLAN, True), ("S0001001", False)):
        [row] = session.pharmacy_network(
            "2000000200", trading_partner_id=MEDICARE, plan_number=plan
        ).data
        assert row["in_network"] is is_in_network


def test_network_geo_location_is_longitude_first(session: PokitDokSession) -> None:
    for row in session.pharmacy_network(trading_partner_id=MEDICARE).data:
        longitude, latitude = row["location"]["geo_location"]
        assert -125 < longitude < -79
        assert 30 < latitude < 38


@pytest.mark.parametrize(
    ("query", "npis"),
    [
        ({"plan_number": PLAN, "zipcode": "29401"}, ["1234567893", "2000000200"]),
        ({"plan_number": "S0000004", "zipcode": "29401"}, ["1234567893"]),
        (
            {"plan_number": PLAN, "zipcode": "29464", "radius": "10mi"},
            ["2000000218", "1234567893", "2000000200"],
        ),
        (
            {"plan_number": PLAN, "zipcode": "29464", "radius": "10mi", "sort": "rank"},
            ["1234567893", "2000000200", "2000000218"],
        ),
        ({"plan_number": PLAN, "zipcode": "29464", "radius": "1mi"}, ["2000000218"]),
        ({"pharmacy_name": "apothecary"}, ["2000000218", "2000000226"]),
        ({"state": "ca"}, ["2000000242", "2000000259"]),
        ({"retail": False, "mail": True}, ["2000000267"]),
        ({"retail": False}, []),
        ({"zipcode": "00000", "radius": "10mi"}, []),
    ],
)
def test_network_search_uses_parameters(
    session: PokitDokSession, query: dict[str, Any], npis: list[str]
) -> None:
    assert found(session, **query) == npis


def test_network_search_excludes_mail_by_default(session: PokitDokSession) -> None:
    assert "2000000267" not in found(session)
    assert "2000000267" in found(session, mail=True)


def test_network_search_is_counted_and_paged(session: PokitDokSession) -> None:
    first = session.pharmacy_network(trading_partner_id=MEDICARE, limit=3)
    assert first.meta["result_count"] > len(first.data) == 3
    everything = list(
        session.paginate(session.pharmacy_network, trading_partner_id=MEDICARE, limit=3)
    )
    assert len(everything) == first.meta["result_count"]


@pytest.mark.parametrize(
    "query", [{"sort": "name"}, {"radius": "near"}, {"retail": "perhaps"}, {"mail": "perhaps"}]
)
def test_network_search_invalid_parameter_is_named(
    session: PokitDokSession, query: dict[str, Any]
) -> None:
    with pytest.raises(ValidationError) as caught:
        found(session, **query)
    assert list(caught.value.errors) == list(query)


def test_network_search_requires_trading_partner(session: PokitDokSession) -> None:
    with pytest.raises(ValidationError) as caught:
        session.pharmacy_network(trading_partner_id="")
    assert list(caught.value.errors) == ["trading_partner_id"]
