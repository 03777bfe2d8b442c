"""Requests about persons: identities, their matching and proof, and their readiness to pay."""

from __future__ import annotations

from typing import Literal, TypedDict

from .common import Address, CallOptions, Date, Gender, Money


class ExternalIdentifier(TypedDict, total=False):
    """An id in another system; ``location`` is longitude first."""

    system_uuid: str
    provider_uuid: str
    value: str
    location: list[float]


class IdentityRequest(TypedDict, total=False):
    """The request of `create_identity` and `update_identity`."""

    prefix: str
    first_name: str
    middle_name: str
    last_name: str
    suffix: str
    birth_date: Date
    gender: Gender
    email: str
    phone: str
    secondary_phone: str
    ssn: str
    member_id: str
    address: Address
    identifiers: list[ExternalIdentifier]


class MatchRule(TypedDict, total=False):
    source_field: str
    match_algorithm: Literal["exact", "levenshtein", "soundex", "stemming"]
    search_fields: list[str]
    weight: float


class IdentityMatchJob(TypedDict, total=False):
    """The request of `identity_match`; ``threshold`` is between 0 and 100."""

    data_filters: list[dict[str, object]]
    match_configuration: list[MatchRule]
    threshold: float
    callback_url: str


class DateParts(TypedDict):
    """A day as three numbers; all three are required."""

    year: int
    month: int
    day: int


class StreetAddress(TypedDict, total=False):
    """An address in the form of identity match, identity proof and registration."""

    street1: str
    street2: str
    city: str
    state_or_province: str
    postal_code: str
    country_code: str


class MatchRequest(TypedDict, total=False):
    """The request of `create_match_source` and `find_match`."""

    id: str
    prefix: str
    first_name: str
    middle_name: str
    last_name: str
    suffix: str
    ssn: str
    gender: Literal["M", "F", "O"]
    email: str
    phone: str
    birth_date: DateParts
    address: StreetAddress


class _RequiredOfProof(TypedDict):
    first_name: str
    last_name: str
    birth_date: DateParts


class ProofRequest(_RequiredOfProof, total=False):
    """The request of `validate_identity` and `create_proof_questionnaire`.

    Either ``ssn``, in full or the last four digits, or ``drivers_license_number`` is required.
    """

    ssn: str
    drivers_license_number: str
    middle_name: str
    email: str
    ip_address: str
    phone: str
    phone_number: str
    address: StreetAddress


class ProofAnswer(TypedDict):
    """The request of `answer_proof_question`; ``answer`` is the id of a choice."""

    questionnaire_id: str
    question_id: str
    answer: str


class _RequiredOfConsumer(TypedDict):
    address: Address
    patient_responsibility: Money


class ConsumerRequest(_RequiredOfConsumer, CallOptions, total=False):
    """The request of `hco_consumer`. The page spells ``cholesterol`` in two ways."""

    age: int
    birth_date: Date
    gender: Literal["male", "female"]
    race: Literal["asian", "black", "hispanic", "other", "white"]
    has_diabetes: bool
    has_hypertension: bool
    has_high_cholestorol: bool
    has_high_cholesterol: bool
    smoker: bool
    has_hsa: bool
    activity_level: int
    bmi: float
    fico: float
    debt_to_income_ratio: float
