"""Nothing runs whose hash is not the locked one."""

import json
import shutil
from pathlib import Path

import pytest

from wangge_local import jars
from wangge_local.ground import GroundError


@pytest.fixture
def copied_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The machine's jars in a folder that may be spoilt."""
    folder = jars.runtime().jars[0].parent
    shutil.copytree(folder, tmp_path / folder.name)
    monkeypatch.setenv("WANGGE_CACHE", str(tmp_path))
    return tmp_path / folder.name


def test_the_lock_names_46_jars_by_hash_and_no_address() -> None:
    locked = json.loads(jars.LOCK.read_text())

    assert len(locked) == 46
    assert all(len(hash_) == 64 and name.endswith(".jar") for name, hash_ in locked.items())
    assert "://" not in jars.LOCK.read_text()


def test_a_changed_jar_is_refused_by_name(copied_cache: Path) -> None:
    with (copied_cache / "kafka-clients-4.3.1.jar").open("ab") as jar:
        jar.write(b"one byte more")

    with pytest.raises(GroundError, match=r"^jars differ from jars.lock.json: kafka-clients-4.3.1.jar \("):
        jars.runtime()


def test_a_missing_jar_is_refused_by_name(copied_cache: Path) -> None:
    (copied_cache / "slf4j-api-1.7.36.jar").unlink()

    with pytest.raises(GroundError, match=r"slf4j-api-1.7.36.jar"):
        jars.runtime()


def test_an_added_jar_is_refused_by_name(copied_cache: Path) -> None:
    (copied_cache / "stranger.jar").touch()

    with pytest.raises(GroundError, match=r"stranger.jar"):
        jars.runtime()


@pytest.mark.parametrize(
    ("told", "taken"),
    [("17.0.15", True), ("25.0.2", True), ("21", True), ("11.0.2", False), ("1.8.0_392", False)],
)
def test_a_java_is_taken_from_17_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: str, taken: bool
) -> None:
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text(f"#!/bin/sh\necho 'openjdk version \"{told}\" 2026-01-01' >&2\n")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(java.parent))
    monkeypatch.delenv("WANGGE_JAVA", raising=False)

    assert (jars.find_java()[0] == java) is taken
