"""What intake hands on unchecked is what a check would have let through."""

from typing import Any, get_type_hints

import pytest
from hypothesis import given, strategies as st

from tests.unit.intake.builders import POINT, Desk, report
from wangge_contracts.message import Message, Part
from wangge_contracts.v1 import (
    IncidentAccepted,
    IncidentPlace,
    Person,
    Relation,
    ReportAttached,
    ReportedPlace,
    ReportReceipt,
    ReportSubmitted,
)
from wangge_contracts.v1.reports import Reporter

AS_SAID = (
    "report_id",
    "captured_at",
    "occurred_at",
    "description",
    "class_ref",
    "attributes",
    "urgency_claimed",
    "device",
    "recorded_by",
    "external_refs",
    "mandated_deadline",
    "subjects",
    "self_handled",
    "attachments",
    "relation",
)
AS_READ = (Relation,)
SLOT = {"slot": "a", "sha256": "0" * 64, "bytes": 1, "media_type": "image/jpeg", "purpose": "of-the-future"}
changes = st.fixed_dictionaries(
    {},
    optional={
        "mode": st.sampled_from(["actual", "of-the-future"]),
        "source": st.sampled_from(["sensor", "of-the-future"]),
        "nature": st.sampled_from(["praise", "of-the-future"]),
        "sensitivity": st.sampled_from(["restricted", "of-the-future"]),
        "urgency_claimed": st.sampled_from(["urgent", "of-the-future"]),
        "sent_at": st.sampled_from(["2026-01-06T02:12:04.118Z", "1901-01-01T08:00:00+08:00"]),
        "mandated_deadline": st.just("2199-01-06T02:12:04Z"),
        "description": st.sampled_from([None, {"text": " "}, {"text": "井盖"}]),
        "place": st.sampled_from(
            [
                {},
                {"unknown": True},
                {"point": POINT | {"lat": 89.99999, "mock": True}, "area": {"scheme": "bj15", "code": "1"}},
                {"point": POINT | {"lon": 180.0, "lat": -89.9, "crs": "BD09"}},
                {"point": POINT | {"crs": "of-the-future"}, "address": {"text": "38号楼"}},
            ]
        ),
        "reporter": st.sampled_from(
            [
                {"role": "inspector", "staff_id": "S-1"},
                {"role": "resident", "name": "某甲", "anonymous": True, "wants_reply": True},
            ]
        ),
        "subjects": st.just([{"kind": "person", "name": "某乙"}, {"kind": "vehicle", "name": "京A"}]),
        "attachments": st.just([SLOT, SLOT | {"status": "arrived"}]),
        "relation": st.sampled_from(
            [{"kind": "of-the-future", "report_id": "r-0"}, {"kind": "reminder", "case_number": "nobody's"}]
        ),
        "external_refs": st.just([{"system": "12345", "number": "1"}]),
    },
)  # fmt: skip


@given(changes)
def test_everything_said_of_a_report_would_pass_its_own_check(fields: dict[str, Any]) -> None:
    desk = Desk()
    told = desk.hear(report(report_id="r-0"))
    told += desk.hear(report(**fields), report(**fields, offset=1), report(nature="request", offset=2))

    assert len(told) > 4
    for out in told:
        assert isinstance(out.message, Message)
        for made in (out.message, *(part for part in vars(out.message).values() if isinstance(part, Part))):
            # Made anew and not read: a reader would tolerate a word that a writer may not use. A piece that a
            # report was read with is passed on with whatever words it has.
            if not isinstance(made, AS_READ):
                checked = type(made)(**vars(made))
                assert checked == made
                assert list(vars(checked)) == list(vars(made))
        assert type(out.message).read(out.message.write()).write() == out.message.write()


@pytest.mark.parametrize("fact", [IncidentAccepted, ReportAttached])
def test_what_a_report_says_is_bound_as_tightly_as_what_is_told_of_it(fact: type[Message]) -> None:
    said, told = (
        get_type_hints(ReportSubmitted, include_extras=True),
        get_type_hints(fact, include_extras=True),
    )

    loose = {name: (said[name], told[name]) for name in AS_SAID if not _fits(said[name], told[name])}

    assert not loose


def test_places_officers_and_receipts_are_bound_alike() -> None:
    place = get_type_hints(IncidentPlace, include_extras=True)
    assert {name: place[name] for name in ReportedPlace.model_fields} == get_type_hints(
        ReportedPlace, include_extras=True
    )
    reporter, person = (get_type_hints(kind, include_extras=True) for kind in (Reporter, Person))
    assert person["staff_id"] | None == reporter["staff_id"]
    assert person["role"] == reporter["role"] | None
    told = get_type_hints(IncidentAccepted, include_extras=True)
    assert told["reporter_role"] == reporter["role"]
    assert told["wants_reply"] == reporter["wants_reply"]
    said, heard = (get_type_hints(kind, include_extras=True) for kind in (ReportSubmitted, ReportReceipt))
    assert heard["report_id"] == said["report_id"] | None


def _fits(said: Any, told: Any) -> bool:
    return bool(said == told or said == told | None)
