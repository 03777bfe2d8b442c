"""Claims: sending, asking after, converting and drafting them (API reference 6.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...api.reply import Reply
from ...api.resource import (
    X12,
    Body,
    Format,
    Resource,
    Upload,
    given,
    item_path,
    opened,
    post_x12,
    segment,
)

if TYPE_CHECKING:
    from ..types import ClaimsRequest, ClaimsStatusRequest


class Claims(Resource):
    def claims(
        self, claims_request: ClaimsRequest | Body | X12, *, accept: Format | None = None
    ) -> Reply:
        """Submit a claim (X12 837).

        ``reply.data`` is its activity, in state ``scheduled``: read it again to see what became
        of it. Billed per call, and never sent twice.
        """
        return post_x12(self, "/claims/", claims_request, accept)

    def claims_status(
        self,
        claims_status_request: ClaimsStatusRequest | Body | X12,
        *,
        accept: Format | None = None,
    ) -> Reply:
        """Ask a payer where a claim stands (X12 276/277).

        ``reply.data["patient"]["claims"]`` lists the claims found; a payer that found none may
        leave ``patient`` out. Billed per call.
        """
        return post_x12(self, "/claims/status", claims_status_request, accept)

    def claims_convert(self, x12_claims_file: Upload, *, callback_url: str | None = None) -> Reply:
        """Convert a file of claims (X12 837) to JSON and its diagnoses from ICD-9 to ICD-10.

        One claim comes back as ``reply.data["claims_request"]``, ready for `claims`; of several,
        ``reply.data`` is the activity whose children hold one each. Nothing is submitted.
        """
        with opened(x12_claims_file) as files:
            form = given(callback_url=callback_url)
            return self.call("POST", "/claims/convert", data=form, files=files)

    def validate_claims(self, claims_request: ClaimsRequest | Body) -> Reply:
        """Check a claim without submitting it. The documentation showed no reply."""
        return self.call("POST", "/claims/validate/", json=claims_request)

    def claims_drafts(self, draft_id: str | None = None, **params: Any) -> Reply:
        """Read one draft, or list them all; ``limit`` and ``offset`` page the list.

        A draft is ``{"id", "draft", "validation_result"}``. All calls on drafts were for
        customers of the Claims Management App.
        """
        path = item_path("/claims/drafts/", draft_id)
        return self.call("GET", path, params=given(**params))

    def create_claims_draft(self, draft: Body) -> Reply:
        """Keep an unfinished claim; it is stored even when it is not valid."""
        return self.call("POST", "/claims/drafts/", json={"draft": draft})

    def update_claims_draft(self, draft_id: str, draft: Body) -> Reply:
        """Replace the claim that a draft holds."""
        return self.call("PUT", f"/claims/drafts/{segment(draft_id)}", json={"draft": draft})

    def delete_claims_draft(self, draft_id: str) -> Reply:
        """Throw a draft away."""
        return self.call("DELETE", f"/claims/drafts/{segment(draft_id)}")

    def validate_claims_draft(self, draft_id: str) -> Reply:
        """Check the claim that a draft holds; the reply carries its ``validation_result``."""
        return self.call("GET", f"/claims/drafts/{segment(draft_id)}/validate")
