"""What bodies must look like: shapes that families declare, checked as the service did."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeAlias

from .callbacks import url_error
from .responses import ValidationError

Check: TypeAlias = Callable[[Any], str | None]
"""Gives what is wrong with a value, or None."""

REQUIRED = "This field is required."
ROGUE_FIELD = "Rogue field"
# Taken by every endpoint that has a JSON body.
GENERIC = frozenset({"async", "callback_url", "application_data"})


@dataclass(frozen=True)
class Schema:
    """The fields of an object: those it must have, those it may have, and objects inside it.

    ``optional=None`` allows any other field. Unknown fields are only refused at the top level.
    """

    required: tuple[str, ...] = ()
    optional: tuple[str, ...] | None = None
    #: Required as well, but they may be empty.
    may_be_empty: tuple[str, ...] = ()
    objects: Mapping[str, Schema] = field(default_factory=dict)
    #: Lists, and what each of their items must be.
    lists: Mapping[str, Schema] = field(default_factory=dict)
    checks: Mapping[str, Check] = field(default_factory=dict)

    def unknown_fields(self, body: Mapping[str, Any]) -> list[str]:
        if self.optional is None:
            return []
        known = {*self.required, *self.optional, *self.may_be_empty, *self.objects, *self.lists}
        return [name for name in body if name not in known | {*self.checks, *GENERIC}]

    def errors(self, value: Any) -> Any:
        """What is wrong with an object, by field; empty when nothing is."""
        if not isinstance(value, Mapping):
            return ["Expected an object."]
        wrong: dict[str, Any] = {}
        for name in self.required:
            if value.get(name) in (None, "", {}):
                wrong[name] = [REQUIRED]
        for name in self.may_be_empty:
            if value.get(name) is None:
                wrong[name] = [REQUIRED]
        for name, schema in self.objects.items():
            if name not in wrong and value.get(name) is not None:
                found = schema.errors(value[name])
                if found:
                    wrong[name] = found
        for name, schema in self.lists.items():
            if name not in wrong and value.get(name) is not None:
                found = schema.list_errors(value[name])
                if any(found):
                    wrong[name] = found
        for name, check in self.checks.items():
            if name not in wrong and value.get(name) is not None:
                message = check(value[name])
                if message is not None:
                    wrong[name] = [message]
        return wrong

    def list_errors(self, items: Any) -> list[Any]:
        """What is wrong with the objects of a list, one by one; empty for those that are right."""
        if not isinstance(items, list):
            return ["Expected a list."]
        return [self.errors(item) for item in items]


def validate(body: Any, schema: Schema) -> dict[str, Any]:
    """The body, if it has the schema; else the refusal that the service gave.

    Only unknown fields are reported when there are some. A missing ``trading_partner_id`` in an
    otherwise valid body is 400, everything else 422.
    """
    if not isinstance(body, dict):
        raise ValidationError({"body": ["Expected a JSON object."]})
    unknown_fields = schema.unknown_fields(body)
    if unknown_fields:
        raise ValidationError(dict.fromkeys(unknown_fields, ROGUE_FIELD), tracked=False)
    wrong = schema.errors(body)
    if body.get("callback_url") is not None:
        bad_url = url_error(body["callback_url"])
        if bad_url is not None:
            wrong["callback_url"] = [bad_url]
    if wrong:
        only_the_payer = list(wrong) == ["trading_partner_id"]
        raise ValidationError(wrong, status=400 if only_the_payer else 422)
    return body


def npi(value: Any) -> str | None:
    """A National Provider Identifier: ten digits, the last a Luhn digit over prefix 80840."""
    text = str(value)
    if len(text) != 10 or not (text.isascii() and text.isdigit()):
        return "Not a valid NPI."
    total = 0
    for place, digit in enumerate(reversed("80840" + text)):
        doubled = int(digit) * (1 + place % 2)
        total += doubled // 10 + doubled % 10
    return None if total % 10 == 0 else "Not a valid NPI."


def one_of(*allowed: str) -> Check:
    def check(value: Any) -> str | None:
        return None if value in allowed else f"Must be one of {', '.join(allowed)}."

    return check


def matching(pattern: str, message: str) -> Check:
    """A text, or a number as one, that is all of a pattern."""

    def check(value: Any) -> str | None:
        is_plain = isinstance(value, (str, int)) and not isinstance(value, bool)
        return None if is_plain and re.fullmatch(pattern, str(value), re.ASCII) else message

    return check


def iso_date(value: Any) -> str | None:
    """A date as the API writes it: ``YYYY-MM-DD``."""
    try:
        text = date.fromisoformat(value).isoformat()
    except (TypeError, ValueError):
        text = None
    return None if text == value else "Must be a date, YYYY-MM-DD."


def text(value: Any) -> str | None:
    return None if isinstance(value, str) else "Expected a string."


def list_of(check: Check) -> Check:
    """A list that is not empty, and each of whose items is right."""

    def check_each(values: Any) -> str | None:
        if not isinstance(values, list):
            return "Expected a list."
        if not values:
            return REQUIRED
        return next((fault for fault in map(check, values) if fault), None)

    return check_each


def texts(value: Any) -> str | None:
    is_list = isinstance(value, list) and all(isinstance(item, str) for item in value)
    return None if is_list else "Expected a list of strings."
