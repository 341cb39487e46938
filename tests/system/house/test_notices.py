"""Who hears of a gas leak, who stands in for whom does not confirm, and the notifier's page for operators."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from textwrap import dedent
from typing import Any

from tests.gas_leak import (
    GAS,
    HEAD,
    MANAGER,
    MUST_HEAR,
    PROPERTY,
    SECURITY,
    STREET,
    WORKSTATION,
    dispatch,
    turn_of,
)
from tests.system.running import GRID, ROOT, RunningHouse
from wangge_local import cli
from wangge_local.ground import poll
from wangge_local.ports import free_port

CITY = "deploy/config/dongcheng"


def blocks(language: str) -> list[str]:
    """The code blocks of that language on the page for operators."""
    readme = (ROOT / "services/notifier/README.md").read_text("utf-8")
    page = readme.split("## For operators")[1].split("\n## ")[0]
    return [dedent(found) for found in re.findall(rf"^ *```{language}\n(.*?)^ *```", page, re.M | re.S)]


@contextmanager
def gateway(program: str, at: Path) -> Iterator[Path]:
    """The stand-in for a gateway, running, and what it shows."""
    (at / "gateway.py").write_text(program, "utf-8")
    shown = at / "shown.txt"
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    with shown.open("w", encoding="utf-8") as output:
        running = subprocess.Popen(
            [sys.executable, at / "gateway.py"], stdout=output, stderr=subprocess.DEVNULL, env=environment
        )
        try:
            yield shown
        finally:
            running.kill()
            running.wait()


def notices(house: RunningHouse, case: str) -> list[Mapping[str, Any]]:
    listed: list[Mapping[str, Any]] = house.asked("notices", "list", case)
    return listed


def told(house: RunningHouse, case: str, *wanted: tuple[str, str]) -> list[Mapping[str, Any]]:
    """The notices of a case, once one by each of these templates was sent to each of these."""
    sent: set[tuple[str, str]] = set()
    for _ in poll(timeout=60, every=0.3):
        found = notices(house, case)
        sent = {
            (notice["recipient"]["ref"], notice["template"]["name"])
            for notice in found
            if notice["state"] == "sent"
        }
        if sent.issuperset(wanted):
            return found
    raise AssertionError(f"{set(wanted) - sent} not told; told were {sent}")


def test_everybody_in_the_gas_story_is_told_and_deputies_of_those_who_do_not_confirm(
    house: RunningHouse,
) -> None:
    case = str(
        house.asked("report", "煤气味很浓", "--class", "gb-event:0502/1", "--grid", GRID)["case_number"]
    )
    told(house, case, (WORKSTATION, "dispatch-given"))
    house.wangge("answer", case, "refer-up", "--as", WORKSTATION, "--reason-code", "beyond-community")
    told(house, case, (STREET, "dispatch-given"))
    whole = house.ledger.get(f"/v1/incidents/{case}")
    turn = turn_of(whole, STREET)
    assert turn is not None
    at = datetime.fromisoformat(house.asked("clock")["house_time"])
    house.ledger.post("/v1/orders", dispatch(whole["incident"]["incident_id"], turn, at=at).write())

    found = told(house, case, *MUST_HEAR)
    called = {notice["why"]["instead_of"] for notice in found if notice["template"]["name"] == "task-call"}
    assert called == {GAS, PROPERTY}
    assert not any(notice["recipient"]["ref"] == GAS for notice in found)
    assert all(notice["why"]["recipient"] for notice in found)

    # The security head confirms; secretary and police do not, and their deputies are called.
    house.wangge("answer", case, "acknowledge", "--as", SECURITY)
    house.wangge("clock", "advance", "6m")
    found = told(house, case, (MANAGER, "attend"), (HEAD, "attend"), (STREET, "task-unconfirmed"))
    assert not any(
        notice["holder"] == SECURITY for notice in found if "unconfirmed" in notice["template"]["name"]
    )


def test_the_page_for_operators_does_what_it_says(house: RunningHouse, city: Path, tmp_path: Path) -> None:
    channel, contact, text = blocks("toml")
    (program,) = blocks("python")
    (commands,) = blocks("sh")
    port = str(free_port())
    for name, block in (("channels", channel), ("contacts", contact), ("templates", text)):
        file = city / f"{name}.toml"
        before = file.read_text("utf-8") if file.exists() else ""
        file.write_text(f"{before}\n{block.replace('8901', port)}", "utf-8")
    checking, publishing, by_sms, by_text, listing = (
        shlex.split(line.replace(CITY, str(city)))[1:] for line in commands.strip().splitlines()
    )

    assert cli.run(checking) == 0
    house.wangge(*publishing)
    with gateway(program.replace("8901", port), tmp_path) as shown:
        assert "by sms: sent" in house.wangge(*by_sms)
        assert "has explained why case" in house.wangge(*by_text)
        assert "This is a trial" in shown.read_text("utf-8")
        assert "+86-000-0000-0110" in shown.read_text("utf-8")
    assert "sms" in house.wangge(*listing)
    assert house.wangge(*listing).count("trial") >= 1


def test_a_notice_is_explained_and_sent_again(house: RunningHouse) -> None:
    case = house.report("--class", "gb-event:0501")
    for _ in poll(timeout=60, every=0.3):
        first = next((each for each in notices(house, case) if each["channel"] == "console"), None)
        if first is not None and first["state"] == "sent":
            break
    assert first is not None
    account = house.asked("notices", "explain", first["notice_id"])
    assert account["means"] == "a console shows everything"
    assert [each["state"] for each in account["attempts"]] == ["composed", "sent"]

    house.wangge("notices", "resend", first["notice_id"])
    for _ in poll(timeout=60, every=0.3):
        others = house.asked("notices", "explain", first["notice_id"])["others"]
        if others:
            break
    assert others[0][0] == "sent again as"
