"""What units and places are called: now, and what they were called before they went."""

import json
from typing import Any

from wangge_ledger.naming import called_by, mailboxes_of, with_names


def named(name: str) -> dict[str, str]:
    return {"zh": name, "en": name}


def units(**names: str) -> list[dict[str, Any]]:
    return [{"slug": slug, "name": named(name)} for slug, name in names.items()]


def test_what_is_in_force_goes_before_what_was_and_what_has_gone_keeps_its_last_name() -> None:
    first, second = units(gas="one", water="old water"), units(gas="two")
    places = [{"code": "110101", "name": named("district")}]

    called = called_by(
        {"departments": first[:1], "places": places}, {"departments": [first, second], "places": [places]}
    )

    assert called["department:gas"] == named("one")
    assert called["department:water"] == named("old water")
    assert called["110101"] == named("district")


def test_only_those_are_named_that_the_text_tells_of() -> None:
    called = {
        who: named(who)
        for who in ("department:gas", "department:gas-north", "desk:110101", "officer:1/manager", "110101")
    }
    told = {"departments": ["gas"], "who": "desk:110101 D-1", "reason": "officer:1/manager says it is done"}

    mailboxes = {"department:gas", "department:gas-north"}
    found = json.loads(with_names(json.dumps(told), called, mailboxes=mailboxes, version="7"))

    assert found.pop("names").keys() == {"department:gas", "desk:110101", "officer:1/manager"}
    assert found == told | {"mailboxes": ["department:gas"], "reference_version": "7"}


def test_who_is_mailboxes_of_telephone_has_no_mailbox() -> None:
    rows = [{"slug": "gas", "reach": "mailbox"}, {"slug": "property", "reach": "contact-only"}]

    assert mailboxes_of({"departments": rows}) == {"department:gas"}


def test_before_anything_is_published_there_are_no_names() -> None:
    found = json.loads(with_names('{"incidents":[]}', {}, mailboxes=(), version=None))

    assert found == {"incidents": [], "names": {}, "mailboxes": [], "reference_version": None}
