"""Requests of a practice: registrations, appointments, prices and pharmacy coverage."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

from .common import Date, DateTime, Money
from .persons import DateParts, StreetAddress


class _RequiredOfAppRegistration(TypedDict):
    npi: str
    trading_partner_id: str
    transaction_set_name: Literal["eligibility", "claims", "claim_status"]
    claims_roles: list[Literal["billing", "rendering"]]
    tax_id: list[str]
    address_lines: list[str]
    city: str
    state: str
    zipcode: str


class AppRegistrationRequest(_RequiredOfAppRegistration, total=False):
    """The request of `create_app_registration`: a person, or an ``organization_name``."""

    first_name: str
    last_name: str
    organization_name: str


class RegisteredAddress(StreetAddress, total=False):
    role: str


class RegisteredSpecialty(TypedDict, total=False):
    name: str
    nucc_code: str


class ProviderRegistration(TypedDict, total=False):
    """The request of `create_provider_registration`."""

    entity_type: str
    first_name: str
    middle_name: str
    last_name: str
    organization_name: str
    ssn: str
    npi: str
    gender: str
    email: str
    phone_number: str
    birth_date: DateParts
    addresses: list[RegisteredAddress]
    specialties: list[RegisteredSpecialty]


class SchedulePatientRequest(TypedDict, total=False):
    """The request of `schedule_patient`; ``location`` is latitude first."""

    pd_patient_uuid: str
    pd_provider_uuid: str
    location: list[float]


class SlotRequest(TypedDict, total=False):
    """The request of `schedule_slots`; times are UTC, ``location`` is latitude first."""

    pd_provider_uuid: str
    location: list[float]
    appointment_type: str
    start_date: DateTime
    end_date: DateTime


class AppointmentPatient(TypedDict, total=False):
    uuid: str
    _uuid: str
    first_name: str
    last_name: str
    birth_date: Date
    email: str
    phone: str
    member_id: str


class AppointmentRequest(TypedDict, total=False):
    """The request of `book_appointment` and `update_appointment`."""

    patient: AppointmentPatient
    description: str
    mark_completed: str


class Appointment(TypedDict):
    """A slot, or the appointment that it became; times are UTC.

    The sample of one appointment has ``client_appointment_uuid`` in place of the first member.
    """

    client_appointment_uuid: str
    pd_appointment_uuid: str
    provider_scheduler_uuid: str
    appointment_id: str
    appointment_type: str
    start_date: str
    end_date: str
    status: Literal["open", "booked", "completed"]
    patient: AppointmentPatient
    description: str


class LoadedPrice(TypedDict, total=False):
    amount: Money
    currency: str


class _RequiredOfBundle(TypedDict):
    trading_partner_id: str
    cpt_bundle: list[str]


class LoadPriceRequest(_RequiredOfBundle, total=False):
    """The request of `oop_insurance_prices`; without ``price`` it reads the loaded one."""

    price: LoadedPrice


class EstimateEligibility(TypedDict, total=False):
    provider: dict[str, Any]
    member: dict[str, Any]


class EstimateRequest(_RequiredOfBundle, total=False):
    """The request of `oop_insurance_estimate`; without ``eligibility`` it is generic."""

    eligibility: EstimateEligibility
    zip_code: str
    service_type_codes: list[str]


class Prescriber(TypedDict, total=False):
    npi: str
    last_name: str


class _RequiredOfPharmacyMember(TypedDict):
    last_name: str
    date_of_birth: str
    gender: Literal["Male", "Female", "Unknown"]


class PharmacyMember(_RequiredOfPharmacyMember, total=False):
    """The patient; ``date_of_birth`` is ``YYYYMMDD``."""

    first_name: str
    address: dict[str, Any]


class _RequiredOfPharmacyInsurance(TypedDict):
    cardholder_id: str
    bin_number: str
    pcn: str


class PharmacyInsurance(_RequiredOfPharmacyInsurance, total=False):
    """The insurance; ``pcn`` may be empty."""

    group_id: str
    patient_relationship_code: str


class _RequiredOfCoveredDrug(TypedDict):
    ndc: str
    quantity_dispensed: float


class CoveredDrug(_RequiredOfCoveredDrug, total=False):
    """A drug by its NDC of 11 digits."""

    ingredient_cost_submitted: Money
    submission_clarification_codes: list[str]
    prior_authorization_number_submitted: str
    dispense_as_written_product_selection_code: str
    scheduled_prescription_id_number: str


class PharmacyCoverageRequest(TypedDict):
    """The request of `pharmacy_coverage`; one to four drugs."""

    pharmacy_npi: str
    prescriber: Prescriber
    member: PharmacyMember
    insurance: PharmacyInsurance
    drugs: list[CoveredDrug]
