"""A JSON API on a client-credentials session, in mixins. Knows no PokitDok.

- `session`: APISession, with `call`; `settings`: its constructor; `session_options`: its types
- `resource`: Resource, what a mixin is written with
- `encoding`: how Python values are written in a body or a query
- `reply`, `error_rules`, `errors`: what a response becomes
- `pagination`, `rate_limit`: the next page, the wait for a rate limit
- `quota`: what a response says of the rate limit
- `call_log`, `call_context`: one log record per call; what a batch adds to it
- `verdict`: what an error means for the row that was sent
- `batch`: many calls, each taken to a known outcome
"""
