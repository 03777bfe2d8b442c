"""Service review: authorizations and referrals (X12 278; API reference 6.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...api.reply import Reply
from ...api.resource import X12, Body, Format, Resource, post_x12

if TYPE_CHECKING:
    from ..types import ServiceReviewRequest


class ServiceReview(Resource):
    def authorizations(
        self,
        authorizations_request: ServiceReviewRequest | Body | X12,
        *,
        accept: Format | None = None,
    ) -> Reply:
        """Ask a payer to authorize a service (X12 278).

        ``reply.data["event"]["review"]`` holds the decision; a refused question has
        ``valid_request`` false. Billed per call. Not in the public documentation since 2017-08-23.
        """
        return post_x12(self, "/authorizations/", authorizations_request, accept)

    def referrals(
        self, referral_request: ServiceReviewRequest | Body | X12, *, accept: Format | None = None
    ) -> Reply:
        """Ask a payer to allow a referral (X12 278), ``event.category`` ``specialty_care_review``.

        The reply is that of `authorizations`. Billed per call. Not in the public documentation
        since 2017-08-23.
        """
        return post_x12(self, "/referrals/", referral_request, accept)
