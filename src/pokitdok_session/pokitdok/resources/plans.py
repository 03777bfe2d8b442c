"""Plans: health plans of the insurance exchanges.

The page "Plans" left the public documentation in April 2019.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from ...api.reply import Reply
from ...api.resource import SESSION_TIMEOUT, Params, Resource, Timeout

if TYPE_CHECKING:
    from ..types import Plan

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
        params: Params = None,
        timeout: Timeout = SESSION_TIMEOUT,
    ) -> Reply[list[Plan]]:
        """List the plans that match, with premiums by age and family. Billed per call."""
        query = self.query(
            params,
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
        )
        return self.call("GET", "/plans/", params=query, timeout=timeout)
