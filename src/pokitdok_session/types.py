"""The types of requests and replies, in one place to import from.

``from pokitdok_session.types import EligibilityRequest, Activity``.
"""

from .oauth2.types import TokenDict
from .pokitdok import types as _pokitdok
from .pokitdok.types import *  # noqa: F403

__all__ = ["TokenDict"]
__all__ += _pokitdok.__all__
