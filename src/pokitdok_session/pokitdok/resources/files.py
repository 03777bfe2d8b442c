"""Files: batches of X12 for one trading partner (API reference 6.8)."""

from __future__ import annotations

from ...api.reply import Reply
from ...api.resource import Resource, Upload, opened


class Files(Resource):
    def files(self, trading_partner_id: str, x12_file: Upload) -> Reply:
        """Send a file of X12 transactions of any kind: a path, an open file, or bytes.

        ``reply.data`` is the batch's activity, in state ``queued``; list its children by
        ``parent_id``. Not in the public documentation since 2016-08-05.
        """
        with opened(x12_file) as files:
            form = {"trading_partner_id": trading_partner_id}
            return self.call("POST", "/files/", data=form, files=files)
