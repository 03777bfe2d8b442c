"""Diagnoses in ICD-9 and their conversion to ICD-10, for both converters of the API."""

from __future__ import annotations

from typing import Any

# By ICD-9 code without the dot: the description, and lists of ICD-10 codes. A scenario takes one
# code of each list; with two lists it is a combination.
CONVERSIONS: dict[str, tuple[str, list[list[tuple[str, str]]]]] = {
    "25000": (
        "Diabetes mellitus without mention of complication, type II or unspecified type",
        [[("E119", "Type 2 diabetes mellitus without complications")]],
    ),
    "25012": (
        "Diabetes with ketoacidosis, type II or unspecified type, uncontrolled",
        [
            [("E1169", "Type 2 diabetes mellitus with other specified complication")],
            [("E1165", "Type 2 diabetes mellitus with hyperglycemia")],
        ],
    ),
    "2724": (
        "Other and unspecified hyperlipidemia",
        [[("E784", "Other hyperlipidemia"), ("E785", "Hyperlipidemia, unspecified")]],
    ),
    "4019": ("Unspecified essential hypertension", [[("I10", "Essential hypertension")]]),
    "4779": (
        "Allergic rhinitis, cause unspecified",
        [[("J309", "Allergic rhinitis, unspecified")]],
    ),
    "4871": (
        "Influenza with other respiratory manifestations",
        [[("J111", "Influenza due to unidentified influenza virus, other manifestations")]],
    ),
    "49390": (
        "Asthma, unspecified type, unspecified",
        [[("J45909", "Unspecified asthma, uncomplicated"), ("J45998", "Other asthma")]],
    ),
    "53081": (
        "Esophageal reflux",
        [[("K219", "Gastro-esophageal reflux disease without esophagitis")]],
    ),
    "5990": (
        "Urinary tract infection, site not specified",
        [[("N390", "Urinary tract infection, site not specified")]],
    ),
    "7245": (
        "Backache, unspecified",
        [[("M5489", "Other dorsalgia"), ("M549", "Dorsalgia, unspecified")]],
    ),
    "7840": ("Headache", [[("R51", "Headache")]]),
    "78650": ("Chest pain, unspecified", [[("R079", "Chest pain, unspecified")]]),
    "V202": (
        "Routine infant or child health check",
        [
            [
                ("Z00121", "Routine child health examination with abnormal findings"),
                ("Z00129", "Routine child health examination without abnormal findings"),
            ]
        ],
    ),
}


def remove_dot(code: str) -> str:
    return code.replace(".", "").upper()


def find_mapping(code: str) -> dict[str, Any] | None:
    """Return the conversion of an ICD-9 code, with or without a dot; None if it is unknown."""
    value = remove_dot(code)
    if value not in CONVERSIONS:
        return None
    description, lists = CONVERSIONS[value]
    choices = [
        [{"description": text, "system": "icd10", "value": new} for new, text in choice_list]
        for choice_list in lists
    ]
    return {
        "source_code": {"description": description, "system": "icd9", "value": value},
        "approximate": True,
        "combination": len(lists) > 1,
        "destination_scenarios": [{"choice_lists": choices}],
    }
