"""Prices: what procedures cost in a region. Only three digits of ``zip_code`` count.

The page "Cash Prices" left the public documentation in March 2019.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...api.reply import Reply
from ...api.resource import SESSION_TIMEOUT, Params, Resource, Timeout

if TYPE_CHECKING:
    from ..types import CashPrice, InsurancePrices


class Prices(Resource):
    def cash_prices(
        self,
        cpt_code: str,
        zip_code: str,
        *,
        params: Params = None,
        timeout: Timeout = SESSION_TIMEOUT,
    ) -> Reply[list[CashPrice]]:
        """List what a procedure costs without insurance. Billed per call.

        About fifty procedures were known. One code may have several rows.
        """
        query = self.query(params, cpt_code=cpt_code, zip_code=zip_code)
        return self.call("GET", "/prices/cash", params=query, timeout=timeout)

    def insurance_prices(
        self,
        cpt_code: str,
        zip_code: str,
        *,
        params: Params = None,
        timeout: Timeout = SESSION_TIMEOUT,
    ) -> Reply[InsurancePrices]:
        """Read what insurers and Medicare allow and pay for a procedure. Billed per call.

        ``reply.data["amounts"]`` has an entry for each ``payer_type`` and ``payment_type``.
        """
        query = self.query(params, cpt_code=cpt_code, zip_code=zip_code)
        return self.call("GET", "/prices/insurance", params=query, timeout=timeout)
