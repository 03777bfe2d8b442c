"""Medical codes: procedures, and diagnoses from ICD-9 to ICD-10 (API reference 6.15)."""

from __future__ import annotations

from typing import Any

from ...api.reply import Reply
from ...api.resource import Resource, given, item_path, segment


class MedicalCodes(Resource):
    def mpc(
        self,
        code: str | None = None,
        *,
        name: str | None = None,
        description: str | None = None,
        limit: int | None = None,
        offset: int | None = None,
        **params: Any,
    ) -> Reply:
        """Read one medical procedure code, or list those whose name or description has a text."""
        query = given(name=name, description=description, limit=limit, offset=offset, **params)
        return self.call("GET", item_path("/mpc/", code), params=query)

    def icd_convert(self, code: str) -> Reply:
        """Convert a dotted ICD-9 code to ICD-10; codes in the reply have no dot.

        Of one of ``reply.data["destination_scenarios"]`` take one entry of each choice list.
        Not in the public documentation since 2019-03-20.
        """
        return self.call("GET", f"/icd/convert/{segment(code)}")
