"""Files that people write are read whichever editor saved them; of others it is said what to mend."""

import json
import re
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest

from tests.unit.local.history import MAPPING, config_with, wangge
from tests.unit.local.test_route import of
from wangge_local.bundle import load
from wangge_local.commanding_many import _named
from wangge_local.ground import GroundError
from wangge_local.handwritten import text_of
from wangge_local.publish import outsiders
from wangge_local.replay_mapping import Mapped


@pytest.fixture
def marked(tmp_path: Path) -> Path:
    """Boston's configuration, each file saved with the mark (BOM) that some editors write."""
    folder = config_with(tmp_path / "config")
    for file in folder.glob("*.toml"):
        file.write_text(file.read_text("utf-8"), "utf-8-sig")
    return folder


def test_a_configuration_and_its_mapping_may_begin_with_a_mark(marked: Path) -> None:
    assert load(marked).version == load(config_with(marked.with_name("plain"))).version
    assert Mapped.read(marked / "mapping.toml") == Mapped.read(MAPPING)
    assert outsiders(load(marked), marked).terminals == ("boston311",)


def test_what_is_routed_or_ordered_by_a_file_may_begin_with_a_mark(marked: Path) -> None:
    incident, listed = marked / "one.json", marked / "cases.txt"
    incident.write_text(json.dumps(of("Never Seen")), "utf-8-sig")
    listed.write_text("110101-2026-0000001\n", "utf-8-sig")

    assert wangge("route", incident, "--config", marked).exit_code == 0
    assert _named(listed) == ("110101-2026-0000001",)


@pytest.mark.parametrize("content", [b"terminal = [", "终端".encode("gb18030"), b"a = " + b"[" * 20_000])
def test_a_mapping_that_cannot_be_read_is_named(marked: Path, content: bytes) -> None:
    (marked / "mapping.toml").write_bytes(content)

    with pytest.raises(GroundError, match=r"mapping\.toml"):
        outsiders(load(marked), marked)
    with pytest.raises(GroundError, match=r"mapping\.toml"):
        Mapped.read(marked / "mapping.toml")


def test_a_file_to_route_that_is_no_text_is_named(marked: Path) -> None:
    (marked / "one.json").write_bytes("终端".encode("gb18030"))
    ran = wangge("route", marked / "one.json", "--config", marked)

    assert ran.exit_code == 1
    assert re.fullmatch(r"wangge: .*one\.json cannot be read: .*save it as UTF-8.*\n", ran.errors)


def test_a_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO("终端".encode("utf-8-sig"))))

    assert text_of(Path("-")) == "终端"


def test_a_report_to_route_may_be_piped(marked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(json.dumps(of("Never Seen")).encode())))

    assert wangge("route", "-", "--config", marked).exit_code == 0
