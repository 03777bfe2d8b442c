"""Identities: a master index of patients, with a fuzzy search and a history of versions."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any
from uuid import uuid4

from ..data.geo import position
from ..data.similarity import ALGORITHMS, similar
from ..server.activities import Activity, TransitionPath
from ..server.call import Call, Page
from ..server.clock import format_datetime
from ..server.responses import NotFound
from ..server.routing import Family
from ..server.schema import Schema, iso_date, one_of, string, strings

api = Family("identity")

# A job can be canceled until it begins.
JOB: TransitionPath = ("queue", "process", "complete")

FUZZY = ("first_name", "middle_name", "last_name", "address", "city")
EXACT = (
    "prefix",
    "gender",
    "birth_date",
    "email",
    "phone",
    "secondary_phone",
    "member_id",
    "state",
    "zipcode",
    "uuid",
)


def lon_lat(value: Any) -> str | None:
    """A position, longitude first; scheduling has latitude first."""
    reversed_ = value[::-1] if isinstance(value, list) else None
    return "Must be [longitude, latitude]." if position(reversed_) else None


def percent(value: Any) -> str | None:
    is_number = type(value) in (int, float)
    return None if is_number and 0 <= value <= 100 else "Must be a number from 0 to 100."


# The documentation requires no field.
IDENTITY = Schema(
    optional=(
        "prefix",
        "first_name",
        "middle_name",
        "last_name",
        "suffix",
        "email",
        "phone",
        "secondary_phone",
        "ssn",
        "member_id",
    ),
    objects={"address": Schema(checks={"address_lines": strings})},
    lists={"identifiers": Schema(checks={"location": lon_lat})},
    checks={"gender": one_of("male", "female", "unknown"), "birth_date": iso_date},
)
# Known only from an example of the official client.
JOB_REQUEST = Schema(
    required=("match_configuration", "threshold"),
    optional=("data_filters",),
    lists={
        "match_configuration": Schema(
            required=("source_field", "match_algorithm", "search_fields"),
            checks={
                "source_field": string,
                "match_algorithm": one_of(*ALGORITHMS),
                "search_fields": strings,
                "weight": percent,
            },
        )
    },
    checks={"threshold": percent},
)


@api.post("/identity/")
def create(call: Call) -> Any:
    record = call.validate(IDENTITY)
    uuid = str(uuid4())
    return _as_created(call, _store(call, uuid, record))


@api.get("/identity/")
def search(call: Call) -> Page:
    """List the identities that match; all of them without a known parameter."""
    external_id = call.query.get("id")
    return Page(
        [
            _as_read(call, identity)
            for identity in _latest(call)
            if (
                _matches(identity, call.query)
                if external_id is None
                else _has_identifier(identity, external_id)
            )
        ]
    )


@api.get("/identity/{uuid}")
def identity(call: Call) -> Any:
    """Return a list of one identity or none."""
    versions = call.store().get(call.params["uuid"], [])
    return [_as_read(call, version) for version in versions[-1:]]


@api.put("/identity/{uuid}", invented="that fields which are not sent stay")
def update(call: Call) -> Any:
    latest = call.find("identity", "uuid")[-1]
    changed = call.validate(IDENTITY)
    return _as_created(call, _store(call, call.params["uuid"], {**latest, **changed}))


@api.get("/identity/{uuid}/history", invented="the names of the fields")
def history(call: Call) -> Page:
    """List the versions; the last one is the current one."""
    versions = call.store().get(call.params["uuid"], [])
    return Page(
        [
            {"version": number, "insert_datetime": version["update_datetime"]}
            for number, version in enumerate(versions, 1)
        ]
    )


@api.get("/identity/{uuid}/history/{version}")
def historical(call: Call) -> Any:
    versions = call.store().get(call.params["uuid"], [])
    for number, version in enumerate(versions, 1):
        if str(number) == call.params["version"]:
            return _as_read(call, version)
    raise NotFound("version")


@api.post(
    "/identity/match",
    name="identity_match",
    invented="the transitions and the result; `data_filters` have no effect",
)
def find_duplicates(call: Call) -> Activity:
    """Return a job that compares all identities when it runs."""
    body = call.validate(JOB_REQUEST)
    call.add_parameters()

    def compare(activity: Activity, when: float) -> None:
        identities = list(_latest(call))
        pairs = []
        for one, other in combinations(identities, 2):
            score = _score(one, other, body["match_configuration"])
            if score >= body["threshold"]:
                pairs.append({"uuids": [one["uuid"], other["uuid"]], "score": score})
        activity.add_result({"compared": len(identities), "duplicates": pairs}, when)

    return call.run_later(JOB, delay=call.state.options.claim_delay, outcome=compare)


def _store(call: Call, uuid: str, record: dict[str, Any]) -> dict[str, Any]:
    """Store a new version of an identity."""
    versions = call.store().get(uuid, [])
    now = format_datetime(call.now)
    first = versions[0]["insert_datetime"] if versions else now
    dates = {"insert_datetime": first, "update_datetime": now}
    record = {**record, "uuid": uuid, **dates}
    if record.get("identifiers"):
        earlier = versions[-1].get("identifiers") or [] if versions else []
        inserted = {str(each.get("value")): each["insert_datetime"] for each in earlier}
        record["identifiers"] = [
            {**each, **dates, "insert_datetime": inserted.get(str(each.get("value")), now)}
            for each in record["identifiers"]
        ]
    versions.append(record)
    call.store()[uuid] = versions
    return record


def _as_created(call: Call, record: dict[str, Any]) -> dict[str, Any]:
    return {**record, "app_name": call.app.name, "client_id": call.app.client_id}


def _as_read(call: Call, record: dict[str, Any]) -> dict[str, Any]:
    # The client_id of a created identity is named app_id here.
    return {**record, "app_name": call.app.name, "app_id": call.app.client_id}


def _latest(call: Call) -> Iterator[dict[str, Any]]:
    return (versions[-1] for versions in call.store("identity").values())


def _has_identifier(identity: dict[str, Any], external_id: str) -> bool:
    return any(str(each.get("value")) == external_id for each in identity.get("identifiers") or [])


def _matches(identity: dict[str, Any], query: Any) -> bool:
    return all(
        any(similar(query[name], text) for text in values(identity, name))
        for name in FUZZY
        if name in query
    ) and all(query[name] in values(identity, name) for name in EXACT if name in query)


def values(identity: dict[str, Any], name: str) -> list[str]:
    """Return the values of a search field; an address has one value per line, and the whole."""
    address = identity.get("address") or {}
    if name == "address":
        lines = address.get("address_lines") or []
        return [" ".join(lines), *lines] if lines else []
    value = address.get(name) if name in ("city", "state", "zipcode") else identity.get(name)
    return [] if value is None else [str(value)]


def _score(one: dict[str, Any], other: dict[str, Any], rules: list[dict[str, Any]]) -> float:
    """Return the similarity in percent, with each rule's weight."""
    total = reached = 0.0
    for rule in rules:
        weight = 1 if rule.get("weight") is None else rule["weight"]
        similarity = ALGORITHMS[rule["match_algorithm"]]
        best = max(
            (
                similarity(text, candidate)
                for text in values(one, rule["source_field"])
                for name in rule["search_fields"]
                for candidate in values(other, name)
            ),
            default=0.0,
        )
        total += weight
        reached += best * weight
    return round(100 * reached / total, 2) if total else 0.0
