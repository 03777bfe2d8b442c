"""Out of pocket: prices agreed with payers, and estimates of the patient's share."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import uuid4

from ..data.money import money, parse_decimal
from ..server.call import Call, Page
from ..server.responses import NotFound, ValidationError
from ..server.routing import Family
from ..server.schema import REQUIRED, Schema, list_of, matching
from .eligibility import MEMBER, PROVIDER, build_response
from .prices import GEOZIP, cpt_code, price_index, zip_code

api = Family(
    "oop_insurance_load_price",
    billed=False,
    invented="whether calls are billed, the response of DELETE",
)

MAX_PRICE = Decimal(1_000_000_000)
UNIT = Decimal(1)
DOLLARS = "USD"


def _amount(value: Any) -> str | None:
    number = parse_decimal(value)
    is_amount = number is not None and 0 <= number <= MAX_PRICE
    return None if is_amount else "Must be an amount of money."


_bundle = list_of(cpt_code)

PRICE = Schema(
    required=("trading_partner_id", "cpt_bundle"),
    objects={
        "price": Schema(
            required=("amount",),
            checks={"amount": _amount, "currency": matching(r"[A-Z]{3}", "Must be a currency.")},
        )
    },
    optional=(),
    checks={"cpt_bundle": _bundle},
)
ESTIMATE = Schema(
    required=("trading_partner_id", "cpt_bundle"),
    # Only a test of the official client sends it. MOCKPAYER has the same benefits for all codes.
    optional=("service_type_codes",),
    objects={"eligibility": Schema(objects={"provider": PROVIDER, "member": MEMBER})},
    checks={"cpt_bundle": _bundle, "zip_code": zip_code},
)


@api.post("/oop/insurance-load-price")
def load(call: Call) -> Any:
    """Store the price of a bundle, or look it up without ``price``."""
    body = call.validate(PRICE)
    call.trading_partner("oop_insurance_load_price")
    loaded = _loaded(call, body)
    if body.get("price") is None:
        if loaded is None:
            raise NotFound("price")
        return loaded
    uuid = str(uuid4()) if loaded is None else loaded["uuid"]
    call.store()[uuid] = {
        "uuid": uuid,
        "trading_partner_id": body["trading_partner_id"],
        "cpt_bundle": body["cpt_bundle"],
        "price": money(str(body["price"]["amount"]), body["price"].get("currency") or DOLLARS),
        "client_id": call.app.client_id,
    }
    return call.store()[uuid]


@api.get("/oop/insurance-load-price")
def prices(call: Call) -> Page:
    return Page(list(call.store().values()))


@api.get("/oop/insurance-load-price/{price_uuid}")
def price(call: Call) -> Any:
    return call.find("price", "price_uuid")


@api.delete("/oop/insurance-load-price/{price_uuid}")
def delete(call: Call) -> Any:
    # A test of the official client expects an object.
    del call.store()[call.find("price", "price_uuid")["uuid"]]
    return {}


@api.post(
    "/oop/insurance-estimate",
    name="oop_insurance_estimate",
    billed=True,
    invented="how the share is computed, and the error without any price",
)
def estimate(call: Call) -> Any:
    """Return the patient's share for each coinsurance of the payer's response.

    The patient pays the deductible first, then the coinsurance of the rest, and at most the
    remaining out-of-pocket maximum.
    """
    body = call.validate(ESTIMATE)
    call.trading_partner("eligibility")
    currency, (price, low, high) = _bundle_price(call, body)
    inquiry = {name: part for name, part in (body.get("eligibility") or {}).items() if part}
    inquiry["trading_partner_id"] = body["trading_partner_id"]
    response = build_response(inquiry, call.add_parameters())
    # A patient who is not named has spent nothing yet.
    amount_name = "remaining" if {"member", "provider"} <= inquiry.keys() else "limit"
    deductible, maximum = (
        response["summary"][name]["individual"]["in_network"][amount_name]["amount"]
        for name in ("deductible", "out_of_pocket")
    )
    coinsurance = response["coverage"]["coinsurance"]
    shares = [Decimal(str(each["benefit_percent"])) for each in coinsurance]

    def estimates(amount: Decimal) -> list[str]:
        return [
            str(_patient_pays(amount, share, Decimal(deductible), Decimal(maximum)))
            for share in shares
        ]

    return {
        "calculation": {
            "price": money(str(price), currency),
            "low_price": money(str(low), currency),
            "high_price": money(str(high), currency),
            "deductible": deductible,
            "max_oop": maximum,
            "coinsurance": [str(share) for share in shares],
            "estimate": estimates(price),
            "lower_estimate": estimates(low),
            "upper_estimate": estimates(high),
            "service_type_codes": [each["service_type_codes"] for each in coinsurance],
            "messages": [f"The deductible has not been met: {deductible} remain."],
        },
        "eligibility": response,
    }


def _patient_pays(
    amount: Decimal, share: Decimal, deductible: Decimal, maximum: Decimal
) -> Decimal:
    first = min(amount, deductible)
    pays = min(first + (amount - first) * share, maximum)
    return pays.quantize(UNIT, ROUND_HALF_UP)


def _bundle_price(call: Call, body: dict[str, Any]) -> tuple[str, tuple[Decimal, Decimal, Decimal]]:
    """Return the currency, and the average, lowest and highest price of a bundle."""
    loaded = _loaded(call, body)
    if loaded is not None:
        price = Decimal(loaded["price"]["amount"])
        return loaded["price"]["currency"], (price, price, price)
    if not body.get("zip_code"):
        raise ValidationError({"zip_code": [REQUIRED]})
    rows = [
        row
        for code in body["cpt_bundle"]
        for row in price_index(str(code), str(body["zip_code"])[:GEOZIP])
        if (row["payer_type"], row["payment_type"]) == ("insurance", "allowed")
    ]
    average, low, high = (
        sum((Decimal(str(row[name])) for row in rows), Decimal(0))
        for name in ("average_price", "low_price", "high_price")
    )
    return DOLLARS, (average, low, high)


def _loaded(call: Call, body: dict[str, Any]) -> dict[str, Any] | None:
    items: Iterable[dict[str, Any]] = call.store().values()
    return next((item for item in items if _key(item) == _key(body)), None)


def _key(body: dict[str, Any]) -> tuple[str, list[str]]:
    """Return what identifies a bundle, in which the order of the codes does not count."""
    return body["trading_partner_id"], sorted(map(str, body["cpt_bundle"]))
