"""Who stands at the door: bearer tokens, known by their hash only, and how much each may send."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter
from pydantic_core import from_json

from wangge_chassis.problems import Problem
from wangge_contracts.tokens import NO_TOKEN, token_hash
from wangge_contracts.v1 import fault
from wangge_contracts.v1.words import Sha256
from wangge_intake.speakers import owned

_Hashes = TypeAdapter[str | tuple[str, ...]](Sha256 | tuple[Sha256, ...])


class TokensUnusable(ValueError):
    """The file of tokens cannot be read or is not of its form; the text is for the operator."""


@dataclass(slots=True)
class Quota:
    """
    A bucket that fills by *per_s* every second up to *burst*, and that each message takes one from.

    A batch may overdraw it, so that none is too large for ever; then its sender waits until it is paid back.
    """

    per_s: float
    burst: float
    level: float
    at: float

    def take(self, count: int, *, now: float, taken: int = 0) -> float:
        """
        Take *count* and return 0, or take nothing and return the seconds to wait; *now* is monotonic.

        :param taken: what was taken before for the same batch, and is not held against the rest of it.
        """
        self.level = min(self.burst, self.level + (now - self.at) * self.per_s)
        self.at = now
        if self.level + taken <= 0:
            return max((1.0 - self.level) / self.per_s, 0.001)
        self.level -= count
        return 0.0


def token_unknown() -> Problem:
    """Return what a stranger is told."""
    return Problem(401, fault("token-unknown"))


def quota_used_up(wait_s: float, detail_en: str = "") -> Problem:
    """Return what is told to who asks too often, and may again in *wait_s*."""
    return Problem(429, fault("quota", detail_en=detail_en), headers={"retry-after": str(int(wait_s) + 1)})


class Callers:
    """
    The outsiders who may enter, by the SHA-256 of their tokens.

    :param path: `"terminals.pda" = "HASH"` or a list of hashes, for each owner of a topic prefix, in TOML or
        JSON; without a file nobody may enter.
    :raises TokensUnusable: the file cannot be read, or names who can own no topic, or one token twice.
    """

    def __init__(self, path: Path | None, *, quota_per_s: float, quota_burst: float) -> None:
        self._path = path
        self._per_s, self._burst = quota_per_s, quota_burst
        self._quotas: dict[str, Quota] = {}
        self._version = self._current_version()
        self._owners = _owners(path)

    def reread(self) -> bool:
        """
        Read the file again if it has changed, and say whether it had; a token taken out is out at once.

        Raises TokensUnusable; then those who could enter still can.
        """
        version = self._current_version()
        if version == self._version:
            return False
        self._version = version
        self._owners = _owners(self._path)
        return True

    def owner(self, authorization: bytes) -> str:
        """Return the topic prefix of who sends this `Authorization` header. Raises Problem 401."""
        owner = self._owners.get(token_hash(authorization))
        if owner is None:
            raise token_unknown()
        return owner

    def charge(self, owner: str, count: int, *, now: float, charged: int = 0) -> None:
        """
        Charge *count* messages to *owner*; *now* is monotonic. Raises Problem 429.

        :param charged: how many of the same request were charged before.
        """
        quota = self._quotas.get(owner)
        if quota is None:
            quota = self._quotas[owner] = Quota(self._per_s, self._burst, self._burst, now)
        wait_s = quota.take(count, now=now, taken=charged)
        if wait_s:
            raise quota_used_up(wait_s)

    def _current_version(self) -> tuple[int, ...]:
        """Return what changes with the file: time, size and place of what lies under its name."""
        if self._path is None:
            return ()
        try:
            found = self._path.stat()
        except OSError as error:
            raise TokensUnusable(f"{self._path}: {error.strerror}") from None
        return found.st_mtime_ns, found.st_size, found.st_ino


def _owners(path: Path | None) -> dict[bytes, str]:
    if path is None:
        return {}
    try:
        text = path.read_text("utf-8")
        listed = from_json(text) if path.suffix == ".json" else tomllib.loads(text)
    except OSError as error:
        raise TokensUnusable(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise TokensUnusable(f"{path}: {error}") from None
    if not isinstance(listed, dict):
        raise TokensUnusable(f"{path}: it is no table of owners and hashes")
    owners: dict[bytes, str] = {}
    for owner, of in listed.items():
        if not owned(owner):
            raise _unusable(path, text, owner, f"{owner!r} is no owner of topics, as terminals.pda is")
        try:
            hashes = _Hashes.validate_python(of)
        except ValueError:
            why = f"{owner} needs the SHA-256 of its token, 64 small hexadecimal digits, or a list of such"
            raise _unusable(path, text, owner, why) from None
        for hashed in (hashes,) if isinstance(hashes, str) else hashes:
            if hashed == NO_TOKEN:
                raise _unusable(path, text, hashed, f"{owner} has the hash of an empty token: give it one")
            if owners.setdefault(bytes.fromhex(hashed), owner) != owner:
                why = f"{owner} has the token of {owners[bytes.fromhex(hashed)]}: give each its own"
                raise _unusable(path, text, hashed, why, last=True)
    return owners


def _unusable(path: Path, text: str, word: str, why: str, *, last: bool = False) -> TokensUnusable:
    """Return *why* with the first or *last* line that has *word* in quotes, if it stands there unescaped."""
    lines = [
        number
        for number, line in enumerate(text.splitlines(), 1)
        if f'"{word}"' in line or f"'{word}'" in line
    ]
    where = f"{path}, line {lines[-1 if last else 0]}" if lines else str(path)
    return TokensUnusable(f"{where}: {why}")
