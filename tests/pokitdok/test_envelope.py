"""The envelope of a reply, the error that a reply stands for, and its rejections."""

from __future__ import annotations

import copy
import json
import pickle
from contextlib import nullcontext, suppress
from typing import Any

import pytest
import requests

from pokitdok_session import APIError, PokitDokSession, Reply
from pokitdok_session.errors import (
    Forbidden,
    NotFound,
    PaymentRequired,
    RateLimited,
    ServerError,
    TradingPartnerError,
    Unauthorized,
    UnreadableReply,
    ValidationError,
)
from pokitdok_session.sandbox import Sandbox

PATH = "/anything"
META = {"activity_id": "5a5a5a5a5a5a5a5a5a5a5a01", "processing_time": 4}
PAGE = "<html><body>Not here</body></html>"


def call(sandbox: Sandbox, session: PokitDokSession, **answer: Any) -> Reply:
    sandbox.fail(PATH, **answer)
    return session.call("GET", PATH)


def failure(sandbox: Sandbox, session: PokitDokSession, **answer: Any) -> APIError:
    with pytest.raises(APIError) as caught:
        call(sandbox, session, **answer)
    return caught.value


# What comes back


def test_a_reply_is_the_body_with_views_of_it(sandbox: Sandbox, session: PokitDokSession) -> None:
    body = {"meta": META, "data": [{"id": 1}]}
    reply = call(sandbox, session, body=body)
    assert reply == body
    assert isinstance(reply, dict)
    assert reply["data"] is reply.data
    assert (reply.data, reply.meta) == ([{"id": 1}], META)
    assert reply.activity_id == META["activity_id"]
    assert reply.response.status_code == 200
    assert type(reply.response) is requests.Response


