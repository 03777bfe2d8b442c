"""Payments: what payers paid for claims (X12 835; page "Payments", May 2019)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from ...api.reply import Reply
from ...api.resource import SESSION_TIMEOUT, Identifier, Params, Resource, Timeout
from ..x12 import MEDIA_TYPES

_AS_X12 = {"Accept": MEDIA_TYPES["x12"]}


class Payments(Resource):
    def payments(
        self,
        payment_id: Identifier | None = None,
        *,
        trading_partner_id: str | None = None,
        payment_type: str | None = None,
        check_eft_trace_number: str | None = None,
        amount: Decimal | str | None = None,
        effective_date: date | str | None = None,
        effective_date_start: date | str | None = None,
        effective_date_end: date | str | None = None,
        received_date_start: date | str | None = None,
        received_date_end: date | str | None = None,
        limit: int | None = None,
        offset: int | None = None,
        params: Params = None,
        timeout: Timeout = SESSION_TIMEOUT,
    ) -> Reply[Any]:
        """Read one payment with its payer and payee, or list those that match.

        A range of dates may be open at either end. The activity of a paid claim has the id of its
        payment in ``payment_id``.
        """
        query = self.query(
            params,
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
        )
        path = self.item_path("/payments/", payment_id=payment_id)
        return self.call("GET", path, params=query, timeout=timeout)

    def payment_data(
        self, payment_id: Identifier, *, x12: bool = False, timeout: Timeout = SESSION_TIMEOUT
    ) -> Reply[Any]:
        """List what a payment paid, claim by claim; with ``x12``, ``reply.data`` is the raw 835."""
        path = self.expand_path("/payments/{payment_id}/data", payment_id=payment_id)
        return self.call("GET", path, headers=_AS_X12 if x12 else None, timeout=timeout)
