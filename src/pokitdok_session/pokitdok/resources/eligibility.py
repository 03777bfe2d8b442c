"""Eligibility: what a member's plan covers (page "Eligibility", May 2019)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...api.reply import Reply
from ...api.resource import SESSION_TIMEOUT, Body, Timeout
from ..x12 import X12, Format, X12Resource

if TYPE_CHECKING:
    from ..types import EligibilityReply, EligibilityRequest


class Eligibility(X12Resource):
    def eligibility(
        self,
        eligibility_request: EligibilityRequest | Body | X12,
        *,
        accept: Format | None = None,
        timeout: Timeout = SESSION_TIMEOUT,
    ) -> Reply[EligibilityReply]:
        """Ask a trading partner what a member's plan covers (X12 270/271). Billed per call.

        ``reply.data["coverage"]`` has the benefits. A payer that rejects the inquiry answers with
        status 200, ``valid_request`` false and a ``reject_reason``: see ``reply.rejections``.
        """
        return self._post_transaction(
            "/eligibility/",
            eligibility_request=eligibility_request,
            accept=accept,
            timeout=timeout,
        )

    def eligibility_constants(self, *, timeout: Timeout = SESSION_TIMEOUT) -> Reply[Any]:
        """List the service types. The page names this path and shows no reply."""
        return self.call("GET", "/eligibility/constants", timeout=timeout)
