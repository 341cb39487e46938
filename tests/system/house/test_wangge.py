"""The command line on a house that runs: everything a person or an operator does goes through it."""

import csv
import json
import os
import re
import signal
import stat
from datetime import datetime, timedelta
from pathlib import Path

from tests.system.running import GRID, RunningHouse
from wangge_contracts.topics import SERVICES
from wangge_local.ground import poll

RAMP = ("--class", "dc-social:0101", "--grid", "110101009010003")
"""What a rule sends straight to a department with a mailbox."""


def test_a_house_that_is_ready_says_so(house: RunningHouse) -> None:
    status = house.asked("status")

    assert status["ready"], status["why"]
    assert {service["name"] for service in status["services"]} == {f"{name}-0" for name in SERVICES}
    assert status["halted"] == []
    assert set(status["lag"]) == {
        *("intake", "router", "escalation", "ledger"),
        *("notifier-composer", "notifier-courier"),
    }


def test_the_rooms_behind_the_mailbox_give_way(house: RunningHouse) -> None:
    pids = {
        service: json.loads((house.folder.logs / f"{service}-0.pid").read_text())["pid"]
        for service in SERVICES
    }
    nice = {service: os.getpriority(os.PRIO_PROCESS, pid) for service, pid in pids.items()}

    behind = {"escalation", "notifier", "ledger"}
    assert {service for service in nice if nice[service] > nice["router"]} == behind
    assert nice["intake"] == nice["router"]


def test_a_second_start_on_the_same_folder_says_one_line(house: RunningHouse) -> None:
    second = house.run("up", "--no-watch")

    assert second.exit_code == 1
    assert re.fullmatch(r"wangge: a house runs in .* already \(pid \d+\): .*\n", second.errors)


def test_a_folder_in_which_no_house_runs_is_told_in_one_line(house: RunningHouse, tmp_path: Path) -> None:
    for command in ("status", "watch", "incidents", "clock", "stop"):
        done = house.run(command, "--data", str(tmp_path))
        assert len((done.output + done.errors).splitlines()) == 1, done


def test_a_report_walks_to_the_ledger_and_is_explained(house: RunningHouse) -> None:
    case = house.report()
    house.told(case, until="clock started")
    explained = house.asked("explain", case)

    assert explained["waits_for"] == "desk:110101009 must dispatch"
    assert explained["next"][0]["left"].startswith("0:")
    assert case in house.wangge("incidents", "--state", "open", "--street", "110101009")


def test_everybody_answers_the_way_that_is_theirs_until_the_case_is_closed(house: RunningHouse) -> None:
    case = house.report(*RAMP)
    house.told(case, until="clock started")

    assert "departments.dongzhimen-dpf: applied" in house.wangge("answer", case, "acknowledge")
    early = house.wangge("answer", case, "done", "--text", "已完工", exit_code=1)
    assert "refused" in early
    done = house.wangge("answer", case, "done", "--text", "已完工", "--evidence", "after")
    assert "departments.dongzhimen-dpf: applied" in done
    house.told(case, until="task-changed done")
    checked = house.wangge("answer", case, "check", "--verdict", "passed")
    assert "terminals.pda: applied" in checked
    house.told(case, until="closed")
    assert house.asked("explain", case)["waits_for"] == "nobody: it is over"


def test_suspected_duplicates_are_listed_for_who_decides(house: RunningHouse) -> None:
    grid = "110101009010002"
    first, second, other = (
        house.report("--class", code, "--grid", grid) for code in ("dc-social:0101",) * 2 + ("gb-event:0501",)
    )
    for case in (first, second, other):
        house.told(case)

    found = [double["case_number"] for double in house.asked("duplicates", first)["duplicates"]]
    assert second in found
    assert other not in found
    assert f"merge --into {found[0]}" in house.wangge("duplicates", first)
    assert house.run("duplicates", "nothing").exit_code == 1


