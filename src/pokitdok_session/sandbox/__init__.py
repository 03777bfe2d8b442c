"""A local PokitDok over TLS, for trying out and for tests; needs the extra ``sandbox``."""

from __future__ import annotations

# Imported only to name, at once and all alike, what is missing.
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
