"""How families declare endpoints, and the router over all of them."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from .faults import API_PREFIX
from .responses import INVENTED, html_page

if TYPE_CHECKING:
    from .call import Call

Handler: TypeAlias = "Callable[[Call], Any]"
H = TypeVar("H", bound="Handler")


class Family:
    """The endpoints of one API family; ``endpoints/__init__.py`` explains how to write one.

    ``invented`` says what the sandbox made up, because no recording and no documentation shows
    it. Each endpoint can override it.
    """

    def __init__(self, name: str, *, billed: bool = True, invented: str | None = None) -> None:
        self.name = name
        self.billed = billed
        self.invented = invented
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
        invented: str | None = None,
    ) -> Callable[[H], H]:
        def add(handler: H) -> H:
            endpoint = Endpoint(
                method,
                path,
                handler,
                family=self.name,
                activity_name=name or self.name,
                billed=self.billed if billed is None else billed,
                x12=x12,
                invented=invented or self.invented,
            )
            self.endpoints.append(endpoint)
            return handler

        return add


@dataclass(frozen=True)
class Endpoint:
    """One method and path, and its handler."""

    method: str
    path: str
    handler: Handler
    family: str
    activity_name: str
    billed: bool
    #: The transaction ("270") of an endpoint that also takes and returns raw X12.
    x12: str | None
    #: What is made up; None if the behaviour was recorded or documented.
    invented: str | None

    @property
    def placeholders(self) -> tuple[bool, ...]:
        """A key that sorts `/claims/status` before `/claims/{id}`."""
        return tuple(part.startswith("{") for part in self.path.split("/"))


class _PageRoute(Route):
    """A route that answers another method with a page, as the service's web framework did."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.methods and scope["method"] not in self.methods:
            headers = {"allow": ", ".join(sorted(self.methods)), INVENTED: "1"}
            await html_page(405, headers)(scope, receive, send)
        else:
            await self.app(scope, receive, send)


async def _not_found(scope: Scope, receive: Receive, send: Send) -> None:
    await html_page(404)(scope, receive, send)


def build_router(endpoints: Iterable[Endpoint], make_app: Callable[[Endpoint], ASGIApp]) -> Router:
    """Return a router over the API's paths, all without their last slash."""
    routes = []
    for endpoint, template in _routes(tuple(endpoints)):
        route = copy.copy(template)
        route.app = route.endpoint = make_app(endpoint)
        routes.append(route)
    return Router(routes, redirect_slashes=False, default=_not_found)


@functools.cache
def _routes(endpoints: tuple[Endpoint, ...]) -> list[tuple[Endpoint, Route]]:
    """Return a route per endpoint without its app: compiling the paths takes 3 ms."""
    return [
        (
            endpoint,
            _PageRoute(
                API_PREFIX + endpoint.path.rstrip("/"), _not_found, methods=[endpoint.method]
            ),
        )
        for endpoint in sorted(endpoints, key=lambda endpoint: endpoint.placeholders)
    ]
