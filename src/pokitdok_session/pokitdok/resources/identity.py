"""Identities: a master index of patients (API reference 6.18)."""

from __future__ import annotations

import warnings
from datetime import date
from typing import Any

from ...api.reply import Reply
from ...api.resource import Body, Resource, given, item_path, segment


class Identity(Resource):
    def create_identity(self, identity_request: Body) -> Reply:
        """Store an identity; ``reply.data`` is the record with its ``uuid``.

        ``identifiers[].location`` is longitude first. Not in the public documentation since
        2017-02-20, as all of this family.
        """
        return self.call("POST", "/identity/", json=identity_request)

    def update_identity(self, identity_uuid: str, identity_request: Body) -> Reply:
        """Change an identity and keep the former version in its history.

        Not in the public documentation since 2017-02-20.
        """
        return self.call("PUT", f"/identity/{segment(identity_uuid)}", json=identity_request)

    def get_identity(
        self,
        identity_uuid: str | None = None,
        *,
        prefix: str | None = None,
        first_name: str | None = None,
        middle_name: str | None = None,
        last_name: str | None = None,
        birth_date: date | str | None = None,
        gender: str | None = None,
        email: str | None = None,
        phone: str | None = None,
        secondary_phone: str | None = None,
        member_id: str | None = None,
        address: str | None = None,
        city: str | None = None,
        state: str | None = None,
        zipcode: str | None = None,
        **params: Any,
    ) -> Reply:
        """Read one identity, or search: names, ``address`` and ``city`` fuzzily, the rest exactly.

        ``reply.data`` is a list either way, empty when there is none. ``id``, the value of an
        external identifier, overrides all else. Not in the public documentation since 2017-02-20.
        """
        query = given(
            prefix=prefix,
            first_name=first_name,
            middle_name=middle_name,
            last_name=last_name,
            birth_date=birth_date,
            gender=gender,
            email=email,
            phone=phone,
            secondary_phone=secondary_phone,
            member_id=member_id,
            address=address,
            city=city,
            state=state,
            zipcode=zipcode,
            **params,
        )
        # The form without the slash was answered with a redirect (API reference 1.2).
        return self.call("GET", item_path("/identity/", identity_uuid), params=query)

    def identity(self, identity_uuid: str | None = None, **params: Any) -> Reply:
        """Read or search identities. Deprecated by the official client: use `get_identity`."""
        warnings.warn("identity is deprecated, use get_identity", DeprecationWarning, stacklevel=2)
        return self.get_identity(identity_uuid, **params)

    def identity_history(
        self, identity_uuid: str, historical_version: int | str | None = None
    ) -> Reply:
        """List the versions of an identity, or read the one that is named.

        Not in the public documentation since 2017-02-20.
        """
        path = f"/identity/{segment(identity_uuid)}/history"
        if historical_version is not None:
            path += f"/{segment(historical_version)}"
        return self.call("GET", path)

    def identity_match(self, identity_match_data: Body) -> Reply:
        """Start a job that looks for duplicates among the identities.

        ``reply.data`` is the activity. Not in the public documentation since 2017-02-20.
        """
        return self.call("POST", "/identity/match", json=identity_match_data)
