"""One order for many from the command line: which are meant, and what must be said."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from wangge_local import commanding_many
from wangge_local.clock import ClockKeeper
from wangge_local.commanding import Wish
from wangge_local.commanding_many import Many, _shown, bulk_of, new, without
from wangge_local.duplicates import row
from wangge_local.ground import GroundError
from wangge_local.house_folder import HouseFolder

DESK = "desk:110101009"


def wish(order: str = "extend", **fields: Any) -> Wish:
    own = {"desk": DESK, "tasks": (), "parties": (), "fields": {"reason": "雪"}} | fields
    return Wish("", order, own["desk"], None, own["tasks"], own["parties"], own["fields"])


def bulk(many: Many, named: tuple[str, ...] = (), **fields: Any) -> dict[str, Any]:
    return bulk_of(wish(**fields), many, named, fields={"reason": {"text": "雪", "lang": "zh"}})


def test_conditions_become_what_the_door_asks_for() -> None:
    made = bulk(Many(where=("kind=handle", "class=gb-event:0501", "place=110101009015")))

    assert made["where"] == {
        "kind": "handle",
        "scheme": "gb-event",
        "code": "0501",
        "place": "110101009015",
    }
    assert made["order"] == {
        "order": "extend",
        "actor": {"staff_id": "syn-shift-leader"},
        "on_behalf_of": DESK,
        "parties": [],
        "reason": {"text": "雪", "lang": "zh"},
    }


def test_a_drill_names_its_mode() -> None:
    made = bulk(Many(everything=True, where=("mode=exercise",)))

    assert made["where"] == {"mode": "exercise", "place": "110101009"}


def test_all_is_all_that_the_desk_has() -> None:
    assert bulk(Many(everything=True))["where"] == {"place": "110101009"}
    assert bulk(Many(everything=True, where=("class=gb-event",)))["where"] == {
        "place": "110101009",
        "scheme": "gb-event",
    }


def test_an_order_that_was_cut_off_is_said_again_under_its_own_id() -> None:
    assert bulk(Many(everything=True, bulk_id="snow"))["bulk_id"] == "snow"
    assert bulk(Many(everything=True))["bulk_id"] != bulk(Many(everything=True))["bulk_id"]


@pytest.mark.parametrize(
    ("many", "fields", "why"),
    [
        (Many(everything=True), {"desk": None}, "--as"),
        (Many(everything=True), {"fields": {}}, "--reason"),
        (Many(everything=True), {"tasks": ("handle",)}, "--where kind="),
        (Many(everything=True), {"order": "adopt"}, "no order that a person gives"),
        (Many(where=("street=1",)), {}, "KEY=VALUE"),
        (Many(where=("holder=department:water", "holder=department:roads")), {}, "one value"),
        (Many(file=Path("empty")), {}, "names no matter"),
    ],
)
def test_what_is_missing_is_said(many: Many, fields: dict[str, Any], why: str) -> None:
    with pytest.raises(GroundError, match=why):
        bulk(many, **fields)


def test_who_had_the_order_before_is_not_new() -> None:
    meant = [{"order_id": "o-1", "case_number": "c-1"}, {"order_id": "o-2", "case_number": "c-2"}]
    given = [{"order_id": "o-0", "outcome": "refused"}, {"order_id": "o-1"}]

    assert new(meant, given) == meant[1:]


def test_who_is_named_and_not_meant_is_found_by_number_or_id() -> None:
    meant = [{"incident_id": "i-1", "case_number": "c-1"}, {"incident_id": "i-2", "case_number": "c-2"}]

    assert without(("c-1", "i-2", "c-3"), meant) == ("c-3",)


@pytest.mark.parametrize(
    ("seconds", "metres", "told"),
    [
        (59 * 60, 31, ("31 m", "59 min")),
        (47 * 3600, None, ("the same place", "47 h")),
        (3 * 86400, 0, ("0 m", "3 d")),
    ],
)
def test_a_suspected_duplicate_is_a_row_with_distance_and_time(
    seconds: float, metres: float | None, told: tuple[str, str]
) -> None:
    double = {
        "case_number": "c",
        "state": "handling",
        "same_class": True,
        "metres": metres,
        "apart_s": seconds,
    }

    assert row(double) == ("c", "handling", "the same", *told)


def test_one_matter_is_said_of_in_the_singular(capsys: pytest.CaptureFixture[str]) -> None:
    one = {"case_number": "c-1", "mode": "actual", "order_id": "o-1"}
    _shown(wish(), [one], [], (), as_json=False)
    _shown(wish(), [one, one], [], (), as_json=False)

    assert re.findall(r"said to (\w+ \w+)", capsys.readouterr().out) == ["1 matter", "2 matters"]


class Ledger:
    """A ledger that means *shown* at first, *ordered* in earnest, and at last has *judged* them."""

    def __init__(self, shown: list[str], ordered: list[str], judged: dict[str, str]) -> None:
        self.answers: list[tuple[list[str], dict[str, str]]] = [(shown, {}), (ordered, {}), ([], judged)]

    def post(self, *_: object, **__: object) -> dict[str, Any]:
        meant, given = self.answers.pop(0)
        return {
            "meant": [{"order_id": f"o-{name}", "case_number": name, "mode": "actual"} for name in meant],
            "given": [{"order_id": f"o-{name}", "outcome": outcome} for name, outcome in given.items()],
        }


class Silence:
    """Nobody says what became of anything."""

    def __init__(self, *_: object, **__: object) -> None:
        self.awaited: list[str] = []

    def __enter__(self) -> "Silence":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def verdicts(self, said_ids: list[str]) -> Iterator[Any]:
        yield from ()
        raise GroundError(f"no verdict on {said_ids}")


@pytest.mark.parametrize(("judged", "code"), [({}, 1), ({"o": "applied"}, 0), ({"o": "refused"}, 1)])
def test_what_became_of_those_that_heard_it_is_told_and_not_of_those_that_were_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], judged: dict[str, str], code: int
) -> None:
    outcomes = {name: judged["o"] for name in ("came", "stayed") if judged}
    ledger = Ledger(shown=["stayed", "closed"], ordered=["came", "stayed"], judged=outcomes)
    monkeypatch.setattr(commanding_many, "ledger_of", lambda _: ledger)
    monkeypatch.setattr(commanding_many, "kafka_of", lambda _: "")
    monkeypatch.setattr(commanding_many, "Voices", Silence)
    monkeypatch.setattr(commanding_many, "postgres_of", lambda _: None)
    monkeypatch.setattr(ClockKeeper, "now", lambda _: datetime(2026, 1, 6, tzinfo=UTC))
    many = Many(everything=True, bulk_id="snow")
    ended = commanding_many.send(cast("HouseFolder", None), wish(), many, sure=True, as_json=False)

    silent = [said.split()[0] for said in capsys.readouterr().out.splitlines() if "no new verdict" in said]
    assert (silent, ended) == (["came", "stayed"], code)
