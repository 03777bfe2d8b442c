"""Plans: searches, premiums, pages."""

from __future__ import annotations

from typing import Any

import pytest

from pokitdok_session import PokitDokSession
from pokitdok_session.errors import ValidationError


def test_plan_has_documented_fields(session: PokitDokSession) -> None:
    plan = session.plans(metallic_level="silver", county="Charleston").data[0]
    assert {
        "plan_id",
        "plan_name",
        "plan_type",
        "metallic_level",
        "state",
        "county",
        "trading_partner_id",
        "benefits_summary_url",
        "customer_service_phone",
    } <= {name for name, value in plan.items() if isinstance(value, str)}
    assert plan["public_exchange"] is True
    assert plan["deductible"] == {"individual": 3500.0, "family": 7000.0}
    assert list(plan["specialist"]) == ["standard", "percent_73", "percent_87", "percent_94"]
    premiums = {
        (row["age"], row["adults"], row["children"]): row["cost"] for row in plan["premiums"]
    }
    assert premiums[21, 1, 0] < premiums[60, 1, 0] < premiums[60, 2, 0] < premiums[60, 2, 2]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"state": "SC", "metallic_level": "gold"}, 6),
        ({"state": "tx", "plan_type": "ppo"}, 5),
        ({"county": "Travis", "metallic_level": "bronze", "trading_partner_id": "MOCKPAYER"}, 1),
        ({"issuer_name": "mock payer", "metallic_level": "gold", "state": "TX"}, 1),
        ({"plan_name": "choice catastrophic", "state": "CA"}, 2),
        ({"state": "ZZ"}, 0),
    ],
)
def test_plans_search_uses_parameters(
    session: PokitDokSession, query: dict[str, Any], count: int
) -> None:
    reply = session.plans(**query)
    assert (len(reply.data), reply.meta["result_count"]) == (count, count)
    for name in {"state", "county", "metallic_level"} & query.keys():
        assert {plan[name].casefold() for plan in reply.data} <= {query[name].casefold()}


def test_plan_id_is_unique(session: PokitDokSession) -> None:
    everything = list(session.paginate(session.plans, limit=50))
    ids = [plan["plan_id"] for plan in everything]
    assert len(set(ids)) == len(ids) == session.plans().meta["result_count"]
    assert session.plans(plan_id=ids[33]).data == [everything[33]]


def test_plans_are_paged_and_billed(session: PokitDokSession) -> None:
    meta = session.plans(state="SC").meta
    assert "state=SC" in meta["next"]
    assert "offset=20" in meta["next"]
    assert meta["credits_billed"] == 1


def test_plans_unknown_metallic_level_is_refused(session: PokitDokSession) -> None:
    with pytest.raises(ValidationError) as caught:
        session.plans(metallic_level="tin")  # type: ignore[arg-type]
    assert list(caught.value.errors) == ["metallic_level"]
