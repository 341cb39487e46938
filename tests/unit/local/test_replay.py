"""A city's CSV: rows become reports, and what becomes of them is counted."""

import gzip
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.unit.outside import boston_requests, needs_boston
from wangge_local.ground import GroundError
from wangge_local.replay import rows_of
from wangge_local.replay_counting import Tally
from wangge_local.replay_mapping import Mapped
from wangge_local.replay_shown import speed_of

BOSTON = Path(__file__).parents[3] / "deploy/config/boston311/mapping.toml"
ROW = {
    "id": "101",
    "opened": "2015-01-01T00:20:09",
    "source": "Constituent Call",
    "type": "Street Light Outages",
    "reason": "Street Lights",
    "lon": "-71.06",
    "lat": "42.36",
    "pwd_district": "1B",
    "department": "PWDx",
    "target": "2015-01-16T08:30:00",
}


@pytest.fixture(scope="module")
def boston() -> Mapped:
    return Mapped.read(BOSTON)


def test_a_row_becomes_the_report_that_a_terminal_would_have_sent(boston: Mapped) -> None:
    report = boston.report_of(ROW)

    assert report.report_id == "101"
    assert report.source == "hotline"
    assert report.captured_at == datetime(2015, 1, 1, 5, 20, 9, tzinfo=UTC)
    assert report.class_ref is not None
    assert report.class_ref.code == "Street Light Outages"
    assert report.place.point is not None
    assert report.place.area is not None
    assert report.place.area.code == "boston-1b"
    assert report.external_refs[0].number == "101"


def test_the_citys_word_for_an_unknown_place_is_no_place(boston: Mapped) -> None:
    report = boston.report_of(ROW | {"lon": "-71.0587", "lat": "42.3594", "pwd_district": ""})

    assert report.place.point is None
    assert report.place.unknown is True


def test_a_point_with_one_number_is_no_point(boston: Mapped) -> None:
    assert boston.report_of(ROW | {"lat": ""}).place.point is None


def test_a_word_that_the_mapping_does_not_list_becomes_its_otherwise(boston: Mapped) -> None:
    assert boston.report_of(ROW | {"source": "Pigeon"}).source == "resident"


def test_what_the_city_decided_is_there_to_compare_with(boston: Mapped) -> None:
    assert boston.expected_of(ROW, "department") == "pwdx"
    assert boston.expected_of(ROW, "weather") is None


@needs_boston
def test_every_row_of_boston_becomes_a_report(boston: Mapped) -> None:
    reports = [boston.report_of(row) for row in boston_requests()[:5000]]

    assert len({report.report_id for report in reports}) == 5000


def test_the_columns_that_a_template_names_are_needed(boston: Mapped) -> None:
    assert {"type", "reason"} <= boston.columns


def test_a_mapping_that_is_none_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "mapping.toml").write_text("terminal = 'x'\ntime_zone = 'Mars/Olympus'\nreport = {}\n")

    with pytest.raises(GroundError, match="Mars/Olympus") as refused:
        Mapped.read(tmp_path / "mapping.toml")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("line", "because"),
    [
        ("time_zone = ''", "mapping"),
        ("time_zone = '../etc'", "mapping"),
        (f"time_zone = '{'x' * 100_000}'", "no such time zone"),
        ("report.description.template = '{type.x}'", "names columns alone"),
        ("report.description.template = '{}'", "names columns alone"),
        ("report.description.template = '{type'", "mapping"),
        ("report.description.template = 5", "`template` cannot be 5"),
        ("report.source = { column = 'a', values = 3 }", "`values` cannot be 3"),
    ],
)
def test_a_mapping_that_fits_no_row_is_refused_before_any(tmp_path: Path, line: str, because: str) -> None:
    zone = "" if line.startswith("time_zone") else "time_zone = 'UTC'\n"
    report = "report = {}\n" if zone == "" else ""
    (tmp_path / "mapping.toml").write_text(f"terminal = 'x'\n{zone}{report}{line}\n")

    with pytest.raises(GroundError, match=because) as refused:
        Mapped.read(tmp_path / "mapping.toml")
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 1000


def test_a_mapping_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mapping.toml").write_bytes(b"terminal = '\xff'")

    with pytest.raises(GroundError, match="utf-8"):
        Mapped.read(tmp_path / "mapping.toml")


@pytest.mark.parametrize("text", ["nan", "inf", "1e400", "-inf", "0", "fast"])
def test_a_speed_is_a_number_that_somebody_could_keep(text: str) -> None:
    assert (speed_of("max"), speed_of("2.5")) == (None, 2.5)
    with pytest.raises(GroundError, match="--speed"):
        speed_of(text)


@pytest.mark.parametrize("packed", [False, True])
def test_rows_are_read_packed_or_not(tmp_path: Path, *, packed: bool) -> None:
    text = "id,type\n1,坑\n2,灯\n".encode()
    (tmp_path / "a.csv").write_bytes(gzip.compress(text) if packed else text)

    rows = list(rows_of(tmp_path / "a.csv", needed=frozenset({"id"})))

    assert [row["type"] for row in rows] == ["坑", "灯"]


