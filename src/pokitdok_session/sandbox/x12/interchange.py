"""Raw X12: its media types, the parser of requests, and the writer of responses."""

from __future__ import annotations

from typing import Any

from ..server.clock import format_datetime
from ..server.responses import ValidationError

BARE = "application/edi-x12"
IN_JSON = "application/vnd.pokitdok.v4+edi-x12-json"
SEGMENTS = "application/vnd.pokitdok.v4+full-x12-json"
# Its name in drafts of October and November 2017.
SEGMENTS_DRAFT = "application/vnd.pokitdok.v4+x12-segments-json"

# The response to each transaction. A claim is acknowledged first.
RESPONSE_TYPES = {"270": "271", "276": "277", "278": "278", "837": "999"}
GROUPS = {
    "271": ("HB", "005010X279A1"),
    "277": ("HN", "005010X212"),
    "278": ("HI", "005010X217"),
    "834": ("BE", "005010X220A1"),
    "835": ("HP", "005010X221A1"),
    "837": ("HC", "005010X222A1"),
    "999": ("FA", "005010X231A1"),
}
UNKNOWN = ("ZZ", "005010")
#: How a transaction names its payer: a review (278) names who decides about it.
PAYER_ROLES = ("PR", "X3")
REVIEW_CATEGORIES = {
    "AR": "admission_review",
    "HS": "health_services_review",
    "IN": "individual",
    "SC": "specialty_care_review",
}
CERTIFICATIONS = {
    "1": "appeal_immediate",
    "2": "appeal_standard",
    "3": "cancel",
    "4": "extension",
    "I": "initial",
    "N": "reconsideration",
    "R": "renewal",
    "S": "revised",
}
FINDINGS = {
    "271": ["EB*1*IND*30*PR*MOCK INDIVIDUAL ADVANTAGE PLAN"],
    "277": ["TRN*2*E1TWCYYMF", "STC*F1:65*20140101**150*125"],
    "278": ["HCR*A1*AUTH0001"],
}


def parse(text: str) -> list[list[str]]:
    """Return the segments of an interchange, each as a list of elements."""
    text = text.strip()
    if not text.startswith("ISA") or len(text) < 8:
        raise ValidationError({"x12": ["Not an X12 interchange."]})
    element_separator, terminator, _ = separators(text)
    segments = (segment.strip() for segment in text.split(terminator))
    return [segment.split(element_separator) for segment in segments if segment]


def separators(text: str) -> tuple[str, str, str]:
    """Return the separator of elements, the end of a segment, the separator inside elements."""
    text = text.lstrip()
    # The ISA segment has a fixed length, and the next character ends every segment.
    is_complete = len(text) > 105 and not text[105].isalnum()
    return text[3], text[105] if is_complete else "~", text[104] if is_complete else ":"


def parse_request(text: str) -> dict[str, Any]:
    """Return the JSON form of a request, with the fields that the sandbox reads."""
    body: dict[str, Any] = {"trading_partner_id": None}
    person: dict[str, Any] = {}
    provider: dict[str, Any] = {}
    codes: list[str] = []
    for segment in parse(text):
        tag, code = segment[0], element(segment, 1)
        if tag == "NM1" and code in PAYER_ROLES:
            body["trading_partner_id"] = element(segment, 9)
        elif tag == "NM1" and code in ("IL", "QC"):
            person |= parse_name(segment)
            person["id"] = person["member_id"] = element(segment, 9)
        elif tag == "NM1" and code in ("1P", "85"):
            provider = {**parse_name(segment), "npi": element(segment, 9)}
        elif tag == "DMG" and len(element(segment, 2)) == 8:
            person["birth_date"] = expand_date(element(segment, 2))
        elif tag == "CLM":
            body["claim"] = {"total_charge_amount": element(segment, 2)}
        elif tag == "HI":
            codes += [_dotted(item.partition(":")[2]) for item in segment[1:]]
        elif tag == "UM":
            body["event"] = {
                "category": REVIEW_CATEGORIES.get(code),
                "certification_type": CERTIFICATIONS.get(element(segment, 2)),
            }
        elif tag == "SE":
            # Only the first transaction is read.
            break
    for name in ("member", "subscriber", "patient"):
        body[name] = person
    for name in ("provider", "billing_provider"):
        body[name] = provider
    if codes:
        body.setdefault("claim", {})["service_lines"] = [{"diagnosis_codes": codes}]
    return body


