"""The types of replies, compared with what the sandbox sends."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterator
from typing import Any, Literal

import pytest

from pokitdok_session import PokitDokSession
from pokitdok_session.pokitdok.types import (
    Activity,
    Appointment,
    CashPrice,
    ClaimsStatus,
    EligibilityReply,
    InsurancePrices,
    MedicalCode,
    Payment,
    Plan,
    ProviderItem,
    ServiceReviewReply,
    TradingPartner,
)
from pokitdok_session.sandbox import Sandbox
from support.official_examples import CLAIM, PATIENT, PROVIDER, REVIEW, SLOT

INQUIRY = {"trading_partner_id": "MOCKPAYER", "member": PATIENT, "provider": PROVIDER}
STATUS = {"trading_partner_id": "MOCKPAYER", "patient": {"id": "W1"}, "provider": PROVIDER}
PAID = {
    **CLAIM,
    "callback_url": "https://127.0.0.1:9/",
    "application_data": {"mock_claim_payment": True},
}


def misfits(value: Any, kind: Any, path: str = "data") -> Iterator[str]:
    """Yield what a reply has that its type does not name, and what has another form."""
    origin = typing.get_origin(kind)
    if origin is types.UnionType or kind is Any:
        return
    if origin is Literal:
        if value not in typing.get_args(kind):
            yield f"{path} is {value!r}"
    elif typing.is_typeddict(kind) and isinstance(value, dict):
        known = typing.get_type_hints(kind)
        for name, inner in value.items():
            if name in known:
                yield from misfits(inner, known[name], f"{path}.{name}")
            else:
                yield f"{path}.{name} is not named"
    elif origin is list and isinstance(value, list):
        for item in value:
            yield from misfits(item, typing.get_args(kind)[0], f"{path}[]")
    elif not isinstance(value, (int, float) if kind is float else origin or kind):
        yield f"{path} is {type(value).__name__}"


REPLIES: dict[str, tuple[Any, Callable[[PokitDokSession], Any]]] = {
    "eligibility": (EligibilityReply, lambda session: session.eligibility(INQUIRY)),
    "claims": (Activity, lambda session: session.claims(PAID)),
    "activities": (list[Activity], lambda session: session.activities()),
    "claims_status": (ClaimsStatus, lambda session: session.claims_status(STATUS)),
    "referrals": (ServiceReviewReply, lambda session: session.referrals(REVIEW)),
    "plans": (list[Plan], lambda session: session.plans(state="SC")),
    "cash_prices": (list[CashPrice], lambda session: session.cash_prices("99385", "29401")),
    "insurance_prices": (
        InsurancePrices,
        lambda session: session.insurance_prices("99385", "29401"),
    ),
    "providers": (list[ProviderItem], lambda session: session.providers(zipcode="29401")),
    "trading_partners": (TradingPartner, lambda session: session.trading_partners("MOCKPAYER")),
    "payments": (list[Payment], lambda session: session.payments()),
    "mpc": (list[MedicalCode], lambda session: session.mpc()),
    "schedule_slots": (Appointment, lambda session: session.schedule_slots(SLOT)),
}


@pytest.fixture
def scheduler(sandbox: Sandbox) -> Iterator[PokitDokSession]:
    with sandbox.session(scope=["user_schedule", "business_schedule"]) as session:
        yield session


@pytest.mark.parametrize("method", REPLIES)
def test_type_of_a_reply_names_what_the_sandbox_sends(
    scheduler: PokitDokSession, method: str
) -> None:
    kind, ask = REPLIES[method]
    assert sorted(set(misfits(ask(scheduler).data, kind))) == []


def test_type_of_a_paid_claim_names_what_the_sandbox_sends(
    sandbox: Sandbox, scheduler: PokitDokSession
) -> None:
    claim = scheduler.claims(PAID).data["id"]
    sandbox.clock.advance(360)
    data = scheduler.activities(claim, x12=True).data
    assert data["tracking_description"] == "paid"
    assert sorted(set(misfits(data, Activity))) == []


def test_type_of_an_appointment_names_what_the_sandbox_sends(scheduler: PokitDokSession) -> None:
    slot = scheduler.schedule_slots(SLOT).data["pd_appointment_uuid"]
    patient = {"uuid": "967d207f-b024-41cc-8cac-89575a1f6fef", "first_name": "Zephyrine"}
    scheduler.book_appointment(slot, {"patient": patient, "description": "cough"})
    assert list(misfits(scheduler.get_appointments(slot).data, list[Appointment])) == []
