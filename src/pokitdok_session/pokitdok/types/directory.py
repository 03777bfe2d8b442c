"""Replies about payers, providers, plans and prices, and what registers a provider."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

from .common import Amount


class TradingPartner(TypedDict):
    """A payer; ``supported_transactions`` are X12 numbers such as ``"270"``."""

    id: str
    name: str
    is_enabled: bool
    supported_transactions: list[str]
    supported_search_options: list[str]
    enrollment_required: list[Any]
    restricted_transactions: list[str]
    provider_enrollment_required: bool
    provider_enrollment_required_transaction_types: list[str]
    provider_enrollment_setup: dict[str, bool]
    provider_enrollment_setup_transaction_types: list[str]
    metrics: dict[str, Any]
    monitoring: dict[str, Any]
    pass_through_fees: dict[str, Any]


class ProviderLocation(TypedDict):
    address_lines: list[str]
    city: str
    state: str
    zipcode: str
    country: str
    county: str
    phone: str
    fax: str
    suite: str
    role: list[Literal["mailing", "practice"]]


class ProviderRecord(TypedDict):
    """A provider of the directory."""

    uuid: str
    npi: str
    entity_type: Literal["individual", "organization"]
    prefix: str
    first_name: str
    middle_name: str
    last_name: str
    suffix: str
    degree: str
    organization_name: str
    other_organization_name: str
    gender: str
    phone: str
    fax: str
    description: str
    specialty: list[str]
    specialty_primary: list[str]
    specialty_secondary: list[str]
    licenses: list[dict[str, str]]
    locations: list[ProviderLocation]
    verified: bool


class ProviderItem(TypedDict):
    """An item of `providers`; ``distance`` is there if sorted by it."""

    provider: ProviderRecord
    distance: str


class Premium(TypedDict):
    age: int
    adults: int
    children: int
    cost: float


class PlanBenefit(TypedDict):
    """What a patient pays; ``percent_73`` and the others are for people with a small income."""

    standard: str
    percent_73: str
    percent_87: str
    percent_94: str


class Plan(TypedDict):
    """A plan of an insurance exchange."""

    plan_id: str
    plan_name: str
    plan_type: str
    metallic_level: str
    state: str
    county: str
    trading_partner_id: str
    benefits_summary_url: str
    customer_service_phone: str
    public_exchange: bool
    premiums: list[Premium]
    deductible: dict[str, float]
    max_out_of_pocket: dict[str, float]
    emergency_room: PlanBenefit
    generic_drugs: PlanBenefit
    inpatient_facility: PlanBenefit
    inpatient_physician: PlanBenefit
    non_preferred_brand_drugs: PlanBenefit
    preferred_brand_drugs: PlanBenefit
    primary_care_physician: PlanBenefit
    specialist: PlanBenefit
    specialty_drugs: PlanBenefit


class Price(TypedDict):
    """Five figures of one price."""

    average_price: float
    median_price: float
    low_price: float
    high_price: float
    standard_deviation: float


class CashPrice(Price):
    """What a procedure costs without insurance; ``geo_zip_area`` has three digits."""

    cpt_code: str
    geo_zip_area: str
    procedure_description: str
    pokitdok_procedure_urn: str


class InsurancePrice(Price):
    payer_type: Literal["insurance", "medicare"]
    payment_type: Literal["allowed", "submitted", "paid", "standardized"]


class InsurancePrices(TypedDict):
    """The ``data`` of `insurance_prices`."""

    cpt_code: str
    geo_zip_area: str
    amounts: list[InsurancePrice]


class Payment(TypedDict):
    """A payment of a payer (X12 835); the last three members only if it is read alone."""

    id: str
    payment_type: str
    trading_partner_id: str
    effective_date: str
    received_date: str
    total: Amount
    transaction_count: int
    linked_activity_count: int
    financial_information: dict[str, Any]
    payee: dict[str, Any]
    payer: dict[str, Any]


class MedicalCode(TypedDict):
    code: str
    name: str
    description: str
