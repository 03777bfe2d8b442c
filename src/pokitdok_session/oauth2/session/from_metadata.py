"""`discover`: a session whose token endpoint is read from the metadata of its provider."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, overload

from ..arguments import did_you_mean
from ..origins import host_names
from .fetching import TokenFetching

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

    from .options import SessionOptions


class FromMetadata(TokenFetching):
    """A session that can be built without the URL of its token endpoint."""

    @overload
    @classmethod
    def discover(
        cls,
        client_id: str,
        client_secret: str | None = None,
        *,
        issuer: str,
        fhir_base: None = None,
        trusted_token_hosts: Iterable[str] = (),
        **options: Unpack[SessionOptions],
    ) -> Self: ...
    @overload
    @classmethod
    def discover(
        cls,
        client_id: str,
        client_secret: str | None = None,
        *,
        issuer: None = None,
        fhir_base: str,
        trusted_token_hosts: Iterable[str] = (),
        **options: Unpack[SessionOptions],
    ) -> Self: ...
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
        ``trusted_token_hosts``. ``options`` are those of the constructor, without ``token_url``;
        ``fhir_base`` is the default of ``base_url``.
        """
        from ..discovery import Discovery  # most sessions name their token endpoint

        _check_options(cls, options)
        hosts = host_names(options.get("insecure_hosts", ()), "insecure_hosts")
        if hosts:  # the iterable may be one that ends
            options["insecure_hosts"] = hosts
        discovery = Discovery(
            issuer=issuer,
            fhir_base=fhir_base,
            trusted_hosts=trusted_token_hosts,
            insecure_hosts=hosts,
        )
        options.setdefault("base_url", fhir_base)
        build: Any = cls  # the constructor is that of a subclass
        session: Self = build(client_id, client_secret, discovery.url, **options)
        session._discovery = discovery
        return session


def _check_options(kind: type, options: Iterable[str]) -> None:
    """Raise TypeError for an option that the constructor does not have, with the nearest name."""
    import inspect  # a heavy module

    parameters = inspect.signature(kind).parameters
    kinds = {each.kind for each in parameters.values()}
    if kinds & {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}:
        return  # a subclass that hands on what it does not name
    if "token_url" not in parameters:
        raise TypeError(f"{kind.__name__} knows its token endpoint: build it without discover()")
    if "token_url" in options:
        raise TypeError("discover() finds the token_url itself: leave it out")
    for option in options:
        if option not in parameters:
            own = ("issuer", "fhir_base", "trusted_token_hosts")
            near = did_you_mean(option, [*own, *parameters])
            raise TypeError(f"discover() has no option {option!r}.{near}")
