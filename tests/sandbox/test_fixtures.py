"""The pytest fixtures, used as a user's own test suite uses them."""

from __future__ import annotations

from importlib.metadata import entry_points

import pytest

pytest_plugins = ["pytester"]

OPT_IN = 'pytest_plugins = ["pokitdok_session.sandbox.fixtures"]\n'
# Fixture names are global: ours must not be equal to a user's or another plugin's.
PREFIX = "pokitdok_"


@pytest.fixture(autouse=True)
def _no_other_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Disable plugins: Hypothesis would take seconds to load in each suite of this file."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


@pytest.fixture
def opted_in(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makeconftest(OPT_IN)
    return pytester


def passes(pytester: pytest.Pytester, source: str, **outcomes: int) -> None:
    pytester.makepyfile(source)
    result = pytester.runpytest_inprocess("-Werror", "-pno:cacheprovider")
    result.assert_outcomes(**(outcomes or {"passed": 1}))


def test_fixtures_not_named_are_not_loaded(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    pytester.makepyfile("def test_it(pokitdok_sandbox): ...")
    result = pytester.runpytest_subprocess("-pno:hypothesispytest")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines("*fixture 'pokitdok_sandbox' not found*")


def test_fixtures_have_no_entry_point() -> None:
    named = [entry.value for entry in entry_points(group="pytest11")]
    assert not [value for value in named if value.startswith("pokitdok")]


def test_fixtures_named_in_conftest_work(opted_in: pytest.Pytester) -> None:
    opted_in.makepyfile(
        """
        def test_it(pokitdok_session):
            assert pokitdok_session.activities().data
        """
    )
    opted_in.runpytest_subprocess("-Werror").assert_outcomes(passed=1)


def test_fixtures_named_in_module_work(pytester: pytest.Pytester) -> None:
    passes(
        pytester,
        OPT_IN + "def test_it(pokitdok_session): assert pokitdok_session.trading_partners().data\n",
    )


def test_fixtures_have_prefix_and_docstring(opted_in: pytest.Pytester) -> None:
    result = opted_in.runpytest_inprocess("--fixtures", "-q")
    listing = result.stdout.str().partition("fixtures defined from pokitdok_session")[2]
    listing = listing.partition("fixtures defined from")[0]
    names = [line.split()[0] for line in listing.splitlines() if " -- " in line]
    assert names
    assert all(name.startswith(PREFIX) for name in names)
    assert "no docstring available" not in listing


def test_fixture_sandbox_is_new_per_test(opted_in: pytest.Pytester) -> None:
    passes(
        opted_in,
        """
        import pytest

        @pytest.mark.parametrize("time", [1, 2])
        def test_it(pokitdok_sandbox, pokitdok_session, time):
            assert len(pokitdok_sandbox.requests) == 0
            pokitdok_session.create_identity({"last_name": "Quillfeather"})
            assert len(pokitdok_session.get_identity().data) == 1
            assert pokitdok_sandbox.received("/identity/", "POST")
        """,
        passed=2,
    )


def test_fixture_clock_moves_sandbox_and_token(opted_in: pytest.Pytester) -> None:
    passes(
        opted_in,
        """
        def test_it(pokitdok_sandbox, pokitdok_session, pokitdok_clock):
            job = {
                "match_configuration": [
                    {
                        "source_field": "email",
                        "match_algorithm": "exact",
                        "search_fields": ["email"],
                    }
                ],
                "threshold": 90,
            }
            activity = pokitdok_session.identity_match(job).data
            assert activity["state"]["name"] == "queued"
            pokitdok_clock.advance(7200)
            done = pokitdok_session.activities(activity["id"]).data
            assert done["state"]["name"] == "completed"
            # The session renewed its expired token before a request was refused.
            assert pokitdok_sandbox.token_requests == 2
            assert len(pokitdok_sandbox.requests) == 2
        """,
    )


def test_fixture_faults_injects_faults(opted_in: pytest.Pytester) -> None:
    passes(
        opted_in,
        """
        import pytest
        from pokitdok_session.errors import ServerError

        def test_it(pokitdok_session, pokitdok_faults):
            pokitdok_faults("/activities/", status=503)
            with pytest.raises(ServerError):
                pokitdok_session.activities()
            assert pokitdok_session.activities().data
        """,
    )


def test_fixture_faults_clears_shared_sandbox(opted_in: pytest.Pytester) -> None:
    passes(
        opted_in,
        """
        import pytest
        from pokitdok_session.sandbox import Sandbox

        @pytest.fixture(scope="module")
        def pokitdok_sandbox():
            with Sandbox() as running:
                yield running

        def test_one(pokitdok_faults):
            pokitdok_faults("*", status=503, times=None)

        def test_other(pokitdok_session):
            assert pokitdok_session.activities().data
        """,
        passed=2,
    )


def test_fixture_options_are_passed_to_sandbox(opted_in: pytest.Pytester) -> None:
    passes(
        opted_in,
        """
        import pytest
        from pokitdok_session.errors import RateLimited

        @pytest.fixture
        def pokitdok_sandbox_options():
            return {"rate_limit": 1}

        def test_it(pokitdok_session):
            pokitdok_session.activities()
            with pytest.raises(RateLimited):
                pokitdok_session.activities()
        """,
    )


def test_fixture_environment_connects_new_sessions(opted_in: pytest.Pytester) -> None:
    passes(
        opted_in,
        """
        import pytest
        from pokitdok_session import PokitDokSession

        @pytest.mark.usefixtures("pokitdok_environment")
        def test_it(pokitdok_sandbox):
            with PokitDokSession() as session:
                assert session.activities().data
            assert len(pokitdok_sandbox.requests) == 1
        """,
    )
