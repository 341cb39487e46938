"""Who is told of whose tasks: the same whom the router tells by his mailbox."""

import pytest

from wangge_ledger.whose import Whose

ROSTERS = {
    "terminal": "pda",
    "posts": [
        {"holder": "officer:1/police", "name": {"zh": "警", "en": "police"}, "terminal": "police-app"},
        {"holder": "officer:1/manager", "name": {"zh": "长", "en": "manager"}},
        {"holder": "desk:1", "name": {"zh": "台", "en": "desk"}, "terminal": "police-app"},
    ],
}
HOLDERS = (
    "officer:1/police",
    "officer:1/manager",
    "officer:2/vacant",
    "desk:1",
    "department:gas",
    "department:x",
)


@pytest.mark.parametrize(
    ("owner", "has"),
    [
        ("departments.gas", {"department:gas"}),
        ("terminals.pda", {"officer:1/manager", "officer:2/vacant"}),
        ("terminals.police-app", {"officer:1/police"}),
        ("terminals.other", set()),
    ],
)
def test_an_outsider_has_those_whose_tasks_come_to_his_mailbox(owner: str, has: set[str]) -> None:
    whose = Whose.of_outsider(owner, ROSTERS)

    assert {holder for holder in HOLDERS if whose.has(holder)} == has


@pytest.mark.parametrize("rosters", [{}, {"posts": []}, {"posts": [{"holder": "desk:1"}]}])
def test_without_a_roster_no_terminal_system_has_anybody(rosters: dict[str, object]) -> None:
    assert not any(Whose.of_outsider("terminals.pda", rosters).has(holder) for holder in HOLDERS)
