"""The state of a running sandbox: options, applications, tokens, and what was received."""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, get_args

from .activities import Activities, Activity, TransitionPath
from .callbacks import Callbacks
from .clock import Clock
from .faults import Faults
from .request_log import RequestLog
from .shelf import Shelf

log = logging.getLogger(__name__)

Expires: TypeAlias = Literal["in", "both", "past"]
Outcome: TypeAlias = Callable[[Activity, float], None]

#: The options that are numbers.
NUMBERS = (
    *("token_lifetime", "token_latency", "rate_limit", "rate_window", "latency"),
    *("claim_delay", "transition_delay"),
)
UNLIMITED_CAP = 1_000_000_000
# Above this number of tokens, expired ones are dropped.
MAX_TOKENS = 1000


@dataclass
class Options:
    """How the sandbox behaves; every option can be changed while it runs."""

    token_lifetime: float = 3600
    token_latency: float = 0
    same_token: bool = False
    expires: Expires = "in"
    rate_limit: int | None = None
    rate_window: float = 60
    latency: float = 0
    legacy_headers: bool = False
    strict_slashes: bool = False
    claim_delay: float = 300
    transition_delay: float = 0

    def __post_init__(self) -> None:
        if self.expires not in get_args(Expires):
            raise ValueError(f"expires must be 'in', 'both' or 'past', got {self.expires!r}")
        for name in NUMBERS:
            value = getattr(self, name)
            is_unlimited = name == "rate_limit" and value is None
            if not is_unlimited and not isinstance(value, (int, float)):
                raise TypeError(f"{name} must be a number, got {type(value).__name__}")


@dataclass(eq=False)
class App:
    """One application of the platform: its credentials, and what its calls stored."""

    client_id: str
    client_secret: str = field(repr=False)
    scopes: frozenset[str]
    credits: int | None = None
    #: The platform's dashboard showed it; the sandbox has no dashboard.
    name: str = "Sandbox App"
    billed: int = 0
    window_end: float = 0.0
    window_calls: int = 0
    activities: Activities = field(default_factory=Activities, repr=False)
    stores: dict[str, Shelf[Any]] = field(default_factory=dict, repr=False)

    @property
    def credits_remaining(self) -> int:
        # Without a balance the number goes below zero, as in the recordings of a test application.
        return (self.credits or 0) - self.billed

    @property
    def out_of_credits(self) -> bool:
        return self.credits is not None and self.credits_remaining <= 0


@dataclass(frozen=True)
class IssuedToken:
    value: str = field(repr=False)
    app: App
    scopes: frozenset[str]
    expires_at: float


class State:
    """What the server's thread and the thread of the test share.

    ``lock`` is held while a handler runs and while time moves an activity. Everything else is
    a single operation on a dict, a list or a number.
    """

    def __init__(self, options: Options, clock: Clock) -> None:
        self.options = options
        self.clock = clock
        self.lock = threading.RLock()
        self.apps: dict[str, App] = {}
        self.tokens: dict[str, IssuedToken] = {}
        self.requests = RequestLog()
        self.token_requests = RequestLog()
        self.connections = 0
        self.faults = Faults()
        self.callbacks = Callbacks()
        self.base_url = ""

    # Tokens

    def issue(self, value: str, app: App, scopes: Collection[str], lifetime: float) -> None:
        now = self.clock.now()
        if len(self.tokens) > MAX_TOKENS:
            # A copy, because the thread of the test can revoke tokens at the same time.
            issued = list(self.tokens.items())
            self.tokens = {value: token for value, token in issued if token.expires_at > now}
        self.tokens[value] = IssuedToken(value, app, frozenset(scopes), now + lifetime)

    def valid_token(self, value: str | None) -> IssuedToken | None:
        token = self.tokens.get(value) if value else None
        return token if token is not None and token.expires_at > self.clock.now() else None

    def latest_token(self, app: App, scopes: Collection[str]) -> IssuedToken | None:
        """Return the newest valid token of an application with exactly these scopes."""
        now = self.clock.now()
        for token in reversed(list(self.tokens.values())):
            if token.app is app and token.scopes == set(scopes) and token.expires_at > now:
                return token
        return None

    # The rate limit: one window for all endpoints of an application

    def count_request(self, app: App) -> bool:
        """Count one call; return False if the window has no calls left."""
        now = self.clock.now()
        if now >= app.window_end:
            app.window_end = now + self.options.rate_window
            app.window_calls = 0
        limit = self.options.rate_limit
        if limit is not None and app.window_calls >= limit:
            return False
        app.window_calls += 1
        return True

    # Activities that take time

    def run_later(
        self, app: App, activity: Activity, path: TransitionPath, delay: float, outcome: Outcome
    ) -> None:
        """Make the first transition of ``path`` now, and the others ``delay`` seconds later.

        ``outcome(activity, when)`` is called before the last one. It adds the result, or enters
        another final state.
        """
        activity.path = path
        activity.long_running = True
        activity.step(self.clock.now())
        app.activities.keep_long_running(activity)

        def move(when: float) -> None:
            with self.lock:
                if activity.finished:
                    return
                if len(activity.path) == activity.transitions_done + 1:
                    self._run_outcome(outcome, activity, when)
                if not activity.finished:
                    activity.step(when)
                if activity.finished:
                    app.activities.update_size(activity)
                    self.callbacks.enqueue(activity)
                else:
                    self.clock.at(when + self.options.transition_delay, move)

        self.clock.at(self.clock.now() + delay, move)

    def _run_outcome(self, outcome: Outcome, activity: Activity, when: float) -> None:
        try:
            outcome(activity, when)
        except Exception:  # a client that polls must see the activity end
            log.exception("the outcome of the activity %s failed", activity.name)
            activity.enter("failed", when)


def new_id() -> str:
    """Return an id as the API made them: 24 hex digits."""
    return secrets.token_hex(12)
