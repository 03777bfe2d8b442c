"""Calls that only the official clients had, and no page of the documentation."""

from __future__ import annotations

from typing import Any

from ...api.reply import Reply
from ...api.resource import SESSION_TIMEOUT, Body, Resource, Timeout


class Undocumented(Resource):
    def ccd(self, ccd_request: Body, *, timeout: Timeout = SESSION_TIMEOUT) -> Reply[Any]:
        """Request a continuity-of-care document. Neither request nor reply was described."""
        return self.call("POST", "/ccd/", json=ccd_request, timeout=timeout)

    def ssl(self, *, timeout: Timeout = SESSION_TIMEOUT) -> Reply[Any]:
        """Read which TLS protocol and cipher the connection uses."""
        return self.call("GET", "/ssl/", timeout=timeout)
