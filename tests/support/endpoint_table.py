"""Every endpoint of the API, and what each method sends to it.

`REFERENCE` has the 100 endpoints of the public documentation (github.com/pokitdok/apidocs-v4, the
last version of each page until May 2019) and six that only client libraries named. `ROWS` has what
the methods must send; `ABSENT` says why an endpoint does not have a method. `OFFICIAL` has the
methods of the official client 2.8.1, and four that it had removed by then.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from support.wire import Part, Sent

REFERENCE = """
POST /oauth2/token
GET /activities/
GET /activities/{id}
PUT /activities/{id}
POST /eligibility/
GET /eligibility/constants
POST /claims/
POST /claims/status
POST /claims/convert
POST /claims/drafts/
GET /claims/drafts/
GET /claims/drafts/{id}
PUT /claims/drafts/{id}
DELETE /claims/drafts/{id}
GET /claims/drafts/{id}/validate
POST /claims/validate/
GET /payments/
GET /payments/{id}
GET /payments/{id}/data
POST /authorizations/
POST /referrals/
POST /enrollment/
POST /enrollment/snapshot
GET /enrollment/snapshot
GET /enrollment/snapshot/{id}
GET /enrollment/snapshot/{id}/data
POST /files/
GET /tradingpartners/
GET /tradingpartners/{id}
GET /payers/
GET /appregistrations
POST /appregistrations
GET /appregistrations/{uuid}
PUT /appregistrations/{uuid}
DELETE /appregistrations/{uuid}
POST /appregistrations/{uuid}/undelete
POST /appregistrations/csv
GET /providers/
GET /providers/{npi}
GET /provider/registration/{npi}
PUT /provider/registration/{npi}
DELETE /provider/registration/{npi}
POST /provider/registration/
GET /plans/
GET /prices/cash
GET /prices/insurance
POST /oop/insurance-load-price
GET /oop/insurance-load-price
GET /oop/insurance-load-price/{price_uuid}
DELETE /oop/insurance-load-price/{price_uuid}
POST /oop/insurance-estimate
GET /mpc/
GET /mpc/{code}
GET /icd/convert/{code}
GET /pharmacy/formulary
GET /pharmacy/plans
GET /pharmacy/network/
GET /pharmacy/network/{npi}
POST /pharmacy/formulary/
GET /pharmacy/formulary?include=plan
POST /pharmacy/plan/
GET /pharmacy/plan
GET /pharmacy/drug/cost
GET/POST /pharmacy/drugcost
POST /pharmacy/coverage/
GET /schedule/schedulers/
GET /schedule/schedulers/{uuid}
GET /schedule/appointmenttypes/
GET /schedule/appointmenttypes/{uuid}
POST /schedule/patient/
POST /schedule/slots/
DELETE /schedule/slots/{pd_appointment_uuid}
GET /schedule/appointments/
GET /schedule/appointments/{pd_appointment_uuid}
PUT /schedule/appointments/{pd_appointment_uuid}
DELETE /schedule/appointments/{pd_appointment_uuid}
POST /identity/
GET /identity/{uuid}
GET /identity?{params}
PUT /identity/{uuid}
GET /identity/{uuid}/history
GET /identity/{uuid}/history/{version}
POST /identity/match
GET /identity/match_config/
POST /identity/match_config/
GET /identity/match_config/{uuid_or_algorithm_id}
PUT /identity/match_config/{uuid_or_algorithm_id}
DELETE /identity/match_config/{uuid_or_algorithm_id}
POST /identity/match/{algorithm_id}
GET /identity/match/{algorithm_id}/{canonical_id}
GET /identity/match/{algorithm_id}/{canonical_id}/sources
GET /identity/match/{algorithm_id}/source/{source_id}
GET /identity/match/{algorithm_id}/source/{source_id}/canonical
POST /identity/match/{algorithm_id}/find
POST /identity/proof/questions/generate/
POST /identity/proof/questions/score/
POST /identity/proof/valid/
GET /identity/proof/report
POST /hco/consumer
POST /hco/consumer/batch
GET /oauth2/authorize
POST /oauth2/revoke
? /oauth2/refresh
GET /ssl/
POST /ccd/
? /deductible/
""".strip().splitlines()

_SUPERSEDED = "a draft that was never published; the endpoint that replaced it has a method"

ABSENT = {
    "POST /oauth2/token": "a session fetches its tokens itself",
    "GET /oauth2/authorize": "OAuth2Session.authorization_url is this, below no API root",
    "POST /oauth2/revoke": "only one client named it; below no API root, and not a resource",
    "? /oauth2/refresh": "a constant that its client never used: renewal asks /oauth2/token",
    "? /deductible/": "a constant that no client ever called: not even its verb is known",
    "POST /pharmacy/formulary/": _SUPERSEDED,
    "POST /pharmacy/plan/": _SUPERSEDED,
    "GET /pharmacy/plan": _SUPERSEDED,
    "GET/POST /pharmacy/drugcost": _SUPERSEDED,
}

INTERCHANGE = b"ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *300102*0304~"
X12 = "application/edi-x12"
X12_JSON = "application/vnd.pokitdok.v4+edi-x12-json"
FULL_X12_JSON = "application/vnd.pokitdok.v4+full-x12-json"


@dataclass(frozen=True)
class Row:
    """One call: ``endpoint`` is a line of `REFERENCE`, what follows ``kwargs`` is what is sent."""

    family: str
    method: str
    endpoint: str
    path: str
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    json: Any = None
    content: bytes | None = None
    form: dict[str, str] = field(default_factory=dict)
    part: Part | None = None
    content_type: str | None = None
    accept: str | None = None
    deprecated: bool = False

    def __str__(self) -> str:
        return f"{self.method}-{self.verb}-{self.path}"

    @property
    def verb(self) -> str:
        return self.endpoint.split()[0]

    @property
    def ids(self) -> int:
        """How many segments of the path are ids; they are the first arguments."""
        return len(re.findall(r"/\{", self.endpoint))

    @property
    def sent(self) -> Sent:
        content_type = self.content_type
        if content_type is None and self.json is not None:
            content_type = "application/json"
        elif content_type is None and self.part is not None:
            content_type = "multipart/form-data"
        return Sent(
            self.verb,
            self.path,
            self.query,
            self.accept,
            content_type,
            self.json,
            self.content,
            self.form,
            self.part,
        )


def _transaction(family: str, method: str, path: str) -> list[Row]:
    """Return a row per form in which a transaction can be sent and its response requested."""
    endpoint = f"POST {path}"
    body = {"trading_partner_id": "MOCKPAYER"}
    wrapped = {"x12": INTERCHANGE.decode()}
    accepts = {"json": "application/json", "x12": X12, "x12-json": X12_JSON}
    accepts["full-x12-json"] = FULL_X12_JSON
    return [
        Row(family, method, endpoint, path, (body,), json=body),
        Row(family, method, endpoint, path, ({},), json={}),
        *(
            Row(family, method, endpoint, path, (body,), {"accept": name}, json=body, accept=media)
            for name, media in accepts.items()
        ),
        Row(family, method, endpoint, path, (INTERCHANGE,), content=INTERCHANGE, content_type=X12),
        Row(
            family,
            method,
            endpoint,
            path,
            (INTERCHANGE.decode(),),
            {"accept": "x12"},
            content=INTERCHANGE,
            content_type=X12,
            accept=X12,
        ),
        Row(family, method, endpoint, path, (wrapped,), json=wrapped, content_type=X12_JSON),
    ]


_PAGE = {"limit": 5, "offset": 10}
_PAGED = {"limit": "5", "offset": "10"}
_834 = Part("interchange.x12", "application/EDI-X12", INTERCHANGE)
_NEW = {"algorithm_id": "a", "input_topic": "t"}
_REGISTRATION = {"npi": "1234567893", "tax_id": ["123456789"]}
_PERSON = {
    "prefix": "Dr",
    "first_name": "Zephyrine",
    "middle_name": "Q",
    "last_name": "Quillfeather",
    "gender": "female",
    "email": "z@example.com",
    "phone": "5550100",
    "secondary_phone": "5550101",
    "member_id": "W000000000",
    "address": "1 Example Way",
    "city": "Charleston",
    "state": "SC",
    "zipcode": "29401",
    "id": "external",
}
_PLAN = {
    "trading_partner_id": "MOCKPAYER",
    "issuer_name": "Mock",
    "county": "Charleston",
    "state": "SC",
    "plan_id": "00000SC0000001",
    "plan_type": "PPO",
    "plan_name": "Example",
    "metallic_level": "gold",
}
_PROVIDER = {
    "address_lines": "1 Example Way",
    "city": "Charleston",
    "first_name": "Marlow",
    "middle_name": "Q",
    "last_name": "Thistledown",
    "lat_lon": "32.8, -79.9",
    "gender": "Male",
    "organization_name": "Example",
    "name": "Thistle",
    "specialty": "rheum",
    "state": "SC",
    "zipcode": "29401",
    "radius": "10mi",
    "sort": "rank",
    "entity_types": "individual,organization",
}
_NETWORK = {
    "trading_partner_id": "medicare_national",
    "plan_number": "S0000003",
    "zipcode": "29401",
    "radius": "1mi",
    "pharmacy_name": "Example",
    "state": "SC",
    "sort": "distance",
}
_APPOINTMENTS = "/schedule/appointments/"

ROWS = [
    # Activities
    Row("Activities", "activities", "GET /activities/", "/activities/"),
    Row(
        "Activities",
        "activities",
        "GET /activities/",
        "/activities/",
        (),
        {"parent_id": "5a01", **_PAGE, "params": {"sort": "name"}},
        query={"parent_id": "5a01", **_PAGED, "sort": "name"},
    ),
    Row("Activities", "activities", "GET /activities/{id}", "/activities/5a01", ("5a01",)),
    Row(
        "Activities",
        "activities",
        "GET /activities/{id}",
        "/activities/5a01",
        ("5a01",),
        {"x12": True},
        accept="application/vnd.pokitdok.v4+activity-x12-json",
    ),
    Row(
        "Activities",
        "cancel_activity",
        "PUT /activities/{id}",
        "/activities/5a01",
        ("5a01",),
        json={"transition": "cancel"},
    ),
    # AppRegistrations
    Row("AppRegistrations", "app_registrations", "GET /appregistrations", "/appregistrations"),
    Row(
        "AppRegistrations",
        "app_registrations",
        "GET /appregistrations",
        "/appregistrations",
        (),
        _PAGE,
        query=_PAGED,
    ),
    Row(
        "AppRegistrations",
        "app_registrations",
        "GET /appregistrations/{uuid}",
        "/appregistrations/u1",
        ("u1",),
    ),
    Row(
        "AppRegistrations",
        "create_app_registration",
        "POST /appregistrations",
        "/appregistrations",
        (_REGISTRATION,),
        json=_REGISTRATION,
    ),
    Row(
        "AppRegistrations",
        "update_app_registration",
        "PUT /appregistrations/{uuid}",
        "/appregistrations/u1",
        ("u1", _REGISTRATION),
        json=_REGISTRATION,
    ),
    Row(
        "AppRegistrations",
        "delete_app_registration",
        "DELETE /appregistrations/{uuid}",
        "/appregistrations/u1",
        ("u1",),
    ),
    Row(
        "AppRegistrations",
        "undelete_app_registration",
        "POST /appregistrations/{uuid}/undelete",
        "/appregistrations/u1/undelete",
        ("u1",),
    ),
    Row(
        "AppRegistrations",
        "upload_app_registrations",
        "POST /appregistrations/csv",
        "/appregistrations/csv",
        (b"npi\n1234567893\n",),
        part=Part("registrations.csv", "text/csv", b"npi\n1234567893\n"),
    ),
    # Claims
    *_transaction("Claims", "claims", "/claims/"),
    *_transaction("Claims", "claims_status", "/claims/status"),
    Row(
        "Claims",
        "claims_convert",
        "POST /claims/convert",
        "/claims/convert",
        (INTERCHANGE,),
        part=_834,
    ),
    Row(
        "Claims",
        "claims_convert",
        "POST /claims/convert",
        "/claims/convert",
        (INTERCHANGE,),
        {"callback_url": "https://example.com/done"},
        form={"callback_url": "https://example.com/done"},
        part=_834,
    ),
    Row(
        "Claims",
        "validate_claims",
        "POST /claims/validate/",
        "/claims/validate/",
        ({"claim": {}},),
        json={"claim": {}},
    ),
    Row("Claims", "claims_drafts", "GET /claims/drafts/", "/claims/drafts/"),
    Row(
        "Claims",
        "claims_drafts",
        "GET /claims/drafts/",
        "/claims/drafts/",
        (),
        _PAGE,
        query=_PAGED,
    ),
    Row("Claims", "claims_drafts", "GET /claims/drafts/{id}", "/claims/drafts/d1", ("d1",)),
    Row(
        "Claims",
        "create_claims_draft",
        "POST /claims/drafts/",
        "/claims/drafts/",
        ({"claim": {}},),
        json={"draft": {"claim": {}}},
    ),
    Row(
        "Claims",
        "update_claims_draft",
        "PUT /claims/drafts/{id}",
        "/claims/drafts/d1",
        ("d1", {"claim": {}}),
        json={"draft": {"claim": {}}},
    ),
    Row(
        "Claims",
        "delete_claims_draft",
        "DELETE /claims/drafts/{id}",
        "/claims/drafts/d1",
        ("d1",),
    ),
    Row(
        "Claims",
        "validate_claims_draft",
        "GET /claims/drafts/{id}/validate",
        "/claims/drafts/d1/validate",
        ("d1",),
    ),
    # Eligibility
    *_transaction("Eligibility", "eligibility", "/eligibility/"),
    Row(
        "Eligibility",
        "eligibility_constants",
        "GET /eligibility/constants",
        "/eligibility/constants",
    ),
    # Enrollment
    Row(
        "Enrollment",
        "enrollment",
        "POST /enrollment/",
        "/enrollment/",
        ({"action": "Change"},),
        json={"action": "Change"},
    ),
    Row(
        "Enrollment",
        "enrollment_snapshot",
        "POST /enrollment/snapshot",
        "/enrollment/snapshot",
        ("MOCKPAYER", INTERCHANGE),
        form={"trading_partner_id": "MOCKPAYER"},
        part=_834,
    ),
    Row(
        "Enrollment",
        "enrollment_snapshots",
        "GET /enrollment/snapshot",
        "/enrollment/snapshot",
        (),
        _PAGE,
        query=_PAGED,
    ),
    Row(
        "Enrollment",
        "enrollment_snapshots",
        "GET /enrollment/snapshot/{id}",
        "/enrollment/snapshot/s1",
        ("s1",),
    ),
    Row(
        "Enrollment",
        "enrollment_snapshot_data",
        "GET /enrollment/snapshot/{id}/data",
        "/enrollment/snapshot/s1/data",
        ("s1",),
        _PAGE,
        query=_PAGED,
    ),
    # Files
    Row(
        "Files",
        "files",
        "POST /files/",
        "/files/",
        ("MOCKPAYER", INTERCHANGE),
        form={"trading_partner_id": "MOCKPAYER"},
        part=_834,
    ),
    # Hco
    Row(
        "Hco",
        "hco_consumer",
        "POST /hco/consumer",
        "/hco/consumer",
        ({"patient_responsibility": 120.5},),
        json={"patient_responsibility": 120.5},
    ),
    Row(
        "Hco",
        "hco_consumer_batch",
        "POST /hco/consumer/batch",
        "/hco/consumer/batch",
        (({"patient_responsibility": 1},), "https://example.com/done"),
        json={
            "data": [{"patient_responsibility": 1}],
            "callback_url": "https://example.com/done",
        },
    ),
    # Identity
    Row(
        "Identity",
        "create_identity",
        "POST /identity/",
        "/identity/",
        ({"last_name": "Quillfeather"},),
        json={"last_name": "Quillfeather"},
    ),
    Row(
        "Identity",
        "update_identity",
        "PUT /identity/{uuid}",
        "/identity/u1",
        ("u1", {"suffix": "II"}),
        json={"suffix": "II"},
    ),
    Row("Identity", "get_identity", "GET /identity/{uuid}", "/identity/u1", ("u1",)),
    Row(
        "Identity",
        "get_identity",
        "GET /identity?{params}",
        "/identity/",
        (),
        {
            **_PERSON,
            **_PAGE,
            "uuid": "u1",
            "birth_date": date(1970, 1, 25),
        },
        query={
            **_PAGED,
            "uuid": "u1",
            **_PERSON,
            "birth_date": "1970-01-25",
        },
    ),
    Row(
        "Identity",
        "identity",
        "GET /identity?{params}",
        "/identity/",
        (),
        {"email": "z@example.com"},
        query={"email": "z@example.com"},
        deprecated=True,
    ),
    Row("Identity", "identity", "GET /identity/{uuid}", "/identity/u1", ("u1",), deprecated=True),
    Row(
        "Identity",
        "identity_history",
        "GET /identity/{uuid}/history",
        "/identity/u1/history",
        ("u1",),
    ),
    Row(
        "Identity",
        "identity_history",
        "GET /identity/{uuid}/history/{version}",
        "/identity/u1/history/0",
        ("u1", 0),
    ),
    Row(
        "Identity",
        "identity_match",
        "POST /identity/match",
        "/identity/match",
        ({"threshold": 90},),
        json={"threshold": 90},
    ),
    # IdentityMatch
    Row(
        "IdentityMatch",
        "match_configs",
        "GET /identity/match_config/",
        "/identity/match_config/",
        (),
        {**_PAGE, "params": {"sort": "name"}},
        query={**_PAGED, "sort": "name"},
    ),
    Row(
        "IdentityMatch",
        "match_configs",
        "GET /identity/match_config/{uuid_or_algorithm_id}",
        "/identity/match_config/c1",
        ("c1",),
    ),
    Row(
        "IdentityMatch",
        "create_match_config",
        "POST /identity/match_config/",
        "/identity/match_config/",
        ("a", "t"),
        json=_NEW,
    ),
    Row(
        "IdentityMatch",
        "update_match_config",
        "PUT /identity/match_config/{uuid_or_algorithm_id}",
        "/identity/match_config/c1",
        ("c1",),
        _NEW,
        json=_NEW,
    ),
    Row(
        "IdentityMatch",
        "update_match_config",
        "PUT /identity/match_config/{uuid_or_algorithm_id}",
        "/identity/match_config/c1",
        ("c1",),
        {"input_topic": "t"},
        json={"input_topic": "t"},
    ),
    Row(
        "IdentityMatch",
        "delete_match_config",
        "DELETE /identity/match_config/{uuid_or_algorithm_id}",
        "/identity/match_config/c1",
        ("c1",),
    ),
    Row(
        "IdentityMatch",
        "create_match_source",
        "POST /identity/match/{algorithm_id}",
        "/identity/match/a",
        ("a", {"id": "7"}),
        json={"id": "7"},
    ),
    Row(
        "IdentityMatch",
        "find_match",
        "POST /identity/match/{algorithm_id}/find",
        "/identity/match/a/find",
        ("a", {"ssn": "000-00-0000"}),
        json={"ssn": "000-00-0000"},
    ),
    Row(
        "IdentityMatch",
        "match_canonical",
        "GET /identity/match/{algorithm_id}/{canonical_id}",
        "/identity/match/a/c",
        ("a", "c"),
    ),
    Row(
        "IdentityMatch",
        "match_canonical_sources",
        "GET /identity/match/{algorithm_id}/{canonical_id}/sources",
        "/identity/match/a/c/sources",
        ("a", "c"),
    ),
    Row(
        "IdentityMatch",
        "match_source",
        "GET /identity/match/{algorithm_id}/source/{source_id}",
        "/identity/match/a/source/s",
        ("a", "s"),
    ),
    Row(
        "IdentityMatch",
        "match_source_canonical",
        "GET /identity/match/{algorithm_id}/source/{source_id}/canonical",
        "/identity/match/a/source/s/canonical",
        ("a", "s"),
    ),
    # IdentityProof
    Row(
        "IdentityProof",
        "validate_identity",
        "POST /identity/proof/valid/",
        "/identity/proof/valid/",
        ({"ssn": "0000"},),
        json={"ssn": "0000"},
    ),
    Row(
        "IdentityProof",
        "create_proof_questionnaire",
        "POST /identity/proof/questions/generate/",
        "/identity/proof/questions/generate/",
        ({"ssn": "0000"},),
        json={"ssn": "0000"},
    ),
    Row(
        "IdentityProof",
        "answer_proof_question",
        "POST /identity/proof/questions/score/",
        "/identity/proof/questions/score/",
        ({"answer": 1},),
        json={"answer": 1},
    ),
    Row(
        "IdentityProof",
        "identity_proof_report",
        "GET /identity/proof/report",
        "/identity/proof/report",
    ),
    Row(
        "IdentityProof",
        "identity_proof_report",
        "GET /identity/proof/report",
        "/identity/proof/report",
        (),
        {
            "start_dt": datetime(2030, 1, 2, 3, 4, 5),
            "end_dt": "2030-01-03",
            "questionnaire_id": "q1",
            "activity_id": "5a01",
            "csv": True,
        },
        query={
            "start_dt": "2030-01-02T03:04:05",
            "end_dt": "2030-01-03",
            "questionnaire_id": "q1",
            "activity_id": "5a01",
            "csv": "true",
        },
    ),
    # MedicalCodes
    Row(
        "MedicalCodes",
        "mpc",
        "GET /mpc/",
        "/mpc/",
        (),
        {"name": "bypass", "description": "graft & vein", **_PAGE},
        query={"name": "bypass", "description": "graft & vein", **_PAGED},
    ),
    Row("MedicalCodes", "mpc", "GET /mpc/{code}", "/mpc/99213", ("99213",)),
    Row(
        "MedicalCodes",
        "icd_convert",
        "GET /icd/convert/{code}",
        "/icd/convert/250.12",
        ("250.12",),
    ),
    # OutOfPocket
    Row(
        "OutOfPocket",
        "oop_insurance_prices",
        "POST /oop/insurance-load-price",
        "/oop/insurance-load-price",
        ({"cpt_bundle": ["99385"]},),
        json={"cpt_bundle": ["99385"]},
    ),
    Row(
        "OutOfPocket",
        "oop_insurance_loaded_prices",
        "GET /oop/insurance-load-price",
        "/oop/insurance-load-price",
        (),
        _PAGE,
        query=_PAGED,
    ),
    Row(
        "OutOfPocket",
        "oop_insurance_loaded_prices",
        "GET /oop/insurance-load-price/{price_uuid}",
        "/oop/insurance-load-price/p1",
        ("p1",),
    ),
    Row(
        "OutOfPocket",
        "oop_insurance_delete_price",
        "DELETE /oop/insurance-load-price/{price_uuid}",
        "/oop/insurance-load-price/p1",
        ("p1",),
    ),
    Row(
        "OutOfPocket",
        "oop_insurance_delete_price",
        "DELETE /oop/insurance-load-price/{price_uuid}",
        "/oop/insurance-load-price/p1",
        ("p1", {"reason": "old"}),
        json={"reason": "old"},
    ),
    Row(
        "OutOfPocket",
        "oop_insurance_estimate",
        "POST /oop/insurance-estimate",
        "/oop/insurance-estimate",
        ({"zip_code": "29401"},),
        json={"zip_code": "29401"},
    ),
    # Payments
    Row(
        "Payments",
        "payments",
        "GET /payments/",
        "/payments/",
        (),
        {
            "trading_partner_id": "MOCKPAYER",
            "payment_type": "claim_payment",
            "check_eft_trace_number": "7",
            "amount": "51.00",
            "effective_date": "2030-01-02",
            "effective_date_start": date(2030, 1, 1),
            "effective_date_end": date(2030, 1, 3),
            "received_date_start": date(2030, 1, 4),
            "received_date_end": date(2030, 1, 5),
            **_PAGE,
        },
        query={
            "trading_partner_id": "MOCKPAYER",
            "payment_type": "claim_payment",
            "check_eft_trace_number": "7",
            "amount": "51.00",
            "effective_date": "2030-01-02",
            "effective_date_start": "2030-01-01",
            "effective_date_end": "2030-01-03",
            "received_date_start": "2030-01-04",
            "received_date_end": "2030-01-05",
            **_PAGED,
        },
    ),
    Row("Payments", "payments", "GET /payments/{id}", "/payments/p1", ("p1",)),
    Row("Payments", "payment_data", "GET /payments/{id}/data", "/payments/p1/data", ("p1",)),
    Row(
        "Payments",
        "payment_data",
        "GET /payments/{id}/data",
        "/payments/p1/data",
        ("p1",),
        {"x12": True},
        accept=X12,
    ),
    # Pharmacy
    Row(
        "Pharmacy",
        "pharmacy_formulary",
        "GET /pharmacy/formulary",
        "/pharmacy/formulary",
        ("medicare_national",),
        {
            "plan_number": "S0000003",
            "plan_name": "Example",
            "drug": "simvastatin",
            "drug_class": "statins",
            "ndc": "00000000000",
            "rxcui": "36567",
            "include_plans": False,
        },
        query={
            "trading_partner_id": "medicare_national",
            "plan_number": "S0000003",
            "plan_name": "Example",
            "drug": "simvastatin",
            "drug_class": "statins",
            "ndc": "00000000000",
            "rxcui": "36567",
            "include_plans": "false",
        },
    ),
    Row(
        "Pharmacy",
        "pharmacy_formulary",
        "GET /pharmacy/formulary?include=plan",
        "/pharmacy/formulary",
        ("medicare_national",),
        {"params": {"include": "plan"}},
        query={"trading_partner_id": "medicare_national", "include": "plan"},
    ),
    Row(
        "Pharmacy",
        "pharmacy_plans",
        "GET /pharmacy/plans",
        "/pharmacy/plans",
        ("medicare_national",),
        {"plan_number": "S0000003", "plan_name": "Example", "zipcode": "29401"},
        query={
            "trading_partner_id": "medicare_national",
            "plan_number": "S0000003",
            "plan_name": "Example",
            "zipcode": "29401",
        },
    ),
    Row(
        "Pharmacy",
        "pharmacy_network",
        "GET /pharmacy/network/",
        "/pharmacy/network/",
        (),
        {
            **_NETWORK,
            "retail": True,
            "mail": False,
            **_PAGE,
        },
        query={
            **_NETWORK,
            "retail": "true",
            "mail": "false",
            **_PAGED,
        },
    ),
    Row(
        "Pharmacy",
        "pharmacy_network",
        "GET /pharmacy/network/{npi}",
        "/pharmacy/network/1234567893",
        ("1234567893",),
        {"trading_partner_id": "medicare_national"},
        query={"trading_partner_id": "medicare_national"},
    ),
    Row(
        "Pharmacy",
        "pharmacy_drug_cost",
        "GET /pharmacy/drug/cost",
        "/pharmacy/drug/cost",
        ("medicare_national", "S0000003"),
        {"drug": "simvastatin", "ndc": "00000000000"},
        query={
            "trading_partner_id": "medicare_national",
            "plan_number": "S0000003",
            "drug": "simvastatin",
            "ndc": "00000000000",
        },
    ),
    Row(
        "Pharmacy",
        "pharmacy_coverage",
        "POST /pharmacy/coverage/",
        "/pharmacy/coverage/",
        ({"pharmacy_npi": "1234567893"},),
        json={"pharmacy_npi": "1234567893"},
    ),
    # Plans
    Row(
        "Plans",
        "plans",
        "GET /plans/",
        "/plans/",
        (),
        {
            **_PLAN,
            **_PAGE,
        },
        query={
            **_PLAN,
            **_PAGED,
        },
    ),
    # Prices
    Row(
        "Prices",
        "cash_prices",
        "GET /prices/cash",
        "/prices/cash",
        ("99385", "29401"),
        query={"cpt_code": "99385", "zip_code": "29401"},
    ),
    Row(
        "Prices",
        "insurance_prices",
        "GET /prices/insurance",
        "/prices/insurance",
        ("99385", "29401"),
        query={"cpt_code": "99385", "zip_code": "29401"},
    ),
    # Providers
    Row(
        "Providers",
        "providers",
        "GET /providers/",
        "/providers/",
        (),
        {
            **_PROVIDER,
            **_PAGE,
        },
        query={
            **_PROVIDER,
            **_PAGED,
        },
    ),
    Row(
        "Providers",
        "providers",
        "GET /providers/{npi}",
        "/providers/1234567893",
        ("1234567893",),
    ),
    Row(
        "Providers",
        "provider_registration",
        "GET /provider/registration/{npi}",
        "/provider/registration/1234567893",
        ("1234567893",),
    ),
    Row(
        "Providers",
        "create_provider_registration",
        "POST /provider/registration/",
        "/provider/registration/",
        ({"entity_type": "individual"},),
        json={"entity_type": "individual"},
    ),
    Row(
        "Providers",
        "update_provider_registration",
        "PUT /provider/registration/{npi}",
        "/provider/registration/1234567893",
        ("1234567893", {"email": "m@example.com"}),
        json={"email": "m@example.com"},
    ),
    Row(
        "Providers",
        "delete_provider_registration",
        "DELETE /provider/registration/{npi}",
        "/provider/registration/1234567893",
        ("1234567893",),
    ),
    # Scheduling
    Row(
        "Scheduling",
        "schedulers",
        "GET /schedule/schedulers/",
        "/schedule/schedulers/",
        (),
        _PAGE,
        query=_PAGED,
    ),
    Row(
        "Scheduling",
        "schedulers",
        "GET /schedule/schedulers/{uuid}",
        "/schedule/schedulers/u1",
        ("u1",),
    ),
    Row(
        "Scheduling",
        "appointment_types",
        "GET /schedule/appointmenttypes/",
        "/schedule/appointmenttypes/",
        (),
        _PAGE,
        query=_PAGED,
    ),
    Row(
        "Scheduling",
        "appointment_types",
        "GET /schedule/appointmenttypes/{uuid}",
        "/schedule/appointmenttypes/u1",
        ("u1",),
    ),
    Row(
        "Scheduling",
        "schedule_patient",
        "POST /schedule/patient/",
        "/schedule/patient/",
        ({"location": [32.8, -79.9]},),
        json={"location": [32.8, -79.9]},
    ),
    Row(
        "Scheduling",
        "schedule_slots",
        "POST /schedule/slots/",
        "/schedule/slots/",
        ({"appointment_type": "OV1"},),
        json={"appointment_type": "OV1"},
    ),
    Row(
        "Scheduling",
        "delete_schedule_slot",
        "DELETE /schedule/slots/{pd_appointment_uuid}",
        "/schedule/slots/u1",
        ("u1",),
    ),
    Row(
        "Scheduling",
        "get_appointments",
        "GET /schedule/appointments/",
        _APPOINTMENTS,
        (),
        {
            **_PAGE,
            "appointment_type": "OV1",
            "start_date": datetime(2030, 1, 2, 3, 4, 5),
            "end_date": "2030-01-03",
            "patient_uuid": "u2",
            "pd_provider_uuid": "u3",
            "location": "32.8,-79.9",
        },
        query={
            **_PAGED,
            "appointment_type": "OV1",
            "start_date": "2030-01-02T03:04:05",
            "end_date": "2030-01-03",
            "patient_uuid": "u2",
            "pd_provider_uuid": "u3",
            "location": "32.8,-79.9",
        },
    ),
    Row(
        "Scheduling",
        "get_appointments",
        "GET /schedule/appointments/{pd_appointment_uuid}",
        "/schedule/appointments/u1",
        ("u1",),
    ),
    Row(
        "Scheduling",
        "appointments",
        "GET /schedule/appointments/",
        _APPOINTMENTS,
        (),
        {"appointment_type": "OV1"},
        query={"appointment_type": "OV1"},
        deprecated=True,
    ),
    Row(
        "Scheduling",
        "appointments",
        "GET /schedule/appointments/{pd_appointment_uuid}",
        "/schedule/appointments/u1",
        ("u1",),
        deprecated=True,
    ),
    Row(
        "Scheduling",
        "book_appointment",
        "PUT /schedule/appointments/{pd_appointment_uuid}",
        "/schedule/appointments/u1",
        ("u1", {"patient": {}}),
        json={"patient": {}},
    ),
    Row(
        "Scheduling",
        "update_appointment",
        "PUT /schedule/appointments/{pd_appointment_uuid}",
        "/schedule/appointments/u1",
        ("u1", {"description": "later"}),
        json={"description": "later"},
    ),
    Row(
        "Scheduling",
        "cancel_appointment",
        "DELETE /schedule/appointments/{pd_appointment_uuid}",
        "/schedule/appointments/u1",
        ("u1",),
    ),
    # ServiceReview
    *_transaction("ServiceReview", "authorizations", "/authorizations/"),
    *_transaction("ServiceReview", "referrals", "/referrals/"),
    # TradingPartners
    Row(
        "TradingPartners",
        "trading_partners",
        "GET /tradingpartners/",
        "/tradingpartners/",
        (),
        _PAGE,
        query=_PAGED,
    ),
    Row(
        "TradingPartners",
        "trading_partners",
        "GET /tradingpartners/{id}",
        "/tradingpartners/MOCKPAYER",
        ("MOCKPAYER",),
    ),
    Row(
        "TradingPartners",
        "payers",
        "GET /payers/",
        "/payers/",
        (),
        {"params": {"state": "SC"}, **_PAGE},
        query={"state": "SC", **_PAGED},
        deprecated=True,
    ),
    # Undocumented
    Row("Undocumented", "ccd", "POST /ccd/", "/ccd/", ({"id": "1"},), json={"id": "1"}),
    Row("Undocumented", "ssl", "GET /ssl/", "/ssl/"),
]


@dataclass(frozen=True)
class Official:
    """A method of the official client: what it took by position, and whether any keyword.

    ``path`` names the arguments that fill it. ``needs`` are keywords without which the API
    refuses the call, and which ours therefore asks for.
    """

    verb: str
    path: str
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    keywords: bool = False
    needs: tuple[str, ...] = ()
    deprecated: bool = False


_LOAD_PRICE = "/oop/insurance-load-price/{load_price_uuid}"
_APPOINTMENT = "/schedule/appointments/{appointment_uuid}"
_PRICE = ("cpt_code", "zip_code")
_PARTNER = ("trading_partner_id",)

# Two paths differ from the client's: /identity and /pharmacy/network get the slash that the
# documentation gives them and to which the server redirected.
OFFICIAL = {
    "activities": Official(
        "GET", "/activities/{activity_id}", optional=("activity_id",), keywords=True
    ),
    "answer_proof_question": Official(
        "POST", "/identity/proof/questions/score/", ("answer_request",)
    ),
    "appointment_types": Official(
        "GET",
        "/schedule/appointmenttypes/{appointment_type_uuid}",
        optional=("appointment_type_uuid",),
    ),
    "appointments": Official(
        "GET", _APPOINTMENT, optional=("appointment_uuid",), keywords=True, deprecated=True
    ),
    "book_appointment": Official("PUT", _APPOINTMENT, ("appointment_uuid", "appointment_request")),
    "cancel_appointment": Official("DELETE", _APPOINTMENT, ("appointment_uuid",)),
    "cash_prices": Official("GET", "/prices/cash", keywords=True, needs=_PRICE),
    "ccd": Official("POST", "/ccd/", ("ccd_request",)),
    "claims": Official("POST", "/claims/", ("claims_request",)),
    "claims_convert": Official("POST", "/claims/convert", ("x12_claims_file",)),
    "claims_status": Official("POST", "/claims/status", ("claims_status_request",)),
    "create_identity": Official("POST", "/identity/", ("identity_request",)),
    "create_proof_questionnaire": Official(
        "POST", "/identity/proof/questions/generate/", ("identity_payload",)
    ),
    "eligibility": Official("POST", "/eligibility/", ("eligibility_request",)),
    "enrollment": Official("POST", "/enrollment/", ("enrollment_request",)),
    "enrollment_snapshot": Official(
        "POST", "/enrollment/snapshot", ("trading_partner_id", "x12_file")
    ),
    "enrollment_snapshot_data": Official(
        "GET", "/enrollment/snapshot/{snapshot_id}/data", ("snapshot_id",), keywords=True
    ),
    "enrollment_snapshots": Official(
        "GET", "/enrollment/snapshot/{snapshot_id}", optional=("snapshot_id",), keywords=True
    ),
    "get_appointments": Official(
        "GET", _APPOINTMENT, optional=("appointment_uuid",), keywords=True
    ),
    "get_identity": Official(
        "GET", "/identity/{identity_uuid}", optional=("identity_uuid",), keywords=True
    ),
    "icd_convert": Official("GET", "/icd/convert/{code}", ("code",)),
    "identity": Official(
        "GET",
        "/identity/{identity_uuid}",
        optional=("identity_uuid",),
        keywords=True,
        deprecated=True,
    ),
    "identity_history": Official(
        "GET",
        "/identity/{identity_uuid}/history/{historical_version}",
        ("identity_uuid",),
        ("historical_version",),
    ),
    "identity_match": Official("POST", "/identity/match", ("identity_match_data",)),
    "insurance_prices": Official("GET", "/prices/insurance", keywords=True, needs=_PRICE),
    "mpc": Official("GET", "/mpc/{code}", optional=("code",), keywords=True),
    "oop_insurance_delete_price": Official(
        "DELETE", _LOAD_PRICE, ("load_price_uuid",), ("request_data",)
    ),
    "oop_insurance_estimate": Official("POST", "/oop/insurance-estimate", ("request_data",)),
    "oop_insurance_prices": Official("POST", "/oop/insurance-load-price", ("request_data",)),
    "payers": Official("GET", "/payers/", keywords=True, deprecated=True),
    "pharmacy_formulary": Official("GET", "/pharmacy/formulary", keywords=True, needs=_PARTNER),
    "pharmacy_network": Official(
        "GET", "/pharmacy/network/{npi}", optional=("npi",), keywords=True, needs=_PARTNER
    ),
    "pharmacy_plans": Official("GET", "/pharmacy/plans", keywords=True, needs=_PARTNER),
    "plans": Official("GET", "/plans/", keywords=True),
    "providers": Official("GET", "/providers/{npi}", optional=("npi",), keywords=True),
    "schedule_slots": Official("POST", "/schedule/slots/", ("slots_request",)),
    "schedulers": Official(
        "GET", "/schedule/schedulers/{scheduler_uuid}", optional=("scheduler_uuid",)
    ),
    "trading_partners": Official(
        "GET", "/tradingpartners/{trading_partner_id}", optional=("trading_partner_id",)
    ),
    "update_appointment": Official(
        "PUT", _APPOINTMENT, ("appointment_uuid", "appointment_request")
    ),
    "update_identity": Official(
        "PUT", "/identity/{identity_uuid}", ("identity_uuid", "identity_request")
    ),
    "validate_identity": Official("POST", "/identity/proof/valid/", ("identity_payload",)),
    # Lost before 2.8.1: in 2.1, 1.8, and the last two in 2.8.1 itself.
    "files": Official("POST", "/files/", ("trading_partner_id", "x12_file")),
    "pharmacy_drug_cost": Official("GET", "/pharmacy/drug/cost", keywords=True, needs=_PARTNER),
    "authorizations": Official("POST", "/authorizations/", ("authorizations_request",)),
    "referrals": Official("POST", "/referrals/", ("referral_request",)),
}
