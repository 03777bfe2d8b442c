"""`discover`: a session whose token endpoint is read from the metadata of its provider."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .fetching import TokenFetching
from .origins import insecure_host_names

if TYPE_CHECKING:
    from typing_extensions import Self


class FromMetadata(TokenFetching):
    """A session that can be built without the URL of its token endpoint."""

    @classmethod
    def discover(
        cls,
        client_id: str,
        client_secret: str | None = None,
        *,
        issuer: str | None = None,
        fhir_base: str | None = None,
        trusted_token_hosts: Iterable[str] = (),
        **options: Any,
    ) -> Self:
        """Build a session whose token endpoint is read from the provider's metadata.

        The metadata is read when the first token is needed, and again when the endpoint returns
        404. Its token endpoint must be on the host of ``issuer`` or ``fhir_base``, or on one of
        ``trusted_token_hosts``. ``options`` are those of the constructor; ``fhir_base`` is the
        default of ``base_url``.
        """
        from .discovery import Discovery  # imported when needed, as the two below

        discovery = Discovery(
            issuer=issuer,
            fhir_base=fhir_base,
            trusted_hosts=trusted_token_hosts,
            insecure_hosts=insecure_host_names(options.get("insecure_hosts", ())),
        )
        options.setdefault("base_url", fhir_base)
        build: Any = cls  # the constructor is that of a subclass
        session: Self = build(client_id, client_secret, discovery.url, **options)
        session._discovery = discovery
        return session
