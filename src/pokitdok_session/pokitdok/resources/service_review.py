"""Service review: authorizations and referrals (X12 278).

The pages "Authorizations" and "Referrals" left the public documentation in August 2017.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...api.reply import Reply
from ...api.resource import SESSION_TIMEOUT, Body, Timeout
from ..x12 import X12, Format, X12Resource

if TYPE_CHECKING:
    from ..types import ServiceReviewReply, ServiceReviewRequest


class ServiceReview(X12Resource):
    def authorizations(
        self,
        authorizations_request: ServiceReviewRequest | Body | X12,
        *,
        accept: Format | None = None,
        timeout: Timeout = SESSION_TIMEOUT,
    ) -> Reply[ServiceReviewReply]:
        """Ask a payer to authorize a service. Billed per call.

        ``reply.data["event"]["review"]`` has the decision. If the payer rejects the request
        itself, ``valid_request`` is false: see ``reply.rejections``.
        """
        return self._post_transaction(
            "/authorizations/",
            authorizations_request=authorizations_request,
            accept=accept,
            timeout=timeout,
        )

    def referrals(
        self,
        referral_request: ServiceReviewRequest | Body | X12,
        *,
        accept: Format | None = None,
        timeout: Timeout = SESSION_TIMEOUT,
    ) -> Reply[ServiceReviewReply]:
        """Ask a payer to allow a referral. Billed per call.

        ``event.category`` must be ``specialty_care_review``. The reply is as of `authorizations`.
        """
        return self._post_transaction(
            "/referrals/", referral_request=referral_request, accept=accept, timeout=timeout
        )
