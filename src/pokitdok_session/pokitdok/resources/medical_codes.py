"""Medical codes: procedures, and diagnoses from ICD-9 to ICD-10.

The page "ICD Convert" left the public documentation in March 2019.
"""

from __future__ import annotations

from typing import Any

from ...api.reply import Reply
from ...api.resource import SESSION_TIMEOUT, Identifier, Params, Resource, Timeout


class MedicalCodes(Resource):
    def mpc(
        self,
        code: Identifier | None = None,
        *,
        name: str | None = None,
        description: str | None = None,
        limit: int | None = None,
        offset: int | None = None,
        params: Params = None,
        timeout: Timeout = SESSION_TIMEOUT,
    ) -> Reply[Any]:
        """Read a medical procedure code, or list those with a text in name or description."""
        path = self.item_path("/mpc/", code=code)
        query = self.query(params, name=name, description=description, limit=limit, offset=offset)
        return self.call("GET", path, params=query, timeout=timeout)

    def icd_convert(self, code: Identifier, *, timeout: Timeout = SESSION_TIMEOUT) -> Reply[Any]:
        """Convert a dotted ICD-9 code to ICD-10; codes in the reply do not have the dot.

        Take one of ``reply.data["destination_scenarios"]``, and one entry of each of its choice
        lists.
        """
        path = self.expand_path("/icd/convert/{code}", code=code)
        return self.call("GET", path, timeout=timeout)
