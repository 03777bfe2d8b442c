"""The table of contents: every family of the API in one class."""

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
    """The API's whole vocabulary, for a class that implements `call`."""


__all__ = ["Resources"]
