"""Trading partners: the payers that can be reached (page "Trading Partners", May 2019)."""

from __future__ import annotations

import warnings
from typing import Any

from ...api.reply import Reply
from ...api.resource import SESSION_TIMEOUT, Identifier, Params, Resource, Timeout


class TradingPartners(Resource):
    def trading_partners(
        self,
        trading_partner_id: Identifier | None = None,
        *,
        limit: int | None = None,
        offset: int | None = None,
        params: Params = None,
        timeout: Timeout = SESSION_TIMEOUT,
    ) -> Reply[Any]:
        """Read one trading partner and how well it responds, or list them. Not billed."""
        path = self.item_path("/tradingpartners/", trading_partner_id=trading_partner_id)
        query = self.query(params, limit=limit, offset=offset)
        return self.call("GET", path, params=query, timeout=timeout)

    def payers(
        self,
        *,
        limit: int | None = None,
        offset: int | None = None,
        params: Params = None,
        timeout: Timeout = SESSION_TIMEOUT,
    ) -> Reply[list[Any]]:
        """List payers. Deprecated by the API in July 2016: use `trading_partners`."""
        # The third level, because `Resource` wraps the method.
        warnings.warn(
            "payers is deprecated, use trading_partners", DeprecationWarning, stacklevel=3
        )
        query = self.query(params, limit=limit, offset=offset)
        return self.call("GET", "/payers/", params=query, timeout=timeout)
