"""Identity proof: valid persons, questions, the two time limits, and the report."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from pokitdok_session import PokitDokSession
from pokitdok_session.errors import Forbidden, ValidationError
from pokitdok_session.sandbox import Sandbox

RIGHT, WRONG = 1, 4
MINUTE, HOUR = 60, 3600


@pytest.fixture
def person() -> dict[str, Any]:
    return {
        "first_name": "Zephyrine",
        "last_name": "Quillfeather",
        "birth_date": {"year": 1970, "month": 1, "day": 25},
        "ssn": "000-00-1234",
        "email": "z@example.com",
        "address": {"street1": "1 Example Way", "city": "Charleston", "postal_code": "29401"},
        "phone_number": "5550100",
    }


def child(sandbox: Sandbox, person: dict[str, Any]) -> dict[str, Any]:
    year = datetime.fromtimestamp(sandbox.clock.now(), timezone.utc).year
    return {**person, "birth_date": {**person["birth_date"], "year": year - 9}}


def score(
    session: PokitDokSession, begun: dict[str, Any], question: dict[str, Any], answer: object
) -> dict[str, Any]:
    return session.answer_proof_question(  # type: ignore[no-any-return]
        {
            "questionnaire_id": begun["questionnaire_id"],
            "question_id": question["id"],
            "answer": answer,
        }
    ).data


def finish(
    session: PokitDokSession, person: dict[str, Any], *answers: int
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Answer every question, and return the first and the last response."""
    begun = session.create_proof_questionnaire(person).data
    question = begun["question"]
    for answer in answers:
        scored = score(session, begun, question, answer)
        question = scored.get("question")
    assert question is None
    return begun, scored


def test_questions_adult_gets_question_with_choices(
    session: PokitDokSession, person: dict[str, Any]
) -> None:
    begun = session.create_proof_questionnaire(person).data
    assert (begun["is_valid"], begun["is_verifiable"]) == (True, True)
    assert set(begun["question"]) == {"id", "text", "answers"}
    assert [set(choice) for choice in begun["question"]["answers"]] == [{"id", "answer"}] * 4


def test_questions_child_is_valid_but_not_verifiable(
    sandbox: Sandbox, session: PokitDokSession, person: dict[str, Any]
) -> None:
    verdict = {"is_valid": True, "is_verifiable": False}
    assert session.validate_identity(child(sandbox, person)).data == verdict
    assert session.create_proof_questionnaire(child(sandbox, person)).data == verdict
    # Not locked, because no question was asked.
    assert session.create_proof_questionnaire(child(sandbox, person)).data == verdict


def test_questions_number_0000_is_not_valid(
    session: PokitDokSession, person: dict[str, Any]
) -> None:
    nobody = {**person, "ssn": "0000"}
    verdict = {"is_valid": False, "is_verifiable": False}
    assert session.validate_identity(nobody).data == verdict
    assert session.create_proof_questionnaire(nobody).data == verdict


def test_valid_asks_nothing_and_locks_nothing(
    session: PokitDokSession, person: dict[str, Any]
) -> None:
    for _ in range(2):
        verdict = session.validate_identity(person).data
        assert verdict == {"is_valid": True, "is_verifiable": True}
    assert "question" in session.create_proof_questionnaire(person).data


@pytest.mark.parametrize(
    "birth", [{"year": "1970", "month": "1", "day": "25"}, {"year": 1970, "month": 1, "day": 25}]
)
def test_person_birth_date_can_be_strings_and_license_is_enough(
    session: PokitDokSession, person: dict[str, Any], birth: dict[str, Any]
) -> None:
    del person["ssn"]
    person |= {"birth_date": birth, "drivers_license_number": "D0000001"}
    assert session.validate_identity(person).data["is_verifiable"] is True


def test_score_right_answers_are_success(session: PokitDokSession, person: dict[str, Any]) -> None:
    _, scored = finish(session, person, RIGHT, RIGHT, RIGHT)
    assert scored == {"status": "SUCCESS", "customer_notified": True}


