"""Healthcare consumer ownership: how likely a patient is to pay.

The page "Healthcare Consumer Ownership" left the public documentation in March 2019.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ...api.reply import Reply
from ...api.resource import SESSION_TIMEOUT, Body, Resource, Timeout

if TYPE_CHECKING:
    from ..types import Activity, ConsumerRequest


class Hco(Resource):
    def hco_consumer(
        self, consumer_request: ConsumerRequest | Body, *, timeout: Timeout = SESSION_TIMEOUT
    ) -> Reply[Any]:
        """Estimate how likely a consumer is to pay the ``patient_responsibility``.

        ``reply.data["hco_score"]`` is between 0 and 100; a higher score is likelier to pay.
        """
        return self.call("POST", "/hco/consumer", json=consumer_request, timeout=timeout)

    def hco_consumer_batch(
        self,
        consumer_requests: Sequence[ConsumerRequest | Body],
        callback_url: str,
        *,
        timeout: Timeout = SESSION_TIMEOUT,
    ) -> Reply[Activity]:
        """Estimate for many consumers at once. ``callback_url`` must be https.

        ``reply.data`` is the activity.
        """
        batch = {"data": list(consumer_requests), "callback_url": callback_url}
        return self.call("POST", "/hco/consumer/batch", json=batch, timeout=timeout)
