"""What is missing is said in one line, by whoever asks for it."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests import ground
from tests.containers import ContainerKafka
from wangge_local.ground import GroundError, plain_environment, require_space, run
from wangge_local.kafka import Kafka
from wangge_local.ports import free_port, kept_ports


def test_a_full_disk_is_told_before_anything_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=20_000_000))

    with pytest.raises(GroundError, match=r"^only 20 MB are free under [^\n]*: 500 MB are needed$"):
        Kafka(tmp_path, bound=True).start()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(GroundError, match=r"^cannot make the folder [^\n]*file/below: Not a directory$"):
        require_space(tmp_path / "file" / "below", megabytes=1)


def test_a_missing_program_is_told_by_name() -> None:
    with pytest.raises(GroundError, match=r"^roles cannot be made: no-such-program is missing$"):
        run(["no-such-program"], what="roles cannot be made", environment=plain_environment())


def test_ports_are_kept_for_the_next_start(tmp_path: Path) -> None:
    first = kept_ports(tmp_path / "ports.json", ("broker", "controller"))

    assert kept_ports(tmp_path / "ports.json", ("broker", "controller")) == first
    assert len(set(first.values())) == 2


def test_who_ends_while_ports_are_written_leaves_the_kept_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, write = tmp_path / "ports.json", Path.write_text
    first = kept_ports(file, ("broker",))

    def half(self: Path, text: str, encoding: str | None = None) -> int:
        write(self, text[: len(text) // 2], encoding)
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_text", half)
    with pytest.raises(KeyboardInterrupt):
        kept_ports(file, ("broker", "controller"))
    monkeypatch.undo()

    assert kept_ports(file, ("broker",)) == first


def test_a_spoilt_file_of_ports_is_told(tmp_path: Path) -> None:
    (tmp_path / "ports.json").write_text("[]")

    with pytest.raises(GroundError, match=r"does not hold ports"):
        kept_ports(tmp_path / "ports.json", ("broker",))


def test_a_free_port_is_below_the_ports_of_clients() -> None:
    assert 20000 <= free_port() < 32768


def test_the_backend_of_the_tests_is_one_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANGGE_TEST_BACKEND", "cloud")

    with pytest.raises(GroundError, match=r"it is packages \(the default\) or containers$"):
        ground.containers()


@pytest.mark.skipif(Path("/var/run/docker.sock").exists(), reason="a container engine may be here")
@pytest.mark.filterwarnings("ignore:unclosed")
def test_containers_without_an_engine_are_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANGGE_TEST_BACKEND", "containers")
    node = ground.new_kafka(tmp_path)

    assert isinstance(node, ContainerKafka)
    with pytest.raises(GroundError, match=r"no container engine answers: [^\n]*$"):
        node.start()
