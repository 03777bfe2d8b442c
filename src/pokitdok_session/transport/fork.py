"""Objects that a child process has to repair after a fork."""

from __future__ import annotations

import functools
import logging
import os
import weakref
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Protocol

    class ForkAware(Protocol):
        """An object that a fork copies in a state that the child process cannot use."""

        def _reset_after_fork(self) -> None:
            """Replace what another thread of the parent may have locked, without waiting."""


log = logging.getLogger(__name__)

_objects: weakref.WeakSet[ForkAware] = weakref.WeakSet()


def reset_after_fork(obj: ForkAware) -> None:
    """Call ``obj._reset_after_fork()`` in every child process forked while ``obj`` is alive."""
    _register_hook()
    _objects.add(obj)


@functools.cache
def _register_hook() -> None:
    """Register with the interpreter, once, when the first object needs it."""
    if hasattr(os, "register_at_fork"):  # pragma: no branch  # Windows does not fork
        os.register_at_fork(after_in_child=_reset_all)


def _reset_all() -> None:
    for obj in list(_objects):
        try:
            obj._reset_after_fork()
        except Exception as error:  # the adapter of a caller: the other objects are still reset
            log.warning(
                "%s cannot be reset after a fork: %s", type(obj).__name__, type(error).__name__
            )
