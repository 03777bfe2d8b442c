"""What several requests share (page "Common Elements", May 2019)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, TypedDict

#: A sum, as a number, a Decimal or text. The API answers with text.
Money = Decimal | float | str

#: A day: a date, or text in the form ``2030-01-31``.
Date = date | str

#: A point in time: a datetime, or text in the form ``2030-01-31T15:00:00``, in UTC.
DateTime = datetime | str

Gender = Literal["male", "female", "unknown"]

#: What each of these requests may also have.
# In this form because ``async`` is a keyword of Python.
CallOptions = TypedDict(
    "CallOptions",
    {"async": bool, "callback_url": str, "application_data": Mapping[str, object]},
    total=False,
)


#: What the reply to a transaction also has.
AsyncFlag = TypedDict("AsyncFlag", {"async": bool})


class Address(TypedDict, total=False):
    address_lines: list[str]
    city: str
    state: str
    zipcode: str
    country: str


class ContactMethod(TypedDict, total=False):
    type: Literal["email", "fax", "phone", "phone_extension"]
    value: str


class Contact(TypedDict, total=False):
    name: str
    contact_methods: list[ContactMethod]


class PersonName(TypedDict, total=False):
    first_name: str
    middle_name: str
    last_name: str
    suffix: str


class Provider(PersonName, total=False):
    """A provider of a claim: a person by names, or an ``organization_name``."""

    organization_name: str
    npi: str
    tax_id: str
    taxonomy_code: str
    state_license_number: str
    provider_commercial_number: str
    upin: str
    location_number: str
    address: Address
    payment_address: Address
    contacts: list[Contact]


class PayerName(TypedDict, total=False):
    id: str
    organization_name: str


class Amount(TypedDict):
    """A sum in a reply: decimal text, and a currency such as ``USD``."""

    amount: str
    currency: str


class Rejection(TypedDict):
    """What a payer refused in a reply with status 200; `Reply.rejections` adds ``at``."""

    at: str
    valid_request: bool
    reject_reason: str
    follow_up_action: str


class Meta(TypedDict):
    """``reply.meta``; credits and rate limit are there only for calls that have them."""

    activity_id: str
    application_mode: Literal["test", "production"]
    credits_billed: int
    credits_remaining: int
    message: str
    next: str
    previous: str
    processing_time: int
    rate_limit_amount: int
    rate_limit_cap: int
    rate_limit_reset: int
    result_count: int
