"""Pharmacy: drugs and pharmacies of Medicare Part C and D plans.

``trading_partner_id`` is ``medicare_national`` in all samples. The pages left the public
documentation in January 2019.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...api.reply import Reply
from ...api.resource import SESSION_TIMEOUT, Body, Identifier, Params, Resource, Timeout

if TYPE_CHECKING:
    from ..types import PharmacyCoverageRequest


class Pharmacy(Resource):
    def pharmacy_formulary(
        self,
        trading_partner_id: str,
        *,
        plan_number: str | None = None,
        plan_name: str | None = None,
        drug: str | None = None,
        drug_class: str | None = None,
        ndc: str | None = None,
        rxcui: str | None = None,
        include_plans: bool | None = None,
        params: Params = None,
        timeout: Timeout = SESSION_TIMEOUT,
    ) -> Reply[Any]:
        """List what a plan covers of a drug, with tiers and prices. Name one plan and one drug."""
        query = self.query(
            params,
            trading_partner_id=trading_partner_id,
            plan_number=plan_number,
            plan_name=plan_name,
            drug=drug,
            drug_class=drug_class,
            ndc=ndc,
            rxcui=rxcui,
            include_plans=include_plans,
        )
        return self.call("GET", "/pharmacy/formulary", params=query, timeout=timeout)

    def pharmacy_plans(
        self,
        trading_partner_id: str,
        *,
        plan_number: str | None = None,
        plan_name: str | None = None,
        zipcode: str | None = None,
        params: Params = None,
        timeout: Timeout = SESSION_TIMEOUT,
    ) -> Reply[Any]:
        """List the drug plans that match, with premium, deductible and copays by tier.

        The API requires a name or a number. A recording of May 2016 has one object as ``data``.
        """
        query = self.query(
            params,
            trading_partner_id=trading_partner_id,
            plan_number=plan_number,
            plan_name=plan_name,
            zipcode=zipcode,
        )
        return self.call("GET", "/pharmacy/plans", params=query, timeout=timeout)

    def pharmacy_network(
        self,
        npi: Identifier | None = None,
        *,
        trading_partner_id: str,
        plan_number: str | None = None,
        zipcode: str | None = None,
        radius: str | None = None,
        pharmacy_name: str | None = None,
        state: str | None = None,
        sort: str | None = None,
        retail: bool | None = None,
        mail: bool | None = None,
        limit: int | None = None,
        offset: int | None = None,
        params: Params = None,
        timeout: Timeout = SESSION_TIMEOUT,
    ) -> Reply[Any]:
        """List a plan's pharmacies, or check if one of them is ``npi``; a list in both cases.

        ``radius`` is like ``1mi``, ``sort`` is ``distance`` or ``rank``. ``geo_location`` is
        longitude first.
        """
        query = self.query(
            params,
            trading_partner_id=trading_partner_id,
            plan_number=plan_number,
            zipcode=zipcode,
            radius=radius,
            pharmacy_name=pharmacy_name,
            state=state,
            sort=sort,
            retail=retail,
            mail=mail,
            limit=limit,
            offset=offset,
        )
        path = self.item_path("/pharmacy/network/", npi=npi)
        return self.call("GET", path, params=query, timeout=timeout)

    def pharmacy_drug_cost(
        self,
        trading_partner_id: str,
        plan_number: str | None = None,
        *,
        drug: str | None = None,
        ndc: str | None = None,
        params: Params = None,
        timeout: Timeout = SESSION_TIMEOUT,
    ) -> Reply[Any]:
        """Price a drug under a plan. Became part of `pharmacy_formulary` in May 2016."""
        query = self.query(
            params,
            trading_partner_id=trading_partner_id,
            plan_number=plan_number,
            drug=drug,
            ndc=ndc,
        )
        return self.call("GET", "/pharmacy/drug/cost", params=query, timeout=timeout)

    def pharmacy_coverage(
        self,
        coverage_request: PharmacyCoverageRequest | Body,
        *,
        timeout: Timeout = SESSION_TIMEOUT,
    ) -> Reply[Any]:
        """Ask what a patient pays for one to four drugs at a pharmacy (draft of April 2018).

        ``date_of_birth`` is ``YYYYMMDD`` here; ``reply.data["drugs"]`` has one entry per drug.
        """
        return self.call("POST", "/pharmacy/coverage/", json=coverage_request, timeout=timeout)
