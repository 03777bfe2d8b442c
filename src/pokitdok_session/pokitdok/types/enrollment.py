"""The body of an enrollment (X12 834; API reference 6.7): codes are in title case here."""

from __future__ import annotations

from typing import Literal, TypedDict

from .common import CallOptions, Money

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

EmploymentClass = Literal[
    "Administrative",
    "Bargaining",
    "Executive",
    "Exempt",
    "Highly Compensated",
    "Hourly",
    "Key-Employee",
    "Management",
    "Non-Administrative",
    "Non-Bargaining",
    "Non-Executive",
    "Non-Exempt",
    "Non-Management",
    "Non-Union",
    "Owner",
    "President",
    "Salaried",
    "Union",
    "Vice President",
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
    """What a carrier wants its figures broken down by."""

    name: str
    qualifier: str
    effective_date: str
    effective_end_date: str


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
    """Whom a member chose."""

    first_name: str
    last_or_organization_name: str
    npi_id: str
    tax_id: str
    address: EnrollmentAddress


class _RequiredOfBenefit(TypedDict):
    maintenance_type: MaintenanceType


class Benefit(_RequiredOfBenefit, total=False):
    """One benefit, and what is to become of it."""

    benefit_type: str
    coverage_level: CoverageLevel
    begin_date: str
    end_date: str
    late_enrollment: bool
    description: str
    contract_code: str
    group_number: str
    policy_number: str
    premium_amount: Money
    deductible_amount: Money
    copayment_amount: Money
    coinsurance_amount: Money
    coordination_of_benefits: list[BenefitCoordination]
    providers: list[BenefitProvider]


class InsuredMember(TypedDict, total=False):
    """A subscriber or a dependent. ``relationship`` is listed as ``spouse``, sent as ``Spouse``."""

    first_name: str
    middle_name: str
    last_name: str
    suffix: str
    ssn: str
    member_id: str
    subscriber_number: str
    birth_date: str
    gender: Literal["Male", "Female", "Unknown"]
    address: EnrollmentAddress
    contacts: list[EnrollmentContact]
    relationship: str
    maintenance_type: MaintenanceType
    maintenance_reason: str
    maintenance_effective_date: str
    benefit_status: Literal[
        "Active",
        "Consolidated Omnibus Budget Reconciliation Act (COBRA)",
        "Surviving Insured",
        "Tax Equity and Fiscal Responsibility Act (TEFRA)",
    ]
    employment_status: Literal[
        "Active",
        "Active Military - Overseas",
        "Active Military - USA",
        "Full-time",
        "Leave of Absence",
        "Part-time",
        "Retired",
        "Terminated",
    ]
    employment_classes: list[EmploymentClass]
    student_status: Literal["Full-time", "Not a Student", "Part-time"]
    school: School
    marital_status: Literal[
        "Divorced",
        "Legally Separated",
        "Married",
        "Registered Domestic Partner",
        "Separated",
        "Single",
        "Unmarried (Single or Divorced or Widowed)",
        "Unreported",
        "Widowed",
    ]
    ethnicity: str
    citizenship_status: str
    eligibility_begin_date: str
    eligibility_end_date: str
    hire_date: str
    death_date: str
    handicapped: bool
    substance_abuse: bool
    tobacco_use: bool
    group_or_policy_number: str
    department_number: str
    case_number: str
    pin: str
    hic_number: str
    wages_amount: Money
    premium_amount: Money
    deductible_amount: Money
    copayment_amount: Money
    coinsurance_amount: Money
    medicare: Medicare
    reporting_categories: ReportingCategory | list[ReportingCategory]
    benefits: list[Benefit]


class _Required(TypedDict):
    trading_partner_id: str
    action: Literal["Change", "Replace", "Verify"]
    purpose: Literal["Information Copy", "Original", "Re-Submission"]
    payer: Organization
    sponsor: Organization
    subscriber: InsuredMember


class EnrollmentRequest(_Required, CallOptions, total=False):
    """What `enrollment` sends."""

    broker: Agent
    tpa: Agent
    dependents: list[InsuredMember]
    master_policy_number: str
    reference_number: str
