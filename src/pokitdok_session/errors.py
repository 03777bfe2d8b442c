"""Every exception of the package, and the tree of them.

::

    requests.RequestException
    ├── TokenError                   no usable token; the request was not sent; also an
    │                                oauthlib OAuth2Error
    ├── InsecureTransport            plain http where only https is allowed; also an oauthlib
    │                                InsecureTransportError
    ├── TLSFileError                 a CA bundle, a client certificate or its key cannot be used;
    │                                a requests SSLError
    ├── BatchStopped                 a batch ended before its last row; ``__cause__`` says why
    ├── JournalError                 the journal of a batch is in use, not a journal, or full
    ├── RowInDoubt                   a batch was killed while it sent this row
    ├── requests.Timeout
    │   └── ActivityPending          `wait_for_activity` reached its timeout
    └── requests.HTTPError
        └── APIError                 the API answered with an error
            ├── Unauthorized         401: the token was refused, and the next one too
            ├── PaymentRequired      402: no credits left
            ├── RateLimited          429, and PokitDok's 403 that means the same: wait
            │                        ``retry_after`` seconds
            ├── Forbidden            403: a scope is missing, or an identity is locked
            ├── NotFound             404
            ├── ValidationError      400, 422: ``errors`` says which fields and why
            ├── TradingPartnerError  the payer refused the transaction, or is not known
            ├── RefusedCall          a row in doubt was found: the API had refused it
            ├── ServerError          5xx: a POST may have been processed
            └── UnreadableReply      success, but not in the API's form: a POST may have been
                                     processed

    UserWarning
    └── InsecureHostWarning          ``insecure_hosts`` allows plain http

Texts name the status, the activity and the fields, never what was sent.
"""

from .api.batch.errors import BatchStopped, JournalError, RefusedCall, RowInDoubt
from .api.errors import (
    APIError,
    Forbidden,
    NotFound,
    PaymentRequired,
    RateLimited,
    ServerError,
    Unauthorized,
    UnreadableReply,
    ValidationError,
)
from .oauth2.errors import InsecureHostWarning, InsecureTransport, TokenError
from .pokitdok.errors import ActivityPending, TradingPartnerError
from .transport.tls import TLSFileError

__all__ = [
    "APIError",
    "ActivityPending",
    "BatchStopped",
    "Forbidden",
    "InsecureHostWarning",
    "InsecureTransport",
    "JournalError",
    "NotFound",
    "PaymentRequired",
    "RateLimited",
    "RefusedCall",
    "RowInDoubt",
    "ServerError",
    "TLSFileError",
    "TokenError",
    "TradingPartnerError",
    "Unauthorized",
    "UnreadableReply",
    "ValidationError",
]
