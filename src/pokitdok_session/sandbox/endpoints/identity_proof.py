"""Identity proof: questions that only the right person can answer.

Who is whom, in this sandbox: a number that ends in 0000 was never issued, so there is no such
person; those under 18 are real but have no past to ask about; of all others three questions are
asked, and the right answer to each is the choice with the id 1.
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

api = Family("identity_proof")

NOTHING, DAY = timedelta(0), timedelta(days=1)

PERSON = Schema(
    required=("first_name", "last_name", "birth_date"),
    optional=(
        "middle_name",
        "ssn",
        "drivers_license_number",
        "email",
        "ip_address",
        # The table names the one, the samples the other.
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
            # The schema of this refusal was never shown.
            raise Refusal(
                {"identity": f"Locked until {format_datetime(earlier.unlocked)}"}, status=403
            )
    verdict = person.verdict(call.now)
    made = Questionnaire(person, verdict["is_valid"], verdict["is_verifiable"], call.now)
    made.note(call.activity.id, call.now, 200)
    call.store()[made.id] = made
    if not made.is_verifiable:
        made.ended = call.now
        return verdict
    # The sample lacked the id, without which no answer can be given.
    return {**verdict, "questionnaire_id": made.id, "question": made.ask()}


@api.post("/identity/proof/questions/score/")
def answer(call: Call) -> Any:
    body = _validate(call, ANSWER)
    found: Questionnaire | None = call.store().get(str(body["questionnaire_id"]))
    if found is None:
        raise ValidationError({"questionnaire_id": ["There is no such questionnaire."]}, status=400)
    validation_error = found.validation_error(body, call.now)
    found.note(call.activity.id, call.now, 400 if validation_error else 200)
    if validation_error is not None:
        raise ValidationError(validation_error, status=400)
    question = found.take(body["answer"], call.now)
    if question is not None:
        return {"status": "PENDING", "question": question}
    told = {"status": found.result, "customer_notified": "email" in found.person.fields}
    return {**told, "next_attempt": format_datetime(found.unlocked)} if found.mistakes else told


@api.get("/identity/proof/report")
def report(call: Call) -> Any:
    is_wanted = _wanted(call)
    found = [one for one in call.store().values() if is_wanted(one)]
    if call.query.get("csv", "").lower() == "true":
        return as_csv(found)
    return Page([one.to_json() for one in found])


def _person(call: Call) -> Person:
    fields = _validate(call, PERSON)
    person = Person({name: value for name, value in fields.items() if value not in (None, "")})
    wrong = {}
    if not {"ssn", "drivers_license_number"} & set(person.fields):
        wrong["ssn"] = [REQUIRED]
    try:
        _ = person.birth
    except (TypeError, ValueError, OverflowError):
        wrong["birth_date"] = ["Must be a date."]
    if wrong:
        raise ValidationError(wrong, status=400)
    return person


def _validate(call: Call, schema: Schema) -> dict[str, Any]:
    """The body; unlike everywhere else, a bad one is 400 here."""
    try:
        return call.validate(schema)
    except ValidationError as refusal:
        refusal.status = 400
        raise


def _wanted(call: Call) -> Callable[[Questionnaire], bool]:
    """What the report is asked for: ids, which override dates, or the last 24 hours."""
    ids = {call.query.get(name) for name in ("questionnaire_id", "activity_id")} - {None, ""}
    start, given_end = _moment(call, "start_dt"), _moment(call, "end_dt")
    end = given_end or datetime.fromtimestamp(call.now, timezone.utc)

    def is_wanted(one: Questionnaire) -> bool:
        if ids:
            return ids <= {one.id, *(noted["activity_id"] for noted in one.activities)}
        began = datetime.fromtimestamp(one.began, timezone.utc)
        return NOTHING <= end - began <= DAY if start is None else start <= began <= end

    return is_wanted


def _moment(call: Call, name: str) -> datetime | None:
    """A date or datetime of the query, in UTC; a last day counts as a whole."""
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
