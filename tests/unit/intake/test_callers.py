"""Who may enter, and how much they may send."""

from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from pydantic import ValidationError

from wangge_chassis.problems import Problem
from wangge_contracts.tokens import token_hash
from wangge_intake.callers import Callers, Quota, TokensUnusable
from wangge_intake.sealing import NotSealedByUs, seal_with, unseal
from wangge_intake.settings import Settings

PDA, GAS = sha256(b"pda-token").hexdigest(), sha256(b"gas-token").hexdigest()
EMPTY = sha256(b"").hexdigest()
KEY = Fernet.generate_key().decode()


def callers(path: Path | None) -> Callers:
    return Callers(path, quota_per_s=10, quota_burst=20)


@pytest.fixture
def tokens(tmp_path: Path) -> Path:
    file = tmp_path / "outsiders.toml"
    file.write_text(f'"terminals.pda" = "{PDA}"\n"departments.gas" = ["{GAS}", "{"0" * 64}"]\n')
    return file


def refusal(found: Callers, authorization: bytes) -> int:
    with pytest.raises(Problem) as refused:
        found.owner(authorization)
    return refused.value.status


def test_a_token_tells_who_it_is_and_only_its_hash_is_kept(tokens: Path) -> None:
    found = callers(tokens)

    assert found.owner(b"Bearer pda-token") == "terminals.pda"
    assert found.owner(b"bearer gas-token") == "departments.gas"


@pytest.mark.parametrize(
    "authorization", [b"", b"Bearer", b"Bearer ", b"Bearer other", b"Basic pda-token", b"pda-token"]
)
def test_anything_else_does_not_enter(tokens: Path, authorization: bytes) -> None:
    assert refusal(callers(tokens), authorization) == 401


def test_no_token_is_the_hash_of_nothing() -> None:
    assert token_hash(b"Bearer  ") == token_hash(b"Bearer") == b""


@pytest.mark.parametrize("setting", ["contact_readers", "contact_erasers"])
def test_nor_may_anybody_ask_for_contacts_with_it(setting: str) -> None:
    with pytest.raises(ValidationError, match="empty token"):
        Settings.model_validate({"dead_letter_key": KEY, setting: f"{PDA}, {EMPTY}"})


def test_without_a_file_nobody_enters() -> None:
    assert refusal(callers(None), b"Bearer pda-token") == 401


def test_a_token_taken_out_of_the_file_is_out(tokens: Path) -> None:
    found = callers(tokens)
    tokens.write_text(f'"departments.gas" = "{GAS}"\n')

    assert found.reread()
    assert not found.reread()
    assert refusal(found, b"Bearer pda-token") == 401


def test_a_file_that_went_wrong_leaves_everything_as_it_was(tokens: Path) -> None:
    found = callers(tokens)
    tokens.write_text("terminals.pda = 7\n")

    with pytest.raises(TokensUnusable, match=r"outsiders\.toml"):
        found.reread()
    assert found.owner(b"Bearer pda-token") == "terminals.pda"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[", r"tokens\.toml: "),
        (f'# pda\n"pda" = "{PDA}"', r"tokens\.toml, line 2: 'pda' is no owner"),
        (f'terminals.pda = "{PDA}"', r"tokens\.toml: 'terminals' is no owner"),
        (f'"terminals.pda" = "{PDA}"\n"terminals.a--b" = "{GAS}"', r"line 2: 'terminals\.a--b' is no owner"),
        (f"'terminals.-' = \"{PDA}\"", r"line 1: 'terminals\.-' is no owner"),
        (f'"terminals." = "{PDA}"', r"line 1: 'terminals\.' is no owner"),
        (f'"terminals.PDA" = "{PDA}"', r"line 1: 'terminals\.PDA' is no owner"),
        (f'"terminals.a.b" = "{PDA}"', r"line 1: 'terminals\.a\.b' is no owner"),
        (f'"terminals.pda\\n" = "{PDA}"', "is no owner"),
        (f'"terminals.{"a" * 49}" = "{PDA}"', r"line 1: 'terminals\.a+' is no owner"),
        (f'"desks.gas" = "{PDA}"', r"line 1: 'desks\.gas' is no owner"),
        ('"terminals.pda" = "not a hash"', r"tokens\.toml, line 1: terminals\.pda needs the SHA-256"),
        ('"terminals.pda" = 7', r"line 1: terminals\.pda needs the SHA-256"),
        (f'"terminals.pda" = ["{PDA}", "x"]', r"line 1: terminals\.pda needs the SHA-256"),
        (
            f'"terminals.pda" = "{PDA}"\n"terminals.app" = [\n"{GAS}",\n"{PDA}"]',
            r"line 4: terminals\.app has the token of terminals\.pda",
        ),
        (f'"terminals.pda" = ["{PDA}", "{EMPTY}"]', r"line 1: terminals\.pda has the hash of an empty token"),
    ],
)
def test_a_file_that_is_none_is_refused_by_name_and_line(tmp_path: Path, text: str, why: str) -> None:
    file = tmp_path / "tokens.toml"
    file.write_text(text)

    with pytest.raises(TokensUnusable, match=why):
        callers(file)


@pytest.mark.parametrize("text", ["[]", "7", '{"terminals.pda": null}', '{\n"terminals.-": "x"}'])
def test_so_is_one_in_json(tmp_path: Path, text: str) -> None:
    file = tmp_path / "tokens.json"
    file.write_text(text)

    with pytest.raises(TokensUnusable, match=r"tokens\.json"):
        callers(file)


def test_a_token_may_stand_twice_for_one_owner_and_a_slug_be_as_long_as_a_topic_has_room(
    tmp_path: Path,
) -> None:
    file = tmp_path / "tokens.toml"
    owner = f"departments.{'a' * 48}"
    file.write_text(f'"{owner}" = ["{GAS}", "{GAS}"]\n')

    assert callers(file).owner(b"Bearer gas-token") == owner


def test_a_json_file_says_the_same(tmp_path: Path) -> None:
    file = tmp_path / "tokens.json"
    file.write_text(f'{{"terminals.pda": "{PDA}"}}')

    assert callers(file).owner(b"Bearer pda-token") == "terminals.pda"


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


def test_callers_are_charged_apart_and_told_when_to_come_again(tokens: Path) -> None:
    found = callers(tokens)
    found.charge("terminals.pda", 30, now=0)

    with pytest.raises(Problem) as refused:
        found.charge("terminals.pda", 1, now=0)
    assert (refused.value.status, refused.value.headers["retry-after"]) == (429, "2")
    found.charge("departments.gas", 1, now=0)


def test_what_is_sealed_with_one_key_is_opened_while_that_key_is_kept() -> None:
    old, new = KEY, Fernet.generate_key().decode()
    sealed = seal_with(old)(b"\x00\xff")

    assert b"\xff" not in sealed
    assert unseal(sealed, keys=f"{new}, {old}") == b"\x00\xff"
    with pytest.raises(NotSealedByUs):
        unseal(sealed, keys=new)
