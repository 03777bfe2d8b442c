"""Identities: a master index of patients.

The page "Identity" left the public documentation in February 2017.
"""

from __future__ import annotations

import warnings
from datetime import date
from typing import TYPE_CHECKING, Any

from ...api.reply import Reply
from ...api.resource import SESSION_TIMEOUT, Body, Identifier, Params, Resource, Timeout

if TYPE_CHECKING:
    from ..types import Activity, IdentityMatchJob, IdentityRequest


class Identity(Resource):
    def create_identity(
        self, identity_request: IdentityRequest | Body, *, timeout: Timeout = SESSION_TIMEOUT
    ) -> Reply[Any]:
        """Store an identity; ``reply.data`` is the record with its ``uuid``.

        ``identifiers[].location`` is longitude first.
        """
        return self.call("POST", "/identity/", json=identity_request, timeout=timeout)

    def update_identity(
        self,
        identity_uuid: Identifier,
        identity_request: IdentityRequest | Body,
        *,
        timeout: Timeout = SESSION_TIMEOUT,
    ) -> Reply[Any]:
        """Change an identity. The API keeps the former version in its history."""
        path = self.expand_path("/identity/{identity_uuid}", identity_uuid=identity_uuid)
        return self.call("PUT", path, json=identity_request, timeout=timeout)

    def get_identity(
        self,
        identity_uuid: Identifier | None = None,
        *,
        id: str | None = None,
        uuid: Identifier | None = None,
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
        limit: int | None = None,
        offset: int | None = None,
        params: Params = None,
        timeout: Timeout = SESSION_TIMEOUT,
    ) -> Reply[list[Any]]:
        """Read one identity, or search: names, ``address`` and ``city`` fuzzily, the rest exactly.

        ``reply.data`` is a list in both cases, and empty if nothing was found. ``id``, the value
        of an external identifier, overrides all other parameters.
        """
        query = self.query(
            params,
            id=id,
            uuid=uuid,
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
            limit=limit,
            offset=offset,
        )
        # The server redirected /identity, without the slash, to this form.
        path = self.item_path("/identity/", identity_uuid=identity_uuid)
        return self.call("GET", path, params=query, timeout=timeout)

    def identity(self, identity_uuid: Identifier | None = None, **known: Any) -> Reply[list[Any]]:
        """Read or search identities. Deprecated by the official client: use `get_identity`."""
        warnings.warn("identity is deprecated, use get_identity", DeprecationWarning, stacklevel=2)
        return self.get_identity(identity_uuid, **known)

    def identity_history(
        self,
        identity_uuid: Identifier,
        historical_version: Identifier | None = None,
        *,
        timeout: Timeout = SESSION_TIMEOUT,
    ) -> Reply[Any]:
        """List the versions of an identity, or read the version that is named."""
        path = self.expand_path("/identity/{identity_uuid}/history", identity_uuid=identity_uuid)
        path = self.item_path(path, historical_version=historical_version)
        return self.call("GET", path, timeout=timeout)

    def identity_match(
        self, identity_match_data: IdentityMatchJob | Body, *, timeout: Timeout = SESSION_TIMEOUT
    ) -> Reply[Activity]:
        """Start a job that looks for duplicates; ``reply.data`` is the activity."""
        return self.call("POST", "/identity/match", json=identity_match_data, timeout=timeout)
