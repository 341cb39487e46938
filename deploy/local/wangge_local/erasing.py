"""`wangge contacts erase`: what is kept of the reporters of a matter is erased, and it is noted why."""

import re
from collections.abc import Iterator
from typing import Any

from wangge_local.cli_options import ledger_of
from wangge_local.cli_screen import say, say_json
from wangge_local.doors import Door, Refused, step
from wangge_local.ground import GroundError
from wangge_local.house_folder import HouseFolder
from wangge_local.house_keys import CONSOLE, read_tokens

_REF = re.compile("[0-9a-f]{32}")
_STAYS = "What its terminal wrote stays on the terminal's own topic until its retention is over."


def erase(folder: HouseFolder, of: str, *, reason: str, as_json: bool) -> None:
    """
    Erase the contacts of every report of the matter *of*, or the one contact of that reference.

    Raises GroundError when nothing is kept (any more), and when a door says no or is away.
    """
    ledger = ledger_of(folder)
    intake = Door("intake", folder.door("intake-0"), read_tokens(folder).get(CONSOLE))
    gone = [ref for ref in _references(ledger, of) if erased(intake, ref, reason=reason)]
    if not gone:
        raise GroundError(f"nothing is kept of who reported {of}")
    if as_json:
        say_json({"erased": gone})
    else:
        say(f"erased: {', '.join(gone)}")
        say(_STAYS)


def _references(ledger: Door, of: str) -> list[str]:
    """Return the references to contacts that the ledger tells of a matter, or *of* itself if it is one."""
    try:
        return sorted(set(references(ledger.get(f"/v1/incidents/{step(of)}"))))
    except Refused as refused:
        if refused.status == 404 and _REF.fullmatch(of):
            return [of]
        raise


def references(told: Any) -> Iterator[str]:
    """Yield every `contact_ref` in what was told, however deep."""
    if isinstance(told, dict):
        for name, value in told.items():
            if name == "contact_ref" and isinstance(value, str):
                yield value
            yield from references(value)
    elif isinstance(told, list):
        for value in told:
            yield from references(value)


def erased(intake: Door, ref: str, *, reason: str) -> bool:
    """Erase one contact; False when nothing is kept under *ref* (any more)."""
    try:
        intake.delete(f"/v1/contacts/{step(ref)}", reason=reason)
    except Refused as refused:
        if refused.status == 404:
            return False
        raise
    return True
