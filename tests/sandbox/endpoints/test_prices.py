"""Prices: cash and insurance, by procedure and region."""

from __future__ import annotations

import pytest

from pokitdok_session import PokitDokSession
from pokitdok_session.errors import ValidationError

PRICES = ("low_price", "median_price", "average_price", "high_price")


def test_cash_price_is_a_list_of_rows(session: PokitDokSession) -> None:
    reply = session.cash_prices("45378", "29401")
    [row] = reply.data
    assert (row["cpt_code"], row["geo_zip_area"]) == ("45378", "294")
    assert row["procedure_description"] == "Colonoscopy"
    assert row["pokitdok_procedure_urn"] == "urn:pokitdok:procedure:colonoscopy"
    assert [row[name] for name in PRICES] == sorted(row[name] for name in PRICES)
    assert all(isinstance(row[name], float) for name in (*PRICES, "standard_deviation"))
    assert reply.meta["credits_billed"] == 1
    assert "result_count" not in reply.meta


def test_cash_price_code_can_have_several_rows(session: PokitDokSession) -> None:
    rows = session.cash_prices("65760", "29401").data
    assert len({row["pokitdok_procedure_urn"] for row in rows}) == 2


def test_cash_price_other_code_has_row_without_name(session: PokitDokSession) -> None:
    [row] = session.cash_prices("99213", "29401").data
    assert "procedure_description" not in row
    assert row["average_price"] > 0


def test_cash_price_depends_on_first_three_zip_digits(session: PokitDokSession) -> None:
    charleston = session.cash_prices("45378", "29401").data
    assert session.cash_prices("45378", "29499").data == charleston
    assert session.cash_prices("45378", "94401").data != charleston


def test_insurance_price_is_an_object_with_amounts(session: PokitDokSession) -> None:
    data = session.insurance_prices("45378", "29401").data
    assert (data["cpt_code"], data["geo_zip_area"]) == ("45378", "294")
    by_type = {(row["payer_type"], row["payment_type"]): row for row in data["amounts"]}
    assert {payer for payer, _ in by_type} == {"insurance", "medicare"}
    assert {payment for _, payment in by_type} == {"allowed", "submitted", "paid", "standardized"}
    allowed = by_type["insurance", "allowed"]["average_price"]
    assert allowed < by_type["insurance", "submitted"]["average_price"]


@pytest.mark.parametrize("method", ["cash_prices", "insurance_prices"])
@pytest.mark.parametrize(
    ("cpt_code", "zip_code", "fields"),
    [
        ("", "29401", ["cpt_code"]),
        ("45378", "", ["zip_code"]),
        ("", "", ["cpt_code", "zip_code"]),
        ("colon", "29401", ["cpt_code"]),
        ("45378", "294", ["zip_code"]),
        ("45378", "٢٩٤٠١", ["zip_code"]),
    ],
)
def test_prices_invalid_parameter_is_named(
    session: PokitDokSession, method: str, cpt_code: str, zip_code: str, fields: list[str]
) -> None:
    with pytest.raises(ValidationError) as caught:
        getattr(session, method)(cpt_code, zip_code)
    assert list(caught.value.errors) == fields
