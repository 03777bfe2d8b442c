"""A sandbox whose network can fail, and retries that do not sleep."""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from pokitdok_session.sandbox import Sandbox
from support.fault_table import Wire, finish_renewals
from support.log_capture import Said


@pytest.fixture
def wire(sandbox: Sandbox, tmp_path: Path) -> Iterator[Wire]:
    """The sandbox behind a proxy that can break the connection."""
    with Wire.to(sandbox, tmp_path) as wire:
        yield wire
        wire.heal()
        finish_renewals()


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch, retry_sleeps: list[float]) -> list[float]:
    """The seconds of every sleep between two attempts, at the API too; none is slept."""
    stand_in = SimpleNamespace(sleep=retry_sleeps.append, time=time.time)
    monkeypatch.setattr("urllib3.util.retry.time", stand_in)
    return retry_sleeps


@pytest.fixture
def said() -> Iterator[Said]:
    said = Said()
    loggers = [logging.getLogger(), *map(logging.getLogger, logging.root.manager.loggerDict)]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    logging.getLogger().addHandler(said)
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        yield said
        said.texts += [str(warning.message) for warning in shown]
    logging.getLogger().removeHandler(said)
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)
