"""The activity that every call creates (page "Activities", May 2019)."""

from __future__ import annotations

from typing import Any, TypedDict


class ActivityState(TypedDict):
    """A state; the last is ``completed``, ``canceled``, ``failed`` or ``rejected``.

    ``rejected_reviewed`` is one too: someone looked at the rejection.
    """

    name: str
    title: str


class ActivityEvent(ActivityState):
    """A state that the activity was in, and when it began."""

    record_dt: str


class ActivityResult(TypedDict):
    """An earlier response of the trading partner."""

    result: dict[str, Any]
    record_dt: str


class Activity(TypedDict):
    """What became of a call; ``result`` is the latest response of the trading partner."""

    id: str
    _type: str
    _uuid: str
    name: str
    parameters: dict[str, Any]
    state: ActivityState
    history: list[ActivityEvent]
    transition_path: list[str]
    remaining_transitions: list[str]
    units_of_work: int
    trading_partner_id: str
    parent_id: str
    result: dict[str, Any]
    result_history: list[ActivityResult]
    application_data: dict[str, Any]
    callback_url: str
    callback_error: str
    created_date: str
    last_updated_date: str
    tracking_description: str
    payment_id: str
    x12_request: str
    x12_response: str
