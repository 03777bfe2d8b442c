"""A local PokitDok over TLS, for tests and first steps; needs the extra ``sandbox``.

The path of one request, ``POST /api/v4/eligibility/``:

1. ``server/runner.py``: uvicorn, in a thread of its own, accepts the TLS connection.
2. ``server/app.py``: records the request, injects a fault if one matches, checks the token and
   the rate limit. ``server/token_endpoint.py`` responds to ``/oauth2/token``.
3. ``server/routing.py``: Starlette's router finds the endpoint that a family declared.
4. ``server/endpoint.py``: creates the activity, parses the body into a ``Call``.
5. ``endpoints/eligibility.py``: the handler validates the body (``server/schema.py``) and
   returns data, or raises a ``Refusal``.
6. ``server/endpoint.py`` again: pages, bills, and sends the envelope (``server/responses.py``).

``sandbox.py`` starts and stops the server, and ``controls.py`` has what tests order and read.
``data/`` holds the payers, codes and drugs that handlers use; ``x12/`` reads and writes
interchanges. ``README.md`` lists the ids that make things fail, and what is invented.
"""

from __future__ import annotations

# Imported only to name every missing package in the same way.
try:
    import httptools as _httptools  # noqa: F401
    import python_multipart as _python_multipart  # noqa: F401
    import starlette as _starlette  # noqa: F401
    import trustme as _trustme  # noqa: F401
    import uvicorn as _uvicorn  # noqa: F401
except ImportError as error:
    raise ImportError(
        f"the sandbox needs the extra `sandbox` ({error.name} is missing): in a checkout,"
        ' pip install ".[sandbox]"',
        name=error.name,
    ) from error

from .sandbox import Sandbox
from .server.clock import Clock
from .server.request_log import Record

__all__ = ["Clock", "Record", "Sandbox"]
