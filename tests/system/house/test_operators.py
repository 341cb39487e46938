"""Operators on a house that runs: what died is mended, what stands still is decided, what ends is started."""

import json
import signal
from pathlib import Path

import psutil
import pytest

from tests.system.running import GRID, RunningHouse
from wangge_contracts.topics import INCIDENTS_CHANGED, TERMINAL_RECEIPTS, TERMINAL_REPORTS
from wangge_contracts.v1 import ReportReceipt
from wangge_local.ground import poll
from wangge_local.listening import Listener
from wangge_local.speaking import Speaker

REPORTS, RECEIPTS = TERMINAL_REPORTS.named("pda"), TERMINAL_RECEIPTS.named("pda")


def test_a_mended_dead_letter_counts_as_said_when_it_first_was(house: RunningHouse, tmp_path: Path) -> None:
    before = len(house.asked("dead-letters", "list"))
    headers = [("ce_specversion", b"1.0"), ("ce_id", b"broken-1"), ("ce_source", b"/pda")]
    headers += [("ce_type", b"wangge.ReportSubmitted.v1"), ("ce_time", b"2026-01-05T03:00:00.000Z")]
    headers += [("content-type", b"application/json")]
    speaker = Speaker(house.bootstrap, source="/terminals/pda")
    with Listener(house.bootstrap, [RECEIPTS], since="now") as receipts:
        speaker.hand_over(REPORTS, key=None, headers=headers, value=b'{"report_id": "broken-1"')
        speaker.flush()
        first = _receipt(receipts, "unreadable")
        letter = house.asked("dead-letters", "list", "intake")[-1]
        assert b"broken-1" not in _buried(house, letter["name"])
        assert house.wangge("dead-letters", "show", letter["name"], "--raw") == '{"report_id": "broken-1"'
        house.wangge("dead-letters", "replay", letter["name"])
        _receipt(receipts, "unreadable")
        died_again = house.asked("dead-letters", "list", "intake")[-2:]
        assert [each["replayed"] for each in died_again] == [True, False]
        mended = {
            "report_id": "broken-1",
            "source": "officer",
            "description": {"text": "井盖丢失", "lang": "zh"},
            "captured_at": "2026-01-05T03:00:00.000Z",
            "place": {"area": {"scheme": "bj15", "code": GRID}},
            "reporter": {"role": "manager"},
        }
        (tmp_path / "mended.json").write_text(json.dumps(mended))
        house.wangge("dead-letters", "replay", letter["name"], "--file", str(tmp_path / "mended.json"))
        second = _receipt(receipts, "accepted")

    assert second.report_id == "broken-1"
    assert second.effective_at == first.effective_at
    assert len(house.asked("dead-letters", "list")) == before + 2
    assert house.asked("dead-letters", "list", "intake")[-1]["replayed"]


def test_a_gap_stops_one_part_of_one_service_until_somebody_decides(house: RunningHouse) -> None:
    case = house.report()
    incident_id = house.told(case, until="clock started")["incident"]["incident_id"]
    with Listener(house.bootstrap, [INCIDENTS_CHANGED.name], since="start") as facts:
        fact = next(record for record in facts.rest() if record.key == incident_id.encode())
    skewed = [(n, b"0000000003" if n == "ce_sequence" else value) for n, value in fact.headers]
    speaker = Speaker(house.bootstrap, source="/tests")
    speaker.hand_over(INCIDENTS_CHANGED.name, key=fact.key, headers=skewed, value=fact.value)
    speaker.flush()

    for _ in poll(timeout=60, every=0.3):
        status = json.loads(house.run("status", "--json").output)
        if len(status["halted"]) == 3 and len(status["why"]) >= 3:
            break
    assert {part["service"] for part in status["halted"]} == {"escalation", "notifier", "ledger"}
    for part in status["halted"]:
        assert (part["topic"], part["key"]) == (INCIDENTS_CHANGED.name, incident_id)
        assert (part["expected"], part["seen"]) == (2, 3)
    assert any("expected sequence 2, seen 3" in why for why in status["why"])
    assert "stands still" in house.wangge("explain", case)
    # The router and the other parts go on.
    other = _case_of_another_part(house, incident_id)
    house.told(other, until="clock started")

    for service in ("escalation", "notifier", "ledger"):
        house.wangge("partition", "retry", service)
    for _ in poll(timeout=60, every=0.3):
        if len(house.asked("partition", "list")) == 3:
            break
    for service in ("escalation", "notifier", "ledger"):
        house.wangge("partition", "skip", service, "--reason", "a test has made it")
    for _ in poll(timeout=60, every=0.3):
        if house.run("status").exit_code == 0:
            break
    assert house.asked("partition", "list") == []
    skips = [letter for letter in house.asked("dead-letters", "list") if letter["code"] == "skipped"]
    assert len(skips) == 3
    assert all("a test has made it" in letter["reason"] for letter in skips)


@pytest.mark.parametrize("service", ["router", "ledger"])
def test_a_service_that_is_killed_is_started_again_and_nothing_is_lost(
    house: RunningHouse, service: str
) -> None:
    pid = json.loads((house.folder.logs / f"{service}-0.pid").read_text())["pid"]
    psutil.Process(pid).send_signal(signal.SIGKILL)
    case = house.report()
    house.told(case, until="clock started", within_s=60)

    assert f"{service}-0 ended" in house.said
    for _ in poll(timeout=60, every=0.3):
        if house.run("status").exit_code == 0:
            return
    raise AssertionError(house.wangge("status"))


def _receipt(receipts: Listener, outcome: str) -> ReportReceipt:
    for _ in poll(timeout=60, every=0):
        for record in receipts.more(timeout=0.5):
            receipt = ReportReceipt.read(record.value or b"")
            if receipt.outcome == outcome:
                return receipt
    raise AssertionError(f"no receipt says {outcome}")


def _buried(house: RunningHouse, name: str) -> bytes:
    offset = int(name.rpartition("/")[2])
    with Listener(house.bootstrap, ["intake.dead-letters"], since="start") as letters:
        return next(record.value or b"" for record in letters.rest() if record.offset == offset)


def _case_of_another_part(house: RunningHouse, incident_id: str) -> str:
    """Report until something falls into another part than that incident's."""
    with Listener(house.bootstrap, ["incidents.accepted.v1"], since="start") as accepted:
        parts = {record.key: record.partition for record in accepted.rest()}
        for _ in range(20):
            case = house.report()
            for record in accepted.rest():
                parts[record.key] = record.partition
                if record.partition != parts[incident_id.encode()] and case in str(record.value):
                    return case
    raise AssertionError("twenty reports fell into one part")
