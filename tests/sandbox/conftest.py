"""A sandbox per test, a client on it, a claim and an inquiry."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pokitdok_session.sandbox import Sandbox
from support.plain_client import Client


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Client]:
    with Client(sandbox) as plain:
        yield plain.connect()


@pytest.fixture
def claim() -> dict[str, Any]:
    return {
        "trading_partner_id": "MOCKPAYER",
        "transaction_code": "chargeable",
        "billing_provider": {"npi": "1234567893", "organization_name": "Thistledown Clinic"},
        "subscriber": {
            "first_name": "Zephyrine",
            "last_name": "Quillfeather",
            "member_id": "W000000000",
        },
        "claim": {
            "total_charge_amount": 60.0,
            "service_lines": [
                {
                    "procedure_code": "99213",
                    "charge_amount": 60.0,
                    "unit_count": 1.0,
                    "diagnosis_codes": ["J10.1"],
                    "service_date": "2030-01-02",
                }
            ],
        },
    }


@pytest.fixture
def inquiry() -> dict[str, Any]:
    return {
        "trading_partner_id": "MOCKPAYER",
        "member": {
            "id": "W000000000",
            "first_name": "Zephyrine",
            "last_name": "Quillfeather",
            "birth_date": "1970-01-25",
        },
        "provider": {"npi": "1234567893", "first_name": "Marlow", "last_name": "Thistledown"},
    }
