"""How a matter stands follows from what was said, not from the order in which it was heard."""

from hypothesis import given, settings, strategies as st

from tests.unit.ledger.telling import GAS, STORY, told
from wangge_ledger.standing import Standing


def standing(*names: str) -> Standing:
    sheet = Standing()
    for name in names:
        sheet.take(told(name))
    return sheet


@given(st.permutations(STORY))
@settings(max_examples=60)
def test_every_order_of_hearing_ends_in_the_same_rows(order: list[str]) -> None:
    heard = standing(*order)

    expected = standing(*STORY)
    assert (heard.incidents, heard.tasks, heard.clocks, heard.notices) == (
        expected.incidents,
        expected.tasks,
        expected.clocks,
        expected.notices,
    )
    assert sorted(heard.entries, key=lambda entry: entry.message_id) == sorted(
        expected.entries, key=lambda entry: entry.message_id
    )


def test_what_intake_accepted_never_overwrites_what_the_router_made_of_it() -> None:
    heard = standing("incidents.changed.v1/closed", "incidents.accepted.v1/gas-leak")

    assert (heard.incidents[GAS].state, heard.incidents[GAS].is_open) == ("closed", False)


def test_an_accepted_matter_is_open_before_the_router_has_spoken() -> None:
    row = standing("incidents.accepted.v1/gas-leak").incidents[GAS]

    assert (row.revision, row.state, row.is_open, row.street) == (0, "accepted", True, "110101009")


def test_a_matter_is_found_by_its_words_in_lower_case() -> None:
    row = standing("incidents.changed.v1/dispatched").incidents[GAS]

    assert all(word in row.search for word in ("110101-2026-0000123", "gas leak", "燃气泄漏", "38号楼"))


def test_a_restricted_matter_tells_neither_place_nor_description() -> None:
    sheet = Standing()
    sheet.take(told("incidents.accepted.v1/gas-leak", sensitivity="restricted"))

    row = sheet.incidents[GAS]
    assert row.hidden
    assert "602" not in row.card + row.search


def test_a_sensitivity_that_we_do_not_know_hides_as_well() -> None:
    sheet = Standing()
    sheet.take(told("incidents.accepted.v1/gas-leak", sensitivity="secret"))

    assert sheet.incidents[GAS].hidden


def test_a_confidential_reporter_hides_the_matter() -> None:
    sheet = Standing()
    sheet.take(told("incidents.accepted.v1/gas-leak", confidential=True))

    assert sheet.incidents[GAS].hidden


def test_a_clock_is_overdue_from_its_hundred_percent_rung_on() -> None:
    warned, overdue = Standing(), Standing()
    warned.take(told("clocks.changed.v1/clock-rang"))
    overdue.take(told("clocks.changed.v1/clock-rang", rung="overdue", remaining_s=0, elapsed_s=1800))

    assert [next(iter(sheet.clocks.values())).is_overdue for sheet in (warned, overdue)] == [False, True]


def test_a_clock_that_stopped_is_not_overdue_any_more() -> None:
    sheet = Standing()
    sheet.take(told("clocks.changed.v1/clock-stopped", remaining_s=-60))

    assert not next(iter(sheet.clocks.values())).is_overdue


def test_a_notice_stands_as_the_courier_last_told_it() -> None:
    sheet = Standing()
    sheet.take(told("notices.changed.v1/delivered", sequence=3))
    sheet.take(told("notices.changed.v1/delivered", sequence=2, state="sending"))
    sheet.take(told("notices.composed.v1/attend"))

    (notice,) = sheet.notices.values()
    assert notice.sequence == 3
    assert '"state":"delivered"' in notice.document
