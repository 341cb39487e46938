"""Who may enter, and how much they may send."""

from contextlib import suppress
from hashlib import sha256

import pytest
from cryptography.fernet import Fernet
from pydantic import ValidationError

from wangge_chassis.problems import Problem
from wangge_intake.callers import TOLD_EVERY_S, Callers, Quota
from wangge_intake.sealing import NotSealedByUs, seal_with, unseal
from wangge_intake.settings import Settings

PDA, EMPTY = sha256(b"pda-token").hexdigest(), sha256(b"").hexdigest()
KEY = Fernet.generate_key().decode()


def callers() -> Callers:
    return Callers({b"pda": "terminals.pda"}.get, quota_per_s=10, quota_burst=20)


def test_who_holds_a_token_enters_and_nobody_else() -> None:
    assert callers().owner(b"pda") == "terminals.pda"
    with pytest.raises(Problem) as refused:
        callers().owner(b"other")
    assert refused.value.status == 401


@pytest.mark.parametrize("setting", ["contact_readers", "contact_erasers"])
def test_nor_may_anybody_ask_for_contacts_with_it(setting: str) -> None:
    with pytest.raises(ValidationError, match="empty token"):
        Settings.model_validate({"dead_letter_key": KEY, setting: f"{PDA}, {EMPTY}"})


def test_a_quota_admits_a_burst_and_then_its_rate() -> None:
    quota = Quota(per_s=10, burst=20, level=20, at=0)

    assert [quota.take(10, now=0) for _ in range(2)] == [0, 0]
    assert quota.take(1, now=0) == pytest.approx(0.1)
    assert quota.take(1, now=0.1) == 0


def test_a_batch_may_overdraw_a_quota_and_is_paid_back() -> None:
    quota = Quota(per_s=10, burst=20, level=20, at=0)

    assert quota.take(120, now=0) == 0
    assert quota.take(1, now=5) > 5
    assert quota.take(1, now=10.2) == 0


def test_what_was_taken_for_a_batch_before_is_not_held_against_the_rest_of_it() -> None:
    quota = Quota(per_s=10, burst=20, level=1, at=0)

    assert quota.take(1, now=0) == 0
    assert quota.take(4, now=0, taken=1) == 0
    assert quota.level == -4
    assert quota.take(4, now=0, taken=1) > 0


def test_callers_are_charged_apart_and_told_when_to_come_again() -> None:
    found = callers()
    found.charge("terminals.pda", 30, now=0)

    with pytest.raises(Problem) as refused:
        found.charge("terminals.pda", 1, now=0)
    assert (refused.value.status, refused.value.headers["retry-after"]) == (429, "2")
    found.charge("departments.gas", 1, now=0)


def test_it_is_told_who_sends_too_much_but_not_each_time() -> None:
    told: list[str] = []
    found = Callers(lambda _: None, quota_per_s=10, quota_burst=20, tell=told.append)
    for at in (0.0, 0.1, TOLD_EVERY_S - 1, TOLD_EVERY_S):
        found.charge("departments.gas", 1, now=at)
        for _ in range(3):
            with suppress(Problem):
                found.charge("terminals.pda", 10_000, now=at)

    assert told == ["terminals.pda"] * 2


def test_what_is_sealed_with_one_key_is_opened_while_that_key_is_kept() -> None:
    old, new = KEY, Fernet.generate_key().decode()
    sealed = seal_with(old)(b"\x00\xff")

    assert b"\xff" not in sealed
    assert unseal(sealed, keys=f"{new}, {old}") == b"\x00\xff"
    with pytest.raises(NotSealedByUs):
        unseal(sealed, keys=new)
