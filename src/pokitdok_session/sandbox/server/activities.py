"""Activities: the record of every call, and the states that it passes."""

from __future__ import annotations

import heapq
import itertools
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, overload
from uuid import uuid4

from .clock import format_datetime
from .shelf import Shelf

TransitionPath: TypeAlias = tuple[str, ...]

DATA: TransitionPath = ("process", "complete")
REALTIME: TransitionPath = ("generate", "transmit", "wait", "receive", "process", "complete")
CLAIM: TransitionPath = (
    "schedule",
    "generate",
    "store",
    "transmit",
    "wait",
    "receive",
    "process",
    "complete",
)
FILE: TransitionPath = ("store", "queue", "process", "complete")
SNAPSHOT: TransitionPath = ("schedule", "wait", "receive", "notify", "complete")

STATE_AFTER = {
    "schedule": "scheduled",
    "generate": "generating",
    "store": "stored",
    "queue": "queued",
    "transmit": "transmitting",
    "wait": "waiting",
    "receive": "receiving",
    "process": "processing",
    "notify": "notifying",
    "complete": "completed",
}
TITLES = {
    "init": "Initializing",
    "queued": "In queue waiting to start",
    "scheduled": "Scheduled for next available transmission to Trading Partner",
    "generating": "Generating transactions",
    "processing": "Processing transactions",
    "transmitting": "Transmitting transactions to Trading Partner",
    "waiting": "Waiting on Trading Partner Response",
    "receiving": "Receiving transactions from Trading Partner",
    "stored": "Batch transactions stored for later processing",
    "notifying": "Notifying the callback URL",
    "completed": "Completed",
    "canceled": "Canceled",
    "failed": "Failed",
    "rejected": "Rejected",
}
FINAL_STATES = frozenset({"completed", "canceled", "failed", "rejected"})
CANCELABLE = frozenset({"init", "queued", "scheduled"})


@dataclass(eq=False)
class Activity:
    """One call or transaction; handlers fill in its fields."""

    name: str
    created: float
    number: int
    id: str = field(default_factory=lambda: secrets.token_hex(12))
    uuid: str = field(default_factory=lambda: str(uuid4()))
    parameters: dict[str, Any] = field(default_factory=dict)
    path: TransitionPath = DATA
    trading_partner_id: str = "PokitDok"
    units_of_work: int = 1
    parent_id: str | None = None
    application_data: Any = None
    callback_url: str | None = None
    callback_error: str | None = None
    result: Any = None
    result_history: list[dict[str, Any]] = field(default_factory=list)
    tracking_description: str | None = None
    payment_id: str | None = None
    x12_request: str | None = None
    x12_response: str | None = None
    long_running: bool = False
    state: str = "init"
    entered: list[tuple[str, float]] = field(default_factory=list)
    transitions_done: int = 0

    def __post_init__(self) -> None:
        self.entered.append((self.state, self.created))

    @property
    def finished(self) -> bool:
        return self.state in FINAL_STATES

    @property
    def next_transition(self) -> str:
        return self.path[self.transitions_done]

    def enter(self, state: str, when: float) -> None:
        self.state = state
        self.entered.append((state, when))

    def step(self, when: float) -> None:
        """Make the next transition."""
        verb = self.next_transition
        self.transitions_done += 1
        self.enter(STATE_AFTER[verb], when)

    def finish(self, when: float) -> None:
        """Make all transitions that remain."""
        while not self.finished:
            self.step(when)

    def add_result(self, result: Any, when: float) -> None:
        """Set the newest result; two or more are also shown as ``result_history``."""
        self.result = result
        self.result_history.append({"result": result, "record_dt": format_datetime(when)})

    def to_json(self, *, x12: bool = False) -> dict[str, Any]:
        """Return the activity as the activities API and callbacks show it."""
        document: dict[str, Any] = {
            "_type": "PlatformActivityModel",
            "_uuid": self.uuid,
            "id": self.id,
            "name": self.name,
            "parameters": self.parameters,
            "state": self._describe(self.state),
            "transition_path": list(self.path),
            "trading_partner_id": self.trading_partner_id,
            "units_of_work": self.units_of_work,
            "created_date": format_datetime(self.created),
            "last_updated_date": format_datetime(self.entered[-1][1]),
        }
        # The current state is not history, except for `canceled`.
        history = self.entered if self.state == "canceled" else self.entered[:-1]
        if history:
            document["history"] = [
                {"record_dt": format_datetime(when), **self._describe(state)}
                for state, when in history
            ]
        if not self.finished:
            document["remaining_transitions"] = list(self.path[self.transitions_done :])
        for name in (
            "parent_id",
            "application_data",
            "callback_url",
            "callback_error",
            "tracking_description",
            "payment_id",
            "result",
        ):
            value = getattr(self, name)
            if value is not None:
                document[name] = value
        if len(self.result_history) > 1:
            document["result_history"] = list(self.result_history)
        if x12:
            both = {"x12_request": self.x12_request, "x12_response": self.x12_response}
            document |= {name: text for name, text in both.items() if text is not None}
        return document

    def _describe(self, state: str) -> dict[str, str]:
        title = TITLES[state]
        if self.path == SNAPSHOT and state == "scheduled":
            title = "Scheduled for execution"
        return {"name": state, "title": title}


