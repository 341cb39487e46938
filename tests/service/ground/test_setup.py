"""A machine is told in one line what it lacks, and a set-up that is done is seen to be done."""

import subprocess
import sys
from pathlib import Path

import pytest

from wangge_local import setup


@pytest.fixture
def done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An environment whose stamp says that nothing is to do."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").touch()
    monkeypatch.setattr(setup, "PYTHON", tmp_path / "bin" / "python")
    monkeypatch.setattr(setup, "STAMP", tmp_path / "stamp.json")
    monkeypatch.setattr(setup, "_environment", lambda: None)
    monkeypatch.setattr(setup, "_uv", lambda *_: None)
    monkeypatch.setattr(setup, "_run", lambda *_: None)
    assert setup.main() == 0
    return tmp_path


def test_a_python_that_is_too_old_is_told_so_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))

    assert setup.main() == 1
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.usefixtures("done")
def test_the_second_time_nothing_is_done_or_said(capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()

    assert setup.main() == 0
    assert capsys.readouterr().out == ""


@pytest.mark.usefixtures("done")
def test_a_changed_lock_is_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = tmp_path / "requirements.lock"
    changed.write_text(setup.LOCK.read_text() + "\n# changed\n")
    monkeypatch.setattr(setup, "LOCK", changed)
    capsys.readouterr()

    assert setup.main() == 0
    assert "all set up" in capsys.readouterr().out


def test_a_set_up_that_is_broken_off_says_how_it_goes_on(
    done: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    (done / "stamp.json").unlink()
    monkeypatch.setattr(setup, "_environment", interrupted)
    capsys.readouterr()

    assert setup.main() == 130
    assert capsys.readouterr().err.count("\n") == 1


def test_every_member_of_the_workspace_is_installed() -> None:
    members = {
        file.parent.relative_to(setup.ROOT).as_posix() for file in setup.ROOT.glob("*/*/pyproject.toml")
    }

    assert members | {"contracts"} == set(setup.MEMBERS)


def test_no_address_stands_in_the_lock() -> None:
    assert "://" not in setup.LOCK.read_text()


def test_an_environment_whose_python_is_another_by_now_is_set_up_anew(
    done: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    newer = done / "python3.99"
    newer.touch()
    (done / "bin" / "python").unlink()
    (done / "bin" / "python").symlink_to(newer)
    capsys.readouterr()

    assert setup.main() == 0
    assert "all set up" in capsys.readouterr().out


def test_an_environment_works_only_with_the_packages_of_its_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path)], check=True)
    monkeypatch.setattr(setup, "VENV", tmp_path)
    monkeypatch.setattr(setup, "PYTHON", tmp_path / "bin" / "python")
    assert setup._works()
    [packages] = (tmp_path / "lib").iterdir()

    packages.rename(packages.with_name("python3.0"))

    assert not setup._works()
