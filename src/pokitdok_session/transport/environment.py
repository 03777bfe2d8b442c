"""A cache of the settings that requests reads from the environment for each request."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

import requests

#: Origins whose settings are cached at a time.
MAX_ORIGINS = 64


class EnvironmentSettingsCache:
    """Results of `requests.Session.merge_environment_settings` for calls without options.

    requests reads the whole environment twice per request, which is two fifths of its own cost.
    """

    def __init__(self) -> None:
        # What the results were computed from, and the results by origin. One tuple, so that
        # threads always see the two together.
        self._cached: tuple[Any, dict[str, dict[str, Any]]] = (None, {})

    def settings(
        self, session: requests.Session, url: str, merge: Callable[..., Any]
    ) -> dict[str, Any]:
        """Return proxies, stream, verify and cert for ``url``.

        ``merge`` is the method of requests that computes them. They depend on the origin of the
        URL, and not on its path.
        """
        environment = _environment()
        if environment is None:
            return dict(merge(url, {}, None, None, None))
        inputs = (
            environment,
            session.proxies,
            session.trust_env,
            session.stream,
            session.verify,
            session.cert,
        )
        cached_inputs, by_origin = self._cached
        if cached_inputs != inputs:
            snapshot = (dict(environment), session.proxies and dict(session.proxies), *inputs[2:])
            by_origin = {}
            self._cached = (snapshot, by_origin)
        origin = url[: url.find("/", 8)]
        settings = by_origin.get(origin)
        if settings is None:
            if len(by_origin) >= MAX_ORIGINS:
                by_origin.clear()
            settings = by_origin[origin] = merge(url, {}, None, None, None)
        return {**settings, "proxies": dict(settings["proxies"])}


def _environment() -> Any:
    """Return a mapping that changes with the environment; None if settings come from elsewhere.

    ``os.environ`` decodes every variable when it is compared. Its private mapping compares at the
    cost of a pointer per variable. macOS and Windows also have proxies in their system settings,
    which can change unnoticed.
    """
    if sys.platform in ("darwin", "win32"):
        return None
    return getattr(os.environ, "_data", None)
