"""The log filter: it redacts records of any form, and never raises."""

from __future__ import annotations

import logging
from typing import Any

import pytest
import requests

from pokitdok_session.transport.redaction import REDACTED, RedactingFilter, redact_logs

PATH = "/claims/secret-7?name=secret"
LOGGER = logging.getLogger("urllib3.connectionpool")


class Unprintable:
    def __str__(self) -> str:
        raise RuntimeError("secret")


@pytest.fixture
def request_sent() -> requests.PreparedRequest:
    return requests.Request("GET", f"https://api.example.com{PATH}").prepare()


def shown(caplog: pytest.LogCaptureFixture, request: Any, message: object, *args: object) -> str:
    with caplog.at_level(logging.DEBUG, LOGGER.name), redact_logs(request):
        LOGGER.debug(message, *args)
    (record,) = caplog.records
    return record.getMessage()


@pytest.mark.parametrize(
    ("message", "args", "expected"),
    [
        ("%s://%s:%s ready", ("https", "api.example.com", 443), None),
        ("Starting new HTTPS connection (%d): %s:%s", (1, "api.example.com", 443), None),
        ("Resetting the pool", (), None),
        ("Retry for (url='%s')", (PATH,), f"Retry for (url='{REDACTED}')"),
        (
            '%s://%s:%s "%s %s %s" %s %s',
            ("https", "api.example.com", 443, "GET", PATH, "HTTP/1.1", 200, 7),
            f'https://api.example.com:443 "GET {REDACTED} HTTP/1.1" 200 7',
        ),
        ("%s://%s", ("https",), REDACTED),
        ("%s://%s:%s", (), REDACTED),
        ("%s://%s:%s%s", ("https", "api.example.com", 443, PATH), None),
        ("%(url)s", ({"url": PATH},), REDACTED),
        (f"sent {PATH}", (), REDACTED),
        ("sent /claims/secret-7", (), REDACTED),
        ("sent %s", (f"to {PATH}",), REDACTED),
        ("sent %s", (ValueError(PATH),), REDACTED),
        ("sent %s", (Unprintable(),), REDACTED),
        ("%d of %s", ("secret", PATH), REDACTED),
        (ValueError(PATH), (), REDACTED),
    ],
)
def test_record_of_any_form_is_redacted_and_never_raises(
    caplog: pytest.LogCaptureFixture,
    request_sent: requests.PreparedRequest,
    message: Any,
    args: tuple[object, ...],
    expected: str | None,
) -> None:
    text = shown(caplog, request_sent, message, *args)
    assert "secret" not in text
    if expected is None:
        expected = message % tuple(REDACTED if arg == PATH else arg for arg in args)
    assert text == expected


def test_record_without_a_current_request_is_unchanged(caplog: pytest.LogCaptureFixture) -> None:
    assert shown(caplog, None, "sent %s", PATH) == f"sent {PATH}"


def test_record_of_a_request_without_a_url_is_redacted(caplog: pytest.LogCaptureFixture) -> None:
    request = requests.PreparedRequest()
    assert shown(caplog, request, "sent %s", PATH) == f"sent {REDACTED}"


def test_filter_is_added_once_and_has_a_readable_repr() -> None:
    for _ in range(3):
        with redact_logs(None):
            pass
    filters = [each for each in LOGGER.filters if isinstance(each, RedactingFilter)]
    assert len(filters) == 1
    assert repr(filters[0]).startswith("<RedactingFilter of pokitdok_session")
