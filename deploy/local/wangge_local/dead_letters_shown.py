"""`wangge dead-letters`: a list, one letter whole, and its replay."""

import json
from datetime import datetime
from pathlib import Path

from wangge_chassis.burying import CODE
from wangge_contracts.topics import SERVICES
from wangge_local import dead_letters
from wangge_local.cli_options import kafka_of
from wangge_local.cli_screen import SCREEN, say, say_json, say_lines, table
from wangge_local.ground import GroundError
from wangge_local.house_folder import HouseFolder, by_clocks
from wangge_local.house_keys import dead_letter_key
from wangge_local.partition import SKIPPED


def show_list(folder: HouseFolder, *, service: str | None, as_json: bool) -> None:
    """Print every dead letter, or those of one service."""
    if service is not None and service not in SERVICES:
        raise GroundError(f"there is no service {service!r}; there is {', '.join(SERVICES)}")
    letters = list(dead_letters.read(kafka_of(folder), [service] if service else SERVICES))
    if as_json:
        say_json([letter.told for letter in letters])
        return
    if not letters:
        say("none")
        return
    zone = folder.zone()
    table(
        ("letter", "code", "spoken on", "at", "", "reason"),
        [
            (
                told["name"],
                told["code"],
                f"{told['topic']}[{told['partition']}]@{told['offset']}",
                told["appended_at"] and by_clocks(datetime.fromisoformat(told["appended_at"]), zone),
                "replayed" if told["replayed"] else "",
                told["reason"][:100],
            )
            for told in (letter.told for letter in letters)
        ],
    )


def show_one(folder: HouseFolder, name: str, *, raw: bool, as_json: bool) -> None:
    """Print one letter; *raw* prints the bytes of the original alone, to be mended in a file."""
    letter = dead_letters.find(kafka_of(folder), name)
    keys = dead_letter_key(folder)
    value = letter.value(keys=keys)
    if raw:
        SCREEN.file.buffer.write(value or b"")  # type: ignore[attr-defined]
        SCREEN.file.flush()
        return
    headers = {name: value.decode("utf-8", "replace") for name, value in letter.headers(keys=keys)}
    text = value.decode("utf-8", "replace") if value is not None else None
    if as_json:
        say_json({**letter.told, "headers": headers, "value": text})
        return
    for field, told in letter.told.items():
        say(f"{field:<12} {told}")
    say("headers")
    for header, content in headers.items():
        say(f"  {header}: {content}")
    say("value")
    say_lines(pretty(text))


def replay(folder: HouseFolder, name: str, *, file: Path | None, headers: list[str], as_json: bool) -> None:
    """Replay one letter with the bytes of *file*, or with its own."""
    bootstrap, keys = kafka_of(folder), dead_letter_key(folder)
    letter = dead_letters.find(bootstrap, name)
    try:
        value = file.read_bytes() if file else own_bytes(letter, keys=keys)
    except OSError as error:
        raise GroundError(f"{file} cannot be read: {error.strerror}") from None
    if file and not value:
        raise GroundError(f"{file} is empty: write into it what the letter is to say")
    meant = dead_letters.mended(letter.headers(keys=keys), headers)
    topic = dead_letters.replay(bootstrap, letter, key=letter.key(keys=keys), value=value, headers=meant)
    if as_json:
        say_json({"name": name, "topic": topic, "mended": file is not None or bool(headers)})
        return
    told = letter.told
    say(f"{name} is on {topic}, as spoken on {told['topic']} at {told['appended_at']}; what becomes of it")
    say("shows on its speaker's receipts, in wangge dead-letters list if it dies again, or in the ledger")


def own_bytes(letter: dead_letters.DeadLetter, *, keys: str) -> bytes | None:
    """
    Return what *letter* itself has to say again, unmended.

    :raises GroundError: nothing, the beginning, or a whole batch; or it cannot be opened with *keys*.
    """
    if letter.truncated:
        raise GroundError(
            f"{letter.name} is only the beginning of {letter.truncated} bytes: give the whole with --file"
        )
    if letter.unopened:
        raise GroundError(
            f"{letter.name} is a batch of Kafka's that was not opened, for {letter.unopened} records: "
            "give one that it is to say with --file"
        )
    value = letter.value(keys=keys)
    if not value and letter.record.header(CODE) == SKIPPED:
        raise GroundError(f"{letter.name} says that a gap was skipped: there is nothing to replay")
    return value


def pretty(text: str | None) -> str:
    """Return a letter's text laid out when it is JSON, else as it is."""
    if text is None:
        return "(none: a tombstone)"
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):  # no JSON, or nested deeper than Python goes
        return text
