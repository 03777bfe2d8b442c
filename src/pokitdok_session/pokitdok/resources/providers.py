"""Providers: the directory, and registration in it.

The page "Providers" left the public documentation in April 2019, its parameter ``radius`` in
January 2019. The page about registration was never published.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...api.reply import Reply
from ...api.resource import SESSION_TIMEOUT, Body, Identifier, Params, Resource, Timeout

if TYPE_CHECKING:
    from ..types import ProviderRegistration

_REGISTRATION = "/provider/registration/{npi}"


class Providers(Resource):
    def providers(
        self,
        npi: Identifier | None = None,
        *,
        address_lines: str | None = None,
        city: str | None = None,
        first_name: str | None = None,
        middle_name: str | None = None,
        last_name: str | None = None,
        lat_lon: str | None = None,
        gender: str | None = None,
        organization_name: str | None = None,
        name: str | None = None,
        specialty: str | None = None,
        state: str | None = None,
        zipcode: str | None = None,
        radius: str | None = None,
        sort: str | None = None,
        entity_types: str | None = None,
        limit: int | None = None,
        offset: int | None = None,
        params: Params = None,
        timeout: Timeout = SESSION_TIMEOUT,
    ) -> Reply[Any]:
        """Read one provider, or search. Billed per call.

        ``reply.data["provider"]`` is the provider; in a list each item has it. ``lat_lon`` is one
        string, latitude first; ``sort`` is ``distance`` or ``rank``; ``radius`` is like ``10mi``;
        ``name`` is fuzzy and cannot be combined with another name.
        """
        query = self.query(
            params,
            address_lines=address_lines,
            city=city,
            first_name=first_name,
            middle_name=middle_name,
            last_name=last_name,
            lat_lon=lat_lon,
            gender=gender,
            organization_name=organization_name,
            name=name,
            specialty=specialty,
            state=state,
            zipcode=zipcode,
            radius=radius,
            sort=sort,
            entity_types=entity_types,
            limit=limit,
            offset=offset,
        )
        path = self.item_path("/providers/", npi=npi)
        return self.call("GET", path, params=query, timeout=timeout)

    def provider_registration(
        self, npi: Identifier, *, timeout: Timeout = SESSION_TIMEOUT
    ) -> Reply[Any]:
        """Read how a provider is registered."""
        return self.call("GET", self.expand_path(_REGISTRATION, npi=npi), timeout=timeout)

    def create_provider_registration(
        self,
        registration_request: ProviderRegistration | Body,
        *,
        timeout: Timeout = SESSION_TIMEOUT,
    ) -> Reply[Any]:
        """Register a provider, or replace the registration that exists."""
        path = "/provider/registration/"
        return self.call("POST", path, json=registration_request, timeout=timeout)

    def update_provider_registration(
        self,
        npi: Identifier,
        registration_request: ProviderRegistration | Body,
        *,
        timeout: Timeout = SESSION_TIMEOUT,
    ) -> Reply[Any]:
        """Change a provider's registration."""
        path = self.expand_path(_REGISTRATION, npi=npi)
        return self.call("PUT", path, json=registration_request, timeout=timeout)

    def delete_provider_registration(
        self, npi: Identifier, *, timeout: Timeout = SESSION_TIMEOUT
    ) -> Reply[Any]:
        """Detach a provider from the application. The record itself remains."""
        return self.call("DELETE", self.expand_path(_REGISTRATION, npi=npi), timeout=timeout)
