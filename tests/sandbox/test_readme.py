"""The sandbox's README: its tables are compared with the code, and its example runs."""

from __future__ import annotations

import pkgutil
import re
from importlib import import_module
from pathlib import Path

import pytest

from pokitdok_session import sandbox as package
from pokitdok_session.sandbox import Sandbox, endpoints
from pokitdok_session.sandbox.data import adjudication
from pokitdok_session.sandbox.data.payers import PAYERS
from pokitdok_session.sandbox.data.pharmacies import MEDICARE
from pokitdok_session.sandbox.endpoints import eligibility
from pokitdok_session.sandbox.endpoints.providers import PROVIDERS
from pokitdok_session.sandbox.server.routing import Family
from support.plain_client import Client

TEXT = (Path(package.__file__).parent / "README.md").read_text(encoding="utf-8")
FAMILIES: dict[str, Family] = {
    module.name: import_module(f"{endpoints.__name__}.{module.name}").api
    for module in pkgutil.iter_modules(endpoints.__path__)
}


def table(header: str) -> list[tuple[str, ...]]:
    """The rows of the table whose header begins so, without backquotes around a cell."""
    lines = TEXT[TEXT.index(f"| {header} |") :].split("\n\n")[0].splitlines()[2:]
    return [tuple(cell.strip() for cell in line.strip("|").split(" | ")) for line in lines]


def invented() -> set[tuple[str, str]]:
    rows = set()
    for name, family in FAMILIES.items():
        if family.invented:
            rows.add((f"all of `{name}.py`", family.invented))
        for endpoint in family.endpoints:
            if endpoint.invented and endpoint.invented != family.invented:
                rows.add((f"`{endpoint.method} {endpoint.path}`", endpoint.invented))
    return rows


def test_readme_invented_table_equals_the_code() -> None:
    assert set(table("Endpoint")) == invented()
    assert len(table("Endpoint")) == len(invented())


def test_readme_claim_rejections_equal_the_code() -> None:
    rows = [row for row in table("Where") if row[0].startswith("claim:")]
    codes = {value.strip("`").replace(".", ""): effect for _, value, effect in rows}
    assert codes == {
        code: f"rejected ({rejection.category_code}): {rejection.text}"
        for code, rejection in {**adjudication.MEMBERS, **adjudication.DIAGNOSES}.items()
    }


def test_readme_eligibility_ids_equal_the_code() -> None:
    rows = {row[1].strip("`"): row[2] for row in table("Where") if row[0].startswith("eligib")}
    assert rows.keys() == eligibility.MEMBERS.keys()
    for member_id, effect in rows.items():
        change = eligibility.MEMBERS[member_id]
        assert ("`coverage.active` is false" in effect) == ("active" in change["coverage"])
        assert change.get("reject_reason", "") in effect


def test_readme_payers_equal_the_code() -> None:
    [mock, others, medicare] = table("Trading partner")
    first, last = re.findall(r"`(\w+)`", others[0])
    assert [mock[0].strip("`"), first, last] == [*list(PAYERS)[:2], list(PAYERS)[-1]]
    for row, payer in ((mock, mock[0].strip("`")), (others, first), (others, last)):
        assert row[1].split(", ") == PAYERS[payer]["supported_transactions"]
    assert medicare[0].strip("`") == MEDICARE


def test_readme_providers_equal_the_code() -> None:
    assert table("NPI") == [
        (
            f"`{npi}`",
            provider.get("organization_name")
            or f"{provider['first_name']} {provider['last_name']}",
            provider["specialty"][0],
            provider["locations"][0]["zipcode"],
        )
        for npi, provider in PROVIDERS.items()
    ]


def test_readme_example_runs() -> None:
    [code] = re.findall(r"^```python\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    exec(compile(code, "README.md", "exec"), {})


@pytest.mark.parametrize(
    ("method", "path", "header"),
    [
        ("GET", "/eligibility/constants", "1"),
        ("POST", "/claims/validate/", "1"),
        ("GET", "/activities/", None),
        ("GET", "/activities/unknown", "1"),
        ("POST", "/eligibility/", None),
    ],
)
def test_invented_header_marks_invented_responses_only(
    client: Client, method: str, path: str, header: str | None
) -> None:
    response = client.api(method, path, json={} if method == "POST" else None)
    assert response.headers.get("X-Sandbox-Invented") == header


def test_invented_header_is_not_on_token_responses(sandbox: Sandbox) -> None:
    with Client(sandbox) as client:
        assert "X-Sandbox-Invented" not in client.ask_for_token().headers
