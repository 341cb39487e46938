"""
The same ground from container images (`WANGGE_TEST_BACKEND=containers`).

Exercised only where a container engine and the images `apache/kafka` and `postgres` are at hand. Elsewhere
every test runs on the packages of `wangge_local`, and nothing but the type checker has read this module.
"""

from typing import Any

from docker.errors import DockerException  # type: ignore[import-untyped]
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from wangge_local.ground import GroundError, plain_environment, run
from wangge_local.kafka import SETTINGS, STARTED, Kafka
from wangge_local.ports import LOOPBACK, kept_ports, read_ports
from wangge_local.postgres import OWNER, Postgres, binaries

KAFKA_IMAGE = "apache/kafka:4.3.1"
POSTGRES_IMAGE = "postgres:18"
INSIDE_PORT = 5432


class _InContainer:
    """What is found and ended by the container engine; `start` makes the container."""

    _container: DockerContainer | None = None

    @property
    def pid(self) -> int | None:
        if self._container is None:
            return None
        docker = _docker(self._container)
        docker.reload()
        return int(docker.attrs["State"]["Pid"]) or None

    def stop(self, *, timeout: float = 30) -> None:
        if self._container and self.pid:
            _docker(self._container).stop(timeout=int(timeout))

    def kill(self) -> None:
        if self._container and self.pid:
            _docker(self._container).kill()


class ContainerKafka(_InContainer, Kafka):
    """A broker in a container, at a port of the host that stays the same over its restarts."""

    def start(self, *, timeout: float = 120) -> None:
        if self._container:
            _docker(self._container).start()
        else:
            self.folder.mkdir(parents=True, exist_ok=True)
            port = kept_ports(self.folder / "ports.json", ("broker",))["broker"]
            self._container = _container(KAFKA_IMAGE).with_bind_ports(port, port)
            for name, value in (_settings() | _listeners(port)).items():
                self._container.with_env("KAFKA_" + name.upper().replace(".", "_"), value)
            started = LogMessageWaitStrategy(STARTED).with_startup_timeout(int(timeout))
            self._container.waiting_for(started).start()
        self._answers(timeout=timeout)

    def freeze(self) -> None:
        if self._container:
            _docker(self._container).pause()

    def thaw(self) -> None:
        if self._container:
            _docker(self._container).unpause()


class ContainerPostgres(_InContainer, Postgres):
    """A cluster in a container; psql still comes from the package, and speaks to the port of the host."""

    def start(self, *, timeout: float = 120) -> None:
        if self._container:
            _docker(self._container).start()
        else:
            self.folder.mkdir(parents=True, exist_ok=True)
            port = kept_ports(self.folder / "ports.json", ("postgres",))["postgres"]
            self._container = (
                _container(POSTGRES_IMAGE)
                .with_bind_ports(INSIDE_PORT, port)
                .with_env("POSTGRES_PASSWORD", self._passwords.make(OWNER))
                .with_command("-c max_connections=200 -c fsync=on -c jit=off -c timezone=UTC")
            )
            self._container.start()
        where = ["-h", LOOPBACK, "-p", str(read_ports(self.folder / "ports.json")["postgres"])]
        run(
            [str(binaries() / "pg_isready"), *where, "-t", str(int(timeout))],
            what="PostgreSQL gives no answer",
            environment=plain_environment(),
        )


def _container(image: str) -> DockerContainer:
    try:
        return DockerContainer(image)
    except DockerException as error:
        raise GroundError(
            f"WANGGE_TEST_BACKEND=containers, but no container engine answers: {error}"
        ) from None


def _docker(container: DockerContainer) -> Any:
    return container.get_wrapped_container()


def _settings() -> dict[str, str]:
    """The node's settings as of `kafka.properties`."""
    lines = (line.strip() for line in SETTINGS.read_text().splitlines())
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def _listeners(port: int) -> dict[str, str]:
    return {
        "listeners": f"PLAINTEXT://:{port},CONTROLLER://:9093",
        "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{port}",
        "controller.quorum.voters": "1@localhost:9093",
    }
