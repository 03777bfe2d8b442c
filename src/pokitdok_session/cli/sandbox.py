"""``python -m pokitdok_session sandbox``: the same as ``python -m pokitdok_session.sandbox``."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(argv: Sequence[str]) -> int:
    try:
        from ..sandbox.__main__ import main as serve
    except ImportError as missing:
        print(missing, file=sys.stderr)
        return 2
    return serve(argv)
