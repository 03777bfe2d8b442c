"""Identity proof: questions that only the right person can answer.

In this sandbox:

- a person whose number ends in 0000 does not exist (``is_valid`` is false);
- a person under 18 is valid but cannot be verified;
- everybody else gets three questions, and the right answer is always the choice with id 1.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

from ..data.questionnaires import Person, Questionnaire, as_csv
from ..server.call import Call, Page
from ..server.clock import format_datetime
from ..server.responses import Refusal, ValidationError
from ..server.routing import Family
from ..server.schema import REQUIRED, Schema

api = Family("identity_proof", invented="the questions, the right answers, the refusal of a lock")

ZERO, DAY = timedelta(0), timedelta(days=1)

PERSON = Schema(
    required=("first_name", "last_name", "birth_date"),
    optional=(
        "middle_name",
        "ssn",
        "drivers_license_number",
        "email",
        "ip_address",
        # The documentation's table has one name, its samples the other.
        "phone_number",
        "phone",
    ),
    objects={"birth_date": Schema(required=("year", "month", "day")), "address": Schema()},
)
ANSWER = Schema(required=("questionnaire_id", "question_id", "answer"), optional=())


@api.post("/identity/proof/valid/")
def validate(call: Call) -> Any:
    return _person(call).verdict(call.now)


@api.post("/identity/proof/questions/generate/")
def generate(call: Call) -> Any:
    person = _person(call)
    for earlier in call.store().values():
        if earlier.locks(person, call.now):
            earlier.note(call.activity.id, call.now, 403)
            raise Refusal(
                {"identity": f"Locked until {format_datetime(earlier.unlocked)}"}, status=403
            )
    verdict = person.verdict(call.now)
    questionnaire = Questionnaire(person, verdict["is_valid"], verdict["is_verifiable"], call.now)
    questionnaire.note(call.activity.id, call.now, 200)
    call.store()[questionnaire.id] = questionnaire
    if not questionnaire.is_verifiable:
        questionnaire.ended = call.now
        return verdict
    # The documented sample had no id, but an answer must name it.
    return {**verdict, "questionnaire_id": questionnaire.id, "question": questionnaire.ask()}


@api.post("/identity/proof/questions/score/")
def answer(call: Call) -> Any:
    body = _validate(call, ANSWER)
    found: Questionnaire | None = call.store().get(str(body["questionnaire_id"]))
    if found is None:
        raise ValidationError({"questionnaire_id": ["There is no such questionnaire."]}, status=400)
    errors = found.errors(body, call.now)
    found.note(call.activity.id, call.now, 400 if errors else 200)
    if errors:
        raise ValidationError(errors, status=400)
    question = found.answer(body["answer"], call.now)
    if question is not None:
        return {"status": "PENDING", "question": question}
    result = {"status": found.result, "customer_notified": "email" in found.person.fields}
    if found.mistakes:
        result["next_attempt"] = format_datetime(found.unlocked)
    return result


@api.get("/identity/proof/report")
def report(call: Call) -> Any:
    matches = _report_filter(call)
    found = [each for each in call.store().values() if matches(each)]
    if call.query.get("csv", "").lower() == "true":
        return as_csv(found)
    return Page([each.to_json() for each in found])


def _person(call: Call) -> Person:
    fields = _validate(call, PERSON)
    person = Person({name: value for name, value in fields.items() if value not in (None, "")})
    errors = {}
    if not {"ssn", "drivers_license_number"} & set(person.fields):
        errors["ssn"] = [REQUIRED]
    try:
        _ = person.birth
    except (TypeError, ValueError, OverflowError):
        errors["birth_date"] = ["Must be a date."]
    if errors:
        raise ValidationError(errors, status=400)
    return person


def _validate(call: Call, schema: Schema) -> dict[str, Any]:
    """Return the body; only in this family an invalid one is a 400."""
    try:
        return call.validate(schema)
    except ValidationError as refusal:
        refusal.status = 400
        raise


def _report_filter(call: Call) -> Callable[[Questionnaire], bool]:
    """Return what selects a questionnaire: ids if there are some, otherwise dates.

    Without dates it is the last 24 hours.
    """
    ids = {call.query.get(name) for name in ("questionnaire_id", "activity_id")} - {None, ""}
    start, last = _moment(call, "start_dt"), _moment(call, "end_dt")
    end = last or datetime.fromtimestamp(call.now, timezone.utc)

    def matches(each: Questionnaire) -> bool:
        if ids:
            return ids <= {each.id, *(entry["activity_id"] for entry in each.activities)}
        began = datetime.fromtimestamp(each.began, timezone.utc)
        return ZERO <= end - began <= DAY if start is None else start <= began <= end

    return matches


def _moment(call: Call, name: str) -> datetime | None:
    """Return a date or datetime of the query, in UTC; ``end_dt`` includes its day."""
    text = call.query.get(name)
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
        if len(text) == len("2030-01-02") and name == "end_dt":
            moment += DAY
    except (ValueError, OverflowError):
        raise ValidationError({name: ["Must be a date or a datetime."]}, status=400) from None
    return moment.replace(tzinfo=moment.tzinfo or timezone.utc)