class Activities(Sequence[Activity]):
    """An application's activities, newest first.

    Activities that take time have a shelf of their own, so that many short calls do not push
    out a claim that is not finished.
    """

    def __init__(self) -> None:
        self._numbers = itertools.count()
        self._calls: Shelf[Activity] = Shelf()
        self._long_running: Shelf[Activity] = Shelf()
        self._hidden: Shelf[Activity] = Shelf()

    def create(self, name: str, when: float) -> Activity:
        activity = Activity(name, when, next(self._numbers))
        self._calls[activity.id] = activity
        return activity

    def update_size(self, activity: Activity) -> None:
        """Count a changed activity, and the parts of a batch, again."""
        for shelf in (self._calls, self._long_running, self._hidden):
            if activity.id in shelf:
                shelf[activity.id] = activity
        if activity.units_of_work > 1:
            for child in self.children(activity.id):
                self.update_size(child)

    def keep_long_running(self, activity: Activity) -> None:
        """Move an activity to the shelf of those that take time."""
        self._calls.pop(activity.id, None)
        self._long_running[activity.id] = activity

    def hide(self, activity: Activity) -> None:
        """Leave an activity out of lists; ``find`` still returns it."""
        self._calls.pop(activity.id, None)
        self._hidden[activity.id] = activity

    def discard(self, activity: Activity) -> None:
        self._calls.pop(activity.id, None)

    def find(self, activity_id: str) -> Activity | None:
        for shelf in (self._long_running, self._calls, self._hidden):
            if activity_id in shelf:
                return shelf[activity_id]
        return None

    def children(self, parent_id: str) -> list[Activity]:
        """Return the parts of a batch, in the order of the upload."""
        return [child for child in self._long_running.values() if child.parent_id == parent_id]

    def __len__(self) -> int:
        return len(self._calls) + len(self._long_running)

    def __iter__(self) -> Iterator[Activity]:
        shelves = (self._calls, self._long_running)
        newest = (shelf.newest_first() for shelf in shelves)
        return heapq.merge(*newest, key=lambda activity: -activity.number)

    @overload
    def __getitem__(self, index: int) -> Activity: ...
    @overload
    def __getitem__(self, index: slice) -> list[Activity]: ...
    def __getitem__(self, index: int | slice) -> Activity | list[Activity]:
        if isinstance(index, slice):
            # Stop at the end of the page: a list of 10,000 would make every page slow.
            return list(itertools.islice(self, index.start, index.stop))
        return next(itertools.islice(self, index, None))
