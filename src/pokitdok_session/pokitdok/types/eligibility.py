"""The body of an eligibility request (X12 270; API reference 6.3)."""

from __future__ import annotations

from typing import Literal, TypedDict

from .common import Address, CallOptions, Gender, PersonName

ProcedureIdQualifier = Literal[
    "ada_code",
    "cpt",
    "hcpcs",
    "icd_9_cm",
    "hiec_product_service_code",
    "ndc_5_4_2_format",
    "mutually_defined",
]


class Member(PersonName, total=False):
    """Who is insured; which fields must be there depends on the payer's search options."""

    id: str
    birth_date: str
    gender: Gender
    group_number: str
    plan_start_date: str


class _ProviderNpi(TypedDict):
    npi: str


class EligibilityProvider(_ProviderNpi, PersonName, total=False):
    """Who asks: a person by names, or an ``organization_name``."""

    organization_name: str
    tax_id: str
    pin: str
    address: Address


class EligibilityPayer(TypedDict, total=False):
    id: str
    tax_id: str
    name: str
    phone: str
    email: str
    url: str
    fax: str


class _Required(TypedDict):
    trading_partner_id: str
    provider: EligibilityProvider
    member: Member


class EligibilityRequest(_Required, CallOptions, total=False):
    """What `eligibility` sends."""

    service_types: list[str]
    cpt_code: str
    procedure_id: str
    procedure_id_qualifier: ProcedureIdQualifier
    payer: EligibilityPayer
    industry_code: str
    transaction_code: Literal["request", "cancellation"]
