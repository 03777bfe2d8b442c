"""Pharmacy: drugs and pharmacies of Medicare Part C and D plans (API reference 6.16)."""

from __future__ import annotations

from typing import Any

from ...api.reply import Reply
from ...api.resource import Body, Resource, given, item_path


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
        **params: Any,
    ) -> Reply:
        """List what a plan covers of a drug, with tiers and prices; name one plan and one drug.

        ``trading_partner_id`` is ``medicare_national`` in all samples.
        Not in the public documentation since 2019-01-24.
        """
        query = given(
            trading_partner_id=trading_partner_id,
            plan_number=plan_number,
            plan_name=plan_name,
            drug=drug,
            drug_class=drug_class,
            ndc=ndc,
            rxcui=rxcui,
            include_plans=include_plans,
            **params,
        )
        return self.call("GET", "/pharmacy/formulary", params=query)

    def pharmacy_plans(
        self,
        trading_partner_id: str,
        *,
        plan_number: str | None = None,
        plan_name: str | None = None,
        zipcode: str | None = None,
        **params: Any,
    ) -> Reply:
        """List the drug plans that match, with premium, deductible and copays by tier.

        Name or number is required; ``reply.data`` was once recorded as a single object.
        Not in the public documentation since 2019-01-24.
        """
        query = given(
            trading_partner_id=trading_partner_id,
            plan_number=plan_number,
            plan_name=plan_name,
            zipcode=zipcode,
            **params,
        )
        return self.call("GET", "/pharmacy/plans", params=query)

    def pharmacy_network(
        self,
        npi: str | None = None,
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
        **params: Any,
    ) -> Reply:
        """List a plan's pharmacies, or see whether one is among them; a list either way.

        ``radius`` is like ``1mi``, ``sort`` is ``distance`` or ``rank``. ``geo_location`` is
        longitude first. Not in the public documentation since 2019-01-24.
        """
        query = given(
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
            **params,
        )
        return self.call("GET", item_path("/pharmacy/network/", npi), params=query)

    def pharmacy_drug_cost(
        self,
        trading_partner_id: str,
        plan_number: str | None = None,
        *,
        drug: str | None = None,
        ndc: str | None = None,
        **params: Any,
    ) -> Reply:
        """Price a drug under a plan. Became part of `pharmacy_formulary` on 2016-05-13."""
        query = given(
            trading_partner_id=trading_partner_id,
            plan_number=plan_number,
            drug=drug,
            ndc=ndc,
            **params,
        )
        return self.call("GET", "/pharmacy/drug/cost", params=query)

    def pharmacy_coverage(self, coverage_request: Body) -> Reply:
        """Ask what a patient pays for one to four drugs at a pharmacy.

        ``date_of_birth`` is ``YYYYMMDD`` here; ``reply.data["drugs"]`` answers drug by drug.
        Only a draft of April 2018 named this call.
        """
        return self.call("POST", "/pharmacy/coverage/", json=coverage_request)
