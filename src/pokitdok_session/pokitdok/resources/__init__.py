"""All families of the API in one class: `Resources`.

The methods of each family. The documentation says that those with a star are billed per call::

    Activities        activities, cancel_activity
    AppRegistrations  app_registrations, create_app_registration, update_app_registration,
                      delete_app_registration, undelete_app_registration,
                      upload_app_registrations
    Claims            claims *, claims_status *, claims_convert, validate_claims, claims_drafts,
                      create_claims_draft, update_claims_draft, delete_claims_draft,
                      validate_claims_draft
    Eligibility       eligibility *, eligibility_constants
    Enrollment        enrollment, enrollment_snapshot, enrollment_snapshots,
                      enrollment_snapshot_data
    Files             files
    Hco               hco_consumer, hco_consumer_batch
    Identity          create_identity, update_identity, get_identity, identity, identity_history,
                      identity_match
    IdentityMatch     match_configs, create_match_config, update_match_config,
                      delete_match_config, create_match_source, find_match, match_canonical,
                      match_canonical_sources, match_source, match_source_canonical
    IdentityProof     validate_identity, create_proof_questionnaire, answer_proof_question,
                      identity_proof_report
    MedicalCodes      mpc, icd_convert
    OutOfPocket       oop_insurance_prices, oop_insurance_loaded_prices,
                      oop_insurance_delete_price, oop_insurance_estimate
    Payments          payments, payment_data
    Pharmacy          pharmacy_formulary, pharmacy_plans, pharmacy_network, pharmacy_drug_cost,
                      pharmacy_coverage
    Plans             plans *
    Prices            cash_prices *, insurance_prices *
    Providers         providers *, provider_registration, create_provider_registration,
                      update_provider_registration, delete_provider_registration
    Scheduling        schedulers *, appointment_types *, schedule_patient, schedule_slots,
                      delete_schedule_slot, get_appointments, appointments, book_appointment,
                      update_appointment, cancel_appointment
    ServiceReview     authorizations *, referrals *
    TradingPartners   trading_partners, payers
    Undocumented      ccd, ssl

Each docstring says what the method needs and returns. An endpoint that does not have a method is
called by ``session.call("GET", path)``.
"""

from .activities import Activities
from .app_registrations import AppRegistrations
from .claims import Claims
from .eligibility import Eligibility
from .enrollment import Enrollment
from .files import Files
from .hco import Hco
from .identity import Identity
from .identity_match import IdentityMatch
from .identity_proof import IdentityProof
from .medical_codes import MedicalCodes
from .out_of_pocket import OutOfPocket
from .payments import Payments
from .pharmacy import Pharmacy
from .plans import Plans
from .prices import Prices
from .providers import Providers
from .scheduling import Scheduling
from .service_review import ServiceReview
from .trading_partners import TradingPartners
from .undocumented import Undocumented


class Resources(
    Activities,
    AppRegistrations,
    Claims,
    Eligibility,
    Enrollment,
    Files,
    Hco,
    Identity,
    IdentityMatch,
    IdentityProof,
    MedicalCodes,
    OutOfPocket,
    Payments,
    Pharmacy,
    Plans,
    Prices,
    Providers,
    Scheduling,
    ServiceReview,
    TradingPartners,
    Undocumented,
):
    """All methods of the API, for a class that implements `call`."""


__all__ = ["Resources"]
