"""What the command line makes of what it is given, before any house is asked."""

import json
import os
import re
import signal
import subprocess
import sys
import tomllib
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from wangge_contracts.schemas import ROOT as SCHEMAS
from wangge_local.answering import way_of
from wangge_local.cli import run
from wangge_local.clock import span
from wangge_local.dead_letters import DeadLetter, mended
from wangge_local.dead_letters_shown import own_bytes
from wangge_local.doors import Door
from wangge_local.ground import GroundError
from wangge_local.house_folder import HouseFolder, Remembered
from wangge_local.house_keys import dead_letter_key, make, mark_shown, read_tokens
from wangge_local.house_replicas import parse_scale, parse_without
from wangge_local.incidents import show
from wangge_local.listening import Heard
from wangge_local.logs import files_of, followed, show as show_log, told


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("5d", 432000), ("36h", 129600), ("90m", 5400), ("1d12h30m", 131400), ("45s", 45)],
)
def test_a_span_of_time_is_read(text: str, seconds: int) -> None:
    assert span(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "5", "five days", "-5d", "5d5d", "99999999999d", "9" * 5000 + "s"])
def test_what_is_no_span_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(GroundError, match="write 5d"):
        span(text)


@pytest.mark.parametrize("text", ["36526d", "36525d1s", "99999999d99999999h"])
def test_a_span_beyond_any_calendar_is_refused(text: str) -> None:
    with pytest.raises(GroundError, match="century"):
        span(text)


def test_scale_is_read_by_service() -> None:
    assert parse_scale(["router=3", "intake=2,ledger=1"]) == {"router": 3, "intake": 2, "ledger": 1}


@pytest.mark.parametrize("wish", ["router", "router=0", "router=x", "postman=2", "router=13"])
def test_a_scale_that_cannot_be_is_refused(wish: str) -> None:
    with pytest.raises(GroundError, match="SERVICE=N"):
        parse_scale([wish])


def test_an_unknown_service_to_go_without_is_refused() -> None:
    assert parse_without(["notifier"]) == {"notifier"}
    with pytest.raises(GroundError, match="postman"):
        parse_without(["postman"])


def test_who_answers_where_follows_from_how_it_is_reached() -> None:
    departments = [{"slug": "water", "reach": "mailbox"}, {"slug": "gas", "reach": "contact-only"}]
    rosters = {"terminal": "pda", "posts": []}

    ways = {
        holder: way_of(holder, departments=departments, rosters=rosters)
        for holder in ("department:water", "department:gas", "desk:110101", "officer:110101009/manager")
    }

    assert ways == {
        "department:water": "departments.water",
        "department:gas": "console",
        "desk:110101": "console",
        "officer:110101009/manager": "terminals.pda",
    }


def test_keys_are_made_once_and_for_their_owner_alone(tmp_path: Path) -> None:
    folder = HouseFolder(tmp_path)
    first = make(folder, ["terminals.pda"])
    again = make(folder, ["terminals.pda", "departments.water"])

    assert again.tokens["terminals.pda"] == first.tokens["terminals.pda"]
    assert first.environment["intake"] == again.environment["intake"]
    assert dead_letter_key(folder) == again.environment["intake"]["dead_letter_key"]
    assert {path.stat().st_mode & 0o077 for path in folder.keys.iterdir()} == {0}
    assert folder.keys.stat().st_mode & 0o077 == 0


def test_tokens_are_kept_by_their_hash_where_services_read_them(tmp_path: Path) -> None:
    folder = HouseFolder(tmp_path)
    make(folder, ["terminals.pda"])

    for name in ("people.toml", "outsiders.toml", "notifier.toml"):
        text = (folder.keys / name).read_text()
        assert not any(token in text for token in read_tokens(folder).values())


def test_the_courier_asks_for_contacts_by_a_token_that_intake_knows_by_its_hash(tmp_path: Path) -> None:
    folder = HouseFolder(tmp_path)
    first = make(folder, [])
    file = folder.keys / "notifier.toml"
    token = tomllib.loads(file.read_text())["contacts_token"]

    assert first.environment["intake"]["contact_readers"] == sha256(token.encode()).hexdigest()
    eraser = sha256(first.console.encode()).hexdigest()
    assert first.environment["intake"]["contact_erasers"] == eraser
    # A file from before there was such a token is given one, and keeps what it has.
    file.write_text(file.read_text().replace(f'contacts_token = "{token}"\n', ""))
    before = tomllib.loads(file.read_text())
    again = make(folder, [])
    after = tomllib.loads(file.read_text())
    assert after.pop("contacts_token") != token
    assert after == before
    assert again.environment["intake"]["contact_readers"] != first.environment["intake"]["contact_readers"]


