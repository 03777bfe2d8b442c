"""Payments: what payers paid for claims (X12 835; API reference 6.5)."""

from __future__ import annotations

from datetime import date
from typing import Any

from ...api.reply import Reply
from ...api.resource import MEDIA_TYPES, Resource, given, item_path, segment

_AS_X12 = {"Accept": MEDIA_TYPES["x12"]}


class Payments(Resource):
    def payments(
        self,
        payment_id: str | None = None,
        *,
        trading_partner_id: str | None = None,
        payment_type: str | None = None,
        check_eft_trace_number: str | None = None,
        amount: str | None = None,
        effective_date: date | str | None = None,
        effective_date_start: date | str | None = None,
        effective_date_end: date | str | None = None,
        received_date_start: date | str | None = None,
        received_date_end: date | str | None = None,
        limit: int | None = None,
        offset: int | None = None,
        **params: Any,
    ) -> Reply:
        """Read one payment with its payer and payee, or list those that match.

        A range of dates may be open at either end. An activity of a paid claim names its
        payment in ``payment_id``.
        """
        query = given(
            trading_partner_id=trading_partner_id,
            payment_type=payment_type,
            check_eft_trace_number=check_eft_trace_number,
            amount=amount,
            effective_date=effective_date,
            effective_date_start=effective_date_start,
            effective_date_end=effective_date_end,
            received_date_start=received_date_start,
            received_date_end=received_date_end,
            limit=limit,
            offset=offset,
            **params,
        )
        return self.call("GET", item_path("/payments/", payment_id), params=query)

    def payment_data(self, payment_id: str, *, x12: bool = False) -> Reply:
        """List what a payment paid, claim by claim; with ``x12``, ``reply.data`` is the raw 835."""
        path = f"/payments/{segment(payment_id)}/data"
        return self.call("GET", path, headers=_AS_X12 if x12 else None)
