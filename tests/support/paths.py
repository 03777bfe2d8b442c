"""Paths of the API and of its token endpoint."""

from __future__ import annotations

ACTIVITIES_PATH = "/activities/"
TOKEN_PATH = "/oauth2/token"
