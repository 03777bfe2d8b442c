"""Who takes part in a claim: insured persons, patients and other payers."""

from __future__ import annotations

from typing import Literal, TypedDict

from .common import Address, Date, Gender, Money, PersonName

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

# The page has both mutualy_defined and mutually_defined; it is not known which the API took.
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


class _Insured(TypedDict):
    first_name: str
    last_name: str
    member_id: str


class ClaimSubscriber(_Insured, total=False):
    """The person who holds the policy."""

    middle_name: str
    suffix: str
    address: Address
    birth_date: Date
    gender: Gender
    phone: str
    ssn: str
    group_number: str
    group_name: str
    claim_filing_code: ClaimFilingCode
    payer_responsibility: PayerResponsibility


class OtherSubscriber(ClaimSubscriber, total=False):
    """The person who holds the policy of another payer."""

    relationship: Relationship
    authorize_payment_to_billing_provider: Literal["yes", "no"]
    patient_signature_source: Literal["patient", "other"]
    release_of_information_code: str


class _RequiredOfPatient(_Insured):
    address: Address
    relationship: Relationship


class ClaimPatient(_RequiredOfPatient, total=False):
    """The person who was treated; leave it out if that is the subscriber."""

    middle_name: str
    suffix: str
    birth_date: Date
    gender: Gender
    phone: str
    ssn: str
    death_date: Date
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
    """A sum that a payer deducted, and the reason."""

    quantity: float | str


class _RequiredOfOtherPayer(TypedDict):
    organization_name: str
    id: str


class OtherPayer(_RequiredOfOtherPayer, total=False):
    """The payer that the claim was sent to before."""

    address: Address


class _RequiredOfCoordination(TypedDict):
    subscriber: OtherSubscriber
    payer: OtherPayer


class CoordinationOfBenefits(_RequiredOfCoordination, total=False):
    """The decision of another payer on the claim; at most five adjustments."""

    payer_amount_paid: Money
    amount_owed: Money
    adjustments: list[Adjustment]


class Submitter(PersonName, total=False):
    """The sender of the claim. The platform fills it in, as it does payer and receiver."""

    organization_name: str
    id: str
    email: str
