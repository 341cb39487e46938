"""What README shows of the tables is what the tables hold."""

import re

import pytest

from wangge_router.diagram import inserted
from wangge_router.lifecycle import TRANSITIONS
from wangge_router.ordering import ORDERS
from wangge_router.readme import README
from wangge_router.turns import TURN

TEXT = README.read_text(encoding="utf-8")


def test_the_readme_shows_the_tables_as_they_are() -> None:
    assert inserted(TEXT) == TEXT, "the router's README is stale: run `make schemas`"


def test_every_step_of_the_table_is_an_arrow() -> None:
    drawn = re.findall(r"^  ([\w-]+) --> ([\w-]+): (.*)$", TEXT, re.MULTILINE)

    for line in TRANSITIONS:
        for state in line.states:
            end = "turn" if line.to == "before" else line.to
            ways = {(state, end or state), ("turn", end or ("turn" if state in TURN else state))}
            told = [acts for start, end, acts in drawn if (start, end) in ways]
            assert any(line.act in acts for acts in told), (line.act, state)


def test_every_act_and_every_order_has_its_row() -> None:
    rows = re.findall(r"^\| `([\w-]+)", TEXT, re.MULTILINE)

    assert {line.act for line in TRANSITIONS} | ORDERS.keys() <= set(rows)


def test_a_marker_that_nothing_stands_for_is_an_error() -> None:
    with pytest.raises(KeyError):
        inserted("<!-- begin nonsense -->\n<!-- end nonsense -->")
