"""A city nobody here designed for: its requests find its departments by data alone."""

from collections import Counter
from pathlib import Path

import pytest

from tests.unit.outside import boston_requests, needs_boston
from tests.unit.router.test_routing import accepted
from wangge_contracts.v1 import ClassRef, IncidentPlace
from wangge_local.bundle import load
from wangge_router.directory import Directory
from wangge_router.routing import route

pytestmark = needs_boston

BOSTON = Path(__file__).parents[3] / "deploy" / "config" / "boston311"


def test_the_rulebook_finds_the_department_as_often_as_a_table_of_types_can() -> None:
    bundle = load(BOSTON)
    sorting = Directory.of(bundle.version, bundle.parts).sorting
    decided = Counter((request["type"], request["department"]) for request in boston_requests())
    names = {"HS_O": "hs-o", "HS_Y": "hs-y", "GEN_": "gen", "CHT_": "cht"}

    right = 0
    for (kind, department), requests in decided.items():
        class_ref = ClassRef(scheme="boston311", version="2015", code=kind)
        incident = accepted(class_ref=class_ref, place=IncidentPlace(unknown=True))
        holder = route(incident, sorting).assignments[0].holder
        right += requests * (holder == f"department:{names.get(department, department.lower())}")

    assert right / decided.total() == pytest.approx(0.9277, abs=0.0005)
