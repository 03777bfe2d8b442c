"""The bodies of responses: the API's envelope, its short errors, its HTML pages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

JSON_TYPE = "application/json"
HTML_TYPE = "text/html; charset=utf-8"
#: Marks a response of which no recording and no documentation shows the behaviour.
INVENTED = "X-Sandbox-Invented"
# The service of 2014 to 2016 sent these with every envelope: a wrong use of Flask's constructor.
LEGACY_HEADERS = {"mimetype": "application/json", "charset": "utf-8"}
SHORT_MESSAGES = {401: "Unauthorized", 402: "Payment Required", 403: "Forbidden (Rate Limited)"}


class Refusal(Exception):
    """An error response in the envelope; ``errors`` becomes ``data.errors``."""

    status = 400
    invented = False

    def __init__(self, errors: Any, *, status: int | None = None) -> None:
        super().__init__(status or self.status)
        self.errors = errors
        self.status = status or self.status
        #: False for unknown top-level fields, whose responses had no activity id.
        self.tracked = True


class ValidationError(Refusal):
    """422: what is wrong, by field (``{"member": ["This field is required."]}``)."""

    status = 422

    def __init__(
        self, fields: Mapping[str, Any], *, status: int | None = None, tracked: bool = True
    ) -> None:
        super().__init__({"validation": dict(fields)}, status=status)
        self.tracked = tracked
        # The tests of the official client expect a 400; no page and no recording shows its body.
        self.invented = self.status == 400


class NotFound(Refusal):
    """404 for an unknown id. The documentation does not show its body."""

    status = 404
    invented = True

    def __init__(self, what: str) -> None:
        super().__init__({"query": f"{what} not found"})


class UnknownTradingPartner(Refusal):
    """400: the trading partner does not exist or does not take this transaction.

    The documentation shows the text, but not the status.
    """

    invented = True

    def __init__(self, trading_partner_id: str, transaction: str) -> None:
        super().__init__(
            {
                "query": "Unable to find configuration for "
                f"trading_partner_id: {trading_partner_id}, transaction_set_name: {transaction}"
            }
        )


class MissingScope(Refusal):
    """403 in the envelope; the rate limit's 403 has no envelope."""

    status = 403

    def __init__(self, scope: str) -> None:
        super().__init__({"scope": f"'{scope}' scope required to access this API"})


def encode(content: Any) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode()


def message_response(status: int) -> Response:
    """Return the error of the layer before the API: ``{"message": ...}``, no envelope."""
    text = SHORT_MESSAGES.get(status) or reason_phrase(status)
    return Response(encode({"message": text}), status, media_type=JSON_TYPE)


def envelope_response(
    meta: Mapping[str, Any], data: Any, *, status: int = 200, legacy: bool = False
) -> Response:
    body = encode({"meta": meta, "data": data})
    if legacy:
        return Response(body, status, LEGACY_HEADERS, media_type="text/html")
    return Response(body, status, media_type=JSON_TYPE)


def html_page(status: int, headers: Mapping[str, str] | None = None) -> Response:
    """Return the page of the service's web framework, where no code of the API ran."""
    title = reason_phrase(status)
    html = f"<!DOCTYPE html>\n<title>{status} {title}</title>\n<h1>{title}</h1>\n"
    return Response(html, status, dict(headers or {}), media_type="text/html")


def reason_phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
