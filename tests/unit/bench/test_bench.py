"""What the bench puts before the house is what it says, and it tells a promise kept from one missed."""

from pathlib import Path

from tests.bench import backlog, units
from tests.bench.backlog import Mix
from tests.bench.figures import Target, spread
from tests.bench.knocking import Caller
from wangge_contracts.v1 import ReportSubmitted, lacking_in_report
from wangge_local.bundle import load
from wangge_local.house_folder import DEFAULT_CONFIG
from wangge_local.publish import outsiders


def test_each_of_a_hundred_units_has_a_mailbox_and_a_class_of_its_own(tmp_path: Path) -> None:
    folder = units.write_configuration(tmp_path / "hundred")
    bundle = load(folder)

    led = {lead for _, lead in Mix.of(bundle, schemes=(units.SCHEME,)).classes}
    assert len(led) == units.COUNT
    assert led <= set(outsiders(bundle, folder).departments)


def test_a_report_is_a_sound_kilobyte_and_the_same_every_time() -> None:
    mix = Mix.of(load(DEFAULT_CONFIG))

    written = mix.report(7).write()

    assert 900 < len(written) < 1300
    assert written == mix.report(7).write()
    assert not lacking_in_report(ReportSubmitted.read(written))


def test_a_note_of_the_skeleton_is_as_large_as_a_report() -> None:
    (note,) = backlog.notes(1)

    assert 900 < len(note.write()) < 1300


def test_a_request_of_many_hands_in_each_report_under_its_own_id() -> None:
    hole = backlog.report_id(0)
    before, _, after = Mix.of(load(DEFAULT_CONFIG)).report(1).write().partition(backlog.report_id(1).encode())
    caller = Caller(1, "token", before, after)

    request = caller.request([hole, backlog.report_id(5)])

    head, _, body = request.partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    first, second = (
        ReportSubmitted.read(part) for part in (before + hole.encode() + after, body[len(body) // 2 + 1 : -1])
    )
    assert (first.report_id, second.report_id) == (hole, backlog.report_id(5))


def test_a_figure_is_judged_by_what_was_promised_and_by_nothing_else() -> None:
    assert Target("a", "", "", least=10).verdict(10) == "ok"
    assert Target("a", "", "", least=10).verdict(9.9) == "short"
    assert Target("a", "", "", most=10).verdict(10.1) == "short"
    assert Target("a", "", "").verdict(1) == ""


def test_one_late_arrival_in_a_hundred_is_no_p99() -> None:
    told = spread([0.001] * 99 + [1.0])

    assert (told["p50_ms"], told["p99_ms"], told["max_ms"]) == (1, 1, 1000)
