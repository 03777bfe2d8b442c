"""Out of pocket: what a patient will pay (API reference 6.14)."""

from __future__ import annotations

from typing import Any

from ...api.reply import Reply
from ...api.resource import Body, Resource, given, item_path, segment


class OutOfPocket(Resource):
    def oop_insurance_prices(self, request_data: Body) -> Reply:
        """Load the price agreed with a trading partner for a bundle of procedures.

        Without ``price`` it reads the loaded one, and is an error if there is none.
        ``reply.data["uuid"]`` names the price.
        """
        return self.call("POST", "/oop/insurance-load-price", json=request_data)

    def oop_insurance_loaded_prices(
        self, load_price_uuid: str | None = None, **params: Any
    ) -> Reply:
        """Read one loaded price, or list them all; ``limit`` and ``offset`` page the list."""
        path = item_path("/oop/insurance-load-price", load_price_uuid)
        return self.call("GET", path, params=given(**params))

    def oop_insurance_delete_price(
        self, load_price_uuid: str, request_data: Body | None = None
    ) -> Reply:
        """Delete a loaded price. The official client could send a body, of no known use."""
        path = f"/oop/insurance-load-price/{segment(load_price_uuid)}"
        return self.call("DELETE", path, json=request_data)

    def oop_insurance_estimate(self, request_data: Body) -> Reply:
        """Estimate the patient's share from the loaded price and the member's eligibility.

        ``reply.data["calculation"]`` holds lists of strings that run in parallel, one entry a
        coinsurance; ``reply.data["eligibility"]`` the whole answer of the payer.
        """
        return self.call("POST", "/oop/insurance-estimate", json=request_data)
