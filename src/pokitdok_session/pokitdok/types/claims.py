"""The request of a professional claim (X12 837P; page "Claims", May 2019)."""

from __future__ import annotations

from typing import Literal, TypedDict

from .claim_parties import ClaimPatient, ClaimSubscriber, CoordinationOfBenefits, Submitter
from .claim_services import Note, Paperwork, ServiceLine
from .common import Address, CallOptions, Date, Money, PayerName, Provider

ClaimFrequency = Literal[
    "nonpayment",
    "original",
    "interim_first_claim",
    "interim_continuing_claims",
    "interim_last_claim",
    "late_charges",
    "adjustment",
    "corrected",
    "cancel",
    "final_claim_home_health",
]

AmbulanceCondition = Literal[
    "admitted_to_hospital",
    "ambulance_medically_necessary",
    "emergency_transport",
    "moved_by_stretcher",
    "patient_confined_bed_chair",
    "physically_restrained",
    "unconscious_in_shock",
    "visible_hemorrhaging",
]


class ServiceFacility(TypedDict, total=False):
    organization_name: str
    npi: str
    address: Address


class Ambulance(TypedDict, total=False):
    reason_code: str
    transport_distance: float | str
    round_trip_purpose_description: str
    stretcher_purpose_description: str
    applicable_conditions: list[AmbulanceCondition]
    not_applicable_conditions: list[AmbulanceCondition]
    pickup_location: Address
    dropoff_location: Address


class Chiropractic(TypedDict, total=False):
    spinal_condition: Literal[
        "acute_condition",
        "acute_manifestation_chronic_condition",
        "chronic_condition",
        "non_acute",
        "non_life_threatening",
        "routine",
        "symptomatic",
    ]
    description: str


class Claim(TypedDict, total=False):
    """The services and their price; ``corrected`` needs ``original_reference_number``."""

    total_charge_amount: Money
    patient_paid_amount: Money
    claim_frequency: ClaimFrequency
    original_reference_number: str
    place_of_service: str
    direct_payment: Literal["y", "n", "n/a"]
    plan_participation: Literal["assigned", "lab", "n/a"]
    information_release: Literal["informed_consent", "signed_statement"]
    provider_signature: bool
    patient_signature_on_file: bool
    prior_authorization_number: str
    referral_number: str
    medical_record_number: str
    project_code: str
    care_plan_oversight_number: str
    clinical_laboratory_improvement_amendment_number: str
    onset_date: Date
    statement_date: Date
    statement_end_date: Date
    admission_date: Date
    discharge_date: Date
    last_seen_date: Date
    initial_treatment_date: Date
    acute_manifestation_date: Date
    last_x_ray_date: Date
    accident_date: Date
    disability_period_start: Date
    disability_period_end: Date
    report_start_date: Date
    report_end_date: Date
    related_causes_code: Literal["auto_accident", "employment", "other_accident"]
    state_or_province_code: str
    note: Note
    referring_provider: Provider
    rendering_provider: Provider
    supervising_provider: Provider
    service_facility: ServiceFacility
    ambulance: Ambulance
    chiropractic: Chiropractic
    paperwork: Paperwork
    service_lines: list[ServiceLine]


class _Required(TypedDict):
    trading_partner_id: str
    transaction_code: Literal["chargeable", "reporting", "subrogation_demand"]
    billing_provider: Provider


class ClaimsRequest(_Required, CallOptions, total=False):
    """The request of `claims`. ``coordination_of_benefits`` is a list for several payers."""

    subscriber: ClaimSubscriber
    patient: ClaimPatient
    claim: Claim
    coordination_of_benefits: CoordinationOfBenefits | list[CoordinationOfBenefits]
    payer: PayerName
    submitter: Submitter
    receiver: Submitter
    generate_pdf: bool
