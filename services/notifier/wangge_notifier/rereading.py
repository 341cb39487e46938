"""The file of secrets, read again whenever it has changed; what is wrong with it changes nothing."""

import asyncio
from pathlib import Path

import structlog
from prometheus_client import Gauge

from wangge_chassis.private_files import Unusable, read_private
from wangge_chassis.probes import Health
from wangge_notifier.linking import Links
from wangge_notifier.secrecy import Secrets

_LOOK_EVERY_S = 2.0
_BROKEN = Gauge(
    "wangge_notifier_secrets_unusable", "1 while the file of secrets is of no use and those before it hold."
)


class SecretsFile:
    """
    The secrets that hold now: call it for them.

    :param file: TOML (`Secrets`); None: there are no secrets. :raises Unusable: it cannot be read at the
        start; the text names no secret.
    """

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._version = self._current_version()
        self._secrets = read_private(Secrets, file)
        self.trouble: str | None = None
        """Why the file as it stands is of no use, for the operator; None when what it says holds."""

    def __call__(self) -> Secrets:
        return self._secrets

    def links(self, public_url: str) -> Links | None:
        """Return what makes and reads confirming links under *public_url*; None without a key or address."""
        key = self._secrets.link
        return Links(key, public_url) if key and public_url else None

    def look(self) -> bool:
        """Read the file again if it has changed, and say whether what it says holds from now on."""
        version = self._current_version()
        if version == self._version:
            return False
        # Noted before it is read: what changes meanwhile is seen next time.
        self._version = version
        try:
            self._secrets = read_private(Secrets, self._file)
        except Unusable as error:
            self.trouble = f"{error}; the secrets from before hold"
            return False
        self.trouble = None
        return True

    async def attend(self) -> None:
        """Look again and again, until cancelled."""
        log = structlog.get_logger()
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            before = self.trouble
            if self.look():
                log.info("secrets_read")
            elif self.trouble is not None and self.trouble != before:
                log.error("secrets_unusable", reason=self.trouble)
            _BROKEN.set(self.trouble is not None)

    def examine(self, health: Health) -> None:
        """Say with the replica's health that the file is of no use."""
        if self.trouble is not None:
            health.notes.append(f"secrets: {self.trouble}")

    def _current_version(self) -> tuple[int, ...]:
        """Return what changes with the file: time, size and place of what lies under its name."""
        try:
            found = self._file.stat() if self._file is not None else None
        except OSError:
            return (0,)
        return (found.st_mtime_ns, found.st_size, found.st_ino) if found is not None else ()
