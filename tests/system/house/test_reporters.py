"""A reporter hears what became of his matter by text, and his number is nowhere but where he left it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from pydantic_core import to_json

from tests.gateway import Gateway, gateway
from tests.system.running import RunningHouse
from tests.waiting import wait_for
from wangge_local import bundle
from wangge_local.clock import ClockKeeper
from wangge_local.doors import Door
from wangge_local.ground import poll
from wangge_local.house_books import DATABASE, HouseBooks
from wangge_local.house_keys import read_tokens
from wangge_local.listening import Listener, Log
from wangge_local.postgres import Postgres
from wangge_local.reporting import Wish, made

PHONE, ERASED_PHONE, NAME = "13800007531", "13900008642", "某居民"
REPORTER = {"role": "resident", "name": NAME, "phone": PHONE, "wants_reply": True}
SMS = """
[use.sms]
at_once = 4
[sms.send]
url = "http://127.0.0.1:{port}/messages"
body = {{ phone = "{{to}}", content = "{{text}}", out_id = "{{notice}}" }}
answer = {{ status = "/code", accepted = ["OK"] }}
"""


@pytest.fixture
def sms(house: RunningHouse, city: Path) -> Iterator[Gateway]:
    """A gateway for texts, by which the house sends from now on."""
    with gateway(lambda _: b'{"code": "OK"}') as found:
        channels = city / "channels.toml"
        before, _, after = channels.read_text("utf-8").partition("[use.sms]\n")
        after = after[after.index("# An SMS gateway") :]
        channels.write_text(f"{before}{SMS.format(port=found.server_port)}\n{after}", "utf-8")
        house.wangge("publish", str(city))
        books, version = HouseBooks(Postgres(house.folder.postgres)), bundle.load(city).version
        wait_for("the notifier decides by it", lambda: books.switched("notifier", version))
        yield found


def reported(house: RunningHouse, report_id: str, phone: str) -> str:
    """The case of a resident's report."""
    door = Door("intake", house.folder.door("intake-0"), read_tokens(house.folder)["terminals.pda"])
    wish = Wish(
        terminal=None,
        text="门口没有坡道",
        class_="dc-social:0101",
        source="officer",
        role="resident",
        grid="110101009010003",
        address=None,
        point=None,
        urgent=False,
        mode="actual",
    )
    report = made(wish, folder=house.folder, at=ClockKeeper(Postgres(house.folder.postgres)).now())
    reporter = {**REPORTER, "phone": phone}
    said = {**report.model_dump(mode="json", exclude_none=True), "report_id": report_id, "reporter": reporter}
    told = door.post("/v1/reports", to_json(said), headers={"Prefer": "wait=10"})
    return str(told["case_number"])


def told(house: RunningHouse, case: str, **wanted: str) -> dict[str, Any]:
    """The notice to the reporter of *case* that is as *wanted*, once there is one."""
    found: list[dict[str, Any]] = []
    for _ in poll(timeout=60, every=0.3):
        listed = house.asked("notices", "list", case)
        found = [each for each in listed if each["recipient"]["kind"] == "reporter"]
        for each in found:
            if all(each[name] == value for name, value in wanted.items()):
                return each
    raise AssertionError(f"no notice is {wanted}; there are {found}")


def close(house: RunningHouse, case: str) -> None:
    """Let everybody do his part."""
    house.told(case, until="clock started")
    house.wangge("answer", case, "acknowledge")
    house.wangge("answer", case, "done", "--text", "已修好", "--evidence", "after")
    house.told(case, until="task-changed done")
    house.wangge("answer", case, "check", "--verdict", "passed")


def test_a_reporter_hears_by_text_and_his_number_stays_where_he_left_it(
    house: RunningHouse, sms: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = reported(house, "by-text", PHONE)
    erased = reported(house, "erased", ERASED_PHONE)
    database = Postgres(house.folder.postgres)
    house.told(erased, until="accepted")
    assert "erased:" in house.wangge("contacts", "erase", erased, "--reason", "asked for it")
    house.wangge("contacts", "erase", erased, "--reason", "again", exit_code=1)
    monkeypatch.setattr(typer, "prompt", lambda *_, **__: ERASED_PHONE)
    assert house.asked("contacts", "find") == []
    monkeypatch.setattr(typer, "prompt", lambda *_, **__: PHONE)
    assert [each["case_number"] for each in house.asked("contacts", "find")] == [case]
    assert NAME in house.wangge("contacts", "find")
    close(house, case)
    close(house, erased)

    told(house, case, channel="sms", state="sent")
    (text,) = [each for each in sms.texts if each["phone"] == PHONE]
    assert case in text["content"]
    gone = told(house, erased, channel="sms", state="given-up")
    account = house.asked("notices", "explain", gone["notice_id"])
    assert account["attempts"][-1]["code"] == "contact-erased"
    # Somebody may see at the console that he was not reached.
    told(house, erased, channel="console", state="sent")
    assert not [each for each in sms.texts if each["phone"] == ERASED_PHONE]

    assert found_in_schema(database, "intake", PHONE) == ["contact"]
    expire = ("contacts", "expire", "--reason", "retention", "--over-for")
    assert house.asked(*expire, "30d")["erased"] == []
    wait_for("it is over for a second", lambda: house.asked(*expire, "1s")["erased"])
    assert found_in_schema(database, "intake", PHONE) == []
    for phone in (PHONE, ERASED_PHONE, NAME):
        assert found_in_topics(house, phone) == {"terminals.pda.reports.v1"}
        assert found_in_schema(database, "notifier", phone) == []
        assert found_in_logs(house, phone) == []


def found_in_topics(house: RunningHouse, text: str) -> set[str]:
    """The topics of which a record holds *text*, in its value or a header."""
    names = Log(house.bootstrap).counts()
    wanted = (text.encode(), json.dumps(text)[1:-1].encode())
    with Listener(house.bootstrap, names, since="start") as listener:
        return {
            heard.topic
            for heard in listener.rest()
            if any(each in (heard.value or b"") + repr(heard.headers).encode() for each in wanted)
        }


def found_in_schema(database: Postgres, schema: str, text: str) -> list[str]:
    """The tables of *schema* of which a row holds *text*."""
    tables = database.sql(f"SELECT tablename FROM pg_tables WHERE schemaname = '{schema}'", database=DATABASE)
    assert len(tables) > 5
    found = f"SELECT 1 FROM {schema}.{{}} AS t WHERE strpos(t::text, '{text}') > 0 LIMIT 1"
    return [table for table in tables if database.sql(found.format(table), database=DATABASE)]


def found_in_logs(house: RunningHouse, text: str) -> list[str]:
    """The logs of services that hold *text*, as it is or escaped."""
    logs = sorted(house.folder.logs.iterdir())
    assert any("notifier" in log.name for log in logs)
    wanted = (text, json.dumps(text)[1:-1])
    return [log.name for log in logs if any(each in log.read_text("utf-8", "replace") for each in wanted)]
