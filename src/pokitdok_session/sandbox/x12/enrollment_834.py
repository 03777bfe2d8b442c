"""The parser of memberships (X12 834): one enrollment request per subscriber."""

from __future__ import annotations

from typing import Any

from .interchange import element, expand_date, parse, parse_name

PURPOSES = {"00": "Original", "15": "Re-Submission", "22": "Information Copy"}
ACTIONS = {"2": "Change", "4": "Verify", "RX": "Replace"}
RELATIONSHIPS = {"01": "Spouse", "18": "Self", "19": "Child", "53": "Life_Partner"}
MAINTENANCE = {
    "001": "Change",
    "002": "Delete",
    "021": "Addition",
    "024": "Cancellation or Termination",
    "025": "Reinstatement",
    "026": "Correction",
    "030": "Audit or Compare",
    "032": "Employee Information Not Applicable",
}
GENDERS = {"F": "Female", "M": "Male"}
LINES = {"DEN": "Dental", "HLT": "Health", "PDG": "Prescription Drug", "VIS": "Vision"}
LEVELS = {
    "EMP": "Employee Only",
    "ESP": "Employee and Spouse",
    "ECH": "Employee and Children",
    "FAM": "Family",
    "IND": "Individual",
}
NUMBERS = {"0F": "subscriber_number", "1L": "group_or_policy_number"}
PARTIES = {"P5": "sponsor", "IN": "payer", "BO": "broker", "TV": "tpa"}
MEMBER_DATES = {
    "303": "maintenance_effective_date",
    "336": "hire_date",
    "356": "eligibility_begin_date",
    "357": "eligibility_end_date",
}
BENEFIT_DATES = {"348": "begin_date", "349": "end_date"}


def parse_members(text: str, payer: dict[str, Any]) -> list[dict[str, Any]]:
    """Return an enrollment request per subscriber, with the dependents inside."""
    common: dict[str, Any] = {
        "trading_partner_id": payer["id"],
        "action": "Verify",
        "purpose": "Original",
        "payer": {"name": payer["name"]},
        "sponsor": {},
    }
    found: list[dict[str, Any]] = []
    # Segments before the first INS are about no member.
    member: dict[str, Any] = {}
    names_member = False
    for segment in parse(text):
        tag = segment[0]
        if tag == "BGN":
            common["purpose"] = PURPOSES.get(element(segment, 1), "Original")
            common["action"] = ACTIONS.get(element(segment, 8), "Verify")
        elif tag == "N1" and element(segment, 1) in PARTIES:
            common[PARTIES[element(segment, 1)]] = _organization(segment)
        elif tag == "INS":
            member = _insured(segment)
            if element(segment, 1) == "Y" or not found:
                found.append({**common, "subscriber": member, "dependents": []})
            else:
                found[-1]["dependents"].append(member)
        elif tag == "NM1":
            # An NM1 can also name the employer or the custodian.
            names_member = element(segment, 1) in ("IL", "74")
        if tag in ("NM1", "N3", "N4", "DMG") and names_member:
            _describe(member, segment)
        elif tag in ("REF", "DTP", "HD"):
            _add(member, segment)
    return found


def _insured(segment: list[str]) -> dict[str, Any]:
    kind = MAINTENANCE.get(element(segment, 3), "Change")
    return {
        "relationship": RELATIONSHIPS.get(element(segment, 2), "Other_Relationship"),
        "maintenance_type": kind,
        "benefits": [],
    }


def _organization(segment: list[str]) -> dict[str, Any]:
    number = {"tax_id": element(segment, 4)} if element(segment, 3) == "FI" else {}
    return {"name": element(segment, 2), **number}


def _describe(member: dict[str, Any], segment: list[str]) -> None:
    tag = segment[0]
    if tag == "NM1":
        member.update(parse_name(segment))
        if element(segment, 8) == "34":
            member["ssn"] = element(segment, 9)
    elif tag == "DMG":
        member["birth_date"] = expand_date(element(segment, 2))
        member["gender"] = GENDERS.get(element(segment, 3), "Unknown")
    else:
        names = ("line", "line2") if tag == "N3" else ("city", "state", "postal_code")
        member.setdefault("address", {}).update(zip(names, segment[1:], strict=False))


def _add(member: dict[str, Any], segment: list[str]) -> None:
    tag, kind = segment[0], element(segment, 1)
    benefits: list[dict[str, Any]] = member.setdefault("benefits", [])
    if tag == "HD":
        benefit = {
            "maintenance_type": MAINTENANCE.get(kind, "Change"),
            "benefit_type": LINES.get(element(segment, 3), element(segment, 3)),
            "coverage_level": LEVELS.get(element(segment, 5)),
            "description": element(segment, 4),
        }
        benefits.append({name: value for name, value in benefit.items() if value})
    elif tag == "DTP":
        if kind in MEMBER_DATES:
            member[MEMBER_DATES[kind]] = expand_date(element(segment, 3))
        elif kind in BENEFIT_DATES and benefits:
            benefits[-1][BENEFIT_DATES[kind]] = expand_date(element(segment, 3))
    elif kind in NUMBERS:
        member[NUMBERS[kind]] = element(segment, 2)