def test_score_wrong_answer_is_failure_at_the_end(
    sandbox: Sandbox, session: PokitDokSession, person: dict[str, Any]
) -> None:
    del person["email"]
    begun = session.create_proof_questionnaire(person).data
    scored = score(session, begun, begun["question"], WRONG)
    assert scored["status"] == "PENDING"
    assert set(scored["question"]) == {"id", "text", "answers"}
    scored = score(session, begun, scored["question"], RIGHT)
    scored = score(session, begun, scored["question"], str(RIGHT))
    assert (scored["status"], scored["customer_notified"]) == ("FAILURE", False)
    next_attempt = datetime.fromisoformat(scored["next_attempt"]).replace(tzinfo=timezone.utc)
    assert next_attempt.timestamp() == pytest.approx(sandbox.clock.now() + 12 * HOUR, abs=5)


def test_lock_lasts_twelve_hours_after_questions(
    sandbox: Sandbox, session: PokitDokSession, person: dict[str, Any]
) -> None:
    session.create_proof_questionnaire(person)
    sandbox.clock.advance(12 * HOUR - MINUTE)
    with pytest.raises(Forbidden) as caught:
        session.create_proof_questionnaire({**person, "first_name": "ZEPHYRINE", "ssn": "1234"})
    assert caught.value.response is not None
    assert caught.value.response.status_code == 403
    assert "meta" in caught.value.response.json()
    assert "question" in session.create_proof_questionnaire({**person, "ssn": "4321"}).data
    sandbox.clock.advance(MINUTE)
    assert "question" in session.create_proof_questionnaire(person).data


def test_lock_stays_after_success(session: PokitDokSession, person: dict[str, Any]) -> None:
    finish(session, person, RIGHT, RIGHT, RIGHT)
    with pytest.raises(Forbidden):
        session.create_proof_questionnaire(person)


def test_questionnaire_expires_after_25_minutes(
    sandbox: Sandbox, session: PokitDokSession, person: dict[str, Any]
) -> None:
    begun = session.create_proof_questionnaire(person).data
    sandbox.clock.advance(24 * MINUTE)
    question = score(session, begun, begun["question"], RIGHT)["question"]
    sandbox.clock.advance(MINUTE)
    with pytest.raises(ValidationError) as caught:
        score(session, begun, question, RIGHT)
    assert list(caught.value.errors) == ["questionnaire_id"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"first_name": None}, "first_name"),
        ({"last_name": ""}, "last_name"),
        ({"birth_date": None}, "birth_date"),
        ({"birth_date": {"year": 1970, "month": 1}}, "birth_date.day"),
        ({"birth_date": {"year": 1970, "month": 2, "day": 30}}, "birth_date"),
        ({"birth_date": {"year": "?", "month": 2, "day": 3}}, "birth_date"),
        ({"ssn": None}, "ssn"),
        ({"address": "1 Example Way"}, "address"),
        ({"shoe_size": 7}, "shoe_size"),
    ],
)
def test_person_invalid_field_is_400(
    session: PokitDokSession, person: dict[str, Any], change: dict[str, Any], field: str
) -> None:
    for ask in (session.validate_identity, session.create_proof_questionnaire):
        with pytest.raises(ValidationError) as caught:
            ask({**person, **change})
        assert list(caught.value.errors) == [field]
        assert caught.value.response is not None
        assert caught.value.response.status_code == 400


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"answer": None}, "answer"),
        ({"answer": 5}, "answer"),
        ({"answer": "Example Way"}, "answer"),
        ({"question_id": "another"}, "question_id"),
        ({"questionnaire_id": "unknown"}, "questionnaire_id"),
    ],
)
def test_score_answer_to_wrong_question_is_refused(
    session: PokitDokSession, person: dict[str, Any], change: dict[str, Any], field: str
) -> None:
    begun = session.create_proof_questionnaire(person).data
    body = {
        "questionnaire_id": begun["questionnaire_id"],
        "question_id": begun["question"]["id"],
        "answer": RIGHT,
    }
    with pytest.raises(ValidationError) as caught:
        session.answer_proof_question({**body, **change})
    assert list(caught.value.errors) == [field]
    assert caught.value.response is not None
    assert caught.value.response.status_code == 400
    assert session.answer_proof_question(body).data["status"] == "PENDING"
    with pytest.raises(ValidationError):
        session.answer_proof_question(body)


