"""Request and reply of an eligibility inquiry (X12 270/271; page "Eligibility", May 2019)."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

from .common import Address, Amount, AsyncFlag, CallOptions, Date, Gender, PersonName, Rejection

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
    """The insured person. The payer's search options decide which fields are required."""

    id: str
    birth_date: Date
    gender: Gender
    group_number: str
    plan_start_date: Date


class _ProviderNpi(TypedDict):
    npi: str


class EligibilityProvider(_ProviderNpi, PersonName, total=False):
    """The provider that inquires: a person by names, or an ``organization_name``."""

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
    """The request of `eligibility`."""

    service_types: list[str]
    cpt_code: str
    procedure_id: str
    procedure_id_qualifier: ProcedureIdQualifier
    payer: EligibilityPayer
    industry_code: str
    transaction_code: Literal["request", "cancellation"]


class CoverageBenefit(TypedDict):
    """One entry of ``coinsurance``, ``copay``, ``deductibles`` or ``out_of_pocket``."""

    benefit_amount: Amount
    benefit_percent: float
    copayment: Amount
    coverage_level: str
    in_plan_network: Literal["yes", "no", "not_applicable"]
    authorization_required: Literal["yes", "no", "unknown"]
    insurance_type: str
    plan_description: str
    description: str
    time_period: str
    service_types: list[str]
    service_type_codes: list[str]
    messages: list[dict[str, Any]]


class Coverage(TypedDict):
    """What the plan covers. The API has more members, which a plain dict gives access to."""

    active: bool
    level: str
    insurance_type: str
    plan_description: str
    plan_number: str
    group_number: str
    group_description: str
    service_date: str
    plan_begin_date: str
    plan_end_date: str
    eligibility_begin_date: str
    eligibility_end_date: str
    coinsurance: list[CoverageBenefit]
    copay: list[CoverageBenefit]
    deductibles: list[CoverageBenefit]
    out_of_pocket: list[CoverageBenefit]
    limitations: list[CoverageBenefit]
    non_covered: list[CoverageBenefit]
    contacts: list[dict[str, Any]]
    other_payers: list[dict[str, Any]]


class CoveredPerson(PersonName):
    """The subscriber or the dependent, as the payer knows them."""

    id: str
    birth_date: str
    gender: Gender
    address: Address
    relationship: str
    group_number: str
    rejections: list[Rejection]


class EligibilityReply(AsyncFlag):
    """The ``data`` of `eligibility`."""

    client_id: str
    trading_partner_id: str
    correlation_id: str
    valid_request: bool
    reject_reason: str
    follow_up_action: str
    service_types: list[str]
    service_type_codes: list[str]
    coverage: Coverage
    summary: dict[str, Any]
    subscriber: CoveredPerson
    dependent: CoveredPerson
    payer: dict[str, Any]
    provider: dict[str, Any]
    pharmacy: dict[str, Any]
    benefit_related_entities: list[dict[str, Any]]
    application_data: dict[str, Any]
