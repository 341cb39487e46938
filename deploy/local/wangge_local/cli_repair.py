"""Commands for operators: what died, and what stands still."""

from pathlib import Path
from typing import Annotated

import typer

from wangge_local.cli_options import DATA, Data, Json, house_folder

Letter = Annotated[str, typer.Argument(help="As the list names it: SERVICE/PARTITION/OFFSET.")]
Service = Annotated[str, typer.Argument(help="intake, router, escalation, notifier or ledger.")]
PartName = Annotated[str | None, typer.Argument(help="The part, where several stand still.")]


def add_to(commands: typer.Typer) -> None:
    """Give *commands* these."""
    letters = typer.Typer(help="What died: list, show, replay.", no_args_is_help=True)
    letters.command("list")(letters_list)
    letters.command("show")(letters_show)
    letters.command("replay")(letters_replay)
    commands.add_typer(letters, name="dead-letters")
    parts = typer.Typer(help="What stands still: list, why, retry, skip.", no_args_is_help=True)
    parts.command("list")(partition_list)
    parts.command("why")(partition_why)
    parts.command("retry")(partition_retry)
    parts.command("skip")(partition_skip)
    commands.add_typer(parts, name="partition")


def letters_list(
    service: Annotated[str | None, typer.Argument(help="One service; by default all.")] = None,
    data: Data = DATA,
    as_json: Json = False,
) -> None:
    """List dead letters: what each was, why it died, whether it was replayed."""
    from wangge_local import dead_letters_shown

    dead_letters_shown.show_list(house_folder(data), service=service, as_json=as_json)


def letters_show(
    letter: Letter,
    data: Data = DATA,
    raw: Annotated[
        bool, typer.Option("--raw", help="Only the original bytes, to be mended in a file.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show one dead letter with its headers and its bytes, unsealed."""
    from wangge_local import dead_letters_shown

    dead_letters_shown.show_one(house_folder(data), letter, raw=raw, as_json=as_json)


def letters_replay(
    letter: Letter,
    data: Data = DATA,
    file: Annotated[Path | None, typer.Option(help="The mended bytes; by default its own.")] = None,
    header: Annotated[list[str] | None, typer.Option(help="A mended header, NAME=VALUE.")] = None,
    as_json: Json = False,
) -> None:
    """Speak one dead letter again, as said by its first speaker at the first instant."""
    from wangge_local import dead_letters_shown

    dead_letters_shown.replay(house_folder(data), letter, file=file, headers=header or [], as_json=as_json)


def partition_list(data: Data = DATA, as_json: Json = False) -> None:
    """List the parts that stand still."""
    from wangge_local import partition_shown

    partition_shown.show_list(house_folder(data), as_json=as_json)


def partition_why(service: Service, part: PartName = None, data: Data = DATA, as_json: Json = False) -> None:
    """Say why a part stands still, with the record at which it does."""
    from wangge_local import partition_shown

    partition_shown.why(house_folder(data), service, part, as_json=as_json)


def partition_retry(service: Service, part: PartName = None, data: Data = DATA) -> None:
    """Let a part try again from where it stands."""
    from wangge_local import partition_shown

    partition_shown.retry(house_folder(data), service, part)


def partition_skip(
    service: Service,
    reason: Annotated[str, typer.Option(help="Why; it is kept with what was skipped.")],
    part: PartName = None,
    data: Data = DATA,
) -> None:
    """Let a part go on past what it stands at; the skip becomes a dead letter with its reason."""
    from wangge_local import partition_shown

    partition_shown.skip(house_folder(data), service, part, reason=reason)
