"""Importing the package changes nothing in the process."""

from __future__ import annotations

import subprocess
import sys

from support.subprocesses import PROCESS_TIMEOUT

PROGRAM = """
import importlib, logging, os, pkgutil

hooks = []
register = os.register_at_fork

def record(**functions):
    modules = (f.__module__ or "" for f in functions.values())
    hooks.extend(name for name in modules if name.startswith("pokitdok_session"))
    register(**functions)

os.register_at_fork = record

def changes():
    loggers = [logging.getLogger(), *map(logging.getLogger, logging.root.manager.loggerDict)]
    filters = {repr(f) for logger in loggers for f in logger.filters}
    handlers = [h for logger in loggers for h in logger.handlers]
    return len(hooks), sorted(filters), [h for h in handlers if type(h) is not logging.NullHandler]

import pokitdok_session
for name in ("transport", "oauth2", "api", "pokitdok"):
    package = importlib.import_module(f"pokitdok_session.{name}")
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        importlib.import_module(module.name)
print(changes())

session = pokitdok_session.ClientCredentialsSession(
    "id", "secret", "https://127.0.0.1:1/token", token={"access_token": "t", "expires_in": 60}
)
try:
    session.get("https://127.0.0.1:1/")
except OSError:
    pass
print(changes())
"""


def test_import_leaves_log_filters_and_fork_hooks_to_the_first_session() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM],
        capture_output=True,
        text=True,
        timeout=PROCESS_TIMEOUT,
        check=False,
    )
    filters = ["<RedactingFilter of pokitdok_session: redacts only this package's requests>"]
    assert done.stderr == ""
    assert done.stdout.splitlines() == ["(0, [], [])", str((1, filters, []))]
