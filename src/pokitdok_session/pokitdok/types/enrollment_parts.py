"""Parts of an enrollment: organizations, addresses and benefits. Codes are in title case."""

from __future__ import annotations

from typing import Literal, TypedDict

from .common import Amount, Date, Money

MaintenanceType = Literal[
    "Addition",
    "Audit or Compare",
    "Cancellation or Termination",
    "Change",
    "Correction",
    "Delete",
    "Employee Information Not Applicable",
    "Reinstatement",
]

CommunicationType = Literal[
    "Alternate Telephone",
    "Beeper Number",
    "Cellular Phone",
    "Electronic Mail",
    "Facsimile",
    "Home Phone Number",
    "Telephone",
    "Telephone Extension",
    "Work Phone Number",
]

CoverageLevel = Literal[
    "Children Only",
    "Dependents Only",
    "Employee Only",
    "Employee and Children",
    "Employee and Five or More Dependents",
    "Employee and Four or More Dependents",
    "Employee and One Dependent",
    "Employee and One or More Dependents",
    "Employee and Spouse",
    "Employee and Three Dependents",
    "Employee and Three or More Dependents",
    "Employee and Two Dependents",
    "Employee and Two or More Dependents",
    "Family",
    "Individual",
    "Spouse Only",
    "Spouse and Children",
    "Two Party",
]


class Organization(TypedDict, total=False):
    """A payer or a sponsor; brokers and administrators have ``account_numbers`` too."""

    name: str
    tax_id: str


class Agent(Organization, total=False):
    """A broker or a third-party administrator."""

    account_numbers: str | list[str]


class EnrollmentAddress(TypedDict, total=False):
    """An address in the form that only this family has."""

    line: str
    line2: str
    city: str
    state: str
    postal_code: str
    county: str
    country: str


class EnrollmentContact(TypedDict, total=False):
    primary_communication_type: CommunicationType
    primary_communication_number: str
    communication_type2: CommunicationType
    communication_number2: str
    communication_type3: CommunicationType
    communication_number3: str


class Medicare(TypedDict, total=False):
    plan: Literal[
        "Medicare", "Medicare Part A", "Medicare Part A and B", "Medicare Part B", "No Medicare"
    ]
    eligibility_reason: Literal["Age", "Disability", "End Stage Renal Disease (ESRD)"]


class School(TypedDict, total=False):
    name: str


class _RequiredOfReportingCategory(TypedDict):
    value: str


class ReportingCategory(_RequiredOfReportingCategory, total=False):
    """A category by which a carrier reports."""

    name: str
    qualifier: str
    effective_date: Date
    effective_end_date: Date


class _RequiredOfBenefitCoordination(TypedDict):
    payer_responsibility: Literal["Primary", "Secondary", "Tertiary", "Unknown"]
    status: Literal["coordination_of_benefits", "no_coordination_of_benefits", "unknown"]


class BenefitCoordination(_RequiredOfBenefitCoordination, total=False):
    """Another insurance of the same member."""

    group_or_policy_number: str


class _RequiredOfBenefitProvider(TypedDict):
    type: Literal[
        "Dentist",
        "Doctor of Optometry",
        "Facility",
        "Hospital",
        "Laboratory",
        "Managed Care Organization",
        "Obstetrics and Gynecology Facility",
        "Pharmacy",
        "Primary Care Provider",
    ]
    entity_type: Literal["Person", "Non-Person Entity"]


class BenefitProvider(_RequiredOfBenefitProvider, total=False):
    """The provider that a member chose."""

    first_name: str
    last_or_organization_name: str
    npi_id: str
    tax_id: str
    address: EnrollmentAddress


class _RequiredOfBenefit(TypedDict):
    maintenance_type: MaintenanceType


class Benefit(_RequiredOfBenefit, total=False):
    """One benefit, and the change to it."""

    benefit_type: str
    coverage_level: CoverageLevel
    begin_date: Date
    end_date: Date
    late_enrollment: bool
    description: str
    contract_code: str
    group_number: str
    policy_number: str
    premium_amount: Amount | Money
    deductible_amount: Amount | Money
    copayment_amount: Amount | Money
    coinsurance_amount: Amount | Money
    coordination_of_benefits: list[BenefitCoordination]
    providers: list[BenefitProvider]
