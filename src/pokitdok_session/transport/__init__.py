"""HTTP below the session: connections, TLS, retries and redaction. Knows no tokens.

The path of one request through this folder:

1. `environment`: proxies and certificates from the environment.
2. `redaction`: what urllib3 logs about the request is redacted.
3. `adapter`: `Transport` chooses a connection; its TLS context comes from `tls`.
4. `pools`: the connection; an exception says whether anything was sent.
5. `retries`: whether the request is sent again.
6. `in_doubt`: what the exception says if it is not.
7. `responses`: what `raise_for_status` shows of the URL.

`deadline` ends a response that drips, `multipart` is a form that is read while it is sent,
`headers` reads Retry-After and Date, and `fork` resets what a child process inherits.
"""

from .adapter import Transport

__all__ = ["Transport"]
