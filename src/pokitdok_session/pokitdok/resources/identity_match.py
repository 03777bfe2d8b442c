"""Identity match: sources joined to canonical identities by an algorithm.

For production applications. A birth date is ``{"year", "month", "day"}``, all three or none.
The page "Identity Match" left the public documentation in March 2019; the calls that create,
update and delete a configuration left it in December 2017.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...api.reply import Reply
from ...api.resource import SESSION_TIMEOUT, Body, Identifier, Params, Resource, Timeout

if TYPE_CHECKING:
    from ..types import MatchRequest

_MATCH = "/identity/match/{algorithm_id}"
_CONFIG = "/identity/match_config/{config_id}"


class IdentityMatch(Resource):
    def match_configs(
        self,
        config_id: Identifier | None = None,
        *,
        limit: int | None = None,
        offset: int | None = None,
        params: Params = None,
        timeout: Timeout = SESSION_TIMEOUT,
    ) -> Reply[Any]:
        """Read one configuration by uuid or algorithm id, or list them."""
        path = self.item_path("/identity/match_config/", config_id=config_id)
        query = self.query(params, limit=limit, offset=offset)
        return self.call("GET", path, params=query, timeout=timeout)

    def create_match_config(
        self, algorithm_id: str, input_topic: str, *, timeout: Timeout = SESSION_TIMEOUT
    ) -> Reply[Any]:
        """Name an algorithm, and the topic that it reads. Several algorithms may read one topic."""
        config = {"algorithm_id": algorithm_id, "input_topic": input_topic}
        return self.call("POST", "/identity/match_config/", json=config, timeout=timeout)

    def update_match_config(
        self,
        config_id: Identifier,
        *,
        algorithm_id: str | None = None,
        input_topic: str | None = None,
        timeout: Timeout = SESSION_TIMEOUT,
    ) -> Reply[Any]:
        """Change a configuration, which is named by its uuid or algorithm id."""
        path = self.expand_path(_CONFIG, config_id=config_id)
        config = self.query(algorithm_id=algorithm_id, input_topic=input_topic)
        return self.call("PUT", path, json=config, timeout=timeout)

    def delete_match_config(
        self, config_id: Identifier, *, timeout: Timeout = SESSION_TIMEOUT
    ) -> Reply[Any]:
        """Delete a configuration; ``reply.data["count"]`` is the number of deleted ones."""
        path = self.expand_path(_CONFIG, config_id=config_id)
        return self.call("DELETE", path, timeout=timeout)

    def create_match_source(
        self,
        algorithm_id: Identifier,
        match_request: MatchRequest | Body,
        *,
        timeout: Timeout = SESSION_TIMEOUT,
    ) -> Reply[Any]:
        """Store a source and have it matched; ``reply.data["_source_id"]`` is its id."""
        path = self.expand_path(_MATCH, algorithm_id=algorithm_id)
        return self.call("POST", path, json=match_request, timeout=timeout)

    def find_match(
        self,
        algorithm_id: Identifier,
        match_request: MatchRequest | Body,
        *,
        timeout: Timeout = SESSION_TIMEOUT,
    ) -> Reply[Any]:
        """Find the canonical identity of a person without storing anything.

        ``reply.data`` is empty if there is none.
        """
        path = self.expand_path(_MATCH + "/find", algorithm_id=algorithm_id)
        return self.call("POST", path, json=match_request, timeout=timeout)

    def match_canonical(
        self,
        algorithm_id: Identifier,
        canonical_id: Identifier,
        *,
        timeout: Timeout = SESSION_TIMEOUT,
    ) -> Reply[Any]:
        """Read a canonical identity and the ids of its ``sources``."""
        path = self.expand_path(
            _MATCH + "/{canonical_id}", algorithm_id=algorithm_id, canonical_id=canonical_id
        )
        return self.call("GET", path, timeout=timeout)

    def match_canonical_sources(
        self,
        algorithm_id: Identifier,
        canonical_id: Identifier,
        *,
        timeout: Timeout = SESSION_TIMEOUT,
    ) -> Reply[Any]:
        """List the sources that were joined to a canonical identity."""
        path = self.expand_path(
            _MATCH + "/{canonical_id}/sources", algorithm_id=algorithm_id, canonical_id=canonical_id
        )
        return self.call("GET", path, timeout=timeout)

    def match_source(
        self, algorithm_id: Identifier, source_id: Identifier, *, timeout: Timeout = SESSION_TIMEOUT
    ) -> Reply[Any]:
        """Read one source as it was stored."""
        path = self.expand_path(
            _MATCH + "/source/{source_id}", algorithm_id=algorithm_id, source_id=source_id
        )
        return self.call("GET", path, timeout=timeout)

    def match_source_canonical(
        self, algorithm_id: Identifier, source_id: Identifier, *, timeout: Timeout = SESSION_TIMEOUT
    ) -> Reply[Any]:
        """List the canonical identities, usually one, that a source was joined to."""
        path = self.expand_path(
            _MATCH + "/source/{source_id}/canonical", algorithm_id=algorithm_id, source_id=source_id
        )
        return self.call("GET", path, timeout=timeout)
