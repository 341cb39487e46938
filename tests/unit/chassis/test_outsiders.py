"""Whose a bearer token is, by one file for all doors."""

from hashlib import sha256
from pathlib import Path

import pytest

from wangge_chassis.outsiders import read_outsiders
from wangge_chassis.private_files import Unusable
from wangge_chassis.rereading import Reread
from wangge_contracts.tokens import token_hash

PDA, GAS = sha256(b"pda-token").hexdigest(), sha256(b"gas-token").hexdigest()
EMPTY = sha256(b"").hexdigest()


@pytest.fixture
def tokens(tmp_path: Path) -> Path:
    file = tmp_path / "outsiders.toml"
    file.write_text(f'"terminals.pda" = "{PDA}"\n"departments.gas" = ["{GAS}", "{"0" * 64}"]\n')
    return file


def test_a_token_tells_who_it_is_and_only_its_hash_is_kept(tokens: Path) -> None:
    found = read_outsiders(tokens)

    assert found.owner(b"Bearer pda-token") == "terminals.pda"
    assert found.owner(b"bearer gas-token") == "departments.gas"


@pytest.mark.parametrize(
    "authorization", [b"", b"Bearer", b"Bearer ", b"Bearer other", b"Basic pda-token", b"pda-token"]
)
def test_anything_else_does_not_enter(tokens: Path, authorization: bytes) -> None:
    assert read_outsiders(tokens).owner(authorization) is None


def test_no_token_is_the_hash_of_nothing() -> None:
    assert token_hash(b"Bearer  ") == token_hash(b"Bearer") == b""


def test_a_token_taken_out_of_the_file_is_out_and_a_slip_changes_nothing(tokens: Path) -> None:
    outsiders = Reread("tokens", tokens, read_outsiders)
    tokens.write_text(f'"departments.gas" = "{GAS}"\n')

    assert outsiders.look()
    assert outsiders().owner(b"Bearer pda-token") is None
    tokens.write_text("terminals.pda = 7\n")
    assert not outsiders.look()
    assert outsiders().owner(b"Bearer gas-token") == "departments.gas"
    assert "outsiders.toml" in (outsiders.trouble or "")


def test_without_a_file_nobody_enters() -> None:
    assert read_outsiders(None).owner(b"Bearer pda-token") is None


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

    with pytest.raises(Unusable, match=why):
        read_outsiders(file)


@pytest.mark.parametrize("text", ["[]", "7", '{"terminals.pda": null}', '{\n"terminals.-": "x"}'])
def test_so_is_one_in_json(tmp_path: Path, text: str) -> None:
    file = tmp_path / "tokens.json"
    file.write_text(text)

    with pytest.raises(Unusable, match=r"tokens\.json"):
        read_outsiders(file)


def test_a_token_may_stand_twice_for_one_owner_and_a_slug_be_as_long_as_a_topic_has_room(
    tmp_path: Path,
) -> None:
    file = tmp_path / "tokens.toml"
    owner = f"departments.{'a' * 48}"
    file.write_text(f'"{owner}" = ["{GAS}", "{GAS}"]\n')

    assert read_outsiders(file).owner(b"Bearer gas-token") == owner


def test_a_json_file_says_the_same(tmp_path: Path) -> None:
    file = tmp_path / "tokens.json"
    file.write_text(f'{{"terminals.pda": "{PDA}"}}')

    assert read_outsiders(file).owner(b"Bearer pda-token") == "terminals.pda"
