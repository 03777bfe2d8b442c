"""Typical uses, and wrong ones, for the type checkers alone: nothing here is run.

A wrong use bears an ignore, which both checkers honour. An ignore that is not needed is an error,
to mypy by ``warn_unused_ignores`` (part of ``--strict``) and to pyright by the next comment: so a
wrong use that either of them accepts fails the check.
"""

# pyright: strict, reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from pokitdok_session import PokitDokSession, Reply
from pokitdok_session.types import (
    Activity,
    Benefit,
    ClaimsRequest,
    ClaimsStatusRequest,
    EligibilityRequest,
    EnrollmentRequest,
    Provider,
    ServiceLine,
    ServiceReviewRequest,
)


def use(*values: object) -> None:
    """Take what would otherwise be an unused value."""


def a_reply_is_a_dict_with_views(session: PokitDokSession) -> None:
    reply: Reply = session.activities("5a01")
    body: dict[str, Any] = reply
    state: str = reply.data["state"]["name"]
    status: int = reply.response.status_code
    activity_id: str | None = reply.activity_id
    use(body, state, status, activity_id)

    use(reply.activity)  # type: ignore[attr-defined]
    certain: str = reply.activity_id  # type: ignore[assignment]
    use(certain)


def replies_have_types(session: PokitDokSession) -> None:
    state: str = session.claims({}).data["state"]["name"]
    found: list[Activity] = session.activities(limit=5).data
    active: bool = session.eligibility({}).data["coverage"]["active"]
    price: float = session.insurance_prices("99213", "29401").data["amounts"][0]["low_price"]
    use(state, found, active, price)

    session.eligibility({}).data["covrage"]  # type: ignore[typeddict-item]
    wrong: list[Activity] = session.activities("5a01").data  # type: ignore[assignment]
    use(wrong)


def a_body_may_be_any_mapping(session: PokitDokSession, body: Mapping[str, Any]) -> None:
    session.eligibility(body)
    session.eligibility({"trading_partner_id": "MOCKPAYER", "member": {"id": "W0"}})
    session.claims(dict(body, trading_partner_id="MOCKPAYER"))
    untyped: dict[str, str] = {}
    session.oop_insurance_prices(untyped)

    session.eligibility(None)  # type: ignore[arg-type]
    session.eligibility([body])  # type: ignore[arg-type]
    session.enrollment("ISA*00*")  # type: ignore[arg-type]
    session.eligibility()  # type: ignore[call-arg]
    session.eligibility(body, "x12")  # type: ignore[call-arg]


def an_annotated_body_is_checked(session: PokitDokSession) -> None:
    request: EligibilityRequest = {
        "trading_partner_id": "MOCKPAYER",
        "provider": {"npi": "1234567893", "last_name": "Thistledown"},
        "member": {"id": "W000000000", "birth_date": "1970-01-25", "gender": "female"},
        "service_types": ["health_benefit_plan_coverage"],
        "async": True,
        "callback_url": "https://example.com/done",
        "application_data": {"ticket": "T-0001"},
    }
    session.eligibility(request)
    request["cpt_code"] = "99213"

    request["cpt_cod"] = "99213"  # type: ignore[typeddict-unknown-key]
    request["transaction_code"] = "ask"  # type: ignore[typeddict-item]
    request["member"]["gender"] = "f"  # type: ignore[typeddict-item]
    empty: EligibilityRequest = {}  # type: ignore[typeddict-item]
    session.eligibility(empty)


def a_body_that_is_built_in_place_is_checked_too(session: PokitDokSession) -> None:
    session.claims(
        ClaimsRequest(
            trading_partner_id="MOCKPAYER",
            transaction_code="chargeable",
            billing_provider=Provider(npi="1234567893", tax_id="123456789"),
            subscriber={"first_name": "Z", "last_name": "Q", "member_id": "W0"},
            claim={
                "total_charge_amount": 60,
                "service_lines": [
                    ServiceLine(procedure_code="99213", charge_amount="60.00", unit_count=1)
                ],
            },
            application_data={"mock_claim_payment": True},
        )
    )
    session.claims_status(ClaimsStatusRequest(trading_partner_id="MOCKPAYER", tracking_id="7"))
    session.referrals(ServiceReviewRequest(trading_partner_id="MOCKPAYER", event={"type": "x"}))
    benefit = Benefit(maintenance_type="Addition", coverage_level="Family", late_enrollment=False)
    enrollment: EnrollmentRequest = {
        "trading_partner_id": "MOCKPAYER",
        "action": "Change",
        "purpose": "Original",
        "payer": {"name": "Mock"},
        "sponsor": {"name": "Example", "tax_id": "123456789"},
        "subscriber": {"first_name": "Z", "gender": "Female", "benefits": [benefit]},
    }
    session.enrollment(enrollment)

    ClaimsStatusRequest(tracking_id="7")  # type: ignore[typeddict-item]
    Provider(npi=1234567893)  # type: ignore[typeddict-item]
    Benefit(maintenance_type="addition")  # type: ignore[typeddict-item]
    ServiceLine(drug={"prescription_number": "7"})  # type: ignore[typeddict-unknown-key]


def a_transaction_may_be_raw_x12(session: PokitDokSession, interchange: bytes) -> None:
    session.eligibility(interchange, accept="x12")
    session.claims("ISA*00*", accept="json")
    session.claims_status({"x12": "ISA*00*"}, accept="x12-json")
    session.authorizations(interchange, accept="full-x12-json")
    session.payment_data("p1", x12=True)

    session.eligibility(interchange, accept="xml")  # type: ignore[arg-type]
    session.enrollment({}, accept="x12")  # type: ignore[call-arg]


def a_file_may_be_a_path_bytes_or_open(session: PokitDokSession, path: Path) -> None:
    session.claims_convert(path)
    session.claims_convert(str(path), callback_url="https://example.com/done")
    session.files("MOCKPAYER", b"ISA*00*")
    session.enrollment_snapshot("MOCKPAYER", io.BytesIO(b"ISA*00*"))
    with path.open("rb") as file:
        session.upload_app_registrations(file)
    with path.open() as text:
        session.claims_convert(text)  # type: ignore[arg-type]
    session.files(path)  # type: ignore[call-arg, arg-type]


def known_parameters_are_typed_and_others_are_let_through(session: PokitDokSession) -> None:
    session.providers("1234567893")
    session.providers(zipcode="29401", limit=5, params={"something_new": "x"}, timeout=(5, 120))
    session.payments(effective_date_start=date(2030, 1, 1), received_date_end="2030-02-01")
    session.pharmacy_network(trading_partner_id="medicare_national", retail=True)
    session.plans(metallic_level="gold")
    session.trading_partners(limit=5, offset=10)

    session.providers(zip_code="29401")  # type: ignore[call-arg]
    session.providers(limit="5")  # type: ignore[arg-type]
    session.plans(metallic_level="tin")  # type: ignore[arg-type]
    session.cash_prices("99385")  # type: ignore[call-arg]
    session.pharmacy_network("1234567893")  # type: ignore[call-arg]
    session.elegibility({})  # type: ignore[attr-defined]
