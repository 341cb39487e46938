"""Which outsider a bearer token belongs to: one operator's file, the same at every door that they come to."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

from pydantic import TypeAdapter
from pydantic_core import from_json

from wangge_chassis.private_files import Unusable
from wangge_contracts import topics
from wangge_contracts.tokens import NO_TOKEN, token_hash
from wangge_contracts.v1.words import Sha256

_SPEAKING = {"terminals": topics.TERMINAL_REPORTS, "departments": topics.DEPARTMENT_ANSWERS}
"""The families of owners, each with a topic on which all of them speak."""
_Hashes = TypeAdapter[str | tuple[str, ...]](Sha256 | tuple[Sha256, ...])


class Outsiders:
    """The outsiders who may enter: *owners* of topics, as `terminals.pda`, by the SHA-256 of their tokens."""

    def __init__(self, owners: Mapping[bytes, str]) -> None:
        self._owners = owners

    def owner(self, authorization: bytes) -> str | None:
        """Return the topic prefix of who sends this `Authorization` header; None for nobody we know."""
        return self._owners.get(token_hash(authorization))


def read_outsiders(file: Path | None) -> Outsiders:
    """
    Read `"terminals.pda" = "HASH"` or a list of hashes, for each owner of a topic prefix, in TOML or JSON.

    Without a *file* nobody may enter. Raises Unusable: it cannot be read, or names who can own no topic, or
    one token twice.
    """
    if file is None:
        return Outsiders({})
    try:
        text = file.read_text("utf-8")
        listed = from_json(text) if file.suffix == ".json" else tomllib.loads(text)
    except OSError as error:
        raise Unusable(f"{file}: {error.strerror}") from None
    except ValueError as error:
        raise Unusable(f"{file}: {error}") from None
    if not isinstance(listed, dict):
        raise Unusable(f"{file}: it is no table of owners and hashes")
    owners: dict[bytes, str] = {}
    for owner, of in listed.items():
        if not _is_owner(owner):
            raise _unusable(file, text, owner, f"{owner!r} is no owner of topics, as terminals.pda is")
        try:
            hashes = _Hashes.validate_python(of)
        except ValueError:
            why = f"{owner} needs the SHA-256 of its token, 64 small hexadecimal digits, or a list of such"
            raise _unusable(file, text, owner, why) from None
        for hashed in (hashes,) if isinstance(hashes, str) else hashes:
            if hashed == NO_TOKEN:
                raise _unusable(file, text, hashed, f"{owner} has the hash of an empty token: give it one")
            if owners.setdefault(bytes.fromhex(hashed), owner) != owner:
                why = f"{owner} has the token of {owners[bytes.fromhex(hashed)]}: give each its own"
                raise _unusable(file, text, hashed, why, last=True)
    return Outsiders(owners)


def _is_owner(name: str) -> bool:
    """Whether *name* is a topic prefix that an outsider can own: a family that speaks, and a slug."""
    family, _, slug = name.partition(".")
    row = _SPEAKING.get(family)
    return row is not None and row.owner(row.name.replace("{slug}", slug)) is not None


def _unusable(file: Path, text: str, word: str, why: str, *, last: bool = False) -> Unusable:
    """Return *why* with the first or *last* line that has *word* in quotes, if it stands there unescaped."""
    lines = [
        number
        for number, line in enumerate(text.splitlines(), 1)
        if f'"{word}"' in line or f"'{word}'" in line
    ]
    where = f"{file}, line {lines[-1 if last else 0]}" if lines else str(file)
    return Unusable(f"{where}: {why}")
