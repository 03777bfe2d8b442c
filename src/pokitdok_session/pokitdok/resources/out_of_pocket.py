"""Out of pocket: what a patient will pay (page "Out of Pocket", May 2019)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...api.reply import Reply
from ...api.resource import SESSION_TIMEOUT, Body, Identifier, Params, Resource, Timeout

if TYPE_CHECKING:
    from ..types import EstimateRequest, LoadPriceRequest

_PRICES = "/oop/insurance-load-price"


class OutOfPocket(Resource):
    def oop_insurance_prices(
        self, request_data: LoadPriceRequest | Body, *, timeout: Timeout = SESSION_TIMEOUT
    ) -> Reply[Any]:
        """Load the price agreed with a trading partner for a bundle of procedures.

        Without ``price`` it reads the loaded price, and is an error if there is none.
        ``reply.data["uuid"]`` is the id of the price.
        """
        return self.call("POST", _PRICES, json=request_data, timeout=timeout)

    def oop_insurance_loaded_prices(
        self,
        load_price_uuid: Identifier | None = None,
        *,
        limit: int | None = None,
        offset: int | None = None,
        params: Params = None,
        timeout: Timeout = SESSION_TIMEOUT,
    ) -> Reply[Any]:
        """Read one loaded price, or list them."""
        path = self.item_path(_PRICES, load_price_uuid=load_price_uuid)
        query = self.query(params, limit=limit, offset=offset)
        return self.call("GET", path, params=query, timeout=timeout)

    def oop_insurance_delete_price(
        self,
        load_price_uuid: Identifier,
        request_data: Body | None = None,
        *,
        timeout: Timeout = SESSION_TIMEOUT,
    ) -> Reply[Any]:
        """Delete a loaded price. What the body is for, which is optional, was not documented."""
        path = self.expand_path(_PRICES + "/{load_price_uuid}", load_price_uuid=load_price_uuid)
        return self.call("DELETE", path, json=request_data, timeout=timeout)

    def oop_insurance_estimate(
        self, request_data: EstimateRequest | Body, *, timeout: Timeout = SESSION_TIMEOUT
    ) -> Reply[Any]:
        """Estimate the patient's share from the loaded price and the member's eligibility.

        ``reply.data["calculation"]`` has parallel lists of strings, one entry per coinsurance;
        ``reply.data["eligibility"]`` is the whole answer of the payer.
        """
        return self.call("POST", "/oop/insurance-estimate", json=request_data, timeout=timeout)
