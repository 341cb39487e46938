"""Ports on loopback that stay the same from one start to the next."""

import json
import random
import socket
from collections.abc import Sequence
from pathlib import Path

from wangge_local.ground import GroundError, poll
from wangge_local.whole_files import write_whole

LOOPBACK = "127.0.0.1"
LOWEST, HIGHEST = 20000, 32767
"""Below the range from which the kernel takes client ports (32768 on Linux): above it, a client may sit on a
listener's port when it comes back."""


def is_free(port: int) -> bool:
    """Whether nobody listens on *port* of loopback now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port(*, but: Sequence[int] = ()) -> int:
    """
    A port that nobody listens on, below the kernel's client ports.

    Tried in random order, so that two houses that start at the same moment rarely meet on one.
    """
    for port in random.sample(range(LOWEST, HIGHEST + 1), k=200):
        if port not in but and is_free(port):
            return port
    raise GroundError(f"no free port found between {LOWEST} and {HIGHEST}")


def kept_ports(file: Path, names: Sequence[str]) -> dict[str, int]:
    """
    One port for each of *names*: those in *file*, or free ones that are written there.

    :raises GroundError: a kept port is taken by somebody else, or the file cannot be read.
    """
    kept = read_ports(file) if file.exists() else {}
    for name in names:
        if name not in kept:
            kept[name] = free_port(but=tuple(kept.values()))
        elif not any(is_free(kept[name]) for _ in poll(timeout=2)):
            raise GroundError(f"port {kept[name]} ({name}) is taken: end the program on it, or remove {file}")
    write_whole(file, json.dumps(kept, indent=2) + "\n")
    return kept


def read_ports(file: Path) -> dict[str, int]:
    """:raises GroundError: *file* does not exist or does not hold ports."""
    try:
        return {name: int(port) for name, port in json.loads(file.read_text()).items()}
    except FileNotFoundError as error:
        raise GroundError(f"no ports are known yet ({file}): it has not been started") from error
    except (ValueError, AttributeError) as error:
        raise GroundError(
            f"{file} does not hold ports ({error}): remove it to have new ones chosen"
        ) from error
