"""Identity proof: questions that only the right person can answer.

The page "Identity Proof" left the public documentation in March 2019.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from ...api.reply import Reply
from ...api.resource import SESSION_TIMEOUT, Body, Identifier, Params, Resource, Timeout

if TYPE_CHECKING:
    from ..types import ProofAnswer, ProofRequest


class IdentityProof(Resource):
    def validate_identity(
        self, identity_payload: ProofRequest | Body, *, timeout: Timeout = SESSION_TIMEOUT
    ) -> Reply[Any]:
        """Check if an identity is real, without a question to the person.

        ``reply.data`` has ``is_valid`` and ``is_verifiable``.
        """
        return self.call("POST", "/identity/proof/valid/", json=identity_payload, timeout=timeout)

    def create_proof_questionnaire(
        self, identity_payload: ProofRequest | Body, *, timeout: Timeout = SESSION_TIMEOUT
    ) -> Reply[Any]:
        """Begin a questionnaire that is valid for 25 minutes.

        ``reply.data["question"]`` is the first question; there is none unless ``is_verifiable``.
        The identity is then locked for 12 hours: a second questionnaire raises Forbidden.
        """
        path = "/identity/proof/questions/generate/"
        return self.call("POST", path, json=identity_payload, timeout=timeout)

    def answer_proof_question(
        self, answer_request: ProofAnswer | Body, *, timeout: Timeout = SESSION_TIMEOUT
    ) -> Reply[Any]:
        """Answer one question with the id of a choice, not its text.

        ``reply.data["status"]`` is ``PENDING`` with the next ``question``, ``SUCCESS``, or
        ``FAILURE`` with ``next_attempt``.
        """
        path = "/identity/proof/questions/score/"
        return self.call("POST", path, json=answer_request, timeout=timeout)

    def identity_proof_report(
        self,
        *,
        start_dt: date | str | None = None,
        end_dt: date | str | None = None,
        questionnaire_id: Identifier | None = None,
        activity_id: Identifier | None = None,
        csv: bool | None = None,
        params: Params = None,
        timeout: Timeout = SESSION_TIMEOUT,
    ) -> Reply[Any]:
        """List past questionnaires, by default those of the last 24 hours. Ids override dates.

        With ``csv``, ``reply.data`` is one string whose first line is the header.
        """
        query = self.query(
            params,
            start_dt=start_dt,
            end_dt=end_dt,
            questionnaire_id=questionnaire_id,
            activity_id=activity_id,
            csv=csv,
        )
        return self.call("GET", "/identity/proof/report", params=query, timeout=timeout)