def test_a_token_is_to_be_shown_until_it_was(tmp_path: Path) -> None:
    folder = HouseFolder(tmp_path)
    first = make(folder, ["terminals.pda"])
    unshown = make(folder, ["terminals.pda"]).unshown
    mark_shown(folder, first)

    assert unshown == ("console", "terminals.pda")
    assert make(folder, ["terminals.pda", "departments.water"]).unshown == ("departments.water",)


def test_a_house_that_never_ran_says_how_to_start_one(tmp_path: Path) -> None:
    with pytest.raises(GroundError, match="wangge up"):
        HouseFolder(tmp_path).remembered()


def test_a_door_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    folder = HouseFolder(tmp_path)
    folder.remember(Remembered(config=tmp_path, district="1", time_zone="UTC", doors={"ledger-0": 2}))

    assert folder.door("ledger-0") == "http://127.0.0.1:2"
    with pytest.raises(GroundError, match="ledger-0"):
        folder.door("ledger-7")
    folder.remember(folder.remembered().model_copy(update={"doors": {}}))
    with pytest.raises(GroundError, match="no room was started"):
        folder.door("ledger-7")


def test_a_configuration_that_was_put_away_is_named_in_one_line_with_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = tmp_path / "gone"
    HouseFolder(tmp_path).remember(Remembered(config=gone, district="1", time_zone="UTC", doors={}))

    assert run(["up", "--data", str(tmp_path)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith(f"{gone}, last started or published, is not there: name another with --config")


def test_only_one_may_run_a_house_and_others_know_who_does(tmp_path: Path) -> None:
    folder = HouseFolder(tmp_path)

    with folder.held():
        keeper = folder.keeper()
        with pytest.raises(GroundError, match="already"), folder.held():
            pass
    assert keeper is not None
    assert folder.keeper() is None


def test_a_file_is_no_house(tmp_path: Path) -> None:
    (tmp_path / "passwd").touch()

    assert HouseFolder(tmp_path / "passwd").keeper() is None
    assert run(["stop", "--data", str(tmp_path / "passwd")]) == 0
    assert run(["reset", "--yes", "--data", str(tmp_path / "passwd")]) == 1


def test_a_log_is_asked_for_by_its_name(tmp_path: Path) -> None:
    folder = HouseFolder(tmp_path)
    folder.logs.mkdir()
    for name in ("router-0", "router-1", "intake-0"):
        (folder.logs / f"{name}.log").touch()

    assert [file.stem for file in files_of(folder, "router")] == ["router-0", "router-1"]
    assert [file.stem for file in files_of(folder, "intake-0")] == ["intake-0"]
    for name in ("/etc/passwd", "**x", "*", "../logs/router-0", ""):
        with pytest.raises(GroundError, match="there is no log"):
            files_of(folder, name)


def test_a_replica_that_is_started_later_is_followed_from_its_first_line(tmp_path: Path) -> None:
    folder = HouseFolder(tmp_path)
    folder.logs.mkdir()
    first, second = (folder.logs / f"router-{number}.log" for number in range(2))
    first.write_text("before\n")
    following = followed(folder, "router", [first])
    second.write_text("one\nhalf")
    (folder.logs / "intake-0.log").write_text("another's\n")

    assert next(following) == (second, "one\n")
    with first.open("a") as log:
        log.write("after\n")
    assert next(following) == (first, "after\n")


def test_a_header_is_mended_in_its_place_or_added() -> None:
    headers = [("ce_id", b"1"), ("ce_type", b"x")]

    assert mended(headers, ["ce_id=2"]) == [("ce_type", b"x"), ("ce_id", b"2")]
    with pytest.raises(GroundError, match="NAME=VALUE"):
        mended(headers, ["ce_id"])


def test_where_and_when_it_was_spoken_is_not_mended() -> None:
    with pytest.raises(GroundError, match="not to be mended"):
        mended([], ["wangge_topic=terminals.hotline.reports.v1"])


def letter(service: str, value: bytes, **headers: str) -> DeadLetter:
    packed = [(name, text.encode()) for name, text in headers.items()]
    return DeadLetter(service, Heard(f"{service}.dead-letters", 0, 3, b"k", value, packed, 0), replayed=False)


def test_a_dead_letter_gives_back_what_it_buried() -> None:
    buried = letter("router", b"{}", original_ce_id="1", wangge_code="refused", ce_id="other")

    assert buried.name == "router/0/3"
    assert buried.headers(keys="") == [("ce_id", b"1")]
    assert buried.value(keys="") == b"{}"
    assert letter("router", b"", wangge_tombstone="1").value(keys="") is None


def test_a_letter_gives_back_no_origin_that_a_stranger_made_up() -> None:
    spoofed = letter(
        "router", b"{}", wangge_topic="a", original_wangge_topic="b", original_wangge_appended_at="c"
    )

    assert (spoofed.headers(keys=""), spoofed.origin[0]) == ([], "a")


def test_what_is_not_whole_is_not_spoken_again_as_it_is() -> None:
    assert own_bytes(letter("router", b"{}"), keys="") == b"{}"
    assert own_bytes(letter("router", b"", wangge_tombstone="1"), keys="") is None
    with pytest.raises(GroundError, match="beginning of 8000000 bytes: give the whole with --file"):
        own_bytes(letter("router", b"{", wangge_truncated="8000000"), keys="")
    with pytest.raises(GroundError, match=r"not opened, for 7 records: give one .* with --file"):
        own_bytes(letter("router", b"\0", wangge_batch="7"), keys="")
    with pytest.raises(GroundError, match="a gap was skipped"):
        own_bytes(letter("router", b"", wangge_code="skipped"), keys="")


def test_a_letter_under_another_key_is_said_to_be_so(tmp_path: Path) -> None:
    key = dead_letter_key(_made(tmp_path))

    with pytest.raises(GroundError, match="intake/0/3 cannot be opened"):
        letter("intake", b"not sealed").value(keys=key)


def _made(folder: Path) -> HouseFolder:
    made = HouseFolder(folder)
    made.keys.mkdir()
    return made


def test_who_is_told_to_end_gives_the_terminal_back_first(tmp_path: Path) -> None:
    folder = HouseFolder(tmp_path)
    folder.logs.mkdir()
    (folder.logs / "router-0.log").write_text("ready\n")
    command = [
        sys.executable,
        "-m",
        "wangge_local",
        "logs",
        "router",
        "-f",
        "--json",
        "--data",
        str(tmp_path),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as following:
        assert following.stdout is not None
        assert following.stdout.readline() == b"ready\n"
        following.terminate()

    assert following.returncode == 128 + signal.SIGTERM  # it ended by itself, and was not ended


def test_a_line_of_a_log_is_told_for_people() -> None:
    entry = {"timestamp": "2026-01-05T03:04:05.678Z", "level": "warning", "event": "waiting", "on": "kafka"}

    assert told(json.dumps(entry)) == ("03:04:05.678 warning  waiting on=kafka", "yellow")
    assert told("Traceback (most recent call last):\n") == ("Traceback (most recent call last):", "")


def test_a_line_of_a_log_is_one_line_whatever_somebody_wrote_into_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = HouseFolder(tmp_path)
    folder.logs.mkdir()
    asked = {"timestamp": "2026-01-05T03:04:05.678Z", "level": "info", "event": "asked", "path": "/a\nready"}
    (folder.logs / "intake-0.log").write_text(f"{json.dumps(asked)}\nb\rready\n")
    show_log(folder, "intake", follow=False, lines=9, as_json=False)

    assert capsys.readouterr().out.split("\n") == [
        "03:04:05.678 info     asked path=/a↵ready",
        "bready",
        "",
    ]


def test_a_program_reads_a_log_as_it_is_and_a_terminal_obeys_nothing_in_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = HouseFolder(tmp_path)
    folder.logs.mkdir()
    asked = {"event": "asked", "path": "坑\u202e\x9b2J"}
    (folder.logs / "intake-0.log").write_text(json.dumps(asked, ensure_ascii=False) + "\n", "utf-8")
    show_log(folder, "intake", follow=False, lines=9, as_json=True)

    assert capsys.readouterr().out == '{"event": "asked", "path": "坑\\u202e\\u009b2J"}\n'


@pytest.mark.parametrize("asked", ["--help", "-h"])
def test_of_every_command_the_whole_first_sentence_is_told(
    asked: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([asked]) == 0
    told = " ".join(capsys.readouterr().out.split())

    assert "Start the whole house and stay with it; Ctrl-C stops everything. status" in told
    assert "..." not in told.partition("Commands:")[2]


def test_a_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert re.fullmatch(r"wangge \d+\.\d+\.\d+\n", capsys.readouterr().out)


def test_a_word_is_completed_without_a_house(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("_WANGGE_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "wangge notices ")
    monkeypatch.setenv("COMP_CWORD", "2")

    assert run([]) == 0
    assert capsys.readouterr().out.split() == ["list", "show", "explain", "resend", "try"]


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_is_one_line_and_no_traceback(unbuffered: str) -> None:
    command = [sys.executable, "-m", "wangge_local", "--help"]
    at_once = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run(
            command, env=at_once, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )

    assert (ran.returncode, ran.stderr) == (1, "wangge: No space left on device\n")


@pytest.mark.parametrize("closed", ["<&-", ">&-"])
def test_a_closed_stream_is_no_traceback(closed: str, tmp_path: Path) -> None:
    (tmp_path / "kafka").mkdir()
    command = f"{sys.executable} -m wangge_local reset --data {tmp_path} {closed}"
    ran = subprocess.run(
        command, shell=True, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )

    assert ran.returncode == 1
    assert re.fullmatch(r"wangge: nobody answers here.*--yes.*\n", ran.stderr)


def test_a_terminal_without_chinese_reads_codes_and_no_traceback() -> None:
    example = SCHEMAS / "examples" / "terminals.pda.reports.v1" / "gas-leak.json"
    command = [sys.executable, "-m", "wangge_local", "route", "--explain", str(example)]
    ascii_only = {**os.environ, "PYTHONIOENCODING": "ascii"}
    ran = subprocess.run(command, env=ascii_only, capture_output=True, text=True, check=False)

    assert (ran.returncode, ran.stderr) == (0, "")
    assert "\\u4e1c\\u57ce\\u533a" in ran.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["report", "x", "--id", ""],
        ["report", "x", "--id="],
        ["order", "extend", "--all", "--as", "desk:110101", "--bulk-id", "", "--yes"],
        ["order", "110101-2026-0000001", "void", "--as", ""],
    ],
)
def test_an_option_that_was_left_empty_is_not_as_if_it_were_absent(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*arguments, "--data", str(tmp_path)]) == 2
    assert re.fullmatch(r"wangge: nothing stands after --(id|bulk-id|as): .*\n", capsys.readouterr().err)


def test_a_state_that_there_is_not_is_named_with_those_that_there_are() -> None:
    nobody = Door("ledger", "http://127.0.0.1:1", None)
    fields = {"street": None, "department": None, "text": None}

    with pytest.raises(GroundError, match="no state 'bla': say one of open, accepted, verifying"):
        show(nobody, state="bla", **fields, limit=1, zone=ZoneInfo("UTC"), as_json=True)


@pytest.mark.parametrize(
    ("there_are", "said"), [(3, ""), (4, "wangge: these are the newest 3, and there are more")]
)
def test_a_list_that_leaves_some_off_says_so_and_not_among_them(
    there_are: int, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = [{"case_number": f"c-{number}"} for number in range(there_are)]
    monkeypatch.setattr(Door, "get", lambda *_, limit, **__: {"incidents": ledger[:limit]})
    fields = {"state": None, "street": None, "department": None, "text": None}
    show(Door("ledger", "", None), **fields, limit=3, zone=ZoneInfo("UTC"), as_json=True)
    told = capsys.readouterr()

    assert json.loads(told.out) == ledger[:3]
    assert told.err.startswith(said)
    assert bool(told.err) == bool(said)


def test_a_list_tells_what_is_a_drill_and_how_each_stands(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    card: dict[str, Any] = {"case_number": "c-1", "mode": "exercise", "state": "handling", "card": {}}
    card |= {"accepted_at": "2026-01-05T03:00:00.000Z", "overdue": True, "listed": True}
    monkeypatch.setattr(Door, "get", lambda *_, **__: {"incidents": [card]})
    fields = {"state": None, "street": None, "department": None, "text": None}
    show(Door("ledger", "", None), **fields, limit=1, zone=ZoneInfo("UTC"), as_json=False)

    row = capsys.readouterr().out.splitlines()[1]
    assert row.startswith("c-1 (exercise)")
    assert row.rstrip().endswith("overdue, listed")
