"""Out of pocket: prices agreed with payers, and what a patient will pay of them."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any
from uuid import uuid4

from ..server.call import Call, Page
from ..server.responses import NotFound, ValidationError
from ..server.routing import Family
from ..server.schema import REQUIRED, Schema, list_of, matching
from .eligibility import PROVIDER, build_response
from .prices import GEOZIP, amounts, cpt_code, zip_code

# What keeping prices cost was never recorded; an estimate asks the payer.
api = Family("oop_insurance_load_price", billed=False)

MOST = Decimal(1_000_000_000)
UNIT = Decimal(1)
DOLLARS = "USD"


def _amount(value: Any) -> str | None:
    try:
        number = Decimal(str(value)) if type(value) in (str, int, float) else Decimal("nan")
    except InvalidOperation:
        number = Decimal("nan")
    is_amount = number.is_finite() and 0 <= number <= MOST
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
    # Only a test of the official client knew service_type_codes. MOCKPAYER's benefits are the
    # same for all, so it changes nothing here.
    optional=("service_type_codes",),
    objects={"eligibility": Schema(objects={"provider": PROVIDER, "member": Schema()})},
    checks={"cpt_bundle": _bundle, "zip_code": zip_code},
)


@api.post("/oop/insurance-load-price")
def load(call: Call) -> Any:
    """Load the price of a bundle, or without ``price`` look it up.

    Loading again for the same bundle changes the price that is there.
    """
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
        "price": _money(body["price"]["amount"], body["price"].get("currency") or DOLLARS),
        "client_id": call.app.client_id,
    }
    return call.store()[uuid]


@api.get("/oop/insurance-load-price")
def prices(call: Call) -> Page:
    return Page(list(call.store().values()))


@api.get("/oop/insurance-load-price/{price_uuid}")
def price(call: Call) -> Any:
    return _own(call)


@api.delete("/oop/insurance-load-price/{price_uuid}")
def delete(call: Call) -> Any:
    # An object, as a test of the official client says; which one was never recorded.
    del call.store()[_own(call)["uuid"]]
    return {}


@api.post("/oop/insurance-estimate", name="oop_insurance_estimate", billed=True)
def estimate(call: Call) -> Any:
    """The patient's share for each coinsurance that the payer's answer has.

    How the share is reckoned was not written down: here the deductible comes first, then the
    coinsurance of what is left, and never more than is left out of pocket.
    """
    body = call.validate(ESTIMATE)
    call.trading_partner("eligibility")
    loaded = _loaded(call, body)
    if loaded is None:
        currency, (price, low, high) = DOLLARS, _index(body)
    else:
        currency = loaded["price"]["currency"]
        price = low = high = Decimal(loaded["price"]["amount"])
    asked = {name: part for name, part in (body.get("eligibility") or {}).items() if part}
    asked["trading_partner_id"] = body["trading_partner_id"]
    answer = build_response(asked, call.parameters())
    # Of nobody in particular nothing is spent yet.
    standing = "remaining" if {"member", "provider"} <= asked.keys() else "limit"
    deductible, most = (
        answer["summary"][name]["individual"]["in_network"][standing]["amount"]
        for name in ("deductible", "out_of_pocket")
    )
    found = answer["coverage"]["coinsurance"]
    shares = [Decimal(str(one["benefit_percent"])) for one in found]

    def patient_pays(amount: Decimal) -> list[str]:
        return [
            str(_rounded(amount, share, Decimal(deductible), Decimal(most))) for share in shares
        ]

    return {
        "calculation": {
            "price": _money(price, currency),
            "low_price": _money(low, currency),
            "high_price": _money(high, currency),
            "deductible": deductible,
            "max_oop": most,
            "coinsurance": [str(share) for share in shares],
            "estimate": patient_pays(price),
            "lower_estimate": patient_pays(low),
            "upper_estimate": patient_pays(high),
            "service_type_codes": [one["service_type_codes"] for one in found],
            "messages": [f"The deductible has not been met: {deductible} remain."],
        },
        "eligibility": answer,
    }


def _rounded(amount: Decimal, share: Decimal, deductible: Decimal, most: Decimal) -> Decimal:
    first = min(amount, deductible)
    pays = min(first + (amount - first) * share, most)
    return pays.quantize(UNIT, ROUND_HALF_UP)


def _index(body: dict[str, Any]) -> tuple[Decimal, Decimal, Decimal]:
    """What insurers allow in the region for all of the bundle: on average, least and most."""
    if not body.get("zip_code"):
        # How an estimate without any price was refused was never recorded.
        raise ValidationError({"zip_code": [REQUIRED]})
    region = str(body["zip_code"])[:GEOZIP]
    index = [
        row
        for code in body["cpt_bundle"]
        for row in amounts(str(code), region)
        if (row["payer_type"], row["payment_type"]) == ("insurance", "allowed")
    ]
    average, low, high = (
        sum((Decimal(str(row[name])) for row in index), Decimal(0))
        for name in ("average_price", "low_price", "high_price")
    )
    return average, low, high


def _loaded(call: Call, body: dict[str, Any]) -> dict[str, Any] | None:
    for kept in call.store().values():
        if _key(kept) == _key(body):
            found: dict[str, Any] = kept
            return found
    return None


def _key(body: dict[str, Any]) -> tuple[str, list[str]]:
    """The order of a bundle does not matter."""
    return body["trading_partner_id"], sorted(map(str, body["cpt_bundle"]))


def _own(call: Call) -> dict[str, Any]:
    found: dict[str, Any] | None = call.store().get(call.params["price_uuid"])
    if found is None:
        raise NotFound("price")
    return found


def _money(amount: Any, currency: str) -> dict[str, str]:
    return {"amount": str(amount), "currency": currency}
