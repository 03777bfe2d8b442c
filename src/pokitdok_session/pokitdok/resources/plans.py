"""Plans: health plans of the insurance exchanges (API reference 6.12)."""

from __future__ import annotations

from typing import Any, Literal

from ...api.reply import Reply
from ...api.resource import Resource, given

_Metal = Literal["bronze", "silver", "gold", "platinum", "catastrophic"]


class Plans(Resource):
    def plans(
        self,
        *,
        trading_partner_id: str | None = None,
        issuer_name: str | None = None,
        county: str | None = None,
        state: str | None = None,
        plan_id: str | None = None,
        plan_type: str | None = None,
        plan_name: str | None = None,
        metallic_level: _Metal | None = None,
        limit: int | None = None,
        offset: int | None = None,
        **params: Any,
    ) -> Reply:
        """List the plans that match, with premiums by age and family.

        Billed per call. Not in the public documentation since 2019-04-19.
        """
        query = given(
            trading_partner_id=trading_partner_id,
            issuer_name=issuer_name,
            county=county,
            state=state,
            plan_id=plan_id,
            plan_type=plan_type,
            plan_name=plan_name,
            metallic_level=metallic_level,
            limit=limit,
            offset=offset,
            **params,
        )
        return self.call("GET", "/plans/", params=query)
