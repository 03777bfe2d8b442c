"""What several bodies share (API reference 2.2 and 6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypedDict

#: A sum, as a number or as decimal text; the API answers with text.
Money = float | str

Gender = Literal["male", "female", "unknown"]

#: What any of these requests may carry besides (API reference 2.2 and 4.5).
# In this form because ``async`` is a keyword of Python.
CallOptions = TypedDict(
    "CallOptions",
    {"async": bool, "callback_url": str, "application_data": Mapping[str, object]},
    total=False,
)


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
