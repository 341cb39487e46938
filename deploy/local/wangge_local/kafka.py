"""One real Kafka node on loopback, in a folder of the caller's: started, killed, started again."""

import contextlib
import os
import shutil
import signal
import tempfile
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from wangge_local.daemon import Daemon
from wangge_local.ground import GroundError, plain_environment, poll, private, require_space, run
from wangge_local.jars import Runtime, runtime
from wangge_local.ports import LOOPBACK, kept_ports, read_ports

SETTINGS = Path(__file__).parents[1] / "kafka.properties"
LOGGING = Path(__file__).parents[1] / "kafka-log4j2.properties"
STARTED = "Kafka Server started"
JVM = (
    "-Xms128m",
    "-Xmx384m",
    "-Xss512k",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:-UsePerfData",
    "-XX:+ExitOnOutOfMemoryError",
    "-Djava.awt.headless=true",
)


class Kafka:
    """
    One node, broker and controller in one. Its folder holds ports, settings, log and records.

    :param bound: end with the thread that starts it (tests); else it outlives the interpreter.
    :param software: the checked jars and the Java, looked up at the first start unless given.
    :param keep_classes: write the names of the classes that it uses to `classes.txt`.
    :param settings: of the broker, instead of those in `kafka.properties`.
    """

    def __init__(
        self,
        folder: Path,
        *,
        bound: bool = False,
        software: Runtime | None = None,
        keep_classes: bool = False,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder.absolute()
        self.bound = bound
        self._software = software
        self._keep_classes = keep_classes
        self._settings = dict(settings or {})
        self._daemon = Daemon("kafka", self.folder)

    @property
    def bootstrap(self) -> str:
        """`127.0.0.1:port`. Known once started, and the same after every restart."""
        return f"{LOOPBACK}:{read_ports(self.folder / 'ports.json')['broker']}"

    @property
    def pid(self) -> int | None:
        """The node's process, None when it does not run."""
        return self._daemon.pid

    @property
    def log(self) -> Path:
        return self._daemon.log

    def require_room(self) -> None:
        """:raises GroundError: fewer than 500 MB are free; with less it would end again before long."""
        require_space(self.folder, megabytes=500)

    def start(self, *, timeout: float = 60) -> None:
        """
        Prepare the folder at the first time, start, wait for an answer. One that runs already is taken over.

        :raises GroundError: port taken, disk full, jars missing, or no answer within *timeout* seconds.
        """
        if self.pid:
            self._answers(timeout=timeout)
            return
        self.require_room()
        private(self.folder)
        settings = self._write_settings(**kept_ports(self.folder / "ports.json", ("broker", "controller")))
        if not (self.folder / "records" / "meta.properties").exists():
            self._format(settings)
        begins = self._daemon.launch(
            self._java("kafka.Kafka", str(settings), keep_classes=self._keep_classes),
            environment=plain_environment(),
            bound=self.bound,
            options={},
        )
        for _ in poll(timeout=timeout):
            if any(STARTED in line for line in self._daemon.lines(since=begins)):
                break
            if not self.pid:
                raise GroundError(f"Kafka ended at its start: {self._reason(begins)} (see {self.log})")
        else:
            raise GroundError(f"Kafka has not started within {timeout:.0f} s (see {self.log})")
        self._answers(timeout=timeout)

    def stop(self, *, timeout: float = 30) -> None:
        """Ask the node to end and wait for it; after *timeout* seconds it is killed."""
        self._daemon.ask_to_end()
        self._daemon.ended(timeout=timeout)

    def kill(self) -> None:
        """End the node at once (kill -9)."""
        self._daemon.kill()

    def restart(self) -> None:
        """Stop in order and start again at the same address."""
        self.stop()
        self.start()

    def freeze(self) -> None:
        """Stop the node's clock (SIGSTOP): it keeps its connections and answers nobody."""
        self._daemon.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen node go on."""
        self._daemon.signal(signal.SIGCONT)

    def _write_settings(self, *, broker: int, controller: int) -> Path:
        listeners = f"PLAINTEXT://{LOOPBACK}:{broker},CONTROLLER://{LOOPBACK}:{controller}"
        own = {
            "listeners": listeners,
            "advertised.listeners": listeners,
            "controller.quorum.voters": f"1@{LOOPBACK}:{controller}",
            "log.dirs": "records",  # Java reads this file as Latin-1, and a comma parts folders in it
            **self._settings,
        }
        settings = self.folder / "kafka.properties"
        lines = [SETTINGS.read_text("utf-8"), *(f"{name}={value}" for name, value in own.items())]
        settings.write_text("\n".join(lines), "utf-8")
        return settings

    def _format(self, settings: Path) -> None:
        cluster = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        command = self._java("kafka.tools.StorageTool", "format", f"-t={cluster}", f"-c={settings}")
        run(
            command,
            what="Kafka's storage cannot be prepared",
            environment=plain_environment(),
            options={"cwd": self.folder},
        )

    def _java(self, main: str, *arguments: str, keep_classes: bool = False) -> list[str]:
        """The command that runs *main*; native libraries that jars unpack go to the node's own folder."""
        self._software = software = self._software or runtime()
        scratch = self.folder / "scratch"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir()
        sharing = [f"-XX:SharedArchiveFile={software.archive}"] if software.archive.exists() else []
        if keep_classes:
            sharing = [f"-XX:DumpLoadedClassList={self.folder / 'classes.txt'}", "-Xshare:off"]
        own = (f"-Djava.io.tmpdir={scratch}", f"-Dlog4j2.configurationFile={LOGGING}")
        quiet = ("-Xlog:disable", "-Xlog:all=error:stderr")
        path = ("-cp", software.class_path)
        return [str(software.java), *JVM, *sharing, *quiet, *own, *path, main, *arguments]

    def _answers(self, *, timeout: float) -> None:
        client = AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0})
        for left in poll(timeout=timeout, every=0.05):
            with contextlib.suppress(KafkaException):
                if client.list_topics(timeout=min(left, 2)).brokers:
                    return
        raise GroundError(f"Kafka at {self.bootstrap} gives no answer (see {self.log})")

    def _reason(self, begins: int) -> str:
        lines = list(self._daemon.lines(since=begins))
        telling = [line for line in lines if "ERROR" in line or "Exception" in line]
        return (telling or lines or ["no reason in its log"])[0]


def prepare(say: Callable[[str], None]) -> Runtime:
    """
    Fetch what is missing, and start one node once to keep its classes parsed (class-data sharing).

    That halves the work of every later start. It is an archive of its own, because a packaged Java has none
    to build upon; if it does not come about, starts are just slower.
    """
    software = runtime(say)
    if software.archive.exists():
        return software
    say("starting Kafka once, to make its later starts quick")
    with tempfile.TemporaryDirectory(prefix="wangge-kafka-") as temporary:
        node = Kafka(Path(temporary), bound=True, software=software, keep_classes=True)
        node.start()
        node.stop()
        made = Path(temporary) / "classes.jsa"
        names = f"-XX:SharedClassListFile={node.folder / 'classes.txt'}"
        dump = ["-Xshare:dump", "-XX:+UseSerialGC", names, f"-XX:SharedArchiveFile={made}", "-Xlog:disable"]
        with contextlib.suppress(GroundError, OSError):  # a cache that is not ours to write is as good
            command = [str(software.java), *dump, "-cp", software.class_path]
            run(command, what="classes cannot be kept", environment=plain_environment())
            shutil.copy(made, beside := software.archive.with_suffix(f".{os.getpid()}"))
            beside.replace(software.archive)
    return software
