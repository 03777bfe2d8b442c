"""``python -m pokitdok_session``: the command line. See ``--help``."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
