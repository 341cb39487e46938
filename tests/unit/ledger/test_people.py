"""A token opens the ledger's door to one person, and only the file of people says to whom."""

import hashlib
import traceback
from pathlib import Path

import pytest

from wangge_chassis.private_files import Unusable, read_private
from wangge_ledger.app import make_service
from wangge_ledger.people import People
from wangge_ledger.settings import Settings

TOKEN = "a-long-random-token"
EMPTY = hashlib.sha256(b"").hexdigest()
FILE = f"""
[[person]]
token_sha256 = "{hashlib.sha256(TOKEN.encode()).hexdigest()}"
staff_id = "D-009-04"
role = "dispatcher"
speaks_for = ["desk:110101009", "officer:110101009015*"]
"""


@pytest.fixture
def people(tmp_path: Path) -> People:
    file = tmp_path / "people.toml"
    file.write_text(FILE, encoding="utf-8")
    return read_private(People, file)


def test_a_known_token_is_its_person(people: People) -> None:
    speaker = people.speaker(f"Bearer {TOKEN}")

    assert speaker is not None
    assert speaker.staff_id == "D-009-04"


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer  ", "Bearer wrong", f"Basic {TOKEN}", TOKEN])
def test_everything_else_is_nobody(people: People, header: str | None) -> None:
    assert people.speaker(header) is None


def test_people_speak_for_the_holders_that_fit_their_patterns(people: People) -> None:
    (speaker,) = people.person

    assert speaker.may_speak_for("officer:110101009015004/police")
    assert not speaker.may_speak_for("desk:110101")


def test_without_a_file_nobody_may() -> None:
    assert read_private(People, None).person == ()


def test_two_people_with_one_token_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "people.toml"
    file.write_text(FILE * 2, encoding="utf-8")

    with pytest.raises(ValueError, match="same token"):
        read_private(People, file)


def test_the_hash_of_an_empty_token_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "people.toml"
    file.write_text(FILE.replace(hashlib.sha256(TOKEN.encode()).hexdigest(), EMPTY), encoding="utf-8")

    with pytest.raises(ValueError, match="empty token"):
        read_private(People, file)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            FILE.replace(hashlib.sha256(TOKEN.encode()).hexdigest(), TOKEN),
            "person.0.token_sha256: String should",
        ),
        (FILE * 2, "two people have the same token"),
        ("[[person]", "line 1"),
        (None, "No such file"),
    ],
)
def test_a_file_that_is_of_no_use_ends_the_start_in_one_line_without_a_token(
    tmp_path: Path, text: str | None, why: str
) -> None:
    file = tmp_path / "people.toml"
    if text is not None:
        file.write_text(text, encoding="utf-8")

    with pytest.raises(Unusable, match=why) as unusable:
        read_private(People, file)
    assert TOKEN not in "".join(traceback.format_exception(unusable.value))
    with pytest.raises(SystemExit, match=rf"^ledger: {file}: .*{why}.*$") as ended:
        make_service(Settings(people=file))
    assert "\n" not in str(ended.value)
