"""Providers: the directory, and registration in it (API reference 6.11)."""

from __future__ import annotations

from typing import Any

from ...api.reply import Reply
from ...api.resource import Body, Resource, given, item_path, segment


class Providers(Resource):
    def providers(
        self,
        npi: str | None = None,
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
        **params: Any,
    ) -> Reply:
        """Read one provider as ``reply.data["provider"]``, or search, each item alike.

        ``lat_lon`` is one string, latitude first; ``sort`` by distance or rank; ``name`` is fuzzy
        and goes with no other name; ``radius`` is like ``10mi``. Billed per call. Not in the
        public documentation since 2019-04-19 (``radius`` since January 2019).
        """
        query = given(
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
            **params,
        )
        return self.call("GET", item_path("/providers/", npi), params=query)

    def provider_registration(self, npi: str) -> Reply:
        """Read how a provider is registered. This page and the next three were never published."""
        return self.call("GET", f"/provider/registration/{segment(npi)}")

    def create_provider_registration(self, registration_request: Body) -> Reply:
        """Register a provider, or replace the registration that exists. Never published."""
        return self.call("POST", "/provider/registration/", json=registration_request)

    def update_provider_registration(self, npi: str, registration_request: Body) -> Reply:
        """Change a provider's registration. Never published."""
        path = f"/provider/registration/{segment(npi)}"
        return self.call("PUT", path, json=registration_request)

    def delete_provider_registration(self, npi: str) -> Reply:
        """Detach a provider from the application; the record itself stays. Never published."""
        return self.call("DELETE", f"/provider/registration/{segment(npi)}")
