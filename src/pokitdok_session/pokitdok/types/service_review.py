"""Request and reply of an authorization or a referral (X12 278; their pages, August 2017)."""

from __future__ import annotations

from typing import Literal, TypedDict

from .common import AsyncFlag, CallOptions, Date, Gender, Money, PayerName, PersonName, Rejection


class ReviewProvider(PersonName, total=False):
    """The requesting or the servicing provider."""

    organization_name: str
    npi: str
    tax_id: str
    taxonomy_code: str
    phone: str
    fax: str
    email: str
    url: str


class ReviewPatient(PersonName, total=False):
    """The patient; a dependent if the request has a subscriber too."""

    id: str
    birth_date: Date
    gender: Gender
    group_number: str
    ssn: str
    last_menstrual_date: Date
    estimated_birth_date: Date
    illness_date: Date
    accident_date: Date


class Diagnosis(TypedDict, total=False):
    code: str
    date: Date


class EventService(TypedDict, total=False):
    cpt_code: str
    measurement: Literal["unit", "minutes", "international_unit"]
    quantity: float | str
    amount: Money
    date: Date


class Delivery(TypedDict, total=False):
    quantity: float | str
    quantity_qualifier: Literal["visits", "month", "hours", "units", "days"]
    units: str
    sample_selection_modulus: float | str
    delivery_frequency_code: str
    delivery_pattern_time_code: str


class Event(TypedDict, total=False):
    """The service that is requested; a referral has ``specialty_care_review``."""

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
    start_date: Date
    end_date: Date
    admission_date: Date
    discharge_date: Date


class _Required(TypedDict):
    trading_partner_id: str


class ServiceReviewRequest(_Required, CallOptions, total=False):
    """The request of `authorizations` and `referrals`."""

    event: Event
    provider: ReviewProvider
    patient: ReviewPatient
    subscriber: ReviewPatient
    payer: PayerName


class Review(TypedDict):
    """The decision of the payer."""

    certification_action: str
    certification_number: str
    decision_reason: str
    event_start_date: str
    event_end_date: str
    second_surgical_opinion_required: bool


class ReviewedEvent(Event):
    """The event of the request, with the decision."""

    review: Review
    rejections: list[Rejection]


class ServiceReviewReply(AsyncFlag):
    """The ``data`` of `authorizations` and `referrals`."""

    client_id: str
    trading_partner_id: str
    correlation_id: str
    originating_company_id: str
    valid_request: bool
    reject_reason: str
    follow_up_action: str
    event: ReviewedEvent
    patient: ReviewPatient
    subscriber: ReviewPatient
    provider: ReviewProvider
    payer: PayerName
