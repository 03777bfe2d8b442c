"""Identity match: sources are joined to canonical identities by a configured algorithm.

Only production applications had it, and no algorithm was documented. Here two sources are one
person if their social security numbers are equal. If one has none, they are one person if they
have the same birth date and similar first and last names.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import uuid4

from ..data.similarity import similar
from ..server.call import Call, Page
from ..server.clock import format_datetime
from ..server.responses import NotFound, ValidationError
from ..server.routing import Family
from ..server.schema import Schema, one_of
from ..server.state import new_id

api = Family("identity_match", invented="the algorithm, its delay, and what a deletion removes")

NEW_CONFIG = Schema(required=("algorithm_id", "input_topic"), optional=())
CHANGED_CONFIG = Schema(optional=("algorithm_id", "input_topic"))
REQUEST = Schema(
    optional=(
        "first_name",
        "middle_name",
        "last_name",
        "prefix",
        "suffix",
        "ssn",
        "email",
        "phone",
        "id",
    ),
    objects={"birth_date": Schema(), "address": Schema()},
    checks={"gender": one_of("M", "F", "O")},
)
PARTS = ("year", "month", "day")


@dataclass
class Config:
    """An algorithm, its sources, and the canonical identities that it made."""

    algorithm_id: str
    input_topic: str
    owner_id: str
    inserted: float
    updated: float
    uuid: str = field(default_factory=lambda: str(uuid4()))
    id: str = field(default_factory=new_id)
    sources: dict[str, dict[str, Any]] = field(default_factory=dict)
    canonicals: dict[str, dict[str, Any]] = field(default_factory=dict)

    def summary(self) -> dict[str, Any]:
        return {"algorithm_id": self.algorithm_id, "input_topic": self.input_topic}

    def detail(self) -> dict[str, Any]:
        return {
            **self.summary(),
            "_uuid": self.uuid,
            "_id": self.id,
            "_type": "IdentityMatchConfig",
            "insert_dt": time.asctime(time.gmtime(self.inserted)),
            "update_dt": time.asctime(time.gmtime(self.updated)),
            "deleted": False,
            "owner_id": self.owner_id,
        }

    def source(self, source_id: str) -> dict[str, Any]:
        return {"_source_id": source_id, "data": self.sources[source_id]}

    def find_canonical(self, identity: dict[str, Any]) -> dict[str, Any] | None:
        """Return the canonical identity of a person, or None."""
        for canonical in self.canonicals.values():
            if any(is_same_person(identity, self.sources[each]) for each in canonical["sources"]):
                return canonical
        return None


@api.get("/identity/match_config/")
def configs(call: Call) -> Page:
    return Page([config.summary() for config in call.store().values()])


@api.post("/identity/match_config/")
def create_config(call: Call) -> Any:
    body = call.validate(NEW_CONFIG)
    _refuse_if_taken(call, body["algorithm_id"], None)
    names = (body["algorithm_id"], body["input_topic"])
    config = Config(*names, call.app.client_id, call.now, call.now)
    call.store()[config.uuid] = config
    return config.detail()


@api.get("/identity/match_config/{uuid_or_algorithm_id}")
def config(call: Call) -> Any:
    return _config(call, call.params["uuid_or_algorithm_id"]).detail()


@api.put("/identity/match_config/{uuid_or_algorithm_id}")
def change_config(call: Call) -> Any:
    found = _config(call, call.params["uuid_or_algorithm_id"])
    changed = call.validate(CHANGED_CONFIG)
    if "algorithm_id" in changed:
        _refuse_if_taken(call, changed["algorithm_id"], found)
        found.algorithm_id = changed["algorithm_id"]
    found.input_topic = changed.get("input_topic", found.input_topic)
    found.updated = call.now
    return found.detail()


@api.delete("/identity/match_config/{uuid_or_algorithm_id}")
def delete_config(call: Call) -> Any:
    found = _config(call, call.params["uuid_or_algorithm_id"])
    del call.store()[found.uuid]
    return {"status": "OK", "count": 1}


@api.post("/identity/match/{algorithm_id}")
def create_source(call: Call) -> Any:
    config = _config(call, call.params["algorithm_id"])
    identity = _identity(call)
    canonical = config.find_canonical(identity)
    if canonical is None:
        canonical = {"record_id": new_id(), "sources": [], "data": {"identity": {}}}
        config.canonicals[canonical["record_id"]] = canonical
    source_id = new_id()
    config.sources[source_id] = identity
    canonical["sources"].append(source_id)
    canonical["last_updated"] = format_datetime(call.now)
    # The newest source overrides the earlier ones.
    canonical["data"] = {"identity": {**canonical["data"]["identity"], **identity}}
    return {"_source_id": source_id}


@api.post("/identity/match/{algorithm_id}/find")
def find(call: Call) -> Any:
    config = _config(call, call.params["algorithm_id"])
    return config.find_canonical(_identity(call)) or {}


@api.get("/identity/match/{algorithm_id}/{canonical_id}")
def canonical(call: Call) -> Any:
    return _canonical(call)[1]


@api.get("/identity/match/{algorithm_id}/{canonical_id}/sources")
def canonical_sources(call: Call) -> Page:
    config, canonical = _canonical(call)
    return Page([config.source(source_id) for source_id in canonical["sources"]])


@api.get("/identity/match/{algorithm_id}/source/{source_id}")
def source(call: Call) -> Any:
    config = _config(call, call.params["algorithm_id"])
    return config.source(_source_id(call, config))


@api.get("/identity/match/{algorithm_id}/source/{source_id}/canonical")
def source_canonical(call: Call) -> Page:
    """Return a list of one: a source is joined to the first canonical identity that matches."""
    config = _config(call, call.params["algorithm_id"])
    source_id = _source_id(call, config)
    return Page([found for found in config.canonicals.values() if source_id in found["sources"]])


def is_same_person(one: dict[str, Any], other: dict[str, Any]) -> bool:
    numbers = [_digits(identity.get("ssn")) for identity in (one, other)]
    if all(numbers):
        return numbers[0] == numbers[1]
    return (
        bool(_birth(one))
        and _birth(one) == _birth(other)
        and all(
            bool(one.get(name) and other.get(name)) and similar(str(one[name]), str(other[name]))
            for name in ("first_name", "last_name")
        )
    )


def _digits(text: Any) -> str:
    return "".join(filter(str.isdigit, str(text or "")))


def _birth(identity: dict[str, Any]) -> dict[str, int]:
    birth = identity.get("birth_date") or {}
    return {part: birth[part] for part in PARTS if part in birth}


def _identity(call: Call) -> dict[str, Any]:
    """Return the body, which has all parts of a birth date or none."""
    identity = call.validate(REQUEST)
    birth = _birth(identity)
    if birth:
        # These errors are strings; every other missing field has a list.
        missing = {part: "Missing field." for part in PARTS if part not in birth}
        if missing:
            raise ValidationError({"birth_date": missing})
        try:
            date(**birth)
        except (TypeError, ValueError, OverflowError):
            raise ValidationError({"birth_date": ["Must be a date."]}) from None
    return identity


def _refuse_if_taken(call: Call, algorithm_id: str, own: Config | None) -> None:
    for config in call.store().values():
        if config is not own and config.algorithm_id == algorithm_id:
            raise ValidationError({"algorithm_id": ["Must be unique."]})


def _config(call: Call, name: str) -> Config:
    for config in call.store().values():
        if name in (config.uuid, config.algorithm_id):
            found: Config = config
            return found
    raise NotFound("match configuration")


def _canonical(call: Call) -> tuple[Config, dict[str, Any]]:
    config = _config(call, call.params["algorithm_id"])
    return config, call.find("canonical identity", "canonical_id", config.canonicals)


def _source_id(call: Call, config: Config) -> str:
    call.find("source", "source_id", config.sources)
    return call.params["source_id"]
