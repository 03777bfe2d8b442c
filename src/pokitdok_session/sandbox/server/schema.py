"""Schemas: the fields that an endpoint declares, checked as the service checked them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, TypeAlias

from .callbacks import url_error
from .responses import ValidationError

Check: TypeAlias = Callable[[Any], str | None]
"""Returns what is wrong with a value, or None."""

REQUIRED = "This field is required."
UNKNOWN_FIELD = "Rogue field"
# Every endpoint with a JSON body takes these.
COMMON_FIELDS = frozenset({"async", "callback_url", "application_data"})


@dataclass(frozen=True)
class Schema:
    """The fields of an object: required ones, optional ones, and objects and lists inside it.

    ``optional=None`` allows any other field.
    """

    required: tuple[str, ...] = ()
    optional: tuple[str, ...] | None = None
    #: Required too, but an empty value is enough.
    may_be_empty: tuple[str, ...] = ()
    objects: Mapping[str, Schema] = field(default_factory=dict)
    #: The schema of each item of a list.
    lists: Mapping[str, Schema] = field(default_factory=dict)
    checks: Mapping[str, Check] = field(default_factory=dict)

    def unknown_fields(self, body: Mapping[str, Any]) -> list[str]:
        if self.optional is None:
            return []
        known = {*self.required, *self.optional, *self.may_be_empty, *self.objects, *self.lists}
        return [name for name in body if name not in known | {*self.checks}]

    def errors(self, value: Any) -> Any:
        """Return what is wrong with an object, by field; empty if it is valid."""
        if not isinstance(value, Mapping):
            return ["Expected an object."]
        unknown = self.unknown_fields(value)
        if unknown:
            return dict.fromkeys(unknown, UNKNOWN_FIELD)
        errors: dict[str, Any] = {
            name: [REQUIRED] for name in self.required if value.get(name) in (None, "", {})
        }
        errors |= {name: [REQUIRED] for name in self.may_be_empty if value.get(name) is None}
        checks = (
            *((name, schema.errors) for name, schema in self.objects.items()),
            *((name, schema.list_errors) for name, schema in self.lists.items()),
            *((name, _as_list(check)) for name, check in self.checks.items()),
        )
        for name, check in checks:
            if name not in errors and value.get(name) is not None:
                found = check(value[name])
                if found:
                    errors[name] = found
        return errors

    def list_errors(self, items: Any) -> list[Any]:
        """Return the errors of each item, or an empty list if all are valid."""
        if not isinstance(items, list):
            return ["Expected a list."]
        found = [self.errors(item) for item in items]
        return found if any(found) else []


def _as_list(check: Check) -> Callable[[Any], list[str]]:
    def check_value(value: Any) -> list[str]:
        error = check(value)
        return [] if error is None else [error]

    return check_value


def validate(body: Any, schema: Schema) -> dict[str, Any]:
    """Return the body; raises ``ValidationError`` if it does not have the schema.

    If there are unknown fields, the error names only them. A missing ``trading_partner_id`` in
    an otherwise valid body is a 400, everything else a 422.
    """
    if not isinstance(body, dict):
        raise ValidationError({"body": ["Expected a JSON object."]})
    own_fields = {name: value for name, value in body.items() if name not in COMMON_FIELDS}
    unknown = schema.unknown_fields(own_fields)
    if unknown:
        raise ValidationError(dict.fromkeys(unknown, UNKNOWN_FIELD), tracked=False)
    errors = replace(schema, optional=None).errors(body)
    if body.get("callback_url") is not None:
        bad_url = url_error(body["callback_url"])
        if bad_url is not None:
            errors["callback_url"] = [bad_url]
    if not isinstance(body.get("application_data") or {}, dict):
        errors["application_data"] = ["Expected an object."]
    if errors:
        only_payer_missing = list(errors) == ["trading_partner_id"]
        raise ValidationError(errors, status=400 if only_payer_missing else 422)
    return body


# Checks


def npi(value: Any) -> str | None:
    """A National Provider Identifier: a string of ten digits, the last a Luhn digit."""
    if not isinstance(value, str) or not re.fullmatch("[0-9]{10}", value):
        return "Not a valid NPI."
    total = 0
    for index, digit in enumerate(reversed("80840" + value)):
        weighted = int(digit) * (1 + index % 2)
        total += weighted // 10 + weighted % 10
    return None if total % 10 == 0 else "Not a valid NPI."


def one_of(*allowed: str) -> Check:
    def check(value: Any) -> str | None:
        return None if value in allowed else f"Must be one of {', '.join(allowed)}."

    return check


def matching(pattern: str, message: str) -> Check:
    """A string, or a number written as one, that the whole pattern matches."""

    def check(value: Any) -> str | None:
        is_text = isinstance(value, (str, int)) and not isinstance(value, bool)
        return None if is_text and re.fullmatch(pattern, str(value), re.ASCII) else message

    return check


def iso_date(value: Any) -> str | None:
    """A date as the API writes it: ``YYYY-MM-DD``."""
    try:
        parsed = date.fromisoformat(value).isoformat()
    except (TypeError, ValueError):
        parsed = None
    return None if parsed == value else "Must be a date, YYYY-MM-DD."


def string(value: Any) -> str | None:
    return None if isinstance(value, str) else "Expected a string."


def list_of(check: Check) -> Check:
    """A list with at least one item, all of them valid."""

    def check_items(values: Any) -> str | None:
        if not isinstance(values, list):
            return "Expected a list."
        if not values:
            return REQUIRED
        return next((error for error in map(check, values) if error), None)

    return check_items


def strings(value: Any) -> str | None:
    is_list = isinstance(value, list) and all(isinstance(item, str) for item in value)
    return None if is_list else "Expected a list of strings."
