"""The body of a professional claim (X12 837P; API reference 6.4.1)."""

from __future__ import annotations

from typing import Literal, TypedDict

from .common import Address, CallOptions, Gender, Money, PayerName, PersonName, Provider

Relationship = Literal[
    "cadaver_donor",
    "child",
    "employee",
    "life_partner",
    "organ_donor",
    "other_relationship",
    "spouse",
    "unknown",
]

PayerResponsibility = Literal[
    "primary",
    "secondary",
    "tertiary",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "unknown",
]

# The list spells mutualy_defined, the text mutually_defined; which one the API took is not known.
ClaimFilingCode = Literal[
    "automobile_medical",
    "blue_cross_blue_shield",
    "champus",
    "commercial_insurance_co",
    "dental_maintenance_organization",
    "disability",
    "epo",
    "federal_employee_program",
    "hmo",
    "hmo_medicare_risk",
    "indemnity_insurance",
    "liability_medical",
    "medicaid",
    "medicare_part_a",
    "medicare_part_b",
    "mutually_defined",
    "mutualy_defined",
    "other_federal_program",
    "other_non_federal_program",
    "pos",
    "ppo",
    "title_v",
    "veterans_affairs_plan",
    "workers_compensation_health_claim",
]

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


class _Insured(TypedDict):
    first_name: str
    last_name: str
    member_id: str


class ClaimSubscriber(_Insured, total=False):
    """Who holds the policy."""

    middle_name: str
    suffix: str
    address: Address
    birth_date: str
    gender: Gender
    phone: str
    ssn: str
    group_number: str
    group_name: str
    claim_filing_code: ClaimFilingCode
    payer_responsibility: PayerResponsibility


class OtherSubscriber(ClaimSubscriber, total=False):
    """Who holds the policy of another payer."""

    relationship: Relationship
    authorize_payment_to_billing_provider: Literal["yes", "no"]
    patient_signature_source: Literal["patient", "other"]
    release_of_information_code: str


class _RequiredOfPatient(_Insured):
    address: Address
    relationship: Relationship


class ClaimPatient(_RequiredOfPatient, total=False):
    """Who was treated; leave it out where that is the subscriber."""

    middle_name: str
    suffix: str
    birth_date: str
    gender: Gender
    phone: str
    ssn: str
    death_date: str
    pregnant: bool


class _RequiredOfAdjustment(TypedDict):
    group: Literal[
        "contractual_obligations",
        "corrections_and_reversals",
        "other_adjustments",
        "patient_responsibility",
        "payor_initiated_reductions",
    ]
    reason: str
    amount: Money


class Adjustment(_RequiredOfAdjustment, total=False):
    """What a payer took off, and why."""

    quantity: float | str


class _RequiredOfOtherPayer(TypedDict):
    organization_name: str
    id: str


class OtherPayer(_RequiredOfOtherPayer, total=False):
    """The payer that was asked before."""

    address: Address


class _RequiredOfCoordination(TypedDict):
    subscriber: OtherSubscriber
    payer: OtherPayer


class CoordinationOfBenefits(_RequiredOfCoordination, total=False):
    """What another payer did with the claim; at most five adjustments."""

    payer_amount_paid: Money
    amount_owed: Money
    adjustments: list[Adjustment]


class _RequiredOfAdjudication(TypedDict):
    amount: Money
    procedure_code: str
    claim_paid_date: str


class Adjudication(_RequiredOfAdjudication, total=False):
    """What another payer did with one service; at most four modifiers and five adjustments."""

    procedure_modifiers: list[str]
    quantity: float | str
    adjustments: list[Adjustment]
    amount_owed: Money


class Note(TypedDict, total=False):
    reference_code: Literal[
        "additional_information",
        "certification_narrative",
        "diagnosis_description",
        "goals_rehab_discharge",
        "third_party_organization_notes",
    ]
    note: str


class Paperwork(TypedDict, total=False):
    report_type: str
    transmission_method: str
    control_number: str


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


class ClaimDrug(TypedDict, total=False):
    """A drug; the API spells ``precription_number``."""

    code_type: str
    code: str
    unit_type: Literal["gram", "international", "milligram", "milliliter", "unit"]
    quantity: float | str
    precription_number: str


class DmeCertification(TypedDict, total=False):
    type: Literal["initial", "renewal", "revised"]
    months: int


class TestResults(TypedDict, total=False):
    reference_id: Literal["original", "test_results"]
    measurement: Literal[
        "creatinine", "epoetin_starting_dosage", "height", "hematocrit", "hemoglobin"
    ]
    value: float | str


class Form(TypedDict, total=False):
    form_type: str
    identifier: str
    questions: list[dict[str, object]]


class ServiceLine(TypedDict, total=False):
    """One service; an empty modifier leaves its place free, as in ``["", "GT"]``."""

    procedure_code: str
    procedure_description: str
    procedure_modifier_codes: list[str]
    diagnosis_codes: list[str]
    charge_amount: Money
    sales_tax: Money
    unit_count: float | str
    unit_type: Literal["units", "days"]
    service_date: str
    service_end_date: str
    place_of_service: str
    provider_control_number: str
    referral_number: str
    is_emergency: bool
    initial_treatment_date: str
    last_seen_date: str
    begin_therapy_date: str
    certification_revision_date: str
    last_certification_date: str
    note: Note
    rendering_provider: Provider
    purchased_service_provider: Provider
    supervising_provider: Provider
    ordering_provider: Provider
    referring_provider: Provider
    drug: ClaimDrug
    dme_certification: DmeCertification
    test_results: TestResults
    ambulance_patient_count: int
    paperwork: Paperwork
    forms: list[Form]
    adjudication: Adjudication


class Claim(TypedDict, total=False):
    """What was done and what it costs; ``corrected`` needs ``original_reference_number``."""

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
    onset_date: str
    statement_date: str
    statement_end_date: str
    admission_date: str
    discharge_date: str
    last_seen_date: str
    initial_treatment_date: str
    acute_manifestation_date: str
    last_x_ray_date: str
    accident_date: str
    disability_period_start: str
    disability_period_end: str
    report_start_date: str
    report_end_date: str
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


class Submitter(PersonName, total=False):
    """Normally filled in by the platform, as the payer and the receiver are."""

    organization_name: str
    id: str
    email: str


class _Required(TypedDict):
    trading_partner_id: str
    transaction_code: Literal["chargeable", "reporting", "subrogation_demand"]
    billing_provider: Provider


class ClaimsRequest(_Required, CallOptions, total=False):
    """What `claims` sends; several other payers make ``coordination_of_benefits`` a list."""

    subscriber: ClaimSubscriber
    patient: ClaimPatient
    claim: Claim
    coordination_of_benefits: CoordinationOfBenefits | list[CoordinationOfBenefits]
    payer: PayerName
    submitter: Submitter
    receiver: Submitter
    generate_pdf: bool
