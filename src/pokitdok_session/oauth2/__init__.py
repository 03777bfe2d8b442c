"""The client-credentials grant (RFC 6749 section 4.4), for any provider. Knows no API.

The session, from the class that users import to its parent:

- `session`: ClientCredentialsSession and its options
- `pickling`: what a session takes along into another process
- `overrides`: the methods of `requests.Session` that carry the token
- `origin_settings`: `base_url` and `origins`
- `from_metadata`: `discover`
- `fetching`: `fetch_token`, `revoke_token`
- `base`: the token as OAuth2Session shows it; `oauth2_session`: that class, typed

The token on a request:

- `origins`: which URLs get it
- `token_usage`: in which header, and how it looks there
- `auth`: puts it on, and replays a request after a 401
- `token_source`: when the next one is fetched, and by which thread
- `renewal`: how threads wait for it
- `rejections`: whether a token that got a 401 is replaced
- `token`: what a token is; `stores`: how processes share one

The token request:

- `token_options`, `client_auth`, `client_assertion`, `private_key`: how the client authenticates
- `token_request`, `token_sending`: what is sent, and how it leaves
- `token_endpoint`: its retries; `token_response`: how the response is judged
- `discovery`, `revocation`, `token_fetcher`: metadata, RFC 7009, a callable instead of a request

`arguments`, `timeouts`, `session_options`, `request_options` and `types` check and type what
callers pass. `errors` has what is raised.
"""
