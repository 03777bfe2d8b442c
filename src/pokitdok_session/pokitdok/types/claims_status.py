"""Request and reply of a claims status inquiry (X12 276/277; page "Claims Status", May 2019)."""

from __future__ import annotations

from typing import Any, TypedDict

from .common import Amount, CallOptions, Date, Gender, Money, PayerName, PersonName


class StatusProvider(PersonName, total=False):
    """The sender of the claim."""

    organization_name: str
    npi: str
    tax_id: str
    service_provider_number: str


class StatusPatient(PersonName, total=False):
    """The person who was treated, or who holds the policy."""

    id: str
    birth_date: Date
    gender: Gender


class _Required(TypedDict):
    trading_partner_id: str


class ClaimsStatusRequest(_Required, CallOptions, total=False):
    """The request of `claims_status`; ``tracking_id`` is the payer's claim control number."""

    provider: StatusProvider
    patient: StatusPatient
    subscriber: StatusPatient
    service_date: Date
    service_end_date: Date
    tracking_id: str
    claim_charge_amount: Money
    pharmacy_prescription_number: str
    payer: PayerName
    receiver: PayerName
    claims_activity_id: str


class ClaimStatus(TypedDict):
    """One status; ``status_category_code`` is like ``F1``, paid, or ``A4``, not found."""

    status_category: str
    status_category_code: str
    status_code: str
    status_code_value: str
    status_effective_date: str
    total_claim_amount: Amount
    claim_payment_amount: Amount
    check_number: str


class StatusService(TypedDict):
    cpt_code: str
    charge_amount: Amount
    payment_amount: Amount
    service_date: str
    service_end_date: str
    line_item_control_number: str
    statuses: list[ClaimStatus]


class FoundClaim(TypedDict):
    """A claim that the payer found."""

    tracking_id: str
    claim_control_number: str
    claim_id_number: str
    patient_control_number: str
    bill_type_id: str
    check_number: str
    applied_to_deductible: bool
    total_claim_amount: Amount
    claim_payment_amount: Amount
    adjudication_finalized_date: str
    remittance_date: str
    service_date: str
    service_end_date: str
    pharmacy_prescription_number: str
    services: list[StatusService]
    statuses: list[ClaimStatus]


class FoundPatient(PersonName):
    id: str
    claims: list[FoundClaim]


class ClaimsStatus(TypedDict):
    """The ``data`` of `claims_status`; without ``patient`` if the payer found no claim."""

    client_id: str
    trading_partner_id: str
    correlation_id: str
    payer: dict[str, Any]
    submitter: dict[str, Any]
    providers: list[dict[str, Any]]
    patient: FoundPatient
