"""Raw X12 requests and responses, in every combination of media types."""

from __future__ import annotations

from typing import Any

import pytest

from support.plain_client import Client

BARE = "application/edi-x12"
IN_JSON = "application/vnd.pokitdok.v4+edi-x12-json"
SEGMENTS = "application/vnd.pokitdok.v4+full-x12-json"
PARTIES = f"ZZ*{'SENDER':15}*ZZ*{'MOCKPAYER':15}"
ISA = f"ISA*00*{'':10}*00*{'':10}*{PARTIES}*300102*0304*^*00501*000000001*0*T*:~"
ASK = (
    ISA + "GS*HS*SENDER*MOCKPAYER*20300102*0304*1*X*005010X279A1~ST*270*0001*005010X279A1~"
    "HL*1**20*1~NM1*PR*2*MOCK PAYER INC*****PI*MOCKPAYER~HL*2*1*21*1~"
    "NM1*1P*1*Thistledown*Marlow****XX*1234567893~HL*3*2*22*0~"
    "NM1*IL*1*Quillfeather*Zephyrine****MI*W000000000~DMG*D8*19700125~EQ*30~"
    "SE*10*0001~ST*270*0002~NM1*PR*2*OTHER*****PI*NOPE~SE*2*0002~GE*2*1~IEA*1*000000001~"
)
CLAIM = (
    ISA + "ST*837*0001~NM1*85*2*Thistledown Clinic*****XX*1234567893~"
    "NM1*IL*1*Quillfeather*Zephyrine****MI*W000000000~NM1*PR*2*MOCK*****PI*MOCKPAYER~"
    "CLM*26*60***11:B:1*Y*A*Y*Y~HI*ABK:I6991~SE*7*0001~IEA*1*000000001~"
)


@pytest.mark.parametrize("kind", [BARE, IN_JSON])
@pytest.mark.parametrize("accept", [BARE, IN_JSON, SEGMENTS, "application/json", None])
def test_x12_inquiry_is_accepted_and_returned_in_each_form(
    client: Client, kind: str, accept: str | None
) -> None:
    body = {"data": ASK} if kind == BARE else {"json": {"x12": ASK}}
    headers = {"Content-Type": kind, **({"Accept": accept} if accept else {})}
    response = client.api("POST", "/eligibility/", headers=headers, **body)
    assert response.status_code == 200, response.text
    if accept == BARE:
        assert response.headers["Content-Type"] == BARE
        assert response.text.startswith("ISA*00*")
        assert "~ST*271*0001*" in response.text
        return
    data = response.json()["data"]
    if accept == IN_JSON:
        assert "NM1*IL*1*Quillfeather*Zephyrine****MI*W000000000~" in data["x12"]
    elif accept == SEGMENTS:
        assert [segment["segment_id"] for segment in data["x12_segments"]][:2] == ["ISA", "GS"]
        names = [s["data"] for s in data["x12_segments"] if s["segment_id"] == "NM1"]
        assert names[0]["NM109"] == "MOCKPAYER"
    else:
        assert data["subscriber"]["birth_date"] == "1970-01-25"
        assert data["provider"]["npi"] == "1234567893"


@pytest.mark.parametrize(
    ("member", "finding"),
    [("W000000000", "EB*1*"), ("00001234", "EB*6**30~"), ("00009999", "AAA*N**71*C~")],
)
@pytest.mark.parametrize("accept", [BARE, IN_JSON])
def test_x12_inquiry_finds_what_the_member_id_stands_for(
    client: Client, member: str, finding: str, accept: str
) -> None:
    body = ASK.replace("W000000000", member)
    headers = {"Content-Type": BARE, "Accept": accept}
    response = client.api("POST", "/eligibility/", data=body, headers=headers)
    assert f"~{finding}" in response.text
    assert ("~EB*1*" in response.text) == (member == "W000000000")
    assert ("X-Sandbox-Invented" in response.headers) == (member != "W000000000")


def test_x12_activity_has_both_interchanges(client: Client) -> None:
    headers = {"Content-Type": BARE}
    made = client.api("POST", "/eligibility/", data=ASK, headers=headers).json()["meta"]
    path = f"/activities/{made['activity_id']}"
    accept = {"Accept": "application/vnd.pokitdok.v4+activity-x12-json"}
    shown = client.api("GET", path, headers=accept).json()["data"]
    assert shown["x12_request"] == ASK
    assert "~ST*271*" in shown["x12_response"]
    assert "x12_request" not in client.api("GET", path).json()["data"]


def test_x12_claim_is_decided_like_json(client: Client) -> None:
    sent = client.api("POST", "/claims/", data=CLAIM, headers={"Content-Type": BARE}).json()
    assert sent["data"]["state"]["name"] == "scheduled"
    client.sandbox.clock.advance(300)
    done = client.api("GET", f"/activities/{sent['data']['id']}").json()["data"]
    assert done["state"]["name"] == "rejected"


def test_x12_claim_and_status_have_x12_responses(
    client: Client, claim: dict[str, Any], inquiry: dict[str, Any]
) -> None:
    inquiry["patient"] = inquiry.pop("member")
    for path, body, transaction in (("/claims/", claim, 999), ("/claims/status", inquiry, 277)):
        response = client.api("POST", path, json=body, headers={"Accept": BARE})
        assert (response.headers["Content-Type"], response.text[:3]) == (BARE, "ISA")
        assert f"~ST*{transaction}*0001*" in response.text


def test_x12_names_outside_ascii_are_unchanged(client: Client) -> None:
    raw = ASK.replace("Zephyrine", "Zéphyrine").encode()
    headers = {"Content-Type": BARE, "Accept": BARE}
    response = client.api("POST", "/eligibility/", data=raw, headers=headers)
    assert "Quillfeather*Zéphyrine*" in response.content.decode()


def test_x12_lone_surrogate_becomes_question_mark(client: Client, inquiry: dict[str, Any]) -> None:
    inquiry["member"]["last_name"] = "\ud800"
    response = client.api("POST", "/eligibility/", json=inquiry, headers={"Accept": BARE})
    assert "NM1*IL*1*?*Zephyrine*" in response.text


@pytest.mark.parametrize("body", ["", "ISA", "hello", "{}"])
def test_x12_not_an_interchange_is_invalid(client: Client, body: str) -> None:
    response = client.api("POST", "/eligibility/", data=body, headers={"Content-Type": BARE})
    assert response.status_code == 422


@pytest.mark.parametrize("body", [{}, [], {"x12": None}])
def test_x12_json_without_interchange_is_invalid(client: Client, body: object) -> None:
    response = client.api("POST", "/eligibility/", json=body, headers={"Content-Type": IN_JSON})
    assert response.status_code == 422


def test_x12_unknown_payer_is_refused(client: Client) -> None:
    raw = ASK.replace("PI*MOCKPAYER", "PI*NOPE")
    response = client.api("POST", "/eligibility/", data=raw, headers={"Content-Type": BARE})
    assert "trading_partner_id: NOPE" in response.json()["data"]["errors"]["query"]
