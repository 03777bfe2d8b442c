"""Identity match: sources joined to canonical identities by an algorithm (API reference 6.19).

For production applications; birth dates are ``{"year", "month", "day"}``, all three or none.
"""

from __future__ import annotations

from ...api.reply import Reply
from ...api.resource import Body, Resource, given, item_path, segment


def _of(algorithm_id: str) -> str:
    return f"/identity/match/{segment(algorithm_id)}"


class IdentityMatch(Resource):
    def match_configs(self, config_id: str | None = None) -> Reply:
        """Read one configuration by uuid or algorithm id, or list them all.

        Not in the public documentation since 2019-03-20.
        """
        return self.call("GET", item_path("/identity/match_config/", config_id))

    def create_match_config(self, algorithm_id: str, input_topic: str) -> Reply:
        """Name an algorithm, unique, and the topic that it reads, which may be shared.

        Not in the public documentation since 2017-12-13.
        """
        config = {"algorithm_id": algorithm_id, "input_topic": input_topic}
        return self.call("POST", "/identity/match_config/", json=config)

    def update_match_config(
        self, config_id: str, *, algorithm_id: str | None = None, input_topic: str | None = None
    ) -> Reply:
        """Change a configuration, named by uuid or algorithm id.

        Not in the public documentation since 2017-12-13.
        """
        config = given(algorithm_id=algorithm_id, input_topic=input_topic)
        return self.call("PUT", f"/identity/match_config/{segment(config_id)}", json=config)

    def delete_match_config(self, config_id: str) -> Reply:
        """Delete a configuration; ``reply.data["count"]`` says how many went.

        Not in the public documentation since 2017-12-13.
        """
        return self.call("DELETE", f"/identity/match_config/{segment(config_id)}")

    def create_match_source(self, algorithm_id: str, match_request: Body) -> Reply:
        """Store a source and have it matched; ``reply.data["_source_id"]`` names it.

        Not in the public documentation since 2019-03-20.
        """
        return self.call("POST", _of(algorithm_id), json=match_request)

    def find_match(self, algorithm_id: str, match_request: Body) -> Reply:
        """Find the canonical identity of a person and store nothing.

        ``reply.data`` is empty when there is none. Not in the public documentation since
        2019-03-20.
        """
        return self.call("POST", f"{_of(algorithm_id)}/find", json=match_request)

    def match_canonical(self, algorithm_id: str, canonical_id: str) -> Reply:
        """Read a canonical identity and the ids of its ``sources``.

        Not in the public documentation since 2019-03-20.
        """
        return self.call("GET", f"{_of(algorithm_id)}/{segment(canonical_id)}")

    def match_canonical_sources(self, algorithm_id: str, canonical_id: str) -> Reply:
        """List the sources that were joined to a canonical identity.

        Not in the public documentation since 2019-03-20.
        """
        return self.call("GET", f"{_of(algorithm_id)}/{segment(canonical_id)}/sources")

    def match_source(self, algorithm_id: str, source_id: str) -> Reply:
        """Read one source as it was stored.

        Not in the public documentation since 2019-03-20.
        """
        return self.call("GET", f"{_of(algorithm_id)}/source/{segment(source_id)}")

    def match_source_canonical(self, algorithm_id: str, source_id: str) -> Reply:
        """List the canonical identities, usually one, that a source was joined to.

        Not in the public documentation since 2019-03-20.
        """
        return self.call("GET", f"{_of(algorithm_id)}/source/{segment(source_id)}/canonical")
