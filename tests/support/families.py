"""The resource families, found in their folder."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from pokitdok_session.pokitdok.resources import Resources

FAMILIES: dict[str, type] = {family.__name__: family for family in Resources.__bases__}


def public_methods(family: type) -> dict[str, Callable[..., Any]]:
    """Return the methods that a family defines."""
    return {
        name: value
        for name, value in vars(family).items()
        if inspect.isfunction(value) and not name.startswith("_")
    }
