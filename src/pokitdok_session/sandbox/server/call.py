"""One call as a handler sees it: what was sent, for which application, and what it can do."""

from __future__ import annotations

import uuid
from asyncio import BaseTransport
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, BinaryIO

from starlette.datastructures import Headers, QueryParams

from ..data.payers import PAYERS, TRANSACTION_OF
from .activities import REALTIME, Activity, TransitionPath
from .clock import Clock
from .responses import MissingScope, NotFound, UnknownTradingPartner, ValidationError
from .schema import REQUIRED, Check, Schema, validate
from .shelf import Shelf
from .state import App, IssuedToken, Outcome, State

# Seconds that an asynchronous transaction takes.
ASYNC_DELAY = 1.0


@dataclass(frozen=True)
class Page:
    """A collection, of which the response holds what ``limit`` and ``offset`` select.

    A ``counted`` collection also sends ``meta.result_count``.
    """

    items: Sequence[Any]
    counted: bool = False


@dataclass(frozen=True)
class Raw:
    """A response without an envelope, such as X12 or CSV."""

    text: str
    media_type: str


@dataclass(frozen=True)
class Upload:
    """One file of a multipart form."""

    filename: str
    media_type: str
    file: BinaryIO = field(repr=False)

    def text(self) -> str:
        self.file.seek(0)
        return self.file.read().decode("utf-8", "replace")


@dataclass
class Call:
    """``params`` are the unquoted parameters of the path. ``body`` is JSON or a form's fields."""

    state: State
    token: IssuedToken
    activity: Activity
    family: str
    headers: Headers
    query: QueryParams
    params: Mapping[str, str]
    #: The URL of the request, without its query.
    url: str
    #: None without a body.
    body: Any = None
    files: Mapping[str, Upload] = field(default_factory=dict)
    #: The X12 interchange, if the body was one.
    x12: str | None = None
    #: The segments that say what was found, if they are not those of `x12.interchange`.
    x12_findings: list[str] | None = None
    connection: BaseTransport | None = None
    #: True if this response is made up, although the endpoint is not.
    invented: bool = False

    @property
    def app(self) -> App:
        return self.token.app

    @property
    def clock(self) -> Clock:
        return self.state.clock

    @cached_property
    def now(self) -> float:
        return self.state.clock.now()

    @property
    def submitted(self) -> dict[str, Any]:
        """The fields of the body, none if the body is not an object."""
        return self.body if isinstance(self.body, dict) else {}

    # What the request must contain

    def validate(self, schema: Schema) -> dict[str, Any]:
        """Return the body; raises ``ValidationError`` if it does not have this schema."""
        body: Any = {} if self.body is None else self.body
        # A parsed interchange does not have the fields of the JSON form.
        return body if self.x12 is not None else validate(body, schema)

    def require_params(self, *names: str, **checks: Check) -> dict[str, str]:
        """Return the query; raises ``ValidationError`` if names are missing or a check fails."""
        query = dict(self.query)
        errors = Schema(required=names, checks=checks).errors(query)
        if errors:
            raise ValidationError(errors)
        return query

    def require_file(self, name: str = "file") -> Upload:
        if name not in self.files:
            raise ValidationError({name: [REQUIRED]})
        return self.files[name]

    def require_scope(self, *any_of: str) -> None:
        """Raise ``MissingScope`` if the token has none of these scopes."""
        if not self.token.scopes.intersection(any_of):
            raise MissingScope(any_of[0])

    def trading_partner(self, transaction: str) -> dict[str, Any]:
        """Return the payer that the body names, if it takes the transaction.

        Raises ``UnknownTradingPartner`` otherwise.
        """
        payer_id = (self.body or {}).get("trading_partner_id")
        payer = PAYERS.get(payer_id) if isinstance(payer_id, str) else None
        number = TRANSACTION_OF.get(transaction)
        if payer is None or (number and number not in payer["supported_transactions"]):
            raise UnknownTradingPartner(str(payer_id), transaction)
        return payer

    # What the application stored

    def store(self, name: str | None = None) -> Shelf[Any]:
        """Return this application's items of a family by id, by default of the call's own.

        Set an item again after a change, so that its size is counted.
        """
        return self.app.stores.setdefault(name or self.family, Shelf())

    def find(self, what: str, param: str, items: Mapping[str, Any] | None = None) -> Any:
        """Return the item whose key is the path's ``param``; raises ``NotFound`` without one.

        ``items`` is the family's store by default. ``what`` names the item in the error.
        """
        items = self.store() if items is None else items
        if self.params[param] not in items:
            raise NotFound(what)
        return items[self.params[param]]

    # The result

    def add_parameters(self, **more: Any) -> dict[str, Any]:
        """Return the submitted parameters and the platform's own, and set the activity's."""
        self.activity.parameters = {
            **self.submitted,
            "correlation_id": str(uuid.uuid4()),
            "client_id": self.app.client_id,
            **more,
        }
        return self.activity.parameters

    def respond(self, data: dict[str, Any], *, path: TransitionPath = REALTIME) -> Any:
        """Return ``data``, or with ``"async": true`` an activity that will have it as result.

        The response repeats the ``application_data`` of the request.
        """
        self.activity.path = path
        if "application_data" in self.submitted:
            data = {**data, "application_data": self.submitted["application_data"]}
        if self.submitted.get("async") is True:
            return self.run_later(
                path,
                delay=ASYNC_DELAY,
                outcome=lambda activity, when: activity.add_result(data, when),
            )
        self.activity.result = data
        return data

    def run_later(self, path: TransitionPath, *, delay: float, outcome: Outcome) -> Activity:
        """Send this call's activity along ``path`` on the clock, and return it.

        ``outcome(activity, when)`` is called before the last transition.
        """
        self.state.run_later(self.app, self.activity, path, delay, outcome)
        return self.activity

    def add_child(self, name: str) -> Activity:
        """Return a new activity that is a part of this call's batch."""
        child = self.app.activities.create(name, self.now)
        child.parent_id = self.activity.id
        child.trading_partner_id = self.activity.trading_partner_id
        self.app.activities.keep_long_running(child)
        return child
