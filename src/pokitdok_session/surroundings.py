"""What requests reads from the environment, remembered for as long as it would read the same."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

import requests

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


class Surroundings:
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
