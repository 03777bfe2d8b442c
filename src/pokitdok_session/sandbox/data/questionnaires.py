"""The questionnaires of the identity proof: questions, time limits, results."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timezone
from typing import Any
from uuid import uuid4

from ..server.clock import format_datetime

ANSWER_TIMEOUT = 25 * 60.0
LOCK_TIME = 12 * 3600.0

# Questions and answers are invented.
QUESTIONS = (
    (
        "On which of these streets have you lived?",
        ("Example Way", "Thistle Court", "Quill Lane", "None of these"),
    ),
    (
        "Which of these companies lent you money for a car?",
        ("Sample Savings", "Model Motors Credit", "Pattern Bank", "None of these"),
    ),
    (
        "In which of these counties is a house that you owned?",
        ("Specimen County", "Mockingbird County", "Template County", "None of these"),
    ),
)
RIGHT_ANSWER = "1"
COLUMNS: tuple[str, ...] = (
    "start_dt",
    "end_dt",
    "questionnaire_id",
    "verification_result",
    "generate_activity_id",
    "generate_status",
    "id_fields",
    "is_valid",
    "is_verifiable",
    "n_questions",
)


@dataclass(frozen=True)
class Person:
    """The person of a request, with the fields that were sent."""

    fields: dict[str, Any]

    @property
    def birth(self) -> date:
        # Numbers in the documentation's samples, strings in its table.
        birth = self.fields["birth_date"]
        return date(int(birth["year"]), int(birth["month"]), int(birth["day"]))

    @property
    def number(self) -> str:
        """The last four digits of the social security number, or the driver's license."""
        digits = "".join(filter(str.isdigit, str(self.fields.get("ssn") or "")))
        return digits[-4:] or str(self.fields.get("drivers_license_number"))

    def is_same_as(self, other: Person) -> bool:
        return self._key == other._key

    @property
    def _key(self) -> tuple[object, ...]:
        names = [str(self.fields[name]).casefold() for name in ("first_name", "last_name")]
        return (*names, self.birth, self.number)

    def verdict(self, when: float) -> dict[str, bool]:
        today, birth = datetime.fromtimestamp(when, timezone.utc).date(), self.birth
        age = today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))
        is_valid = age >= 0 and self.number != "0000"
        return {"is_valid": is_valid, "is_verifiable": is_valid and age >= 18}


@dataclass
class Questionnaire:
    """The person, the questions so far, and the calls about them."""

    person: Person
    is_valid: bool
    is_verifiable: bool
    began: float
    id: str = field(default_factory=lambda: str(uuid4()))
    ended: float | None = None
    asked: list[str] = field(default_factory=list)
    mistakes: int = 0
    result: str | None = None
    activities: list[dict[str, Any]] = field(default_factory=list)

    @property
    def unlocked(self) -> float:
        return self.began + LOCK_TIME

    def locks(self, person: Person, when: float) -> bool:
        return self.is_verifiable and when < self.unlocked and self.person.is_same_as(person)

    def note(self, activity_id: str, when: float, status: int) -> None:
        """Add a call about this questionnaire and the status of its response."""
        self.activities.append(
            {"activity_id": activity_id, "timestamp": format_datetime(when), "status_code": status}
        )

    def ask(self) -> dict[str, Any]:
        """Return the next question, with a new id."""
        text, choices = QUESTIONS[len(self.asked)]
        self.asked.append(str(uuid4()))
        answers = [{"id": number, "answer": answer} for number, answer in enumerate(choices, 1)]
        return {"id": self.asked[-1], "text": text, "answers": answers}

    def errors(self, body: dict[str, Any], when: float) -> dict[str, Any]:
        """Return why an answer is not accepted, by field; empty if it is accepted."""
        if self.ended is not None:
            return {"questionnaire_id": ["It is finished."]}
        if when >= self.began + ANSWER_TIMEOUT:
            return {"questionnaire_id": ["It has expired."]}
        if body["question_id"] != self.asked[-1]:
            return {"question_id": ["It is not the question that was asked."]}
        _, choices = QUESTIONS[len(self.asked) - 1]
        if str(body["answer"]) not in map(str, range(1, len(choices) + 1)):
            return {"answer": ["Must be the id of one of the choices."]}
        return {}

    def answer(self, answer: Any, when: float) -> dict[str, Any] | None:
        """Count an answer and return the next question; None after the last.

        One mistake is a failure. The documentation does not say how many were allowed.
        """
        self.mistakes += str(answer) != RIGHT_ANSWER
        if len(self.asked) < len(QUESTIONS):
            return self.ask()
        self.ended = when
        self.result = "FAILURE" if self.mistakes else "SUCCESS"
        return None

    def to_json(self) -> dict[str, Any]:
        """Return an item of the report."""
        item: dict[str, Any] = {
            "start_dt": format_datetime(self.began),
            "end_dt": None if self.ended is None else format_datetime(self.ended),
            "questionnaire_id": self.id,
            "verification_result": self.result,
            "activities": list(self.activities),
            "id_fields": sorted(self.person.fields),
            "is_valid": self.is_valid,
            "is_verifiable": self.is_verifiable,
            "n_questions": len(self.asked),
        }
        return {name: value for name, value in item.items() if value is not None}


def as_csv(questionnaires: Iterable[Questionnaire]) -> str:
    """Return the report with a header line."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for questionnaire in questionnaires:
        first_call = questionnaire.activities[0]
        writer.writerow(
            {
                **questionnaire.to_json(),
                "generate_activity_id": first_call["activity_id"],
                "generate_status": first_call["status_code"],
                "id_fields": ",".join(sorted(questionnaire.person.fields)),
            }
        )
    return text.getvalue()
