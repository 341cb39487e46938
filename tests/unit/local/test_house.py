"""What a house begins with that is started by another configuration, and by which it is started again."""

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from wangge_local import house as houses, publish_after, up
from wangge_local.bundle import Bundle, load
from wangge_local.cli_screen import Steps
from wangge_local.ground import GroundError
from wangge_local.house import House
from wangge_local.house_books import Busy
from wangge_local.house_folder import DEFAULT_CONFIG, HouseFolder
from wangge_local.publish import Outsiders
from wangge_local.standing import Standing

CITY = load(DEFAULT_CONFIG)
STANDS = Standing("before", None, frozenset(), {})


def settled(folder: HouseFolder, config: Path, monkeypatch: pytest.MonkeyPatch, *, busy: bool) -> House:
    """Return a house that is started by *config*, up to its reference data; *busy* when a unit must stay."""

    def refuse(*_: object, **__: object) -> None:
        if busy:
            raise GroundError("department:gas still holds 1 open task")

    for name, what in (("standing", STANDS), ("awaited", None), ("publish", True)):
        monkeypatch.setattr(houses, name, lambda *_, what=what, **__: what)
    monkeypatch.setattr(houses, "refuse_removal", refuse)
    monkeypatch.setattr(House, "clock", SimpleNamespace(now=lambda: datetime(2026, 1, 6, tzinfo=UTC)))
    monkeypatch.setattr(House, "_environment", lambda *_: {})
    monkeypatch.setattr(houses, "Kafka", lambda *_, **__: SimpleNamespace(bootstrap=""))
    house = House(folder, config)
    house._settle(CITY, Outsiders((), ()))
    return house


def test_a_configuration_that_was_refused_is_not_that_of_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, other = HouseFolder(tmp_path / "house"), tmp_path / "other"
    folder.root.mkdir()
    settled(folder, DEFAULT_CONFIG, monkeypatch, busy=False).publish(Steps(None), CITY)

    with pytest.raises(GroundError, match=r"holds 1 open task; [^\n]* as it was$"):
        settled(folder, other, monkeypatch, busy=True).publish(Steps(None), CITY)
    assert folder.remembered().config == DEFAULT_CONFIG

    settled(folder, other, monkeypatch, busy=False).publish(Steps(None), CITY)
    assert folder.remembered().config == other


def test_who_goes_by_a_start_with_another_configuration_is_looked_at_once_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    units = CITY.part("departments")
    more = [*units, units[0] | {"slug": "lanterns"}]
    house = settled(HouseFolder(tmp_path), DEFAULT_CONFIG, monkeypatch, busy=False)
    stood = Standing("before", None, frozenset(), {**CITY.parts, "departments": more})
    monkeypatch.setattr(houses, "standing", lambda *_, **__: stood)
    gone = house.publish(Steps(None), CITY)
    assert gone == {"department:lanterns"}

    def slipped(*_: object, **__: object) -> list[Busy]:
        return [Busy("department:lanterns", 1, 0, "110101-2026-0000001")]

    monkeypatch.setattr(publish_after, "slipped", slipped)
    for name in ("Log", "HouseBooks"):
        monkeypatch.setattr(up, name, lambda *_: None)
    up.look_again(house, CITY, gone, Steps(None))
    told = " ".join(capsys.readouterr().out.split())
    assert "department:lanterns still holds 1 open task, the oldest in 110101-2026-0000001" in told


def test_a_configuration_whose_calendars_do_not_know_the_year_is_refused_unless_it_is_in_force(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calendars = CITY.part("calendars")
    ended = [each | {"first_year": 2010, "last_year": 2014} for each in calendars["calendars"]]
    city = Bundle.of({**CITY.parts, "calendars": calendars | {"calendars": ended}})
    house = settled(HouseFolder(tmp_path), DEFAULT_CONFIG, monkeypatch, busy=False)

    with pytest.raises(
        GroundError, match=r"knows 2010 to 2014: nothing can be counted by it in 2026: correct"
    ):
        house.publish(Steps(None), city)

    monkeypatch.setattr(houses, "standing", lambda *_, **__: Standing(city.version, None, frozenset(), {}))
    house.publish(Steps(None), city)
