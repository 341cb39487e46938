"""A secret is renewed in the file, and holds without a restart; a slip in the file costs nothing."""

import os
import traceback
from base64 import b64encode
from functools import partial
from hashlib import sha256
from pathlib import Path

import pytest

from wangge_chassis.private_files import read_private
from wangge_chassis.probes import Health
from wangge_chassis.rereading import Reread
from wangge_notifier.app import make_service
from wangge_notifier.secrecy import Secrets
from wangge_notifier.settings import Settings

OLD, NEW = (f"whsec_{b64encode(bytes([number]) * 32).decode()}" for number in (1, 2))
WATER = "department:water"


def write(file: Path, *lines: str) -> None:
    """Put a whole file in place of the one before, as an editor does."""
    fresh = file.with_suffix(".new")
    fresh.write_text("\n".join(lines), "utf-8")
    fresh.replace(file)


def reread(file: Path) -> Reread[Secrets]:
    return Reread("secrets", file, partial(read_private, Secrets))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "secrets.toml"
    write(path, "[secrets]", f'"{WATER}" = "{OLD}"')
    return path


def test_a_renewed_secret_holds_once_it_is_looked_at(file: Path) -> None:
    secrets = reread(file)
    (before,) = secrets().of(WATER)
    assert not secrets.look()
    write(file, "[secrets]", f'"{WATER}" = ["{NEW}", "{OLD}"]')

    assert secrets().of(WATER) == (before,)
    assert secrets.look()
    assert secrets().of(WATER) == (b"\x02" * 32, before)
    assert not secrets.look()


def test_a_change_that_keeps_size_and_time_is_seen(file: Path) -> None:
    secrets = reread(file)
    stood = file.stat()
    write(file, "[secrets]", f'"{WATER}" = "{NEW}"')
    os.utime(file, ns=(stood.st_atime_ns, stood.st_mtime_ns))

    assert secrets.look()
    assert secrets().of(WATER) == (b"\x02" * 32,)


@pytest.mark.parametrize("slip", ["[secrets", f'[secrets]\n"{WATER}" = "whsec_verysecret"', None])
def test_a_broken_or_missing_file_keeps_what_held_and_says_so_without_a_secret(
    file: Path, slip: str | None
) -> None:
    secrets, health = reread(file), Health()
    held = secrets().of(WATER)
    if slip is None:
        file.unlink()
    else:
        write(file, slip)

    assert not secrets.look()
    assert secrets().of(WATER) == held
    secrets.examine(health)
    (note,) = health.notes
    assert note.startswith("secrets: ")
    assert "verysecret" not in note
    assert health.ready

    write(file, "[secrets]", f'"{WATER}" = "{NEW}"')
    assert secrets.look()
    secrets.examine(mended := Health())
    assert mended.notes == []


OPERATOR, EMPTY = (sha256(token).hexdigest() for token in (b"operator-token", b""))


def test_an_operator_enters_with_his_token_alone(file: Path) -> None:
    write(file, f'operators = ["{OPERATOR}"]')
    opens = read_private(Secrets, file).opens

    assert opens("Bearer operator-token")
    assert opens("bearer  operator-token ")
    assert not any(map(opens, (None, "", "Bearer", "Bearer  ", "Bearer x", "Basic operator-token")))


def test_the_hash_of_an_empty_token_is_refused(file: Path) -> None:
    write(file, f'operators = ["{OPERATOR}", "{EMPTY}"]')

    with pytest.raises(ValueError, match="empty token"):
        read_private(Secrets, file)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            f'[secrets]\n"{WATER}" = ["{OLD}", "whsec_verysecret"]',
            f"secrets.{WATER}: a signing secret is written",
        ),
        ('[mail]\nuser = "verysecret"', "mail.password: Field required"),
        ('[mail]\nuser = "verysecret"\npassword = 5', "mail.password: .* valid string"),
        ('link_key = "verysecret"', "link_key is the base64 of 32 random bytes"),
        ('operators = ["verysecret"]', "operators.0: String should"),
        ("contacts_token = verysecret", "line 1"),
        (None, "No such file"),
    ],
)
def test_a_file_that_is_of_no_use_ends_the_start_in_one_line_without_a_secret(
    tmp_path: Path, text: str | None, why: str
) -> None:
    file = tmp_path / "secrets.toml"
    if text is not None:
        file.write_text(text, "utf-8")

    with pytest.raises(SystemExit, match=rf"^notifier: WANGGE_NOTIFIER_SECRETS: {file}: .*{why}.*$") as ended:
        make_service(Settings(secrets=file))
    (line,) = str(ended.value).splitlines()
    assert line.endswith("; correct the file and start again")
    assert "verysecret" not in "".join(traceback.format_exception(ended.value))
