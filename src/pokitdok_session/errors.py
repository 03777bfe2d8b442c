"""The errors a caller can meet, and what each one means.

::

    requests.RequestException
    ├── TokenError                 no usable token: the request was not processed;
    │                              an oauthlib OAuth2Error as well
    ├── InsecureTransport          plain http to where only https is spoken; an oauthlib
    │                              InsecureTransportError as well
    ├── requests.Timeout
    │   └── ActivityPending        `wait_for_activity` came to the end of its patience
    └── requests.HTTPError
        └── APIError               the API answered with an error
            ├── Unauthorized       401  a fresh token was refused too
            ├── PaymentRequired    402  no credits left
            ├── RateLimited        403, 429  too many calls: wait ``retry_after`` seconds
            ├── Forbidden          403  a scope is missing, an identity is locked
            ├── NotFound           404
            ├── ValidationError    400, 422  ``errors`` says which fields and why
            ├── TradingPartnerError  the payer refused the transaction, or is unknown
            └── ServerError        5xx  the outcome of a POST is unknown

Texts name the status, the activity and the fields, never what was sent.
"""

from .api.errors import (
    APIError,
    Forbidden,
    NotFound,
    PaymentRequired,
    RateLimited,
    ServerError,
    TradingPartnerError,
    Unauthorized,
    ValidationError,
)
from .oauth2.errors import InsecureTransport, TokenError
from .pokitdok.errors import ActivityPending

__all__ = [
    "APIError",
    "ActivityPending",
    "Forbidden",
    "InsecureTransport",
    "NotFound",
    "PaymentRequired",
    "RateLimited",
    "ServerError",
    "TokenError",
    "TradingPartnerError",
    "Unauthorized",
    "ValidationError",
]
