"""A report from the command line: what is said of it when nobody knows whether it was kept."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from wangge_intake.content import content_sha256
from wangge_local.doors import Refused
from wangge_local.ground import GroundError
from wangge_local.house_folder import HouseFolder, Starting
from wangge_local.reporting import Wish, made, send, unkept

NOW = datetime(2026, 1, 5, 3, 4, 5, 678901, tzinfo=UTC)
WISH = Wish(None, "水管漏水", None, "officer", "manager", None, None, None, urgent=False, mode="actual")


def test_a_report_said_again_under_its_id_has_the_same_content(tmp_path: Path) -> None:
    folder = HouseFolder(tmp_path)
    first = made(WISH, folder=folder, at=NOW)
    again = made(replace(WISH, report_id=first.report_id), folder=folder, at=NOW + timedelta(hours=1))

    assert again.report_id == first.report_id
    assert content_sha256(again) == content_sha256(first)


def test_two_reports_of_one_moment_have_ids_of_their_own(tmp_path: Path) -> None:
    folder = HouseFolder(tmp_path)

    assert made(WISH, folder=folder, at=NOW).report_id != made(WISH, folder=folder, at=NOW).report_id


def test_an_id_of_somebodys_own_is_taken_as_it_is(tmp_path: Path) -> None:
    report = made(replace(WISH, report_id="pda-7"), folder=HouseFolder(tmp_path), at=NOW)

    assert (report.report_id, report.captured_at.minute) == ("pda-7", 4)


@pytest.mark.parametrize(
    "error", [Refused(503, {"detail": "Kafka is away"}), Refused(500, {}), GroundError("gives no answer")]
)
def test_without_a_verdict_it_is_said_how_to_say_the_same_again(error: GroundError) -> None:
    told = unkept(error, "x-1")

    assert told["outcome"] == "unknown"
    assert "--id x-1" in told["remedy"]


def test_a_verdict_of_the_door_is_a_rejection() -> None:
    told = unkept(Refused(422, {"errors": [{"code": "missing", "pointer": "/place"}]}), "x-1")

    assert told["outcome"] == "rejected"
    assert told["errors"][0]["pointer"] == "/place"


def test_a_house_that_starts_for_the_first_time_takes_no_report_yet(tmp_path: Path) -> None:
    folder = HouseFolder(tmp_path)

    with folder.held(), pytest.raises(Starting, match="wait until wangge status says ready"):
        send(folder, WISH, as_json=False)
