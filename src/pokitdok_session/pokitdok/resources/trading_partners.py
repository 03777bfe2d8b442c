"""Trading partners: the payers that can be reached (API reference 6.9)."""

from __future__ import annotations

import warnings
from typing import Any

from ...api.reply import Reply
from ...api.resource import Resource, given, item_path


class TradingPartners(Resource):
    def trading_partners(self, trading_partner_id: str | None = None, **params: Any) -> Reply:
        """Read one trading partner and how well it answers, or list them all.

        ``limit`` and ``offset`` page the list. Not billed.
        """
        path = item_path("/tradingpartners/", trading_partner_id)
        return self.call("GET", path, params=given(**params))

    def payers(self, **params: Any) -> Reply:
        """List payers. Deprecated by the API since 2016-07-11: use `trading_partners`."""
        warnings.warn(
            "payers is deprecated, use trading_partners", DeprecationWarning, stacklevel=2
        )
        return self.call("GET", "/payers/", params=given(**params))