def test_score_finished_questionnaire_is_refused(
    session: PokitDokSession, person: dict[str, Any]
) -> None:
    begun, _ = finish(session, person, RIGHT, WRONG, RIGHT)
    with pytest.raises(ValidationError) as caught:
        score(session, begun, begun["question"], RIGHT)
    assert list(caught.value.errors) == ["questionnaire_id"]


def test_report_has_result_of_each_questionnaire(
    sandbox: Sandbox, session: PokitDokSession, person: dict[str, Any]
) -> None:
    begun, _ = finish(session, person, RIGHT, RIGHT, RIGHT)
    with pytest.raises(Forbidden) as locked:
        session.create_proof_questionnaire(person)
    other = session.create_proof_questionnaire({**person, "ssn": "4321"})
    session.create_proof_questionnaire(child(sandbox, person))
    done, unfinished, unasked = session.identity_proof_report().data
    assert done["questionnaire_id"] == begun["questionnaire_id"]
    assert done["verification_result"] == "SUCCESS"
    assert done["end_dt"] > done["start_dt"]
    assert (done["is_valid"], done["is_verifiable"], done["n_questions"]) == (True, True, 3)
    assert done["id_fields"] == sorted(person)
    assert [call["status_code"] for call in done["activities"]] == [200, 200, 200, 200, 403]
    assert done["activities"][-1]["activity_id"] == locked.value.activity_id
    assert {"end_dt", "verification_result"}.isdisjoint(unfinished)
    assert unfinished["activities"][0]["activity_id"] == other.activity_id
    assert (unasked["is_verifiable"], unasked["n_questions"]) == (False, 0)


def test_report_covers_last_day_or_named_days(
    sandbox: Sandbox, session: PokitDokSession, person: dict[str, Any]
) -> None:
    def count(**query: Any) -> int:
        return len(session.identity_proof_report(**query).data)

    begun = session.create_proof_questionnaire(person)
    at = datetime.fromtimestamp(sandbox.clock.now(), timezone.utc)
    day = timedelta(days=1)
    assert count() == 1
    sandbox.clock.advance(25 * HOUR)
    assert count() == 0
    assert count(start_dt=at - day) == 1
    assert count(start_dt=at.date(), end_dt=at.date()) == 1
    assert count(start_dt=at + day) == 0
    assert count(end_dt=at + timedelta(minutes=1)) == 1
    assert count(end_dt=at - timedelta(minutes=1)) == 0
    # The ids override dates.
    questionnaire_id = begun.data["questionnaire_id"]
    assert count(questionnaire_id=questionnaire_id) == 1
    assert count(activity_id=begun.activity_id, start_dt=at + day) == 1
    assert count(questionnaire_id=questionnaire_id, activity_id="another") == 0


@pytest.mark.parametrize("moment", ["yesterday", "2030-13-01"])
def test_report_invalid_date_is_refused(session: PokitDokSession, moment: str) -> None:
    for name in ("start_dt", "end_dt"):
        with pytest.raises(ValidationError) as caught:
            session.identity_proof_report(**{name: moment})
        assert list(caught.value.errors) == [name]


def test_report_as_csv_has_a_header(session: PokitDokSession, person: dict[str, Any]) -> None:
    begun = session.create_proof_questionnaire(person)
    text = session.identity_proof_report(csv=True).data
    [row] = csv.DictReader(text.splitlines())
    assert list(row) == text.splitlines()[0].split(",")
    assert "activities" not in row
    assert row["generate_activity_id"] == begun.activity_id
    assert row["generate_status"] == "200"
    assert row["id_fields"] == ",".join(sorted(person))
    assert row["end_dt"] == row["verification_result"] == ""
