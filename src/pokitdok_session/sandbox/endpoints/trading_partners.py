"""Trading partners: the list, one of them, and the older list of payers."""

from __future__ import annotations

from typing import Any

from ..data.money import money
from ..data.payers import PAYERS, SEARCH_OPTIONS
from ..server.call import Call, Page
from ..server.clock import format_datetime
from ..server.routing import Family

api = Family("tradingpartners", billed=False)

FEE = money("0.00")
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
        # As recorded: status 200 and an empty object for an unknown partner.
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
    # The recordings have no pages.
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
