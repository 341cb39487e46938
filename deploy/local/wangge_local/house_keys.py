"""Keys and tokens of a house on one machine: made at its first start, readable by its owner alone."""

import hashlib
import json
import secrets
import tomllib
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from wangge_local.ground import private
from wangge_local.house_folder import HouseFolder
from wangge_local.whole_files import write_whole

CONSOLE = "console"
"""Who holds this token may act at the console on behalf of everybody: it is for trying the house out."""
_STAFF = "demo-console"


@dataclass(frozen=True, slots=True)
class Keys:
    """What this house's doors accept, and where its services find it."""

    tokens: dict[str, str]
    """By owner: `console`, `terminals.pda`, `departments.gas`."""
    unshown: tuple[str, ...]
    """Owners whose tokens nobody has been shown yet."""
    environment: dict[str, dict[str, str]]
    """For each service, settings that name keys or the files they lie in."""

    @property
    def console(self) -> str:
        """The token of the console."""
        return self.tokens[CONSOLE]


def make(folder: HouseFolder, owners: Sequence[str], *, webhooks: Sequence[str] = ()) -> Keys:
    """
    Make what is missing of the keys, and of the tokens of the console and of *owners*.

    :param webhooks: holders that are told by webhook: each has a secret by which it knows our notices.
    """
    private(folder.keys)
    kept = read_tokens(folder)
    wanted = (CONSOLE, *owners)
    tokens = kept | {owner: secrets.token_hex(20) for owner in wanted if owner not in kept}
    if tokens != kept:
        _write(folder.keys / "tokens.json", json.dumps(tokens, indent=2) + "\n")
    people = folder.keys / "people.toml"
    _write(people, _people(tokens[CONSOLE]))
    outsiders = folder.keys / "outsiders.toml"
    _write(outsiders, _outsiders({owner: token for owner, token in tokens.items() if owner != CONSOLE}))
    notifier = folder.keys / "notifier.toml"
    text, contacts_token = _notifier(notifier, webhooks, operator=tokens[CONSOLE])
    _write(notifier, text)
    return Keys(
        tokens=tokens,
        unshown=tuple(sorted(set(tokens) - _shown(folder))),
        environment={
            "ledger": {"people": str(people), "tokens": str(outsiders)},
            "notifier": {"secrets": str(notifier)},
            "intake": {
                "tokens": str(outsiders),
                "dead_letter_key": dead_letter_key(folder),
                "contact_readers": _sha256(contacts_token),
                "contact_erasers": _sha256(tokens[CONSOLE]),
            },
        },
    )


def mark_shown(folder: HouseFolder, keys: Keys) -> None:
    """Remember that the tokens were shown: the next start shows only those that are new by then."""
    _write(folder.keys / "shown.json", json.dumps(sorted(keys.tokens)) + "\n")


def _shown(folder: HouseFolder) -> set[str]:
    file = folder.keys / "shown.json"
    return set(json.loads(file.read_text())) if file.exists() else set()


def read_tokens(folder: HouseFolder) -> dict[str, str]:
    """Return every token by its owner; none before the first start."""
    file = folder.keys / "tokens.json"
    return dict(json.loads(file.read_text())) if file.exists() else {}


def dead_letter_key(folder: HouseFolder) -> str:
    """Return the key that seals what outsiders wrote and nobody could read; made when first asked for."""
    file = folder.keys / "dead-letters.key"
    if not file.exists():
        _write(file, urlsafe_b64encode(secrets.token_bytes(32)).decode() + "\n")
    return file.read_text().strip()


def _people(token: str) -> str:
    return (
        "# Who may act at the console. This one is for trying the house out: it speaks for everybody.\n"
        "[[person]]\n"
        f'token_sha256 = "{_sha256(token)}"\n'
        f'staff_id = "{_STAFF}"\n'
        'role = "desk"\n'
        'speaks_for = ["*"]\n'
    )


def _outsiders(tokens: dict[str, str]) -> str:
    lines: Iterable[str] = (f'"{owner}" = "{_sha256(token)}"\n' for owner, token in sorted(tokens.items()))
    return "".join(["# The SHA-256 of each outsider's token, by the topic prefix that is his.\n", *lines])


def _notifier(file: Path, holders: Sequence[str], *, operator: str) -> tuple[str, str]:
    """
    Return the notifier's secrets as TOML, and the token by which intake opens contacts to it.

    What an operator has added by hand stays as it is.
    """
    text = file.read_text("utf-8") if file.exists() else ""
    kept = tomllib.loads(text)
    if not text:
        text = (
            "# Every secret of the notifier: see its README. What is missing is added at each start.\n"
            "# Signs the links by which recipients confirm.\n"
            f'link_key = "{_random()}"\n'
            "# The SHA-256 of the tokens of those who may send again: the console's.\n"
            f'operators = ["{_sha256(operator)}"]\n\n'
            "# What signs the notices that each holder is told by webhook; a list while one is renewed.\n"
            "[secrets]\n"
        )
    new = [holder for holder in sorted(set(holders)) if holder not in kept.get("secrets", {})]
    lines = "".join(f'"{holder}" = "whsec_{_random()}"\n' for holder in new)
    text = text.replace("[secrets]\n", f"[secrets]\n{lines}", 1)
    contacts_token = kept.get("contacts_token")
    if contacts_token is None:
        contacts_token = secrets.token_hex(20)
        text = f'# By this intake knows who asks for a contact.\ncontacts_token = "{contacts_token}"\n{text}'
    return text, contacts_token


def _random() -> str:
    return b64encode(secrets.token_bytes(32)).decode()


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _write(file: Path, text: str) -> None:
    write_whole(file, text, mode=0o600)
