"""Checks of what a session is built with: each error names the argument and what to give."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

#: Headers that requests computes for each request, and those of the connection.
_HEADERS_OF_REQUESTS = frozenset(
    {"host", "content-length", "content-type", "transfer-encoding", "cookie", "connection"}
    | {"expect", "trailer", "upgrade", "proxy-authorization"}
)


def check_credential(value: Any, name: str) -> None:
    """Raise ValueError unless it is a string with at least one character."""
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} must be a string that is not empty")


def check_mapping(value: Any, name: str) -> None:
    """Raise TypeError unless it is a mapping or None."""
    if value is not None and not isinstance(value, Mapping):
        raise TypeError(f"{name} must be a dict or None, got {type(value).__name__}")


def check_callable(value: Any, name: str) -> None:
    """Raise TypeError unless it is callable or None."""
    if value is not None and not callable(value):
        raise TypeError(f"{name} must be callable, got {type(value).__name__}")


def check_choice(value: Any, name: str, choices: Iterable[str]) -> None:
    """Raise ValueError unless it is one of the choices."""
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}, got {value!r}")


def check_flag(value: Any, name: str) -> None:
    """Raise TypeError unless it is True or False."""
    if not isinstance(value, bool):
        raise TypeError(f"{name} must be True or False, got {type(value).__name__}")


def check_header_name(name: Any, argument: str) -> None:
    """Raise TypeError or ValueError unless it can name a header that requests leaves alone."""
    if not isinstance(name, str):
        raise TypeError(f"{argument} must be the name of a header, got {type(name).__name__}")
    letters = name.replace("-", "").replace("_", "").replace(".", "")
    if not letters.isascii() or not letters.isalnum():
        raise ValueError(
            f"{argument} must be the name of a header, of letters, digits, '-', '_' and '.', "
            f"got {name!r}"
        )
    if name.lower() in _HEADERS_OF_REQUESTS:
        raise ValueError(f"{argument} must not be {name}, which requests sets for each request")


def check_header_value(value: Any, argument: str) -> None:
    """Raise TypeError or ValueError unless it can be sent in a header. It may be secret."""
    if not isinstance(value, str):
        raise TypeError(f"{argument} must be a string, got {type(value).__name__}")
    if "\n" in value or "\r" in value:
        raise ValueError(f"{argument} must not contain a line break")
    if value != value.strip() or not value.isprintable() or max(value, default="") > "\xff":
        raise ValueError(f"{argument} must be printable latin-1 text without spaces at its ends")


def check_store(store: Any) -> None:
    """Raise TypeError unless it has the methods of a `TokenStore`, or is None."""
    methods = (getattr(store, name, None) for name in ("load", "save", "lock"))
    if store is not None and (isinstance(store, type) or not all(map(callable, methods))):
        got = f"the class {store.__name__}" if isinstance(store, type) else type(store).__name__
        raise TypeError(
            "store must be an object with load, save and lock, such as FileTokenStore(path), "
            f"got {got}"
        )


def scope_list(scope: Any) -> list[str] | None:
    """Return a scope as a list of strings; raise TypeError for anything else."""
    words = scope.split() if isinstance(scope, str) else scope
    words = list(words) if isinstance(words, Iterable) else words
    if words is not None and not (
        isinstance(words, list) and all(isinstance(word, str) for word in words)
    ):
        kind = type(scope).__name__
        raise TypeError(f"scope must be a string or a list of strings, got {kind}")
    return words


def url_list(urls: Any, name: str) -> list[str]:
    """Return URLs as a list; raise TypeError for a single string, whose letters are no URLs."""
    if isinstance(urls, str) or not isinstance(urls, Iterable):
        raise TypeError(f"{name} must be a list of URLs, got {type(urls).__name__}")
    return list(urls)


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """Return a sentence with the nearest of the names, or nothing if none is near."""
    from difflib import get_close_matches  # for an error only

    nearest = get_close_matches(name, list(names), 1)
    return f" Did you mean {nearest[0]!r}?" if nearest else ""