def test_a_file_without_a_needed_column_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id\n1\n")

    with pytest.raises(GroundError, match="has no column opened"):
        list(rows_of(tmp_path / "a.csv", needed=frozenset({"id", "opened"})))


def test_a_file_with_a_needed_column_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,type,note,note,type\n1,a,b,c,d\n")

    with pytest.raises(GroundError, match="has two columns type, which the mapping names: rename one"):
        list(rows_of(tmp_path / "a.csv", needed=frozenset({"id", "type"})))


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"id\n\xff\xfe\n")

    with pytest.raises(GroundError, match="save it as UTF-8, in Excel as CSV UTF-8"):
        list(rows_of(tmp_path / "a.csv", needed=frozenset({"id"})))


def test_a_packed_file_that_is_damaged_is_refused(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(b"id\n" + b"".join(b"%d\n" % number**3 for number in range(5000))))
    packed[200:260] = b"\xff" * 60
    (tmp_path / "a.csv").write_bytes(packed)

    with pytest.raises(GroundError, match="damaged"):
        list(rows_of(tmp_path / "a.csv", needed=frozenset({"id"})))


@pytest.mark.parametrize(
    ("line", "because"),
    [
        ("1,坑,more", "more cells than the header"),
        ("1", "fewer cells than the header"),
        ('"1,坑', "fewer cells than the header"),
        ("1,\0坑", r"U\+0000"),
    ],
)
def test_a_row_that_no_message_can_be_made_of_says_why(
    tmp_path: Path, boston: Mapped, line: str, because: str
) -> None:
    (tmp_path / "a.csv").write_text(f"id,type\n{line}\n", "utf-8")
    [broken] = rows_of(tmp_path / "a.csv", needed=frozenset({"id"}))

    for read in (boston.report_of, boston.captured_of):
        with pytest.raises(ValueError, match=because):
            read({**ROW, **broken})


def receipt(report_id: str, outcome: str = "accepted", **more: Any) -> Mapping[str, Any]:
    return {"report_id": report_id, "outcome": outcome, **more}


def routed(report_id: str, *, lead: str | None = "department:pwdx", terminal: str = "t") -> dict[str, Any]:
    incident = {"incident_id": f"i-{report_id}", "report_id": report_id, "terminal": terminal}
    return {
        "change": "accepted-into-router",
        "incident": incident | ({"lead": lead} if lead else {}),
        "tasks": [{"holder": "desk:boston"}],
    }


@pytest.fixture
def tally() -> Tally:
    made = Tally("t")
    for report_id in ("1", "2", "3"):
        made.send(report_id, department="pwdx")
        made.sent_at[report_id] = 1000
    return made


def test_nothing_is_lost_when_all_are_judged_and_the_accepted_ones_routed(tally: Tally) -> None:
    tally.hear_receipt("a", receipt("1"))
    tally.hear_receipt("b", receipt("2", "duplicate"))
    tally.hear_receipt("c", receipt("3", "rejected", errors=[{"code": "missing", "pointer": "/place"}]))
    tally.hear_fact(routed("1"), at_ms=1040)
    summary = tally.summary(seconds=2)

    assert tally.complete
    assert summary["lost"] == 0
    assert summary["rejected_because"] == {"missing /place": 1}
    assert summary["routed"] == {"pwdx": 1}
    assert summary["as_the_city_did"] == {"same": 1, "of": 1}
    assert summary["report_to_routed_ms"] == {"p50": 40, "p99": 40}


def test_a_report_without_a_verdict_and_an_incident_that_went_nowhere_are_lost(tally: Tally) -> None:
    tally.hear_receipt("a", receipt("1"))
    tally.hear_receipt("b", receipt("2"))
    tally.hear_fact(routed("1"), at_ms=1040)

    assert not tally.complete
    assert tally.summary(seconds=1)["lost"] == 2


def test_a_record_that_comes_twice_counts_once(tally: Tally) -> None:
    for _ in range(2):
        tally.hear_receipt("a", receipt("1"))
        tally.hear_fact(routed("1"), at_ms=1040)

    assert tally.judged == 1
    assert tally.arrived == 1


def test_what_others_said_is_not_counted(tally: Tally) -> None:
    tally.hear_receipt("a", receipt("99"))
    tally.hear_receipt("b", receipt("1", "later-change"))
    tally.hear_fact(routed("1", terminal="pda"), at_ms=1040)
    tally.hear_fact(routed("1") | {"change": "closed"}, at_ms=1040)

    assert (tally.judged, tally.arrived) == (0, 0)


def test_what_no_unit_leads_counts_for_its_desk(tally: Tally) -> None:
    tally.hear_fact(routed("1", lead=None), at_ms=1040)

    assert tally.summary(seconds=1)["routed"] == {"desk:boston": 1}
    assert tally.summary(seconds=1)["as_the_city_did"] == {"same": 0, "of": 1}
