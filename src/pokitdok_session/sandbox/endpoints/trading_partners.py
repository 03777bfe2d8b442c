"""Trading partners: the list, one of them, and the payers of older days."""

from __future__ import annotations

from typing import Any

from ..data.payers import PAYERS, SEARCH_OPTIONS
from ..server.call import Call, Page
from ..server.clock import format_datetime
from ..server.routing import Family

api = Family("tradingpartners", billed=False)

FEE = {"amount": "0.00", "currency": "USD"}
SETUP = {
    "client_action_required": False,
    "internal_action_required": False,
    "internal_action_initiates": False,
}


@api.get("/tradingpartners/")
def trading_partners(call: Call) -> Page:
    return Page(list(PAYERS.values()))


@api.get("/tradingpartners/{id}")
def trading_partner(call: Call) -> Any:
    payer = PAYERS.get(call.params["id"])
    if payer is None:
        # As recorded: an unknown partner was an empty object, with status 200.
        return {}
    seen = format_datetime(call.now)
    return {
        **payer,
        "provider_enrollment_setup": SETUP,
        "provider_enrollment_setup_transaction_types": [],
        "metrics": {
            "real_time_response_average": 842,
            "real_time_response_percentiles": {"50": 611, "75": 904, "95": 2310},
        },
        "monitoring": {
            name: {"status": "available", "last_updated": seen}
            for name in ("eligibility", "claims", "claims_status")
        },
        "pass_through_fees": dict.fromkeys(payer["supported_transactions"], FEE),
        "restricted_transactions": [],
        "supported_search_options": SEARCH_OPTIONS,
    }


@api.get("/payers/", name="payers")
def payers(call: Call) -> Any:
    # Unpaged on the recordings.
    return [
        {
            "trading_partner_id": payer["id"],
            "payer_name": payer["name"],
            "payer_key": payer["id"].lower(),
            "production_status": "production",
            "supported_transactions": payer["supported_transactions"],
        }
        for payer in PAYERS.values()
    ]
