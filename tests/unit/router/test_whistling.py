"""A street whistles and units report in (吹哨报到): which kind it was, who whistled and who came is kept."""

import pytest

from tests.unit.router.scenes import CENTRE, DESK, WORKSTATION, Play, begun, order


def whistled(kind: str = "emergency") -> Play:
    parties = ("attend department:water", "assist department:roads")
    return begun("0502").hear(order("call", *parties, at=5, whistle=kind))


@pytest.mark.parametrize("kind", ["routine", "tough", "emergency"])
def test_each_unit_that_is_whistled_for_is_told_so_and_by_whose_order(kind: str) -> None:
    play = whistled(kind)

    assert play.verdict == ("applied",)
    for task in (play.task("attend"), play.task("assist")):
        assert (task.whistle, task.decision.order_id) == (kind, "call 5")
    assert play.task("dispatch").whistle is None
    assert play.facts[-1].cause.on_behalf_of == DESK


def test_who_reports_in_is_on_the_record_and_the_whistle_stays_with_his_task() -> None:
    play = whistled().says("attend", "arrived", at=20)

    task = play.task("attend")
    assert (task.state, task.change, task.whistle) == ("working", "arrived", "emergency")
    assert play.says("attend", "left", at=40).task("attend").whistle == "emergency"


def test_a_call_without_a_whistle_is_none() -> None:
    assert begun().hear(order("call", "assist department:roads")).task("assist").whistle is None


@pytest.mark.parametrize("desk", [WORKSTATION, CENTRE])
def test_only_a_street_whistles(desk: str) -> None:
    play = begun()
    before = play.case
    play.hear(order("call", "assist department:roads", whistle="tough", on_behalf_of=desk))

    assert play.complaint == ("not-yours", "/whistle")
    assert play.case == before


def test_no_other_order_is_a_whistle() -> None:
    play = begun("0502").hear(order("dispatch", "handle department:water", whistle="tough"))

    assert play.complaint == ("invalid", "/whistle")
