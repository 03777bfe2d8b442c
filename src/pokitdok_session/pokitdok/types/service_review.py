"""The body of an authorization or a referral (X12 278; API reference 6.6)."""

from __future__ import annotations

from typing import Literal, TypedDict

from .common import CallOptions, Gender, Money, PayerName, PersonName


class ReviewProvider(PersonName, total=False):
    """Who asks, or who shall serve."""

    organization_name: str
    npi: str
    tax_id: str
    taxonomy_code: str
    phone: str
    fax: str
    email: str
    url: str


class ReviewPatient(PersonName, total=False):
    """Who shall be served; a dependent where the request has a subscriber as well."""

    id: str
    birth_date: str
    gender: Gender
    group_number: str
    ssn: str
    last_menstrual_date: str
    estimated_birth_date: str
    illness_date: str
    accident_date: str


class Diagnosis(TypedDict, total=False):
    code: str
    date: str


class EventService(TypedDict, total=False):
    cpt_code: str
    measurement: Literal["unit", "minutes", "international_unit"]
    quantity: float | str
    amount: Money
    date: str


class Delivery(TypedDict, total=False):
    quantity: float | str
    quantity_qualifier: Literal["visits", "month", "hours", "units", "days"]
    units: str
    sample_selection_modulus: float | str
    delivery_frequency_code: str
    delivery_pattern_time_code: str


class Event(TypedDict, total=False):
    """What is asked for; a referral's category is always ``specialty_care_review``."""

    category: Literal[
        "admission_review", "health_services_review", "individual", "specialty_care_review"
    ]
    certification_type: Literal[
        "appeal_immediate",
        "appeal_standard",
        "cancel",
        "extension",
        "initial",
        "reconsideration",
        "renewal",
        "revised",
    ]
    type: str
    place_of_service: str
    diagnoses: list[Diagnosis]
    services: list[EventService]
    delivery: Delivery
    provider: ReviewProvider
    start_date: str
    end_date: str
    admission_date: str
    discharge_date: str


class _Required(TypedDict):
    trading_partner_id: str


class ServiceReviewRequest(_Required, CallOptions, total=False):
    """What `authorizations` and `referrals` send."""

    event: Event
    provider: ReviewProvider
    patient: ReviewPatient
    subscriber: ReviewPatient
    payer: PayerName
