"""The command line: which command runs."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command, and return its exit status. Without one it is the demonstration."""
    words = list(sys.argv[1:] if argv is None else argv)
    command, rest = (words[0], words[1:]) if words else ("", [])
    if command == "batch":
        from .batch import main as run
    elif command == "call":
        from .call import main as run
    elif command == "sandbox":
        from .sandbox import main as run
    else:
        from .demonstration import main as run

        rest = words
    return run(rest)