def test_one_order_for_many_is_shown_first_and_then_given_to_each(
    house: RunningHouse, tmp_path: Path
) -> None:
    cases = [house.report(*RAMP) for _ in range(3)]
    for case in cases:
        house.told(case, until="clock started")
    listed = tmp_path / "cases"
    listed.write_text("\n".join([*cases, "nothing  # unknown"]))
    drill = ("order", "remind", "--file", str(listed), "--as", "desk:110101", "--reason", "全街演练")

    dry = house.asked(*drill)
    assert sorted(one["case_number"] for one in dry["meant"]) == sorted(cases)
    assert dry["not_meant"] == ["nothing"]
    assert all("reminded" not in line["what"] for case in cases for line in house.told(case)["timeline"])

    given = house.asked(*drill, "--yes", exit_code=1)
    assert {verdict["case_number"]: verdict["outcome"] for verdict in given["verdicts"]} == dict.fromkeys(
        cases, "applied"
    )
    for case in cases:
        house.told(case, until="judged applied")
    again = house.asked(*drill, "--yes", "--bulk-id", given["bulk_id"], exit_code=1)
    had = {one["case_number"]: one["outcome"] for one in again["given"]}
    assert (again["verdicts"], again["silent"], had) == ([], [], dict.fromkeys(cases, "applied"))
    assert "given already: 3 of 3 (3 applied); new: 0" in house.wangge(
        *drill, "--yes", "--bulk-id", given["bulk_id"], exit_code=1
    )
    told = house.told(cases[0])["timeline"]
    assert len([line for line in told if "reminded" in line["what"]]) == 1
    house.wangge("order", "remind", cases[0], "--all", exit_code=2)
    house.wangge("order", "remind", exit_code=2)


def test_any_csv_is_replayed_and_every_row_accounted_for(house: RunningHouse, tmp_path: Path) -> None:
    rows = [{"number": str(n), "when": "2026-01-05 11:00:00", "what": "路灯不亮"} for n in range(120)]
    rows += [
        *rows[:5],
        {"number": "silent", "when": "2026-01-05 11:00:00", "what": ""},
        {"number": "never", "when": "yesterday", "what": "路灯不亮"},
    ]
    with (tmp_path / "rows.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["number", "when", "what"])
        writer.writeheader()
        writer.writerows(rows)
    (tmp_path / "mapping.toml").write_text(
        'terminal = "pda"\ntime_zone = "Asia/Shanghai"\n[report]\nreport_id = { column = "number" }\n'
        'captured_at = { column = "when" }\nsource = "hotline"\nreporter = { role = "operator" }\n'
        'description = { template = "{what}", lang = "zh" }\n'
        f'place = {{ area = {{ scheme = "bj15", code = "{GRID}" }} }}\n'
    )
    told = house.asked(
        "replay", str(tmp_path / "rows.csv"), "--mapping", str(tmp_path / "mapping.toml"), "--speed", "200"
    )

    assert (told["sent"], told["accepted"], told["duplicates"], told["rejected"]) == (126, 120, 5, 1)
    assert told["rejected_because"] == {"missing /description": 1}
    assert sum(told["not_sent"].values()) == 1
    assert sum(told["routed"].values()) == 120
    assert told["lost"] == 0
    assert told["report_to_routed_ms"]["p50"] > 0


def test_logs_are_shown_for_people_and_for_programs(house: RunningHouse) -> None:
    assert "parts_taken_over" in house.wangge("logs", "router", "-n", "200")
    lines = house.wangge("logs", "router", "-n", "5", "--json").splitlines()
    assert all(json.loads(line)["service"] == "router" for line in lines)
    assert house.wangge("logs", "kafka", "-n", "1")
    unknown = house.run("logs", "postman")
    assert unknown.errors.startswith("wangge: there is no log of postman")


def test_the_live_ledger_is_plain_lines_without_a_terminal(house: RunningHouse, tmp_path: Path) -> None:
    shown = tmp_path / "shown"
    with shown.open("wb") as output, house.command("watch", output) as watching:
        cases = set()
        for _ in poll(timeout=60, every=0.5):
            cases.add(house.report())
            lines = [line for line in shown.read_text().splitlines() if any(case in line for case in cases)]
            if lines:
                break
        watching.send_signal(signal.SIGINT)
        ended = watching.wait(20)

    assert re.match(r"\d\d \w{3} \d\d:\d\d:\d\d 110101-", lines[0])
    assert ended == 130


def test_what_was_said_in_a_house_is_read_by_its_owner_alone(house: RunningHouse) -> None:
    root = house.folder.root
    telling_nothing = ("*.pid", "*.lock", "*.conf", "ports.json", "house.json", "told.json")

    found = [each for each in root.rglob("*") if each.is_file() and _others_read(each, below=root)]

    assert not [each for each in found if not any(each.match(name) for name in telling_nothing)]


def _others_read(file: Path, *, below: Path) -> bool:
    """Whether *file* can be read by who has another account and was let into *below*."""
    try:
        ways = [each for each in file.parents if below in each.parents]
        return bool(file.stat().st_mode & stat.S_IROTH) and all(
            each.stat().st_mode & stat.S_IXOTH for each in ways
        )
    except FileNotFoundError:  # a segment of Kafka's, or a file of PostgreSQL's, that was just dropped
        return False


def test_the_clock_has_never_gone_back(house: RunningHouse) -> None:
    told = house.asked("clock")

    ahead = datetime.fromisoformat(told["house_time"]) - datetime.fromisoformat(told["real_time"])
    assert ahead >= timedelta(hours=0)
