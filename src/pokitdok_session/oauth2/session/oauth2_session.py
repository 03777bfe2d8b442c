"""requests-oauthlib's `OAuth2Session`, typed here because it has no types of its own.

Without the types a type checker would take our sessions for ``Any`` and accept every misspelt
name. At run time this is the library's own class.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    import requests
    from oauthlib.oauth2 import BackendApplicationClient
    from typing_extensions import Unpack

    from .request_options import CommonOptions, JSONOptions, RequestOptions

    class OAuth2Session(requests.Session):
        """The part of the class that a client-credentials session uses."""

        _client: BackendApplicationClient

        @property
        def client_id(self) -> str: ...
        @client_id.setter
        def client_id(self, value: str) -> None: ...
        @property
        def scope(self) -> list[str] | str | None: ...
        @scope.setter
        def scope(self, value: list[str] | str | None) -> None: ...

        token_updater: Callable[[dict[str, Any]], Any] | None
        auto_refresh_url: str | None
        auto_refresh_kwargs: dict[str, Any]
        compliance_hook: dict[str, set[Callable[..., Any]]]

        def __init__(
            self,
            *,
            client: BackendApplicationClient,
            token: dict[str, Any] | None = None,
            scope: list[str] | None = None,
            token_updater: Callable[[dict[str, Any]], Any] | None = None,
        ) -> None: ...
        @property
        def authorized(self) -> bool: ...
        def fetch_token(self, *args: Any, **kwargs: Any) -> dict[str, Any]: ...
        def refresh_token(self, *args: Any, **kwargs: Any) -> dict[str, Any]: ...
        def register_compliance_hook(self, hook_type: str, hook: Callable[..., Any]) -> None: ...

        # The verbs of requests, which call `request`, with ``withhold_token``.
        def get(self, url: Any, **kwargs: Unpack[RequestOptions]) -> requests.Response: ...
        def options(self, url: Any, **kwargs: Unpack[RequestOptions]) -> requests.Response: ...
        def head(self, url: Any, **kwargs: Unpack[RequestOptions]) -> requests.Response: ...
        def delete(self, url: Any, **kwargs: Unpack[RequestOptions]) -> requests.Response: ...
        def post(
            self, url: Any, data: Any = None, json: Any = None, **kwargs: Unpack[CommonOptions]
        ) -> requests.Response: ...
        def put(
            self, url: Any, data: Any = None, **kwargs: Unpack[JSONOptions]
        ) -> requests.Response: ...
        def patch(
            self, url: Any, data: Any = None, **kwargs: Unpack[JSONOptions]
        ) -> requests.Response: ...

else:
    from requests_oauthlib import OAuth2Session

__all__ = ["OAuth2Session"]
