"""The session of a sandbox, and deprecated names."""

from __future__ import annotations

import pytest

from pokitdok_session.sandbox import Sandbox


def test_session_trusts_sandbox_with_other_ca_in_environment(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere.pem")
    with sandbox.session() as session:
        assert session.get("/activities/").status_code == 200
    assert sandbox.token_requests == 1


def test_session_passes_options_on(sandbox: Sandbox) -> None:
    with sandbox.session(scope=["user_schedule"], retries=2) as session:
        sandbox.fail("/activities/", status=503)
        assert session.get("/activities/").status_code == 200
    assert b"scope=user_schedule" in sandbox.token_log[-1].body


def test_heal_warns_and_clears_the_faults(sandbox: Sandbox) -> None:
    sandbox.fail("/activities/", status=503, times=None)
    with pytest.warns(DeprecationWarning, match=r"use Sandbox\.clear_faults"):
        sandbox.heal()
    with sandbox.session() as session:
        assert session.get("/activities/").status_code == 200
