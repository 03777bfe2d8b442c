"""The segments of one claim (X12 837), read into the JSON of ``/claims/``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, TypeAlias

from .interchange import element, expand_date, parse_name

Segment: TypeAlias = list[str]

TRANSACTION_CODES = {"CH": "chargeable", "RP": "reporting", "31": "subrogation_demand"}
FREQUENCIES = {
    "0": "nonpayment",
    "1": "original",
    "2": "interim_first_claim",
    "3": "interim_continuing_claims",
    "4": "interim_last_claim",
    "5": "late_charges",
    "6": "adjustment",
    "7": "corrected",
    "8": "cancel",
    "9": "final_claim_home_health",
}
PLACES = {
    "02": "telehealth",
    "11": "office",
    "12": "home",
    "20": "urgent_care",
    "21": "inpatient_hospital",
    "22": "outpatient_hospital",
    "23": "er_hospital",
    "24": "surgical_center",
    "31": "skilled_nursing",
    "32": "nursing",
    "41": "ambulance_land",
    "49": "independent_clinic",
    "50": "federal_qualified",
    "65": "end_stage_renal",
    "72": "rural_clinic",
    "81": "independent_lab",
}
RELATIONSHIPS = {
    "01": "spouse",
    "19": "child",
    "20": "employee",
    "39": "organ_donor",
    "40": "cadaver_donor",
    "53": "life_partner",
    "G8": "other_relationship",
}
GENDERS = {"F": "female", "M": "male"}
RESPONSIBILITIES = {"P": "primary", "S": "secondary", "T": "tertiary"}
FILING_CODES = {
    "12": "ppo",
    "BL": "blue_cross_blue_shield",
    "CI": "commercial_insurance_co",
    "HM": "hmo",
    "MA": "medicare_part_a",
    "MB": "medicare_part_b",
    "MC": "medicaid",
    "WC": "workers_compensation_health_claim",
    # As the documentation spells it.
    "ZZ": "mutualy_defined",
}
PARTIES = {"85": "billing_provider", "IL": "subscriber", "QC": "patient"}
CLAIM_PARTIES = {
    "77": "service_facility",
    "82": "rendering_provider",
    "DK": "ordering_provider",
    "DN": "referring_provider",
    "DQ": "supervising_provider",
}
REFERENCES = {
    "EI": "tax_id",
    "G1": "prior_authorization_number",
    "9F": "referral_number",
    "EA": "medical_record_number",
    "F8": "original_reference_number",
    "6R": "provider_control_number",
}
DATES = {"431": "onset_date", "435": "admission_date", "439": "accident_date"}


class ClaimReader:
    """Reads the segments of one claim into a body for `/claims/`."""

    def __init__(self, inner: str) -> None:
        self._inner = inner
        self._request: dict[str, Any] = {}
        self._claim: dict[str, Any] = {}
        self._line: dict[str, Any] | None = None
        self._party: dict[str, Any] = {}
        self._codes: list[str] = []

    def request(self, segments: list[Segment]) -> dict[str, Any]:
        self._request = {"trading_partner_id": None, "transaction_code": "chargeable"}
        for segment in segments:
            read = self.READ.get(segment[0])
            if read is not None:
                read(self, segment)
        patient = self._request.get("patient")
        if patient is not None:
            # A family has one member id, the subscriber's.
            subscriber = self._request.get("subscriber", {})
            patient.setdefault("member_id", subscriber.get("member_id"))
        return {**self._request, "claim": self._claim}

    @property
    def _holder(self) -> dict[str, Any]:
        return self._claim if self._line is None else self._line

    def _bht(self, segment: Segment) -> None:
        code = TRANSACTION_CODES.get(element(segment, 6))
        if code is not None:
            self._request["transaction_code"] = code

    def _hl(self, segment: Segment) -> None:
        # A patient's PAT segment comes before the name.
        self._party = self._request.setdefault("patient", {}) if element(segment, 3) == "23" else {}

    def _pat(self, segment: Segment) -> None:
        self._party["relationship"] = RELATIONSHIPS.get(element(segment, 1), "unknown")

    def _sbr(self, segment: Segment) -> None:
        if self._claim:
            return  # another payer's
        subscriber = self._request.setdefault("subscriber", {})
        subscriber["payer_responsibility"] = RESPONSIBILITIES.get(element(segment, 1), "unknown")
        for number, name in ((3, "group_number"), (4, "group_name")):
            if element(segment, number):
                subscriber[name] = element(segment, number)
        if element(segment, 9) in FILING_CODES:
            subscriber["claim_filing_code"] = FILING_CODES[element(segment, 9)]

    def _nm1(self, segment: Segment) -> None:
        role = element(segment, 1)
        self._party = {}
        if self._claim:
            if role in CLAIM_PARTIES:
                self._party = self._holder.setdefault(CLAIM_PARTIES[role], {})
        elif role in PARTIES:
            self._party = self._request.setdefault(PARTIES[role], {})
        elif role == "PR":
            self._request["trading_partner_id"] = element(segment, 9)
        self._party.update(parse_name(segment))
        name = {"XX": "npi", "MI": "member_id"}.get(element(segment, 8))
        if name is not None:
            self._party[name] = element(segment, 9)

    def _n3(self, segment: Segment) -> None:
        self._address()["address_lines"] = [line for line in segment[1:] if line]

    def _n4(self, segment: Segment) -> None:
        names = ("city", "state", "zipcode")
        self._address().update(zip(names, segment[1:], strict=False))

    def _address(self) -> dict[str, Any]:
        address: dict[str, Any] = self._party.setdefault("address", {})
        return address

    def _dmg(self, segment: Segment) -> None:
        self._party["birth_date"] = expand_date(element(segment, 2))
        self._party["gender"] = GENDERS.get(element(segment, 3), "unknown")

    def _prv(self, segment: Segment) -> None:
        # It comes before the billing provider's name, but after the name of others.
        party = self._party
        if element(segment, 1) == "BI":
            party = self._request.setdefault("billing_provider", {})
        party["taxonomy_code"] = element(segment, 3)

    def _ref(self, segment: Segment) -> None:
        name = REFERENCES.get(element(segment, 1))
        if name is not None:
            holder = self._party if name == "tax_id" else self._holder
            holder[name] = element(segment, 2)

    def _clm(self, segment: Segment) -> None:
        place, _, frequency = (*element(segment, 5).split(self._inner), "", "")[:3]
        self._claim.update(
            total_charge_amount=element(segment, 2),
            place_of_service=PLACES.get(place, "other"),
            claim_frequency=FREQUENCIES.get(frequency, "original"),
            service_lines=[],
        )

    def _hi(self, segment: Segment) -> None:
        # Without the dot, as in the documentation's example of this endpoint only.
        self._codes += [item.partition(self._inner)[2] for item in segment[1:] if item]

    def _lx(self, segment: Segment) -> None:
        self._line = {}
        self._claim.setdefault("service_lines", []).append(self._line)

    def _sv1(self, segment: Segment) -> None:
        _, code, *modifiers = (*element(segment, 1).split(self._inner), "")
        codes = {str(number): code for number, code in enumerate(self._codes, 1)}
        pointers = element(segment, 7).split(self._inner)
        self._holder.update(
            procedure_code=code,
            charge_amount=element(segment, 2),
            unit_count=element(segment, 4),
            diagnosis_codes=[codes[pointer] for pointer in pointers if pointer in codes],
        )
        modifiers = [modifier for modifier in modifiers if modifier]
        if modifiers:
            self._holder["procedure_modifier_codes"] = modifiers

    def _dtp(self, segment: Segment) -> None:
        kind, (first, _, last) = element(segment, 1), element(segment, 3).partition("-")
        if kind == "472":
            self._holder["service_date"] = expand_date(first)
            if last:
                self._holder["service_end_date"] = expand_date(last)
        elif kind in DATES:
            self._holder[DATES[kind]] = expand_date(first)

    READ: ClassVar[dict[str, Callable[[ClaimReader, Segment], None]]] = {
        "BHT": _bht,
        "HL": _hl,
        "PAT": _pat,
        "SBR": _sbr,
        "NM1": _nm1,
        "N3": _n3,
        "N4": _n4,
        "DMG": _dmg,
        "PRV": _prv,
        "REF": _ref,
        "CLM": _clm,
        "HI": _hi,
        "LX": _lx,
        "SV1": _sv1,
        "DTP": _dtp,
    }
