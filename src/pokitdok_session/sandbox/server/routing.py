"""The pattern of a family's endpoints, and the router over all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from .faults import API_PREFIX
from .responses import html_page

if TYPE_CHECKING:
    from .call import Call

Handler: TypeAlias = "Callable[[Call], Any]"
H = TypeVar("H", bound="Handler")


class Family:
    """The endpoints of one API family; ``endpoints/__init__.py`` says how to write one."""

    def __init__(self, name: str, *, billed: bool = True) -> None:
        self.name = name
        self.billed = billed
        self.endpoints: list[Endpoint] = []

    def get(self, path: str, **options: Any) -> Callable[[H], H]:
        return self._route("GET", path, **options)

    def post(self, path: str, **options: Any) -> Callable[[H], H]:
        return self._route("POST", path, **options)

    def put(self, path: str, **options: Any) -> Callable[[H], H]:
        return self._route("PUT", path, **options)

    def delete(self, path: str, **options: Any) -> Callable[[H], H]:
        return self._route("DELETE", path, **options)

    def _route(
        self,
        method: str,
        path: str,
        *,
        name: str | None = None,
        billed: bool | None = None,
        x12: str | None = None,
    ) -> Callable[[H], H]:
        def add(handler: H) -> H:
            bills = self.billed if billed is None else billed
            endpoint = Endpoint(method, path, handler, self.name, name or self.name, bills, x12)
            self.endpoints.append(endpoint)
            return handler

        return add


@dataclass(frozen=True)
class Endpoint:
    """One verb and path, and the handler behind it."""

    method: str
    path: str
    handler: Handler
    family: str
    activity_name: str
    billed: bool
    x12: str | None

    @property
    def placeholders(self) -> tuple[bool, ...]:
        """Sorts `/claims/status` before `/claims/{id}`."""
        return tuple(part.startswith("{") for part in self.path.split("/"))


async def _unrouted(scope: Scope, receive: Receive, send: Send) -> None:
    await html_page(404)(scope, receive, send)


def build(endpoints: Iterable[Endpoint], bind: Callable[[Endpoint], ASGIApp]) -> Router:
    """A router over the API's paths, all without their last slash."""
    routes = [
        Route(API_PREFIX + endpoint.path.rstrip("/"), bind(endpoint), methods=[endpoint.method])
        for endpoint in sorted(endpoints, key=lambda endpoint: endpoint.placeholders)
    ]
    return Router(routes, redirect_slashes=False, default=_unrouted)
