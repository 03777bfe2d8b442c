"""Medical codes: search for procedures, and conversion of diagnoses to ICD-10."""

from __future__ import annotations

from typing import Any

from ..data.icd import find_mapping
from ..server.call import Call, Page
from ..server.responses import NotFound
from ..server.routing import Family

api = Family("mpc")

# Code, name, description. The wording is the sandbox's.
PROCEDURES = {
    code: {"code": code, "name": name, "description": description}
    for code, name, description in (
        ("10060", "Drain skin abscess", "Incision and drainage of one simple abscess of the skin"),
        ("11200", "Remove skin tags", "Removal of up to fifteen skin tags, any area"),
        ("12001", "Repair wound", "Simple repair of a superficial wound, 2.5 cm or less"),
        ("27130", "Total hip replacement", "Replacement of both sides of the hip joint"),
        ("27447", "Total knee replacement", "Replacement of both sides of the knee joint"),
        ("29881", "Knee arthroscopy", "Arthroscopy of the knee with removal of one meniscus"),
        ("33510", "Vein bypass, one", "Coronary artery bypass with graft & vein, one graft"),
        ("33511", "Vein bypass, two", "Coronary artery bypass with graft & vein, two grafts"),
        ("33533", "Arterial bypass, one", "Coronary artery bypass with one arterial graft"),
        ("43239", "Upper endoscopy, biopsy", "Endoscopy of the upper tract with a biopsy"),
        ("45378", "Colonoscopy", "Diagnostic colonoscopy, with or without specimens"),
        ("47562", "Gallbladder removal", "Removal of the gallbladder by laparoscopy"),
        ("59400", "Obstetric care", "Care before, during and after a vaginal delivery"),
        ("66984", "Cataract surgery", "Removal of a cataract with insertion of a lens"),
        ("70551", "MRI of the brain", "Magnetic resonance imaging of the brain, no contrast"),
        ("71046", "Chest x-ray", "Radiologic examination of the chest, two views"),
        ("73721", "MRI of a joint", "Magnetic resonance imaging of a leg joint, no contrast"),
        ("80053", "Metabolic panel", "Comprehensive metabolic panel of fourteen tests"),
        ("80061", "Lipid panel", "Cholesterol, lipoprotein and triglycerides"),
        ("83036", "Hemoglobin A1c", "Glycosylated hemoglobin, as followed in diabetes"),
        ("85025", "Blood count", "Complete blood count with automated differential"),
        ("93000", "Electrocardiogram", "Electrocardiogram of twelve leads with interpretation"),
        ("97110", "Therapeutic exercise", "Exercises for strength and motion, fifteen minutes"),
        ("99203", "Office visit, new", "Visit of a new patient in the office, low complexity"),
        ("99213", "Office visit", "Visit of an established patient, low complexity"),
        ("99385", "Preventive visit, new", "Preventive visit of a new patient aged 18 to 39"),
    )
}


@api.get("/mpc/")
def procedures(call: Call) -> Page:
    """List the procedures whose name and description contain the parameters, in any case."""
    wanted = [(name, call.query.get(name, "").casefold()) for name in ("name", "description")]
    return Page(
        [
            procedure
            for procedure in PROCEDURES.values()
            if all(text in procedure[name].casefold() for name, text in wanted)
        ]
    )


@api.get("/mpc/{code}")
def procedure(call: Call) -> Any:
    return call.find("code", "code", PROCEDURES)


@api.get("/icd/convert/{code}", name="icd_convert")
def convert(call: Call) -> Any:
    mapping = find_mapping(call.params["code"])
    if mapping is None:
        raise NotFound("code")
    return mapping
