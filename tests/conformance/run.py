"""Run the suites of requests and requests-oauthlib as they are, then with our session.

Each suite is the one published with the installed version. Each test that passes plain must pass
with our session, except those in ``DECIDED_OTHERWISE``. Exit with 0 only if that holds.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

# Tests of requests-oauthlib that our session fails on purpose. An entry whose test passes is an
# error too, so this list is exact.
_RENEWED = "an expired token is renewed; OAuth2Session raises TokenExpiredError"
_SWAPPED_WHOLE = "the token is one immutable object; it is not in attributes of ``_client``"
_TOKEN_ERROR = "a refusal is a TokenError with the code in ``error``; oauthlib raises its own kinds"
DECIDED_OTHERWISE = {
    "tests.test_oauth2_session.OAuth2SessionTest::test_refresh_token_request": _RENEWED,
    "tests.test_oauth2_session.OAuth2SessionNetrcTest::test_refresh_token_request": _RENEWED,
    "tests.test_oauth2_session.OAuth2SessionTest::test_access_token_proxy": _SWAPPED_WHOLE,
    "tests.test_oauth2_session.OAuth2SessionNetrcTest::test_access_token_proxy": _SWAPPED_WHOLE,
    "tests.test_oauth2_session.OAuth2SessionTest::test_token_proxy": _SWAPPED_WHOLE,
    "tests.test_oauth2_session.OAuth2SessionNetrcTest::test_token_proxy": _SWAPPED_WHOLE,
    "tests.test_compliance_fixes.FitbitComplianceFixTest::test_fetch_access_token": _TOKEN_ERROR,
    "tests.test_compliance_fixes.FitbitComplianceFixTest::test_refresh_token": _TOKEN_ERROR,
}

HERE = Path(__file__).resolve().parent
TITLES = ("passed plain", "and replaced", "decided", "regress")


class Suite(NamedTuple):
    """A published suite, and the pytest plugins of its two runs."""

    package: str
    tests: tuple[str, ...]
    plain: tuple[str, ...]
    replaced: tuple[str, ...]


SUITES = (
    Suite(
        "requests",
        tests=("tests",),
        plain=("requests_plain",),
        replaced=("requests_plain", "ours", "requests_replaced"),
    ),
    Suite(
        "requests-oauthlib",
        # The other tests are for OAuth 1, for other grants, or do not use a session.
        tests=(
            "tests/test_oauth2_session.py",
            "tests/test_compliance_fixes.py",
            "-k not authorization_url and not token_from_fragment and not web_app",
        ),
        plain=("oauthlib_plain",),
        replaced=("oauthlib_plain", "ours", "oauthlib_replaced"),
    ),
)


def unpack(package: str, cache: Path) -> Path:
    """Return the folder with the tests of the installed version, downloaded if not cached."""
    installed = version(package)
    pattern = f"{package.replace('-', '[-_]')}-{installed}.tar.gz"
    if not list(cache.glob(pattern)):
        download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        download += ["--no-binary", package, "--dest", str(cache), f"{package}=={installed}"]
        subprocess.run(download, check=True)
    (archive,) = cache.glob(pattern)
    folder = cache / archive.name.removesuffix(".tar.gz")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.unpack_archive(archive, cache, filter="data")
    # Otherwise this copy would be imported instead of the installed one.
    shutil.rmtree(folder / package.replace("-", "_"), ignore_errors=True)
    return folder


def run(suite: Suite, plugins: tuple[str, ...], source: Path, report: Path) -> set[str]:
    """Run a suite with these plugins; return the names of the tests that passed."""
    pytest = [sys.executable, "-m", "pytest", "--quiet", "--tb=short", "-p", "no:cacheprovider"]
    # Use only the configuration of the suite, not that of this project.
    pytest += ["-c", os.devnull, "--rootdir", str(source), "--confcutdir", str(source)]
    pytest += [f"--junit-xml={report}", *(f"-p{plugin}" for plugin in plugins), *suite.tests]
    print("$", *pytest, flush=True)
    with tempfile.TemporaryDirectory() as home:
        # Proxies, certificates and a netrc of the machine must not change the result.
        environment = {"PATH": os.environ["PATH"], "HOME": home, "LANG": "C.UTF-8"}
        environment |= {"PYTHONPATH": str(HERE), "PYTHONDONTWRITEBYTECODE": "1"}
        ended = subprocess.run(pytest, cwd=source, env=environment, stdin=subprocess.DEVNULL)
    if ended.returncode not in (0, 1):  # 1: a test failed; the comparison decides
        sys.exit(f"pytest exited with status {ended.returncode}")
    root = ET.parse(report).getroot()
    if "ours" in plugins:
        built = root.find(".//property[@name='sessions']")
        if built is None or int(built.attrib["value"]) == 0:
            sys.exit("the suite did not build our session, so the run proves nothing")
        print(f"{built.attrib['value']} of our sessions were built")
    outcomes: dict[str, bool] = {}
    for case in root.iter("testcase"):
        name = f"{case.attrib['classname']}::{case.attrib['name']}"
        failures = {child.tag for child in case} & {"failure", "error", "skipped"}
        outcomes[name] = outcomes.get(name, True) and not failures
    return {name for name, passed in outcomes.items() if passed}


def compare(cache: Path) -> int:
    """Run every suite twice; print the table and the names of the differing tests."""
    rows = []
    differences: set[str] = set()
    for suite in SUITES:
        source = unpack(suite.package, cache)
        plain = run(suite, suite.plain, source, source / "plain.xml")
        replaced = run(suite, suite.replaced, source, source / "replaced.xml")
        lost = plain - replaced
        decided = lost & DECIDED_OTHERWISE.keys()
        differences |= lost
        label = f"{suite.package} {version(suite.package)}"
        rows.append((label, len(plain), len(plain & replaced), len(decided), len(lost - decided)))

    print("\n{:26}{:>14}{:>14}{:>9}{:>9}".format("suite", *TITLES))
    for row in rows:
        print("{:26}{:>14}{:>14}{:>9}{:>9}".format(*row))
    for name in sorted(differences & DECIDED_OTHERWISE.keys()):
        print(f"decided: {name}: {DECIDED_OTHERWISE[name]}")
    regress = sorted(differences - DECIDED_OTHERWISE.keys())
    for name in regress:
        print(f"REGRESS: {name} passes plain and fails with our session")
    stale = sorted(DECIDED_OTHERWISE.keys() - differences)
    for name in stale:
        print(f"STALE: {name} no longer differs: remove it from DECIDED_OTHERWISE")
    return 1 if regress or stale else 0


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, help="folder that keeps the downloads")
    cache = parser.parse_args().cache
    with tempfile.TemporaryDirectory() as temporary:
        cache = (cache or Path(temporary)).resolve()
        cache.mkdir(parents=True, exist_ok=True)
        return compare(cache)


if __name__ == "__main__":
    sys.exit(main())
