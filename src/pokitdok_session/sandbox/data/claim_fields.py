"""What a claim must contain: required fields, and the values that fields can have.

They are those of the documentation's page "Claims" (May 2019). Names of fields inside a claim and
the forms of dates and amounts are not checked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..server.schema import Schema, npi, one_of

FREQUENCIES = (
    *("nonpayment", "original", "interim_first_claim", "interim_continuing_claims"),
    *("interim_last_claim", "late_charges", "adjustment", "corrected", "cancel"),
    "final_claim_home_health",
)
PLACES = (
    *("ambulance_air_or_water", "ambulance_land", "ambulatory_substance_abuse"),
    *("assisted_living", "birthing_center", "custodial", "end_stage_renal", "er_hospital"),
    *("federal_qualified", "group_home", "home", "hospice", "ihs_freestanding", "ihs_provider"),
    *("immunization", "independent_clinic", "independent_lab", "inpatient_hospital"),
    *("inpatient_psych", "inpatient_rehab", "mental_health_center", "mentally_retarded"),
    *("military", "mobile_unit", "nursing", "off_campus_outpatient_hospital", "office", "other"),
    *("outpatient_hospital", "outpatient_rehab", "pharmacy", "prison", "psych_partial_hospital"),
    *("psych_residential", "public_clinic", "residential_substance_abuse", "rural_clinic"),
    *("school", "shelter", "skilled_nursing", "surgical_center", "telehealth", "temp_lodging"),
    *("tribal_638_freestanding", "tribal_638_provider", "urgent_care", "walkin_clinic"),
    "worksite",
)
RELATIONSHIPS = (
    *("cadaver_donor", "child", "employee", "life_partner", "organ_donor"),
    *("other_relationship", "spouse", "unknown"),
)
RESPONSIBILITIES = (
    *("primary", "secondary", "tertiary", "four", "five", "six", "seven", "eight", "nine"),
    *("ten", "eleven", "unknown"),
)
FILING_CODES = (
    *("automobile_medical", "blue_cross_blue_shield", "champus", "commercial_insurance_co"),
    *("dental_maintenance_organization", "disability", "epo", "federal_employee_program"),
    *("hmo", "hmo_medicare_risk", "indemnity_insurance", "liability_medical", "medicaid"),
    # The page spells it in both ways.
    *("medicare_part_a", "medicare_part_b", "mutualy_defined", "mutually_defined"),
    *("other_federal_program", "other_non_federal_program", "pos", "ppo", "title_v"),
    *("veterans_affairs_plan", "workers_compensation_health_claim"),
)
ADJUSTMENT_GROUPS = (
    *("contractual_obligations", "corrections_and_reversals", "other_adjustments"),
    *("patient_responsibility", "payor_initiated_reductions"),
)
NOTES = (
    *("additional_information", "certification_narrative", "diagnosis_description"),
    *("goals_rehab_discharge", "third_party_organization_notes"),
)
SPINAL_CONDITIONS = (
    *("acute_condition", "acute_manifestation_chronic_condition", "chronic_condition"),
    *("non_acute", "non_life_threatening", "routine", "symptomatic"),
)
DRUG_UNITS = ("gram", "international", "milligram", "milliliter", "unit")
MEASUREMENTS = ("creatinine", "epoetin_starting_dosage", "height", "hematocrit", "hemoglobin")


class _OneOrMore(Schema):
    """An object, or a list of such objects."""

    def errors(self, value: Any) -> Any:
        return self.list_errors(value) if isinstance(value, list) else super().errors(value)


def _only_of_others(value: Any) -> str:
    return "A referring or supervising provider is a person, without this field."


def _at_most_five(value: Any) -> str | None:
    is_more = isinstance(value, list) and len(value) > 5
    return "At most five are possible." if is_more else None


def _goes_together(claim: Any) -> str | None:
    """Check the fields of a claim that require another one."""
    sent = claim if isinstance(claim, Mapping) else {}
    for field, value, needed in (
        ("claim_frequency", "corrected", "original_reference_number"),
        ("related_causes_code", "auto_accident", "state_or_province_code"),
    ):
        if sent.get(field) == value and not sent.get(needed):
            return f"{field} {value} requires {needed}."
    return None


PROVIDER = Schema(checks={"npi": npi})
_PERSON_PROVIDER = Schema(
    checks={
        "npi": npi,
        **dict.fromkeys(("organization_name", "tax_id", "taxonomy_code"), _only_of_others),
        "address": _only_of_others,
    }
)
_NOTE = Schema(checks={"reference_code": one_of(*NOTES)})
_PERSON = Schema(
    required=("first_name", "last_name", "member_id"),
    checks={
        "relationship": one_of(*RELATIONSHIPS),
        "payer_responsibility": one_of(*RESPONSIBILITIES),
        "claim_filing_code": one_of(*FILING_CODES),
    },
)
_ADJUSTMENTS: Mapping[str, Schema] = {
    "adjustments": Schema(
        required=("group", "reason", "amount"), checks={"group": one_of(*ADJUSTMENT_GROUPS)}
    )
}
_SERVICE_LINE = Schema(
    objects={
        "note": _NOTE,
        **dict.fromkeys(("rendering_provider", "purchased_service_provider"), PROVIDER),
        "ordering_provider": PROVIDER,
        **dict.fromkeys(("referring_provider", "supervising_provider"), _PERSON_PROVIDER),
        "drug": Schema(checks={"unit_type": one_of(*DRUG_UNITS)}),
        "dme_certification": Schema(checks={"type": one_of("initial", "renewal", "revised")}),
        "test_results": Schema(
            checks={
                "reference_id": one_of("original", "test_results"),
                "measurement": one_of(*MEASUREMENTS),
            }
        ),
        "adjudication": Schema(
            required=("amount", "procedure_code", "claim_paid_date"),
            lists=_ADJUSTMENTS,
            checks={"adjustments": _at_most_five},
        ),
    },
    checks={"place_of_service": one_of(*PLACES), "unit_type": one_of("units", "days")},
)
_CLAIM = Schema(
    objects={
        "note": _NOTE,
        "chiropractic": Schema(checks={"spinal_condition": one_of(*SPINAL_CONDITIONS)}),
        "rendering_provider": PROVIDER,
        **dict.fromkeys(("referring_provider", "supervising_provider"), _PERSON_PROVIDER),
    },
    lists={"service_lines": _SERVICE_LINE},
    checks={
        "claim_frequency": one_of(*FREQUENCIES),
        "place_of_service": one_of(*PLACES),
        "direct_payment": one_of("y", "n", "n/a"),
        "plan_participation": one_of("assigned", "lab", "n/a"),
        "information_release": one_of("informed_consent", "signed_statement"),
        "related_causes_code": one_of("auto_accident", "employment", "other_accident"),
    },
)
CLAIM_REQUEST = Schema(
    required=("trading_partner_id", "transaction_code", "billing_provider"),
    optional=("payer", "submitter", "receiver", "generate_pdf", "client_id", "correlation_id"),
    objects={
        "billing_provider": PROVIDER,
        "subscriber": _PERSON,
        "patient": Schema(
            required=(*_PERSON.required, "address", "relationship"), checks=_PERSON.checks
        ),
        "claim": _CLAIM,
        "coordination_of_benefits": _OneOrMore(
            required=("subscriber", "payer"),
            objects={
                "subscriber": _PERSON,
                "payer": Schema(required=("organization_name", "id")),
            },
            lists=_ADJUSTMENTS,
            checks={"adjustments": _at_most_five},
        ),
    },
    checks={
        "transaction_code": one_of("chargeable", "reporting", "subrogation_demand"),
        "claim": _goes_together,
    },
)
