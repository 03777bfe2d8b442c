"""One call as a family's handler sees it: what was sent, whose it is, and what it may do."""

from __future__ import annotations

import uuid
from asyncio import BaseTransport
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, BinaryIO

from starlette.datastructures import Headers, QueryParams

from ..data.payers import PAYERS
from .activities import REALTIME, Activity, TransitionPath
from .clock import Clock
from .responses import MissingScope, UnknownTradingPartner, ValidationError
from .schema import REQUIRED, Check, Schema, validate
from .state import App, IssuedToken, Outcome, State

# What an asynchronous transaction takes where the synchronous one would have answered at once.
ASYNC_DELAY = 1.0


@dataclass(frozen=True)
class Page:
    """A collection; the framework cuts out what ``limit`` and ``offset`` ask for.

    ``counted`` collections also tell ``meta.result_count``.
    """

    items: Sequence[Any]
    counted: bool = False


@dataclass(frozen=True)
class Raw:
    """An answer without an envelope: X12, CSV."""

    text: str
    media_type: str


@dataclass(frozen=True)
class Upload:
    """A file of a multipart form."""

    filename: str
    media_type: str
    file: BinaryIO = field(repr=False)

    def text(self) -> str:
        self.file.seek(0)
        return self.file.read().decode("utf-8", "replace")


@dataclass
class Call:
    state: State
    token: IssuedToken
    activity: Activity
    family: str
    headers: Headers
    query: QueryParams
    #: The path's parameters, unquoted.
    params: Mapping[str, str]
    #: The parsed JSON, or a form's fields; None without a body.
    body: Any = None
    files: Mapping[str, Upload] = field(default_factory=dict)
    #: The X12 interchange, when the body was one.
    x12: str | None = None
    connection: BaseTransport | None = None

    @property
    def app(self) -> App:
        return self.token.app

    @property
    def clock(self) -> Clock:
        return self.state.clock

    @cached_property
    def now(self) -> float:
        return self.state.clock.now()

    def store(self, name: str | None = None) -> dict[str, Any]:
        """What this application keeps in a family, by id; the own family's by default."""
        return self.app.stores.setdefault(name or self.family, {})

    def validate(self, schema: Schema) -> dict[str, Any]:
        """The body if it has this schema; else the refusal of ``validation.checked``."""
        body: Any = {} if self.body is None else self.body
        # What an interchange was parsed into has not the fields of the JSON form.
        return body if self.x12 is not None else validate(body, schema)

    def require_params(self, *names: str, **checks: Check) -> dict[str, str]:
        """The query's parameters, of which these must be there, and those must be right."""
        query = dict(self.query)
        wrong = Schema(required=names, checks=checks).errors(query)
        if wrong:
            raise ValidationError(wrong)
        return query

    def require_file(self, name: str = "file") -> Upload:
        if name not in self.files:
            raise ValidationError({name: [REQUIRED]})
        return self.files[name]

    def require_scope(self, *any_of: str) -> None:
        """Refuse a token that has none of these scopes."""
        if not self.token.scopes.intersection(any_of):
            raise MissingScope(any_of[0])

    def trading_partner(self, transaction: str) -> dict[str, Any]:
        """The payer that the body names; a refusal if nobody knows it."""
        wanted = (self.body or {}).get("trading_partner_id")
        payer = PAYERS.get(wanted) if isinstance(wanted, str) else None
        if payer is None:
            raise UnknownTradingPartner(str(wanted), transaction)
        return payer

    def parameters(self, **more: Any) -> dict[str, Any]:
        """The submitted parameters with what the platform adds, noted on the activity too."""
        submitted = self.body if isinstance(self.body, dict) else {}
        self.activity.parameters = {
            **submitted,
            "correlation_id": str(uuid.uuid4()),
            "client_id": self.app.client_id,
            **more,
        }
        return self.activity.parameters

    def run_later(
        self,
        path: TransitionPath,
        *,
        delay: float,
        outcome: Outcome,
        activity: Activity | None = None,
    ) -> Activity:
        """Turn this call's activity (or another) into one that goes along ``path`` on the clock.

        ``outcome(activity, when)`` is called before the last transition. Return the activity.
        """
        activity = activity or self.activity
        self.state.run_later(self.app, activity, path, delay, outcome)
        return activity

    def child(self, name: str, parent: Activity) -> Activity:
        """A further activity, one of a batch."""
        activity = self.app.activities.create(name, self.now)
        activity.parent_id = parent.id
        activity.trading_partner_id = parent.trading_partner_id
        self.app.activities.keep_long_running(activity)
        return activity

    def respond(self, data: dict[str, Any], *, path: TransitionPath = REALTIME) -> Any:
        """Give ``data`` now, or with ``"async": true`` the activity that will have it as result.

        With it comes back the ``application_data`` that was sent.
        """
        self.activity.path = path
        submitted = self.body if isinstance(self.body, dict) else {}
        if "application_data" in submitted:
            data = {**data, "application_data": submitted["application_data"]}
        if submitted.get("async") is True:
            return self.run_later(
                path,
                delay=ASYNC_DELAY,
                outcome=lambda activity, when: activity.add_result(data, when),
            )
        self.activity.result = data
        return data
