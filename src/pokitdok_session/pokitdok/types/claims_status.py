"""The body of a claims status request (X12 276; API reference 6.4.2)."""

from __future__ import annotations

from typing import TypedDict

from .common import CallOptions, Gender, Money, PayerName, PersonName


class StatusProvider(PersonName, total=False):
    """Who sent the claim."""

    organization_name: str
    npi: str
    tax_id: str
    service_provider_number: str


class StatusPatient(PersonName, total=False):
    """Who was treated, or who holds the policy."""

    id: str
    birth_date: str
    gender: Gender


class _Required(TypedDict):
    trading_partner_id: str


class ClaimsStatusRequest(_Required, CallOptions, total=False):
    """What `claims_status` sends; ``tracking_id`` is the payer's claim control number."""

    provider: StatusProvider
    patient: StatusPatient
    subscriber: StatusPatient
    service_date: str
    service_end_date: str
    tracking_id: str
    claim_charge_amount: Money
    pharmacy_prescription_number: str
    payer: PayerName
    receiver: PayerName
    claims_activity_id: str
