"""What a decision costs that says why: 600 rules, and reports that only the last of twenty takes."""

import time
from datetime import UTC, datetime
from typing import Any

from tests.bench.figures import Say, median_of
from tests.unit.router.scenes import accepted
from wangge_contracts.v1 import Area, ClassRef, IncidentAccepted, IncidentPlace, Text
from wangge_local.bundle import load
from wangge_local.house_folder import DEFAULT_CONFIG
from wangge_router.directory import Directory
from wangge_router.explaining import explain
from wangge_router.routing import route

SCHEME, VERSION = "gb-event", "bench"
CLASSES, PER_CLASS, WORDS = 59, 10, 10
"""59 classes of ten rules each, in all layers, and ten rules that look at the words of every report."""
_PASSES = 20


def figures(*, rounds: int, say: Say) -> dict[str, float]:
    """
    Milliseconds of processor time for a decision, and for a whole explanation; the median of *rounds*.

    Nothing is remembered between them, as the router does where every rule looks at the kind of report alone.
    """
    bundle = load(DEFAULT_CONFIG)
    streets = [place["code"] for place in bundle.part("places") if place["level"] == "street"]
    lead = bundle.part("departments")[0]["slug"]
    rules = [*_words(lead), *(rule for number in range(CLASSES) for rule in _rules(number, streets, lead))]
    rulebook = bundle.part("rulebook") | {"rules": rules, "class_versions": {SCHEME: VERSION}}
    directory = Directory.of("bench", {**bundle.parts, "rulebook": rulebook})
    reports = [_report(number, streets[0]) for number in range(CLASSES)]
    decided = [route(report, directory.sorting) for report in reports]
    assert all(
        each.rule == f"rest-{number}" and len(each.ruling.nearest) == 3 for number, each in enumerate(decided)
    )
    decision, whole = [], []
    for _ in range(rounds):
        began = time.process_time()
        for _ in range(_PASSES):
            for report in reports:
                route(report, directory.sorting).decision("bench")
        decision.append((time.process_time() - began) / _PASSES / CLASSES * 1e3)
        began = time.process_time()
        for report in reports:
            explain(report, directory)
        whole.append((time.process_time() - began) / CLASSES * 1e3)
    found = {"decision_ms": median_of(decision), "whole_ms": median_of(whole), "rules": len(rules)}
    say(f"rules: {found['decision_ms']} ms a decision with its reasons")
    return found


def _words(lead: str) -> list[dict[str, Any]]:
    return [
        {
            "name": f"words-{number}",
            "when": {"texts": [f"词{number}", f"word {number}"]},
            "then": {"lead": lead},
        }
        for number in range(WORDS)
    ]


def _rules(number: int, streets: list[str], lead: str) -> list[dict[str, Any]]:
    """Three rules for special cases, six for single streets, one for the rest."""
    classes = [{"scheme": SCHEME, "codes": [f"{number:04d}"]}]
    special = {
        "hotline": {"classes": classes, "sources": ["hotline"]},
        "night": {"classes": classes, "times": [{"hours": "22:00-06:00"}]},
        "guard": {"classes": classes, "guard": "repeats > 3 && places.exists(place, place.endsWith('1'))"},
    }
    rules: list[dict[str, Any]] = [
        {"name": f"{name}-{number}", "when": when, "then": {"lead": lead}} for name, when in special.items()
    ]
    rules += [
        {
            "name": f"street-{street}-{number}",
            "layer": "territory",
            "when": {"classes": classes, "places": [street]},
            "then": {"lead": lead},
        }
        for street in streets[1 : PER_CLASS - len(special)]
    ]
    return [
        *rules,
        {"name": f"rest-{number}", "layer": "class", "when": {"classes": classes}, "then": {"lead": lead}},
    ]


def _report(number: int, street: str) -> IncidentAccepted:
    at = datetime(2026, 1, 6, 2, tzinfo=UTC)
    name = f"bench-{number}"
    return accepted(
        incident_id=name,
        case_number=name,
        report_id=name,
        district=street[:6],
        mode="test",
        accepted_at=at,
        effective_at=at,
        captured_at=at,
        description=Text(text="井盖破损,行人绕行," * 10),
        class_ref=ClassRef(scheme=SCHEME, version=VERSION, code=f"{number:04d}"),
        place=IncidentPlace(area=Area(scheme="bj15", code=street)),
    )
