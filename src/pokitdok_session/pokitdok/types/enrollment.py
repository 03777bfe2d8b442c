"""The request of an enrollment (X12 834; page "Enrollment", January 2017)."""

from __future__ import annotations

from typing import Literal, TypedDict

from .common import Amount, CallOptions, Date, Money
from .enrollment_parts import (
    Agent,
    Benefit,
    EnrollmentAddress,
    EnrollmentContact,
    MaintenanceType,
    Medicare,
    Organization,
    ReportingCategory,
    School,
)

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


class InsuredMember(TypedDict, total=False):
    """A subscriber or a dependent. ``relationship`` is listed as ``spouse``, sent as ``Spouse``."""

    first_name: str
    middle_name: str
    last_name: str
    suffix: str
    ssn: str
    member_id: str
    subscriber_number: str
    birth_date: Date
    gender: Literal["Male", "Female", "Unknown"]
    address: EnrollmentAddress
    contacts: list[EnrollmentContact]
    relationship: str
    maintenance_type: MaintenanceType
    maintenance_reason: str
    maintenance_effective_date: Date
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
    eligibility_begin_date: Date
    eligibility_end_date: Date
    hire_date: Date
    death_date: Date
    handicapped: bool
    substance_abuse: bool
    tobacco_use: bool
    group_or_policy_number: str
    department_number: str
    case_number: str
    pin: str
    hic_number: str
    wages_amount: Amount | Money
    premium_amount: Amount | Money
    deductible_amount: Amount | Money
    copayment_amount: Amount | Money
    coinsurance_amount: Amount | Money
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
    """The request of `enrollment`."""

    broker: Agent
    tpa: Agent
    dependents: list[InsuredMember]
    master_policy_number: str
    reference_number: str
