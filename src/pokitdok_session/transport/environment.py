"""What belongs to this process: its environment, remembered, and what a child of it makes anew."""

from __future__ import annotations

import logging
import os
import sys
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from typing import Protocol

    class Forked(Protocol):
        """Something that a fork copies in a state that the child cannot use."""

        def _reset_after_fork(self) -> None:
            """Put in order what another thread of the parent may have held, waiting for nobody."""


log = logging.getLogger(__name__)

#: More hosts than this are not remembered at a time.
HOSTS = 64


def _environment() -> Any:
    """Give what the environment is compared by, None where the environment is not all there is.

    ``os.environ`` decodes every variable whenever it is read as a whole, and requests reads it so
    twice a request: that is two fifths of what requests costs. Its own mapping, which is private,
    is compared as fast as one pointer a variable. macOS and Windows also have proxies in the
    settings of the system, which tell nobody when they change.
    """
    if sys.platform in ("darwin", "win32"):
        return None
    return getattr(os.environ, "_data", None)


class EnvironmentSettingsCache:
    """The answers of `requests.Session.merge_environment_settings` to calls that set nothing."""

    def __init__(self) -> None:
        self._kept: tuple[Any, dict[str, dict[str, Any]]] = (None, {})

    def settings(
        self, session: requests.Session, url: str, ask: Callable[..., Any]
    ) -> dict[str, Any]:
        """Give proxies, stream, verify and cert; ``ask`` is how requests finds them.

        They depend on the host and not on the rest of the URL.
        """
        environment = _environment()
        if environment is None:
            return dict(ask(url, {}, None, None, None))
        now = (
            environment,
            session.proxies,
            session.trust_env,
            session.stream,
            session.verify,
            session.cert,
        )
        made_from, answers = self._kept
        if made_from != now:
            made_from = (dict(environment), session.proxies and dict(session.proxies), *now[2:])
            answers = {}
            self._kept = (made_from, answers)
        place = url[: url.find("/", 8)]
        answer = answers.get(place)
        if answer is None:
            if len(answers) >= HOSTS:
                answers.clear()
            answer = answers[place] = ask(url, {}, None, None, None)
        return {**answer, "proxies": dict(answer["proxies"])}


_objects: weakref.WeakSet[Forked] = weakref.WeakSet()


def reset_after_fork(thing: Forked) -> None:
    """Call the thing's ``_reset_after_fork`` in every child that is forked while it lives."""
    _objects.add(thing)


def _after_fork() -> None:
    for thing in list(_objects):
        try:
            thing._reset_after_fork()
        except Exception as error:  # an adapter may be anybody's; the others start all the same
            names = type(thing).__name__, type(error).__name__
            log.warning("after a fork, %s does not start afresh: %s", *names)


if hasattr(os, "register_at_fork"):  # pragma: no branch  # Windows does not fork
    os.register_at_fork(after_in_child=_after_fork)
