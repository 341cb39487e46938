"""The commands and their options; what they do is in the modules they call, loaded when they are called."""

from pathlib import Path
from typing import Annotated

import typer

from wangge_local.cli_options import DATA, Data, Json, house_folder
from wangge_local.cli_screen import say


def add_to(commands: typer.Typer) -> None:
    """Give *commands* everything there is."""
    commands.command()(up)
    commands.command()(status)
    commands.command()(stop)
    commands.command()(logs)


def up(
    data: Data = DATA,
    config: Annotated[
        Path | None,
        typer.Option(
            help="The configuration's folder; by default the one of the last start, or Dongcheng's.",
            exists=True,
            file_okay=False,
        ),
    ] = None,
    scale: Annotated[list[str] | None, typer.Option(help="More replicas of a service, as router=3.")] = None,
    without: Annotated[
        list[str] | None, typer.Option(help="A service that is not started: you run it yourself.")
    ] = None,
    stories: Annotated[
        bool, typer.Option("--stories", help="Tell the configuration's stories, once.")
    ] = False,
    no_watch: Annotated[
        bool, typer.Option("--no-watch", help="Show no live ledger, only what happens.")
    ] = False,
) -> None:
    """Start the whole house and stay with it; Ctrl-C stops everything."""
    from wangge_local import house
    from wangge_local import up as running

    running.up(
        house_folder(data),
        config=config,
        scale=house.parse_scale(scale or []),
        without=house.parse_without(without or []),
        with_stories=stories,
        watch=not no_watch,
    )


def status(data: Data = DATA, as_json: Json = False) -> None:
    """Is the house ready, and if not, why: services, lag, dead letters, parts that stand still."""
    from wangge_local import status as told

    raise typer.Exit(told.show(house_folder(data), as_json=as_json))


def stop(data: Data = DATA) -> None:
    """Stop a house that runs elsewhere, in order."""
    if house_folder(data).dismiss():
        say("stopped")
    else:
        say(f"no house runs in {data}")


def logs(
    service: Annotated[
        str, typer.Argument(help="A service or a replica: router, router-0, kafka, postgres.")
    ],
    data: Data = DATA,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on with what is logged from now on.")
    ] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="How many of the last lines.")] = 50,
    as_json: Json = False,
) -> None:
    """Show what a service has logged."""
    from wangge_local import logs as kept

    kept.show(house_folder(data), service, follow=follow, lines=lines, as_json=as_json)
