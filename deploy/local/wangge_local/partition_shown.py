"""`wangge partition`: what stands still, why, and the two ways to let it go on."""

from dataclasses import asdict

from wangge_local import partition
from wangge_local.cli_options import kafka_of, postgres_of
from wangge_local.cli_screen import say, say_json, table
from wangge_local.ground import GroundError
from wangge_local.house_books import HouseBooks
from wangge_local.house_folder import HouseFolder
from wangge_local.house_keys import dead_letter_key


def show_list(folder: HouseFolder, *, as_json: bool) -> None:
    """Print every part that stands still."""
    halted = HouseBooks(postgres_of(folder)).halted()
    if as_json:
        say_json([asdict(part) for part in halted])
    elif not halted:
        say("every part goes on")
    else:
        table(
            ("service", "consumer", "part", "stands at", "key", "expected", "seen", "because"),
            [
                (
                    part.service,
                    part.consumer,
                    part.part,
                    f"{part.topic}[{part.partition}]@{part.offset}",
                    part.key,
                    part.expected,
                    part.seen,
                    part.reason,
                )
                for part in halted
            ],
        )


def why(folder: HouseFolder, service: str, part: str | None, *, as_json: bool) -> None:
    """Print why a part stands still, with the record at which it does."""
    found = partition.find(postgres_of(folder), service, part)
    record = partition.record_at(kafka_of(folder), found)
    value = record.value.decode("utf-8", "replace") if record is not None and record.value else None
    if as_json:
        say_json({**asdict(found), "record": value})
        return
    for name, told in asdict(found).items():
        say(f"{name:<10} {told if told is not None else '-'}")
    say(f"record     {(value or 'gone from the broker')[:2000]}")
    if found.seen is not None:
        say(
            f"Between {found.expected} and {found.seen} something of this key is missing here. retry reads on"
            " from the same record; skip takes the one that was seen as the next."
        )
    else:
        say("retry tries this record again; skip goes on behind it. Both are for a person to decide.")


def retry(folder: HouseFolder, service: str, part: str | None) -> None:
    """Let it try again."""
    postgres = postgres_of(folder)
    found = partition.find(postgres, service, part)
    partition.retry(postgres, found)
    say(
        f"part {found.part} of {found.consumer} tries again from"
        f" {found.topic}[{found.partition}]@{found.offset}"
    )


def skip(folder: HouseFolder, service: str, part: str | None, *, reason: str) -> None:
    """Let it go on past what it stands at; raises GroundError without a reason."""
    if not reason.strip():
        raise GroundError("--reason is empty: say why, for whoever finds later what was skipped")
    postgres = postgres_of(folder)
    found = partition.find(postgres, service, part)
    partition.skip(postgres, kafka_of(folder), found, reason=reason, key=dead_letter_key(folder))
    say(
        f"part {found.part} of {found.consumer} goes on; what was skipped and why is among the dead letters"
        f" of {service}"
    )