@pytest.mark.parametrize(
    ("answer", "data"),
    [
        ({"body": {"id": 1}}, {"id": 1}),
        ({"body": [1, 2]}, [1, 2]),
        ({"status": 204}, None),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_body_without_the_envelope_becomes_data(
    sandbox: Sandbox, session: PokitDokSession, answer: dict[str, Any], data: Any
) -> None:
    reply = call(sandbox, session, **answer)
    assert reply == {"data": data}
    assert reply.data == data
    assert reply.meta == {}
    assert reply.activity_id is None


@pytest.mark.parametrize(
    ("answer", "data"),
    [
        ({"body": "ISA*00*", "content_type": "application/edi-x12"}, "ISA*00*"),
        ({"body": "", "status": 200}, None),
        ({"body": '{"cut'}, '{"cut'),
        ({"body": "[" * 100_000}, "[" * 100_000),
        ({"body": b"\xff" * 70, "content_type": "text/x; charset=idna"}, "\ufffd" * 70),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_reply_in_another_form_that_was_requested_is_the_text(
    sandbox: Sandbox, session: PokitDokSession, answer: dict[str, Any], data: Any
) -> None:
    sandbox.fail(PATH, **answer)
    with suppress(UnreadableReply) if answer["body"] == "" else nullcontext():
        reply = session.call("GET", PATH, headers={"Accept": "application/edi-x12"})
        assert (reply.data, reply.is_json) == (data, False)


UNREADABLE: dict[str, Any] = {
    "a page": PAGE,
    "nothing": "",
    "half of it": '{"cut',
    "null": "null",
    "a number": "0",
    "text": '"text"',
    "an empty object": {},
    "a message": {"message": "OK"},
    "a list": [1, 2],
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
def test_unreadable_reply_is_raised_for_a_success_in_another_form(
    sandbox: Sandbox, session: PokitDokSession, body: Any
) -> None:
    sandbox.fail(PATH, status=200, body=body)
    with pytest.raises(UnreadableReply, match=r"check base_url.*: look for it at the API") as it:
        session.call("POST", PATH, json={})
    assert it.value.processed is None
    assert it.value.response is not None


@pytest.mark.parametrize("body", [{"data": {"a": 1}}, {"meta": META}, {"meta": META, "data": None}])
def test_half_an_envelope_is_one(
    sandbox: Sandbox, session: PokitDokSession, body: dict[str, Any]
) -> None:
    reply = call(sandbox, session, body=body)
    assert reply == body
    assert reply.data == body.get("data")


@pytest.mark.parametrize(
    "kind", ["text/html; charset=utf-8", "text/html", "text/plain; charset=latin-1", "x/y"]
)
def test_json_is_found_by_trying_and_not_by_its_label(
    sandbox: Sandbox, session: PokitDokSession, kind: str
) -> None:
    body = json.dumps({"data": {"name": "Zo\xeb"}}, ensure_ascii=False).encode()
    assert call(sandbox, session, body=body, content_type=kind).data == {"name": "Zo\xeb"}


def test_the_service_s_old_headers_are_read_as_well() -> None:
    with Sandbox(legacy_headers=True) as sandbox, sandbox.session() as session:
        reply = session.activities()
        assert reply.response.headers["Content-Type"].startswith("text/html")
        assert reply.meta["processing_time"] >= 0


@pytest.mark.parametrize("meta", [None, [], "text", 7])
def test_a_meta_that_is_no_object_is_as_none(
    sandbox: Sandbox, session: PokitDokSession, meta: Any
) -> None:
    reply = call(sandbox, session, body={"meta": meta, "data": 1})
    assert (reply.meta, reply.activity_id, reply.data) == ({}, None, 1)


def test_an_activity_id_that_is_no_text_is_none(sandbox: Sandbox, session: PokitDokSession) -> None:
    assert call(sandbox, session, body={"meta": {"activity_id": 7}}).activity_id is None


def test_a_reply_can_be_copied_and_pickled(sandbox: Sandbox, session: PokitDokSession) -> None:
    reply = call(sandbox, session, body={"meta": META, "data": 1})
    for other in (copy.copy(reply), copy.deepcopy(reply), pickle.loads(pickle.dumps(reply))):
        assert type(other) is type(reply)
        assert (other, other.activity_id) == (reply, reply.activity_id)
        assert other.response.json() == reply


# Which error it is

SHORT: dict[int, Any] = {
    401: {"message": "Unauthorized"},
    402: {"message": "Payment Required"},
    403: {"message": "Forbidden (Rate Limited)"},
}
SCOPE = {"errors": {"scope": "'user_schedule' scope required to access this API"}}
PARSING = {"errors": {"parsing": {"trading_partner_id": "MOCKPAYER"}}}
QUERY = {"errors": {"query": "Unable to find configuration for trading_partner_id: NOPE"}}
VALIDATION = {"errors": {"validation": {"member": ["This field is required."]}}}

KINDS: list[tuple[int, Any, type[APIError]]] = [
    (400, {"meta": META, "data": VALIDATION}, ValidationError),
    (400, {"meta": META, "data": {}}, ValidationError),
    (400, PAGE, ValidationError),
    (402, SHORT[402], PaymentRequired),
    (403, SHORT[403], RateLimited),
    (403, {"message": "Forbidden"}, RateLimited),
    (403, {"meta": META, "data": SCOPE}, Forbidden),
    (403, {"data": SCOPE}, Forbidden),
    (403, {"meta": META, "data": {"message": "Forbidden"}}, Forbidden),
    (403, {"message": "identity is locked"}, Forbidden),
    (403, {"message": None}, Forbidden),
    (403, PAGE, Forbidden),
    (403, "", Forbidden),
    (403, [], Forbidden),
    (404, PAGE, NotFound),
    (404, {"meta": META, "data": {"errors": {"query": "activity not found"}}}, NotFound),
    (405, PAGE, APIError),
    (418, None, APIError),
    (422, {"meta": META, "data": VALIDATION}, ValidationError),
    (429, {"message": "slow down"}, RateLimited),
    (409, {"data": VALIDATION}, ValidationError),
    (500, PAGE, ServerError),
    (502, "", ServerError),
    (503, {"meta": META, "data": None}, ServerError),
    (504, {"errors": []}, ServerError),
    (599, PAGE, ServerError),
    (200, {"meta": META, "data": PARSING}, TradingPartnerError),
    (200, {"meta": META, "data": QUERY}, TradingPartnerError),
    (400, {"meta": META, "data": PARSING}, TradingPartnerError),
    (422, {"meta": META, "data": QUERY}, TradingPartnerError),
    (500, {"meta": META, "data": PARSING}, TradingPartnerError),
]


@pytest.mark.parametrize(("status", "body", "kind"), KINDS, ids=lambda value: str(value)[:60])
def test_an_error_is_told_by_body_and_status(
    sandbox: Sandbox,
    session: PokitDokSession,
    status: int,
    body: Any,
    kind: type[APIError],
) -> None:
    error = failure(sandbox, session, status=status, body=body)
    assert type(error) is kind
    assert isinstance(error, requests.HTTPError)
    assert error.response is not None
    assert error.response.status_code == status
    assert f"answered {status}" in str(error)
    with_meta = isinstance(body, dict) and body.get("meta") is META
    assert error.activity_id == (META["activity_id"] if with_meta else None)
    assert not with_meta or f"activity {META['activity_id']}" in str(error)
    assert error.request is error.response.request


def test_a_lasting_401_is_unauthorized(sandbox: Sandbox, session: PokitDokSession) -> None:
    error = failure(sandbox, session, status=401, times=None)
    assert type(error) is Unauthorized
    assert "the API refused the token" in str(error)


@pytest.mark.parametrize(
    "errors", [None, [], "text", {}, {"validation": {}}, {"other": 1}], ids=repr
)
def test_a_success_is_none_whatever_it_says_of_errors(
    sandbox: Sandbox, session: PokitDokSession, errors: Any
) -> None:
    assert call(sandbox, session, body={"data": {"errors": errors}}).data == {"errors": errors}


def test_a_redirect_that_leads_nowhere_is_no_error(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    assert call(sandbox, session, status=304).response.status_code == 304


FIELDS = [
    (
        {"validation": {"member": ["This field is required."], "provider": ["One.", "Two."]}},
        {"member": ["This field is required."], "provider": ["One.", "Two."]},
    ),
    ({"validation": {"rogue": "Rogue field"}}, {"rogue": ["Rogue field"]}),
    (
        {"validation": {"birth_date": {"month": "Missing field.", "day": ["Low.", 7]}}},
        {"birth_date.month": ["Missing field."], "birth_date.day": ["Low.", "7"]},
    ),
    (
        {"validation": {"services": [{}, {"npi": ["Not valid."]}]}},
        {"services[1].npi": ["Not valid."]},
    ),
    ({"validation": {"rows": [["a"], ["b"]]}}, {"rows[0]": ["a"], "rows[1]": ["b"]}),
    ({"validation": {"a": None, "b": []}}, {"a": ["None"], "b": []}),
    ({"validation": "Not JSON."}, {"validation": ["Not JSON."]}),
    ({"validation": ["Not JSON."]}, {"validation": ["Not JSON."]}),
    ({"transition": "too late"}, {"transition": ["too late"]}),
    ({}, {}),
]


@pytest.mark.parametrize(("errors", "fields"), FIELDS, ids=repr)
def test_validation_error_names_the_fields(
    sandbox: Sandbox, session: PokitDokSession, errors: Any, fields: dict[str, list[str]]
) -> None:
    error = failure(sandbox, session, status=422, body={"data": {"errors": errors}})
    assert type(error) is ValidationError
    assert error.errors == fields
    for field in fields:
        assert field in str(error)


def test_nesting_beyond_the_maximum_is_not_searched(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    deep: Any = "at the bottom"
    for _ in range(200):
        deep = {"a": [{"reject_reason": deep}]}
    body = {"data": {"errors": {"validation": deep}}}
    (messages,) = failure(sandbox, session, status=422, body=body).errors.values()
    assert messages == []
    assert len(call(sandbox, session, body={"data": deep}).rejections) < 50


def test_a_message_about_a_field_is_not_in_the_text(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    fields = {"birth_date": ["'Zephyrine' is no date."]}
    error = failure(sandbox, session, status=422, body={"data": {"errors": {"validation": fields}}})
    assert error.errors == fields
    assert "Zephyrine" not in str(error)
    assert "Zephyrine" not in repr(error)


def test_errors_of_another_kind_are_kept_as_they_came(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    assert failure(sandbox, session, body={"data": PARSING}).errors == PARSING["errors"]
    assert failure(sandbox, session, body={"data": QUERY}).errors == QUERY["errors"]
    error = failure(sandbox, session, status=403, body={"meta": META, "data": SCOPE})
    assert error.errors == SCOPE["errors"]
    assert str(error).endswith("errors: scope")


ADVICE = {
    402: "no credits left",
    403: "this one was not processed",
    500: "the API has a problem of its own; send it again later",
}


@pytest.mark.parametrize(("status", "advice"), ADVICE.items())
def test_an_error_says_what_it_means(
    sandbox: Sandbox, session: PokitDokSession, status: int, advice: str
) -> None:
    assert advice in str(failure(sandbox, session, status=status))


# Rejections


REJECTIONS: list[tuple[Any, list[dict[str, Any]]]] = [
    ({"valid_request": True, "coverage": {"active": True}}, []),
    (None, []),
    ("ISA*00*", []),
    (
        {
            "valid_request": False,
            "reject_reason": "subscriber_insured_not_found",
            "follow_up_action": "correct_and_resubmit",
        },
        [
            {
                "at": "",
                "valid_request": False,
                "reject_reason": "subscriber_insured_not_found",
                "follow_up_action": "correct_and_resubmit",
            }
        ],
    ),
    (
        {"subscriber": {"rejections": [{"reject_reason": "a"}, {"reject_reason": "b"}]}},
        [{"at": "subscriber", "reject_reason": "a"}, {"at": "subscriber", "reject_reason": "b"}],
    ),
    ([{"payer": {"valid_request": False}}], [{"at": "payer", "valid_request": False}]),
    ({"state": {"name": "rejected"}}, [{"at": "state", "reject_reason": "rejected"}]),
    ({"state": {"name": "failed"}}, [{"at": "state", "reject_reason": "failed"}]),
    ({"state": {"name": "completed"}}, []),
    ({"state": "rejected"}, []),
    ({"parameters": {"reject_reason": "ours"}, "application_data": {"reject_reason": "x"}}, []),
]


@pytest.mark.parametrize(("data", "rejections"), REJECTIONS, ids=lambda value: str(value)[:50])
def test_rejections_are_found_at_every_level(
    sandbox: Sandbox, session: PokitDokSession, data: Any, rejections: list[dict[str, Any]]
) -> None:
    reply = call(sandbox, session, body={"meta": META, "data": data})
    assert reply.rejections == rejections
