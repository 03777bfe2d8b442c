"""What only the official clients named, and no page of the documentation (API reference 5.2)."""

from __future__ import annotations

from ...api.reply import Reply
from ...api.resource import Body, Resource


class Undocumented(Resource):
    def ccd(self, ccd_request: Body) -> Reply:
        """Ask for a continuity-of-care document. Neither request nor reply was ever described."""
        return self.call("POST", "/ccd/", json=ccd_request)

    def ssl(self) -> Reply:
        """Report the TLS protocol and cipher that the connection negotiated."""
        return self.call("GET", "/ssl/")
