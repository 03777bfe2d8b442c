"""Medical codes: procedures by code and text, and ICD-9 converted to ICD-10."""

from __future__ import annotations

from typing import Any

import pytest

from pokitdok_session import PokitDokSession
from pokitdok_session.errors import NotFound


def test_procedure_by_code_is_an_object(session: PokitDokSession) -> None:
    data = session.mpc("99213").data
    assert list(data) == ["code", "name", "description"]
    assert data["code"] == "99213"


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ({"name": "BYPASS"}, ["33510", "33511", "33533"]),
        ({"name": "bypass", "description": "graft & vein"}, ["33510", "33511"]),
        ({"description": "magnetic resonance"}, ["70551", "73721"]),
        ({"name": "trepanation"}, []),
    ],
)
def test_procedures_search_lists_matches(
    session: PokitDokSession, query: dict[str, Any], codes: list[str]
) -> None:
    assert [procedure["code"] for procedure in session.mpc(**query).data] == codes


def test_procedures_without_parameters_are_paged(session: PokitDokSession) -> None:
    first = session.mpc()
    assert (len(first.data), "next" in first.meta) == (20, True)
    assert "result_count" not in first.meta
    assert len(list(session.paginate(session.mpc))) > 20


def test_icd_convert_dotted_code_is_shown_without_dot(
    session: PokitDokSession,
) -> None:
    data = session.icd_convert("250.12").data
    source = data["source_code"]
    assert (source["system"], source["value"]) == ("icd9", "25012")
    assert data["combination"] is True
    for scenario in data["destination_scenarios"]:
        for choice_list in scenario["choice_lists"]:
            for choice in choice_list:
                assert choice.keys() == {"description", "system", "value"}
                assert choice["system"] == "icd10"
                assert "." not in choice["value"]


def test_icd_convert_choice_list_can_have_several_entries(session: PokitDokSession) -> None:
    data = session.icd_convert("272.4").data
    [[one, other]] = data["destination_scenarios"][0]["choice_lists"]
    assert one["value"] != other["value"]
    assert data["combination"] is False


def test_medical_code_unknown_is_404(session: PokitDokSession) -> None:
    for ask in (session.mpc, session.icd_convert):
        with pytest.raises(NotFound):
            ask("000.00")
