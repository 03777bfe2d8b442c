"""The services of a claim, and what another payer did with each of them."""

from __future__ import annotations

from typing import Literal, TypedDict

from .claim_parties import Adjustment
from .common import Date, Money, Provider


class _RequiredOfAdjudication(TypedDict):
    amount: Money
    procedure_code: str
    claim_paid_date: Date


class Adjudication(_RequiredOfAdjudication, total=False):
    """The decision of another payer on one service.

    At most four modifiers and five adjustments.
    """

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
    service_date: Date
    service_end_date: Date
    place_of_service: str
    provider_control_number: str
    referral_number: str
    is_emergency: bool
    initial_treatment_date: Date
    last_seen_date: Date
    begin_therapy_date: Date
    certification_revision_date: Date
    last_certification_date: Date
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
