"""Healthcare consumer ownership: how likely a patient is to pay (API reference 6.21)."""

from __future__ import annotations

from collections.abc import Sequence

from ...api.reply import Reply
from ...api.resource import Body, Resource


class Hco(Resource):
    def hco_consumer(self, consumer_request: Body) -> Reply:
        """Estimate how likely a consumer is to pay the ``patient_responsibility``.

        ``reply.data["hco_score"]`` runs from 0 to 100, likelier upwards.
        Not in the public documentation since 2019-03-20.
        """
        return self.call("POST", "/hco/consumer", json=consumer_request)

    def hco_consumer_batch(self, consumer_requests: Sequence[Body], callback_url: str) -> Reply:
        """Estimate for many consumers at once; ``callback_url`` must be https.

        ``reply.data`` is the activity. Not in the public documentation since 2019-03-20.
        """
        batch = {"data": list(consumer_requests), "callback_url": callback_url}
        return self.call("POST", "/hco/consumer/batch", json=batch)
