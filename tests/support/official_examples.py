"""Arguments for every method of the official client 2.8.1, and what the API documents of the reply.

A reply's ``data`` is a list or an object with certain fields. If no page showed a reply, no field
is named.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pokitdok_session import PokitDokSession
from pokitdok_session.sandbox import Sandbox

_PARTIES = f"ZZ*{'SENDER':15}*ZZ*{'MOCKPAYER':15}"
_ISA = f"ISA*00*{'':10}*00*{'':10}*{_PARTIES}*300102*0304*^*00501*000000001*0*T*:~"
X12_837 = _ISA + (
    "GS*HC*SENDER*MOCKPAYER*20300102*0304*1*X*005010X222A1~ST*837*0001*005010X222A1~"
    "BHT*0019*00*1*20300102*0304*CH~HL*1**20*1~NM1*85*2*Thistledown Clinic*****XX*1234567893~"
    "HL*2*1*22*0~SBR*P*18*G1******CI~NM1*IL*1*Quillfeather*Zephyrine****MI*W000000000~"
    "DMG*D8*19700125*F~NM1*PR*2*MOCK PAYER INC*****PI*MOCKPAYER~CLM*26*60***11:B:1*Y*A*Y*Y~"
    "HI*BK:25012~LX*1~SV1*HC:99213*60*UN*1***1~DTP*472*D8*20300102~SE*16*0001~"
    "GE*1*1~IEA*1*000000001~"
)
X12_834 = _ISA + (
    "GS*BE*SENDER*MOCKPAYER*20300102*0304*1*X*005010X220A1~ST*834*0001*005010X220A1~"
    "BGN*00*1*20300102*0304****4~N1*P5*Thistledown Works*FI*999888777~"
    "N1*IN*MOCK PAYER INC*FI*654456654~INS*Y*18*030*XN*A***FT~REF*0F*W000000000~"
    "NM1*IL*1*Quillfeather*Zephyrine****34*000000001~DMG*D8*19700125*F~"
    "HD*030**HLT*GOLD*FAM~SE*10*0001~GE*1*1~IEA*1*000000001~"
)

NPI = "1234567893"
PROVIDER = {"npi": NPI, "first_name": "Marlow", "last_name": "Thistledown"}
PATIENT = {
    "id": "W000000000",
    "first_name": "Zephyrine",
    "last_name": "Quillfeather",
    "birth_date": "1970-01-25",
}
PAYER = {"trading_partner_id": "MOCKPAYER"}
CLAIM = {
    **PAYER,
    "transaction_code": "chargeable",
    "billing_provider": PROVIDER,
    "subscriber": {
        "first_name": "Zephyrine",
        "last_name": "Quillfeather",
        "member_id": "W000000000",
    },
    "claim": {
        "total_charge_amount": 60.0,
        "service_lines": [{"procedure_code": "99213", "charge_amount": 60.0, "unit_count": 1.0}],
    },
}
REVIEW = {
    **PAYER,
    "event": {"category": "specialty_care_review", "certification_type": "initial"},
    "provider": PROVIDER,
    "patient": PATIENT,
}
IDENTITY = {"first_name": "Zephyrine", "last_name": "Quillfeather", "birth_date": "1970-01-25"}
PROVEN = {
    "first_name": "Zephyrine",
    "last_name": "Quillfeather",
    "birth_date": {"year": 1970, "month": 1, "day": 25},
}
SLOT = {
    "pd_provider_uuid": "1da8a6c6-6b8a-4a24-a3d7-0f5b2f5ca6c5",
    "location": [32.8, -79.9],
    "appointment_type": "OV1",
    "start_date": "2030-01-02T15:00:00",
    "end_date": "2030-01-02T15:15:00",
}
BOOKING = {
    "patient": {"uuid": "967d207f-b024-41cc-8cac-89575a1f6fef", "first_name": "Zephyrine"},
    "description": "cough",
}
PLAN = {"trading_partner_id": "medicare_national", "plan_number": "S0000003"}
CODE = {"cpt_code": "99385", "zip_code": "29401"}


@dataclass
class Desk:
    """The caller, and what must exist before a method can be called."""

    sandbox: Sandbox
    session: PokitDokSession
    folder: Path
    people: int = 0

    def file(self, interchange: str) -> str:
        path = self.folder / "interchange.x12"
        path.write_text(interchange)
        return str(path)

    def person(self) -> dict[str, Any]:
        """Return a person who has not been asked a question yet."""
        self.people += 1
        return {**PROVEN, "ssn": f"000-00-{self.people:04d}"}

    def answer(self) -> dict[str, Any]:
        begun = self.session.create_proof_questionnaire(self.person()).data
        return {
            "questionnaire_id": begun["questionnaire_id"],
            "question_id": begun["question"]["id"],
            "answer": begun["question"]["answers"][0]["id"],
        }

    def identity(self) -> str:
        return str(self.session.create_identity(IDENTITY).data["uuid"])

    def claim(self) -> str:
        return str(self.session.claims(CLAIM).data["id"])

    def slot(self) -> str:
        return str(self.session.schedule_slots(SLOT).data["pd_appointment_uuid"])

    def booked(self) -> str:
        slot = self.slot()
        self.session.book_appointment(slot, BOOKING)
        return slot

    def price(self) -> str:
        price = {**PAYER, "cpt_bundle": ["99385"], "price": {"amount": "100"}}
        return str(self.session.oop_insurance_prices(price).data["uuid"])

    def snapshot(self) -> str:
        activity = self.session.enrollment_snapshot("MOCKPAYER", X12_834.encode()).data
        self.sandbox.clock.advance(600)
        return str(self.session.activities(activity["id"]).data["result"]["snapshot_id"])

    def first(self, method: str, name: str) -> str:
        return str(getattr(self.session, method)().data[0][name])


@dataclass(frozen=True)
class Example:
    """One call: the arguments by name, the keywords, and what ``data`` is then documented to be.

    ``fields`` are those of the object, or of each item of a list that is not empty.
    """

    data: type
    fields: str = ""
    arguments: dict[str, Any | Callable[[Desk], Any]] = field(default_factory=dict)
    keywords: dict[str, Any] = field(default_factory=dict)


def example(data: type, fields: str = "", /, **arguments: Any) -> Example:
    return Example(data, fields, arguments)


def with_keywords(data: type, fields: str = "", /, **keywords: Any) -> Example:
    return Example(data, fields, keywords=keywords)


_ACTIVITY = "_type id name state transition_path parameters units_of_work"
_APPOINTMENT = "provider_scheduler_uuid appointment_id appointment_type start_date end_date status"
_IDENTITY = "uuid first_name last_name birth_date insert_datetime update_datetime"
_PHARMACY = "pharmacy_name npi in_network retail mail"
_PRICES = "average_price median_price low_price high_price standard_deviation"
_REVIEW = "client_id trading_partner_id valid_request event"
_SCHEDULER = "scheduler_uuid name description"
_SNAPSHOT = "snapshot_id snapshot_date trading_partner_id"
_TYPE = "appointment_type_uuid scheduler_uuid type description duration category_id owner_id"
_VERDICT = "is_valid is_verifiable"

EXAMPLES: dict[str, list[Example]] = {
    "activities": [
        with_keywords(list, _ACTIVITY, limit=2),
        example(dict, _ACTIVITY, activity_id=Desk.claim),
    ],
    "answer_proof_question": [example(dict, "status question", answer_request=Desk.answer)],
    "appointment_types": [
        example(list, _TYPE),
        example(
            dict,
            _TYPE,
            appointment_type_uuid=lambda desk: desk.first(
                "appointment_types", "appointment_type_uuid"
            ),
        ),
    ],
    "appointments": [
        with_keywords(list, _APPOINTMENT, appointment_type="OV1"),
        example(list, _APPOINTMENT, appointment_uuid=Desk.slot),
    ],
    "book_appointment": [
        example(
            dict,
            f"{_APPOINTMENT} patient description",
            appointment_uuid=Desk.slot,
            appointment_request=BOOKING,
        )
    ],
    "cancel_appointment": [example(dict, appointment_uuid=Desk.booked)],
    "cash_prices": [with_keywords(list, f"cpt_code geo_zip_area {_PRICES}", **CODE)],
    "ccd": [example(dict, ccd_request={**PAYER, "patient": PATIENT})],
    "claims": [example(dict, f"{_ACTIVITY} remaining_transitions", claims_request=CLAIM)],
    "claims_convert": [
        example(
            dict,
            "claims_request converted_edi diagnosis_mappings",
            x12_claims_file=lambda desk: desk.file(X12_837),
        )
    ],
    "claims_status": [
        example(
            dict,
            "client_id trading_partner_id payer submitter providers patient",
            claims_status_request={**PAYER, "provider": PROVIDER, "patient": PATIENT},
        )
    ],
    "create_identity": [example(dict, f"{_IDENTITY} client_id", identity_request=IDENTITY)],
    "create_proof_questionnaire": [
        example(dict, f"{_VERDICT} question", identity_payload=Desk.person)
    ],
    "eligibility": [
        example(
            dict,
            "client_id trading_partner_id valid_request service_types coverage subscriber summary",
            eligibility_request={**PAYER, "provider": PROVIDER, "member": PATIENT},
        )
    ],
    "enrollment": [
        example(
            dict,
            f"{_ACTIVITY} remaining_transitions",
            enrollment_request={
                **PAYER,
                "action": "Change",
                "purpose": "Original",
                "payer": {"name": "MOCK PAYER INC", "tax_id": "654456654"},
                "sponsor": {"name": "Thistledown Works", "tax_id": "999888777"},
                "subscriber": {"first_name": "Zephyrine", "last_name": "Quillfeather"},
            },
        )
    ],
    "enrollment_snapshot": [
        example(
            dict,
            f"{_ACTIVITY} remaining_transitions",
            trading_partner_id="MOCKPAYER",
            x12_file=lambda desk: desk.file(X12_834),
        )
    ],
    "enrollment_snapshot_data": [
        Example(list, "trading_partner_id subscriber", {"snapshot_id": Desk.snapshot}, {"limit": 5})
    ],
    "enrollment_snapshots": [
        with_keywords(list, _SNAPSHOT, limit=5),
        example(dict, _SNAPSHOT, snapshot_id=Desk.snapshot),
    ],
    "get_appointments": [
        with_keywords(list, _APPOINTMENT, appointment_type="OV1"),
        example(list, f"client_appointment_uuid {_APPOINTMENT}", appointment_uuid=Desk.slot),
    ],
    "get_identity": [
        with_keywords(list, _IDENTITY, last_name="Quilfeather"),
        example(list, f"{_IDENTITY} app_id", identity_uuid=Desk.identity),
    ],
    "icd_convert": [
        example(dict, "source_code approximate combination destination_scenarios", code="250.12")
    ],
    "identity": [
        with_keywords(list, _IDENTITY, last_name="Quilfeather"),
        example(list, f"{_IDENTITY} app_id", identity_uuid=Desk.identity),
    ],
    "identity_history": [
        example(list, identity_uuid=Desk.identity),
        example(dict, _IDENTITY, identity_uuid=Desk.identity, historical_version=1),
    ],
    "identity_match": [
        example(
            dict,
            _ACTIVITY,
            identity_match_data={
                "match_configuration": [
                    {
                        "source_field": "last_name",
                        "match_algorithm": "soundex",
                        "search_fields": ["last_name"],
                        "weight": 1,
                    }
                ],
                "threshold": 90,
            },
        )
    ],
    "insurance_prices": [with_keywords(dict, "cpt_code geo_zip_area amounts", **CODE)],
    "mpc": [
        with_keywords(list, "code name description", name="bypass"),
        example(dict, "code name description", code="99213"),
    ],
    "oop_insurance_delete_price": [
        example(dict, load_price_uuid=Desk.price),
        example(dict, load_price_uuid=Desk.price, request_data={}),
    ],
    "oop_insurance_estimate": [
        example(
            dict,
            "calculation eligibility",
            request_data={
                **PAYER,
                "cpt_bundle": ["99385"],
                "zip_code": "29401",
                "eligibility": {"provider": PROVIDER, "member": PATIENT},
            },
        )
    ],
    "oop_insurance_prices": [
        example(
            dict,
            "uuid trading_partner_id cpt_bundle price",
            request_data={
                **PAYER,
                "cpt_bundle": ["99213"],
                "price": {"amount": "99.50", "currency": "USD"},
            },
        )
    ],
    "payers": [
        with_keywords(
            list,
            "trading_partner_id payer_name payer_key production_status supported_transactions",
            limit=5,
        )
    ],
    "pharmacy_formulary": [
        with_keywords(
            list,
            "drug drug_class tier tier_name retail mail",
            **PLAN,
            drug="simvastatin",
        )
    ],
    "pharmacy_network": [
        with_keywords(list, _PHARMACY, **PLAN),
        Example(
            list,
            _PHARMACY,
            {
                "npi": lambda desk: desk.session.pharmacy_network(**PLAN).data[0]["npi"],
            },
            PLAN,
        ),
    ],
    "pharmacy_plans": [with_keywords(list, "plan_name plan_number trading_partner_id", **PLAN)],
    "plans": [
        with_keywords(list, "plan_id plan_name plan_type metallic_level premiums", state="SC")
    ],
    "providers": [
        with_keywords(list, "provider", last_name="Thistledown"),
        example(dict, "provider", npi=NPI),
    ],
    "schedule_slots": [
        example(dict, f"pd_appointment_uuid {_APPOINTMENT}", slots_request=SLOT),
    ],
    "schedulers": [
        example(list, _SCHEDULER),
        example(
            list,
            _SCHEDULER,
            scheduler_uuid=lambda desk: desk.first("schedulers", "scheduler_uuid"),
        ),
    ],
    "trading_partners": [
        example(list, "id name is_enabled supported_transactions"),
        example(
            dict,
            "id name is_enabled supported_transactions supported_search_options",
            trading_partner_id="MOCKPAYER",
        ),
    ],
    "update_appointment": [
        example(
            dict,
            _APPOINTMENT,
            appointment_uuid=Desk.booked,
            appointment_request={"description": "later"},
        )
    ],
    "update_identity": [
        example(
            dict,
            f"{_IDENTITY} client_id suffix",
            identity_uuid=Desk.identity,
            identity_request={"suffix": "II"},
        )
    ],
    "validate_identity": [example(dict, _VERDICT, identity_payload=Desk.person)],
    # Lost before 2.8.1, or in it.
    "files": [
        example(
            dict,
            f"{_ACTIVITY} remaining_transitions",
            trading_partner_id="MOCKPAYER",
            x12_file=lambda desk: desk.file(X12_837),
        )
    ],
    "pharmacy_drug_cost": [
        with_keywords(list, "label_name retail mail", **PLAN, drug="simvastatin")
    ],
    "authorizations": [example(dict, _REVIEW, authorizations_request=REVIEW)],
    "referrals": [example(dict, _REVIEW, referral_request=REVIEW)],
}
