"""The trading partners of the sandbox. Only MOCKPAYER existed; the others are invented."""

from __future__ import annotations

from typing import Any

MOCKPAYER = "MOCKPAYER"
#: How responses name it.
PAYER = {"id": MOCKPAYER, "name": "MOCK PAYER INC"}
TRANSACTIONS = ["270", "276", "278", "837"]
#: The X12 transaction of a call that names a payer.
TRANSACTION_OF = {
    "eligibility": "270",
    "claims_status": "276",
    "authorizations": "278",
    "referrals": "278",
    "claims": "837",
}
SEARCH_OPTIONS = [
    "primary_search",
    "primary_search_gender",
    "no_first_name_search",
    "no_birth_date_search",
    "no_name_search",
    "no_id_search",
]


def _payer(payer_id: str, name: str, *transactions: str) -> dict[str, Any]:
    return {
        "id": payer_id,
        "name": name,
        "is_enabled": True,
        "supported_transactions": list(transactions),
        "enrollment_required": [],
        "provider_enrollment_required": False,
        "provider_enrollment_required_transaction_types": [],
    }


PAYERS: dict[str, dict[str, Any]] = {
    payer["id"]: payer
    for payer in (
        _payer(MOCKPAYER, "MOCK PAYER INC", *TRANSACTIONS),
        *(
            _payer(f"SANDBOX_PAYER_{number:02d}", f"Sandbox Payer {number:02d}", "270", "837")
            for number in range(1, 45)
        ),
    )
}
