"""Claims: submit, track, convert and draft them (pages "Claims", "Claims Status", May 2019)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...api.reply import Reply
from ...api.resource import SESSION_TIMEOUT, Body, Identifier, Params, Timeout, Upload
from ..x12 import X12, Format, X12Resource, open_file

if TYPE_CHECKING:
    from ..types import Activity, ClaimsRequest, ClaimsStatus, ClaimsStatusRequest


class Claims(X12Resource):
    def claims(
        self,
        claims_request: ClaimsRequest | Body | X12,
        *,
        accept: Format | None = None,
        timeout: Timeout = SESSION_TIMEOUT,
    ) -> Reply[Activity]:
        """Submit a claim (X12 837). Billed per call.

        ``reply.data`` is its activity in state ``scheduled``; `wait_for_activity` follows it.
        A claim is never sent twice without your doing.
        """
        return self._post_transaction(
            "/claims/", claims_request=claims_request, accept=accept, timeout=timeout
        )

    def claims_status(
        self,
        claims_status_request: ClaimsStatusRequest | Body | X12,
        *,
        accept: Format | None = None,
        timeout: Timeout = SESSION_TIMEOUT,
    ) -> Reply[ClaimsStatus]:
        """Ask a payer for the state of a claim (X12 276/277). Billed per call.

        ``reply.data["patient"]["claims"]`` lists the claims found; ``patient`` may be missing if
        the payer found none.
        """
        return self._post_transaction(
            "/claims/status",
            claims_status_request=claims_status_request,
            accept=accept,
            timeout=timeout,
        )

    def claims_convert(
        self,
        x12_claims_file: Upload,
        *,
        callback_url: str | None = None,
        timeout: Timeout = SESSION_TIMEOUT,
    ) -> Reply[Any]:
        """Convert a file of claims (X12 837) to JSON, and its diagnoses from ICD-9 to ICD-10.

        One claim comes back as ``reply.data["claims_request"]``, ready for `claims`. For several
        ``reply.data`` is the activity whose children hold one each. Nothing is submitted.
        """
        form = self.query(callback_url=callback_url)
        with open_file(x12_claims_file) as files:
            return self.call("POST", "/claims/convert", data=form, files=files, timeout=timeout)

    def validate_claims(
        self, claims_request: ClaimsRequest | Body, *, timeout: Timeout = SESSION_TIMEOUT
    ) -> Reply[Any]:
        """Check a claim without submitting it. No reply was documented."""
        return self.call("POST", "/claims/validate/", json=claims_request, timeout=timeout)

    def claims_drafts(
        self,
        draft_id: Identifier | None = None,
        *,
        limit: int | None = None,
        offset: int | None = None,
        params: Params = None,
        timeout: Timeout = SESSION_TIMEOUT,
    ) -> Reply[Any]:
        """Read one draft, or list them. A draft is ``{"id", "draft", "validation_result"}``.

        All calls on drafts were for customers of the Claims Management App.
        """
        path = self.item_path("/claims/drafts/", draft_id=draft_id)
        query = self.query(params, limit=limit, offset=offset)
        return self.call("GET", path, params=query, timeout=timeout)

    def create_claims_draft(
        self, draft: ClaimsRequest | Body, *, timeout: Timeout = SESSION_TIMEOUT
    ) -> Reply[Any]:
        """Store an unfinished claim. It does not have to be valid."""
        return self.call("POST", "/claims/drafts/", json={"draft": draft}, timeout=timeout)

    def update_claims_draft(
        self,
        draft_id: Identifier,
        draft: ClaimsRequest | Body,
        *,
        timeout: Timeout = SESSION_TIMEOUT,
    ) -> Reply[Any]:
        """Replace the claim that a draft holds."""
        path = self.expand_path("/claims/drafts/{draft_id}", draft_id=draft_id)
        return self.call("PUT", path, json={"draft": draft}, timeout=timeout)

    def delete_claims_draft(
        self, draft_id: Identifier, *, timeout: Timeout = SESSION_TIMEOUT
    ) -> Reply[Any]:
        """Delete a draft."""
        path = self.expand_path("/claims/drafts/{draft_id}", draft_id=draft_id)
        return self.call("DELETE", path, timeout=timeout)

    def validate_claims_draft(
        self, draft_id: Identifier, *, timeout: Timeout = SESSION_TIMEOUT
    ) -> Reply[Any]:
        """Check the claim that a draft holds; the reply has its ``validation_result``."""
        path = self.expand_path("/claims/drafts/{draft_id}/validate", draft_id=draft_id)
        return self.call("GET", path, timeout=timeout)
