"""The families of the API, and all their methods in one class.

The second column says if the documentation calls the method billed, and is "-" if it does not
say. The brackets hold the id that makes the call read one item::

    activities                   no  GET /activities/[{id}]
    cancel_activity              -   PUT /activities/{id}
    app_registrations            -   GET /appregistrations/[{uuid}]
    create_app_registration      -   POST /appregistrations
    update_app_registration      -   PUT /appregistrations/{uuid}
    delete_app_registration      -   DELETE /appregistrations/{uuid}
    undelete_app_registration    -   POST /appregistrations/{uuid}/undelete
    upload_app_registrations     -   POST /appregistrations/csv
    claims                       yes POST /claims/
    claims_status                yes POST /claims/status
    claims_convert               -   POST /claims/convert
    validate_claims              -   POST /claims/validate/
    claims_drafts                -   GET /claims/drafts/[{id}]
    create_claims_draft          -   POST /claims/drafts/
    update_claims_draft          -   PUT /claims/drafts/{id}
    delete_claims_draft          -   DELETE /claims/drafts/{id}
    validate_claims_draft        -   GET /claims/drafts/{id}/validate
    eligibility                  yes POST /eligibility/
    eligibility_constants        -   GET /eligibility/constants
    enrollment                   -   POST /enrollment/
    enrollment_snapshot          -   POST /enrollment/snapshot
    enrollment_snapshots         -   GET /enrollment/snapshot/[{id}]
    enrollment_snapshot_data     -   GET /enrollment/snapshot/{id}/data
    files                        -   POST /files/
    hco_consumer                 -   POST /hco/consumer
    hco_consumer_batch           -   POST /hco/consumer/batch
    create_identity              -   POST /identity/
    update_identity              -   PUT /identity/{uuid}
    get_identity                 -   GET /identity/{uuid}/[GET /identity]
    identity                     -   GET /identity/[{uuid}]
    identity_history             -   GET /identity/{uuid}/history/[{version}]
    identity_match               -   POST /identity/match
    match_configs                -   GET /identity/match_config/[{uuid_or_algorithm_id}]
    create_match_config          -   POST /identity/match_config/
    update_match_config          -   PUT /identity/match_config/{uuid_or_algorithm_id}
    delete_match_config          -   DELETE /identity/match_config/{uuid_or_algorithm_id}
    create_match_source          -   POST /identity/match/{algorithm_id}
    find_match                   -   POST /identity/match/{algorithm_id}/find
    match_canonical              -   GET /identity/match/{algorithm_id}/{canonical_id}
    match_canonical_sources      -   GET /identity/match/{algorithm_id}/{canonical_id}/sources
    match_source                 -   GET /identity/match/{algorithm_id}/source/{source_id}
    match_source_canonical       -   GET /identity/match/{algorithm_id}/source/{source_id}/canonical
    validate_identity            -   POST /identity/proof/valid/
    create_proof_questionnaire   -   POST /identity/proof/questions/generate/
    answer_proof_question        -   POST /identity/proof/questions/score/
    identity_proof_report        -   GET /identity/proof/report
    mpc                          -   GET /mpc/[{code}]
    icd_convert                  -   GET /icd/convert/{code}
    oop_insurance_prices         -   POST /oop/insurance-load-price
    oop_insurance_loaded_prices  -   GET /oop/insurance-load-price/[{price_uuid}]
    oop_insurance_delete_price   -   DELETE /oop/insurance-load-price/{price_uuid}
    oop_insurance_estimate       -   POST /oop/insurance-estimate
    payments                     -   GET /payments/[{id}]
    payment_data                 -   GET /payments/{id}/data
    pharmacy_formulary           -   GET /pharmacy/formulary
    pharmacy_plans               -   GET /pharmacy/plans
    pharmacy_network             -   GET /pharmacy/network/[{npi}]
    pharmacy_drug_cost           -   GET /pharmacy/drug/cost
    pharmacy_coverage            -   POST /pharmacy/coverage/
    plans                        yes GET /plans/
    cash_prices                  yes GET /prices/cash
    insurance_prices             yes GET /prices/insurance
    providers                    yes GET /providers/[{npi}]
    provider_registration        -   GET /provider/registration/{npi}
    create_provider_registration -   POST /provider/registration/
    update_provider_registration -   PUT /provider/registration/{npi}
    delete_provider_registration -   DELETE /provider/registration/{npi}
    schedulers                   yes GET /schedule/schedulers/[{uuid}]
    appointment_types            yes GET /schedule/appointmenttypes/[{uuid}]
    schedule_patient             -   POST /schedule/patient/
    schedule_slots               -   POST /schedule/slots/
    delete_schedule_slot         -   DELETE /schedule/slots/{pd_appointment_uuid}
    get_appointments             -   GET /schedule/appointments/[{pd_appointment_uuid}]
    appointments                 -   GET /schedule/appointments/[{pd_appointment_uuid}]
    book_appointment             -   PUT /schedule/appointments/{pd_appointment_uuid}
    update_appointment           -   PUT /schedule/appointments/{pd_appointment_uuid}
    cancel_appointment           -   DELETE /schedule/appointments/{pd_appointment_uuid}
    authorizations               yes POST /authorizations/
    referrals                    yes POST /referrals/
    trading_partners             no  GET /tradingpartners/[{id}]
    payers                       -   GET /payers/
    ccd                          -   POST /ccd/
    ssl                          -   GET /ssl/
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
