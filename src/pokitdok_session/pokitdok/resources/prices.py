"""Prices: what procedures cost in a region (API reference 6.13).

Of ``zip_code`` only the first three of its five digits count.
"""

from __future__ import annotations

from typing import Any

from ...api.reply import Reply
from ...api.resource import Resource, given


class Prices(Resource):
    def cash_prices(self, cpt_code: str, zip_code: str, **params: Any) -> Reply:
        """List what a procedure costs without insurance; about fifty procedures were known.

        One code may give several rows. Billed per call. Not in the public documentation since
        2019-03-20.
        """
        query = given(cpt_code=cpt_code, zip_code=zip_code, **params)
        return self.call("GET", "/prices/cash", params=query)

    def insurance_prices(self, cpt_code: str, zip_code: str, **params: Any) -> Reply:
        """Read what insurers and Medicare allow and pay for a procedure.

        ``reply.data["amounts"]`` has an entry for each ``payer_type`` and ``payment_type``.
        Billed per call.
        """
        query = given(cpt_code=cpt_code, zip_code=zip_code, **params)
        return self.call("GET", "/prices/insurance", params=query)
