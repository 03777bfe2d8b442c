"""The session for any provider: fetches and renews its token, and sends it to its origins only.

The path of one request::

    request          the default timeout, and the order of arguments of requests
    prepare_request  a path is appended to base_url; compliance hooks
    TokenAuth        sees the final URL: our origin? get a token, set the header
    send             refuses plain http to our own host; the adapter sends
    ReplayHook       sees the response: our token refused? replace it and replay, twice at most
    rebuild_auth     on each redirect: the token stays at its origin

Six places send a request again, each for one reason:

- `transport.pools` after an idle connection was closed by the server
- `transport.retries` after a network error or a status
- `oauth2.auth` after a 401
- `oauth2.token_endpoint` for the token request
- `api.session.APISession.call` after a rate limit
- `api.batch.sender` for a row of a batch

Besides, requests follows redirects: a 307 or 308 has the body sent again.

The session is one class in parts, from the one that users import to its parent:

- `session`: ClientCredentialsSession and its options
- `pickling`: what a session takes along into another process
- `overrides`: the methods of `requests.Session` that carry the token
- `origin_settings`: `token_url`, `base_url` and `origins`
- `from_metadata`: `discover`
- `fetching`: `fetch_token`, `revoke_token`
- `base`: the token as OAuth2Session shows it
- `oauth2_session`: that class of requests-oauthlib, typed

`options` and `request_options` are for type checkers only.
"""

from .session import ClientCredentialsSession

__all__ = ["ClientCredentialsSession"]
