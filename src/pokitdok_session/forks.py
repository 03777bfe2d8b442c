"""What a child process makes anew after a fork: its locks and its connections."""

from __future__ import annotations

import os
import weakref
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:

    class Forked(Protocol):
        """Something that a fork copies in a state that the child cannot use."""

        def start_afresh(self) -> None:
            """Put in order what another thread of the parent may have held, waiting for nobody."""


_objects: weakref.WeakSet[Forked] = weakref.WeakSet()


def start_afresh_in_child(thing: Forked) -> None:
    """Call the thing's ``start_afresh`` in every child that is forked while it lives."""
    _objects.add(thing)


def _after_fork() -> None:
    for thing in list(_objects):
        thing.start_afresh()


if hasattr(os, "register_at_fork"):  # pragma: no branch  # Windows does not fork
    os.register_at_fork(after_in_child=_after_fork)