def build_response(
    transaction: str, body: dict[str, Any], when: float, findings: list[str] | None = None
) -> str:
    """Return a short, well-formed interchange in response to a request.

    ``findings`` are the segments that say what was found; by default all is well.
    """
    kind = RESPONSE_TYPES.get(transaction, "999")
    moment = format_datetime(when)
    payer = str(body.get("trading_partner_id"))
    if kind == "999":
        group, version = GROUPS.get(transaction, UNKNOWN)
        content = [f"AK1*{group}*1*{version}", f"AK2*{transaction}*0001", "IK5*A", "AK9*A*1*1*1"]
    else:
        content = [
            f"BHT*0022*11*{moment[:10]}*{compact_date(moment)}*{moment[11:13]}{moment[14:16]}",
            "HL*1**20*1",
            f"NM1*{'X3' if kind == '278' else 'PR'}*2*MOCK PAYER INC*****PI*{payer}",
            "HL*2*1*21*1",
            _name("1P", "XX", body.get("provider") or {}, "npi"),
            "HL*3*2*22*0",
            _name("IL", "MI", body.get("member") or body.get("patient") or {}, "id"),
            *(FINDINGS[kind] if findings is None else findings),
        ]
    return build_interchange(kind, content, payer, when)


def build_interchange(kind: str, content: list[str], payer: str, when: float) -> str:
    """Return one transaction in its envelopes, from a payer to PokitDok."""
    group, version = GROUPS[kind]
    moment = format_datetime(when)
    date, hour = compact_date(moment), moment[11:13] + moment[14:16]
    parties = f"ZZ*{payer[:15]:<15}*ZZ*{'POKITDOKTEST':<15}"
    segments = [
        f"ISA*00*{'':10}*00*{'':10}*{parties}*{date[2:]}*{hour}*^*00501*000000001*0*T*:",
        f"GS*{group}*{payer}*POKITDOKTEST*{date}*{hour}*1*X*{version}",
        f"ST*{kind}*0001*{version}",
        *content,
        f"SE*{len(content) + 2}*0001",
        "GE*1*1",
        "IEA*1*000000001",
    ]
    return "".join(f"{segment}~" for segment in segments)


def split_transactions(text: str) -> list[list[list[str]]]:
    """Return the segments of each transaction, from its ST to before its SE."""
    found: list[list[list[str]]] = []
    inside = False
    for segment in parse(text):
        if segment[0] == "ST":
            found.append([])
        inside = segment[0] == "ST" or (inside and segment[0] != "SE")
        if inside:
            found[-1].append(segment)
    return found


def to_named_elements(text: str) -> list[dict[str, Any]]:
    """Return the segments with named elements (``NM109``)."""
    return [
        {
            "segment_id": tag,
            "data": {f"{tag}{number:02d}": value for number, value in enumerate(elements, 1)},
        }
        for tag, *elements in parse(text)
    ]


def element(segment: list[str], number: int) -> str:
    """Return an element, an empty string if the segment is shorter."""
    return segment[number] if number < len(segment) else ""


def compact_date(day: str) -> str:
    """Return a date as X12 writes it: eight digits."""
    return day[:10].replace("-", "")


def expand_date(digits: str) -> str:
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:8]}"


def parse_name(segment: list[str]) -> dict[str, Any]:
    if element(segment, 2) == "2":
        return {"organization_name": element(segment, 3)}
    return {"last_name": element(segment, 3), "first_name": element(segment, 4)}


def _name(role: str, qualifier: str, person: dict[str, Any], key: str) -> str:
    organization = person.get("organization_name")
    last, first = organization or person.get("last_name", ""), person.get("first_name", "")
    kind = "2" if organization else "1"
    names = f"{last}*" if organization else f"{last}*{first}"
    return f"NM1*{role}*{kind}*{names}****{qualifier}*{person.get(key, '')}"


def _dotted(code: str) -> str:
    """Add the dot of a diagnosis, which X12 does not write."""
    return f"{code[:3]}.{code[3:]}" if len(code) > 3 else code
