"""The converter of claims (X12 837): each claim as JSON, with its diagnoses in ICD-10."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..data.icd import find_mapping
from .claim_reader import ClaimReader, Segment
from .interchange import element, parse, separators

#: The qualifiers of a diagnosis in ICD-9, and those of the same in ICD-10.
ICD9 = {"BK": "ABK", "BF": "ABF"}


def convert_claims(text: str) -> list[dict[str, Any]]:
    """Return the conversion of each claim in an interchange."""
    return [_convert_claim(text, claim) for claim in _claims(parse(text))]


def _convert_claim(text: str, claim: list[Segment]) -> dict[str, Any]:
    separator, terminator, inner = separators(text)
    mappings: list[dict[str, Any]] = []
    segments = [
        [_icd10(item, inner, mappings) for item in segment] if segment[0] == "HI" else segment
        for segment in claim
    ]
    count = [["SE", str(len(segments) + 1), element(segments[0], 2)]]
    envelope = parse(text)
    before = [s for s in envelope if s[0] in ("ISA", "GS")][:2]
    after = [s for s in envelope if s[0] in ("GE", "IEA")][-2:]
    edi = (separator.join(segment) + terminator for segment in (*before, *segments, *count, *after))
    return {
        "claims_request": ClaimReader(inner).request(segments),
        "converted_edi": "".join(edi),
        "diagnosis_mappings": mappings,
    }


def _claims(segments: list[Segment]) -> Iterator[list[Segment]]:
    """Yield the segments of each claim, with its outer loops and without their other claims."""
    around: dict[str, list[Segment]] = {}
    level = ""
    claim: list[Segment] = []
    for segment in segments:
        tag = segment[0]
        if tag in ("ST", "HL", "CLM", "SE") and claim:
            yield claim
            claim = []
        if tag == "ST":
            level, around = "", {"": []}
        elif tag == "HL":
            level = element(segment, 3)
            # From outside: 20 is the billing provider, 22 the subscriber, 23 the patient.
            around = {outer: around[outer] for outer in around if outer < level} | {level: []}
        elif tag == "CLM":
            claim = [inner for loop in around.values() for inner in loop]
        if claim:
            claim.append(segment)
        elif around and tag != "SE":
            around[level].append(segment)
    if claim:
        yield [segment for segment in claim if segment[0] not in ("GE", "IEA")]


def _icd10(item: str, inner: str, mappings: list[dict[str, Any]]) -> str:
    """Return a diagnosis in ICD-10; unchanged if it is ICD-10 already, or unknown."""
    system, _, code = item.partition(inner)
    mapping = find_mapping(code) if system in ICD9 else None
    if mapping is None:
        return item
    mappings.append(mapping)
    first = mapping["destination_scenarios"][0]["choice_lists"][0][0]["value"]
    return f"{ICD9[system]}{inner}{first}"
