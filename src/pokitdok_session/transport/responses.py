"""Responses whose `raise_for_status` does not show the query of their URL."""

from __future__ import annotations

from urllib.parse import urlsplit

import requests


class ConfidentialResponse(requests.Response):
    """A response of an origin whose queries may hold health data.

    Only the text of the HTTPError changes: ``url`` is complete.
    """

    def raise_for_status(self) -> None:
        try:
            super().raise_for_status()
        except requests.HTTPError as error:
            url = urlsplit(self.url)
            host = url.netloc.rpartition("@")[2]
            shown = url._replace(netloc=host, query="", fragment="").geturl()
            error.args = (str(error).replace(self.url, shown),)
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
