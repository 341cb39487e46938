"""`wangge contacts find`: what is kept of a person, where else he may be named, and how it is erased."""

from collections.abc import Mapping
from typing import Any

from wangge_local.cli_screen import say, say_json
from wangge_local.doors import Door
from wangge_local.ground import GroundError
from wangge_local.house_folder import HouseFolder
from wangge_local.house_keys import CONSOLE, read_tokens

_TOLD = ("name", "phone", "email", "staff_id", "subjects")
_ELSEWHERE = (
    "What he is called in texts and addresses of matters is not looked for: wangge incidents --text NAME.",
    "Erase one with wangge contacts erase REF --reason TEXT. All places: deploy/personal-data.md.",
)


def find(folder: HouseFolder, person: str, *, as_json: bool) -> None:
    """
    Print what intake keeps of *person*: a telephone number, an e-mail address or a name.

    Raises GroundError when nothing is kept, and when the door says no or is away.
    """
    folder.require_keeper()
    intake = Door("intake", folder.door("intake-0"), read_tokens(folder).get(CONSOLE))
    found = intake.post("/v1/contacts", person.encode(), timeout=30)["contacts"]
    if as_json:
        say_json(found)
        return
    if not found:
        raise GroundError("nothing is kept of him")
    for each in found:
        say(f"{each['ref']}  {each['case_number']}, judged {each['judged_at'][:10]}, {_opened(each)}")
        for field in _TOLD:
            if field in each:
                say(f"  {field:<9} {each[field]}")
    for line in _ELSEWHERE:
        say(line)


def _opened(contact: Mapping[str, Any]) -> str:
    last = contact["last_opened_at"][:10] if "last_opened_at" in contact else ""
    return f"opened {contact['opened']} times, last {last}" if last else "never opened"
