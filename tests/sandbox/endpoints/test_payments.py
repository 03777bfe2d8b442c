"""Payments: three fixed ones, those of mock claims, filters, and the raw 835."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pokitdok_session import PokitDokSession
from pokitdok_session.errors import NotFound, ValidationError
from pokitdok_session.sandbox import Sandbox
from pokitdok_session.sandbox.server.tls import Certificate
from support.http_server import ScriptedServer


@pytest.fixture
def paid(session: PokitDokSession, sandbox: Sandbox, claim: dict[str, Any]) -> list[dict[str, Any]]:
    """The activity of a mock claim, as both callbacks posted it over https."""
    with ScriptedServer(context=Certificate().server_context()) as receiver:
        session.claims(
            {
                **claim,
                "callback_url": receiver.url,
                "application_data": {"mock_claim_payment": True},
            }
        )
        sandbox.clock.advance(300)
        sandbox.clock.advance(60)
        assert sandbox.wait_for_callbacks()
        return [json.loads(seen.body) for seen in receiver.requests]


def test_mock_payment_calls_back_twice_over_https(
    paid: list[dict[str, Any]],
) -> None:
    acknowledged, settled = paid
    assert "clearinghouse" in acknowledged["result"]
    assert "payment_id" not in acknowledged
    assert settled["result"]["claim_payments"][0]["payment_amount"]["amount"] == "51.00"
    assert [entry["result"] for entry in settled["result_history"]] == [
        acknowledged["result"],
        settled["result"],
    ]


def test_payment_of_mock_claim_is_found_by_payment_id(
    session: PokitDokSession, paid: list[dict[str, Any]]
) -> None:
    payment_id = paid[1]["payment_id"]
    payment = session.payments(payment_id).data
    assert payment["linked_activity_count"] == payment["transaction_count"] == 1
    assert payment["payer"]["id"] == payment["trading_partner_id"] == "MOCKPAYER"
    assert payment["payee"] == {"name": "Thistledown Clinic", "npi": "1234567893"}
    assert payment["financial_information"]["payment_amount"]["amount"] == "51.00"
    assert session.payments().data[-1]["id"] == payment_id
    assert session.payment_data(payment_id).data == [paid[1]["result"]]


def test_payment_raw_835_equals_json(session: PokitDokSession, paid: list[dict[str, Any]]) -> None:
    raw = session.payment_data(paid[1]["payment_id"], x12=True)
    assert raw.response.headers["Content-Type"] == "application/edi-x12"
    assert raw.meta == {}
    assert raw.data.startswith("ISA*00*")
    assert f"~CLP*{paid[1]['id']}*1*60.00*51.00*6.00*12*" in raw.data
    assert "~CAS*CO*45*3.00~CAS*PR*2*6.00~NM1*QC*1*Quillfeather*Zephyrine" in raw.data
    assert "~SVC*HC:99213*60.00*51.00~DTM*472*20300102~SE*" in raw.data
    inside = raw.data[raw.data.index("~ST*") + 1 : raw.data.index("~GE*")].split("~")
    assert inside[-1] == f"SE*{len(inside)}*0001"


def test_payment_of_other_claims_has_no_activity(
    session: PokitDokSession,
) -> None:
    found = session.payments().data
    assert len({payment["id"] for payment in found}) == 3
    assert {payment["linked_activity_count"] for payment in found} == {0}
    assert all(session.payment_data(payment["id"], x12=True).data for payment in found)
    assert [payment["id"] for payment in session.payments(limit=2, offset=1).data] == [
        payment["id"] for payment in found[1:]
    ]


@pytest.mark.parametrize(
    ("filters", "totals"),
    [
        ({"trading_partner_id": "SANDBOX_PAYER_01"}, ["64.18"]),
        ({"trading_partner_id": "NOPE"}, []),
        ({"payment_type": "claim_payment"}, ["102.00", "127.50", "64.18"]),
        ({"payment_type": "other"}, []),
        ({"amount": "102"}, ["102.00"]),
        ({"amount": "102.01"}, []),
        ({"effective_date": "2018-12-03"}, ["127.50"]),
        ({"effective_date_start": "2018-12-03"}, ["127.50", "64.18"]),
        ({"effective_date_end": "2018-12-03"}, ["102.00", "127.50"]),
        ({"received_date_start": "2018-11-06", "received_date_end": "2019-01-13"}, ["127.50"]),
        ({"check_eft_trace_number": "0"}, []),
    ],
)
def test_payments_filters_select(
    session: PokitDokSession, filters: dict[str, str], totals: list[str]
) -> None:
    found = session.payments(**filters).data  # type: ignore[arg-type]
    assert [payment["total"]["amount"] for payment in found] == totals


def test_payments_trace_number_finds_payment(session: PokitDokSession) -> None:
    wanted = session.payments().data[1]["id"]
    trace = session.payments(wanted).data["financial_information"]["check_eft_trace_number"]
    assert [found["id"] for found in session.payments(check_eft_trace_number=trace).data] == [
        wanted
    ]


@pytest.mark.parametrize(
    ("filters", "field"),
    [
        ({"amount": "much"}, "amount"),
        ({"amount": "sNaN"}, "amount"),
        ({"effective_date": "01/02/2019"}, "effective_date"),
        ({"effective_date_start": "20190102"}, "effective_date_start"),
        ({"received_date_end": "2019-02-30"}, "received_date_end"),
    ],
)
def test_payments_invalid_filter_is_named(
    session: PokitDokSession, filters: dict[str, str], field: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        session.payments(**filters)  # type: ignore[arg-type]
    assert list(caught.value.errors) == [field]


def test_payment_unknown_is_404(session: PokitDokSession) -> None:
    for ask in (session.payments, session.payment_data):
        with pytest.raises(NotFound):
            ask("5a5a5a5a5a5a5a5a5a5a5a01")
