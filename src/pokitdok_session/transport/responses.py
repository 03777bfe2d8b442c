"""Responses whose `raise_for_status` does not show the query of their URL."""

from __future__ import annotations

import requests

from .redaction import without_query


class ConfidentialResponse(requests.Response):
    """A response of an origin whose queries may hold health data.

    Only the text of the HTTPError changes: ``url`` is complete.
    """

    def raise_for_status(self) -> None:
        try:
            super().raise_for_status()
        except requests.HTTPError as error:
            if self.url:  # which an adapter may have left out
                error.args = (str(error).replace(self.url, without_query(self.url)),)
            raise


def redact_raise_for_status(response: requests.Response) -> requests.Response:
    """Make a response that can raise, and those of its history, confidential.

    The class is changed in place, because any adapter may have made the response. A subclass of
    `requests.Response` is left as it is.
    """
    for each in (response, *response.history):
        if type(each) is requests.Response and each.status_code >= 400:
            each.__class__ = ConfidentialResponse
    return response
