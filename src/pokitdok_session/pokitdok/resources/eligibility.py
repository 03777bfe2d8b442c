"""Eligibility: what a member's plan covers (X12 270/271; API reference 6.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...api.reply import Reply
from ...api.resource import X12, Body, Format, Resource, post_x12

if TYPE_CHECKING:
    from ..types import EligibilityRequest


class Eligibility(Resource):
    def eligibility(
        self, eligibility_request: EligibilityRequest | Body | X12, *, accept: Format | None = None
    ) -> Reply:
        """Ask a trading partner what a member's plan covers (X12 270/271).

        ``reply.data["coverage"]`` holds the benefits; a payer that refuses the question answers
        200 with ``valid_request`` false and a ``reject_reason``. Billed per call.
        """
        return post_x12(self, "/eligibility/", eligibility_request, accept)

    def eligibility_constants(self) -> Reply:
        """List the service types. The documentation named this path and showed no reply."""
        return self.call("GET", "/eligibility/constants")
