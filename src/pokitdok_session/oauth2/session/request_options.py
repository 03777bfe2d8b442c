"""The keyword arguments of `request` and the verbs, for type checkers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from ..timeouts import Timeout


class CommonOptions(TypedDict, total=False):
    """What every verb takes."""

    params: Any
    headers: Mapping[str, str | bytes | None] | None
    cookies: Any
    files: Any
    auth: Any
    timeout: Timeout
    allow_redirects: bool
    proxies: Any
    hooks: Any
    stream: bool | None
    verify: bool | str | None
    cert: Any
    withhold_token: bool


class JSONOptions(CommonOptions, total=False):
    """What ``put`` and ``patch`` take, which name ``data`` themselves."""

    json: Any


class RequestOptions(JSONOptions, total=False):
    """What the other verbs take."""

    data: Any
