"""A plain client, for tests of what the sandbox sends."""

from __future__ import annotations

from typing import Any

import requests

from pokitdok_session.sandbox import Sandbox


class Client(requests.Session):
    """A `requests.Session` with a token of the sandbox in its header."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__()
        self.sandbox = sandbox
        # requests would prefer a bundle that the environment names.
        self.trust_env = False
        self.verify = sandbox.ca_file

    def ask_for_token(self, **form: Any) -> requests.Response:
        form.setdefault("grant_type", "client_credentials")
        auth = (self.sandbox.client_id, self.sandbox.client_secret)
        return self.post(self.sandbox.base_url + "/oauth2/token", data=form, auth=auth)

    def connect(self, **form: Any) -> Client:
        token = self.ask_for_token(**form).json()["access_token"]
        self.headers["Authorization"] = f"Bearer {token}"
        return self

    def api(self, method: str, path: str, **options: Any) -> requests.Response:
        return self.request(method, f"{self.sandbox.base_url}/api/v4{path}", **options)
