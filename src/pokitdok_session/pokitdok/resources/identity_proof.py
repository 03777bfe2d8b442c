"""Identity proof: questions that only the right person can answer (API reference 6.20)."""

from __future__ import annotations

from datetime import date
from typing import Any

from ...api.reply import Reply
from ...api.resource import Body, Resource, given


class IdentityProof(Resource):
    def validate_identity(self, identity_payload: Body) -> Reply:
        """Test whether an identity is real, without asking anything.

        ``reply.data`` has ``is_valid`` and ``is_verifiable``. Not in the public documentation
        since 2019-03-20.
        """
        return self.call("POST", "/identity/proof/valid/", json=identity_payload)

    def create_proof_questionnaire(self, identity_payload: Body) -> Reply:
        """Begin a questionnaire, good for 25 minutes; ``reply.data["question"]`` is the first.

        There is none unless ``is_verifiable``. The identity is then locked for 12 hours, and
        asking again raises Forbidden. Not in the public documentation since 2019-03-20.
        """
        return self.call("POST", "/identity/proof/questions/generate/", json=identity_payload)

    def answer_proof_question(self, answer_request: Body) -> Reply:
        """Answer one question with the id of a choice, not its text.

        ``reply.data["status"]`` is ``PENDING`` with the next ``question``, ``SUCCESS``, or
        ``FAILURE`` with ``next_attempt``. Not in the public documentation since 2019-03-20.
        """
        return self.call("POST", "/identity/proof/questions/score/", json=answer_request)

    def identity_proof_report(
        self,
        *,
        start_dt: date | str | None = None,
        end_dt: date | str | None = None,
        questionnaire_id: str | None = None,
        activity_id: str | None = None,
        csv: bool | None = None,
        **params: Any,
    ) -> Reply:
        """List past questionnaires, those of the last 24 hours by default; ids override dates.

        With ``csv``, ``reply.data`` is one string, its first line the header. Not in the public
        documentation since 2019-03-20.
        """
        query = given(
            start_dt=start_dt,
            end_dt=end_dt,
            questionnaire_id=questionnaire_id,
            activity_id=activity_id,
            csv=csv,
            **params,
        )
        return self.call("GET", "/identity/proof/report", params=query)
