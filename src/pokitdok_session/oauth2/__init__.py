"""The client-credentials grant (RFC 6749 section 4.4), for any provider. Knows no API.

`session`, a folder, has the class that users import, and the path of one request.

The token on a request:

- `origins`: which URLs get it
- `token_usage`: in which header, and how it looks there
- `auth`: puts it on, and replays a request after a 401
- `token_source`: when the next one is fetched, and by which thread
- `renewal`: how threads wait for it
- `rejections`: whether a token that got a 401 is replaced
- `token`: what a token is; `stores`, a folder: how processes share one

The token request:

- `token_options`: what a provider needs; `client_auth`, a folder: how the client authenticates
- `token_request`, `token_sending`: what is sent, and how it leaves
- `token_endpoint`: its retries; `token_response`: how the response is judged
- `discovery`, `revocation`, `token_fetcher`: metadata, RFC 7009, a callable instead of a request

`arguments` and `timeouts` check what callers pass, and `types` has what they get. `errors` has
what is raised.
"""
