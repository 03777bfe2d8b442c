"""Files: batches of X12 for one trading partner.

The page "Files" left the public documentation in August 2016.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...api.reply import Reply
from ...api.resource import SESSION_TIMEOUT, Resource, Timeout, Upload
from ..x12 import open_file

if TYPE_CHECKING:
    from ..types import Activity


class Files(Resource):
    def files(
        self, trading_partner_id: str, x12_file: Upload, *, timeout: Timeout = SESSION_TIMEOUT
    ) -> Reply[Activity]:
        """Send a file of X12 transactions of any kind: a path, an open file, or bytes.

        ``reply.data`` is the activity of the batch in state ``queued``;
        ``activities(parent_id=...)`` lists its children.
        """
        form = {"trading_partner_id": trading_partner_id}
        with open_file(x12_file) as files:
            return self.call("POST", "/files/", data=form, files=files, timeout=timeout)
