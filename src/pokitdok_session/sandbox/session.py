"""The session of a sandbox. Only this module imports the client, and only `Sandbox` imports it."""

from __future__ import annotations

from typing import Any

from pokitdok_session import PokitDokSession


class SandboxSession(PokitDokSession):
    """A `PokitDokSession` whose ``verify`` is the sandbox's certificate.

    In requests the environment variable ``REQUESTS_CA_BUNDLE`` takes precedence over
    ``session.verify``. Here it does not, with any adapter that is mounted.
    """

    def merge_environment_settings(
        self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any
    ) -> Any:
        verify = self.verify if verify is None else verify
        return super().merge_environment_settings(url, proxies, stream, verify, cert)
