"""Identities: a master index of patients, with a fuzzy search and a history."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from ..data.geo import position
from ..data.similarity import ALGORITHMS, similar
from ..server.activities import Activity, TransitionPath
from ..server.call import Call, Page
from ..server.clock import format_datetime
from ..server.responses import NotFound
from ..server.routing import Family
from ..server.schema import Schema, iso_date, one_of, text, texts

api = Family("identity")

# What the job passes was never recorded; it can be canceled until it begins.
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
    """A position, longitude first: the opposite of scheduling's."""
    turned = value[::-1] if isinstance(value, list) else None
    return "Must be [longitude, latitude]." if position(turned) else None


def percent(value: Any) -> str | None:
    is_number = type(value) in (int, float)
    return None if is_number and 0 <= value <= 100 else "Must be a number from 0 to 100."


# No field was said to be required.
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
    objects={"address": Schema(checks={"address_lines": texts})},
    lists={"identifiers": Schema(checks={"location": lon_lat})},
    checks={"gender": one_of("male", "female", "unknown"), "birth_date": iso_date},
)
# Nor here: the job's body is only known from a client's example.
JOB_REQUEST = Schema(
    required=("match_configuration", "threshold"),
    optional=("data_filters",),
    lists={
        "match_configuration": Schema(
            required=("source_field", "match_algorithm", "search_fields"),
            checks={
                "source_field": text,
                "match_algorithm": one_of(*ALGORITHMS),
                "search_fields": texts,
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
    return _owned(call, _keep(call, uuid, record))


@api.get("/identity/")
def search(call: Call) -> Page:
    """All that fit; without a parameter that is known, simply all."""
    external = call.query.get("id")
    return Page(
        [
            _read(call, identity)
            for identity in _latest(call)
            if (
                _fits(identity, call.query)
                if external is None
                else _has_identifier(identity, external)
            )
        ]
    )


@api.get("/identity/{uuid}")
def identity(call: Call) -> Any:
    """A list of the one, or of none."""
    versions = call.store().get(call.params["uuid"], [])
    return [_read(call, version) for version in versions[-1:]]


@api.put("/identity/{uuid}")
def update(call: Call) -> Any:
    """Fields that are not sent stay as they were; whether they did was never recorded."""
    uuid = call.params["uuid"]
    if uuid not in call.store():
        raise NotFound("identity")
    changed = call.validate(IDENTITY)
    return _owned(call, _keep(call, uuid, {**call.store()[uuid][-1], **changed}))


@api.get("/identity/{uuid}/history")
def history(call: Call) -> Page:
    """The present version is the last; neither that nor the fields' names were ever shown."""
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
            return _read(call, version)
    raise NotFound("version")


@api.post("/identity/match", name="identity_match")
def find_duplicates(call: Call) -> Activity:
    """Compare all identities when the job runs; its result was never recorded.

    Nor was what a filter looks like: ``data_filters`` filter nothing here.
    """
    body = call.validate(JOB_REQUEST)
    call.parameters()

    def compare(activity: Activity, when: float) -> None:
        identities = list(_latest(call))
        found = []
        for place, one in enumerate(identities):
            for other in identities[place + 1 :]:
                score = _score(one, other, body["match_configuration"])
                if score >= body["threshold"]:
                    found.append({"uuids": [one["uuid"], other["uuid"]], "score": score})
        activity.add_result({"compared": len(identities), "duplicates": found}, when)

    return call.run_later(JOB, delay=call.state.options.claim_delay, outcome=compare)


def _keep(call: Call, uuid: str, record: dict[str, Any]) -> dict[str, Any]:
    """Store a new version of an identity."""
    versions = call.store().setdefault(uuid, [])
    now = format_datetime(call.now)
    first = versions[0]["insert_datetime"] if versions else now
    dates = {"insert_datetime": first, "update_datetime": now}
    record = {**record, "uuid": uuid, **dates}
    if record.get("identifiers"):
        known = versions[-1].get("identifiers") or [] if versions else []
        since = {str(one.get("value")): one["insert_datetime"] for one in known}
        record["identifiers"] = [
            {**one, **dates, "insert_datetime": since.get(str(one.get("value")), now)}
            for one in record["identifiers"]
        ]
    versions.append(record)
    return record


def _owned(call: Call, record: dict[str, Any]) -> dict[str, Any]:
    return {**record, "app_name": call.app.name, "client_id": call.app.client_id}


def _read(call: Call, record: dict[str, Any]) -> dict[str, Any]:
    # What a creation calls client_id, a lookup calls app_id.
    return {**record, "app_name": call.app.name, "app_id": call.app.client_id}


def _latest(call: Call) -> Iterator[dict[str, Any]]:
    return (versions[-1] for versions in call.store("identity").values())


def _has_identifier(identity: dict[str, Any], external: str) -> bool:
    return any(str(one.get("value")) == external for one in identity.get("identifiers") or [])


def _fits(identity: dict[str, Any], query: Any) -> bool:
    return all(
        any(similar(query[name], text) for text in values(identity, name))
        for name in FUZZY
        if name in query
    ) and all(query[name] in values(identity, name) for name in EXACT if name in query)


def values(identity: dict[str, Any], name: str) -> list[str]:
    """What an identity has under a name of the search; an address fits line by line too."""
    address = identity.get("address") or {}
    if name == "address":
        lines = address.get("address_lines") or []
        return [" ".join(lines), *lines] if lines else []
    value = address.get(name) if name in ("city", "state", "zipcode") else identity.get(name)
    return [] if value is None else [str(value)]


def _score(one: dict[str, Any], other: dict[str, Any], rules: list[dict[str, Any]]) -> float:
    """The likeness in percent, each rule counting by its weight."""
    total = reached = 0.0
    for rule in rules:
        weight = 1 if rule.get("weight") is None else rule["weight"]
        alike = ALGORITHMS[rule["match_algorithm"]]
        best = max(
            (
                alike(text, candidate)
                for text in values(one, rule["source_field"])
                for name in rule["search_fields"]
                for candidate in values(other, name)
            ),
            default=0.0,
        )
        total += weight
        reached += best * weight
    return round(100 * reached / total, 2) if total else 0.0
