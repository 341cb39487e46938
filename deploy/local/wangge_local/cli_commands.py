"""The commands and their options; what they do is in the modules they call, loaded when they are called."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from wangge_local.cli_options import DATA, Data, Json, house_folder, ledger_of, postgres_of
from wangge_local.cli_screen import confirmed, say


def add_to(commands: typer.Typer) -> None:
    """Give *commands* everything there is."""
    for command in (up, status, watch, stop, logs, reset, publish):
        commands.command()(command)
    commands.command("check-config")(check_config)
    clock = typer.Typer(help="What house time is, and the way into the future.", invoke_without_command=True)
    clock.callback()(clock_shown)
    clock.command("show")(clock_show)
    clock.command("advance")(clock_advance)
    clock.command("explain")(clock_explain)
    commands.add_typer(clock, name="clock")


def up(
    data: Data = DATA,
    config: Annotated[
        Path | None,
        typer.Option(
            help="The configuration's folder; by default the one last started or published, or Dongcheng's.",
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
    from wangge_local import house_replicas, up as running

    running.up(
        house_folder(data),
        config=config,
        scale=house_replicas.parse_scale(scale or []),
        without=house_replicas.parse_without(without or []),
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


def watch(data: Data = DATA) -> None:
    """Show the live ledger of a house that runs."""
    from wangge_local import watch as live
    from wangge_local.clock import ClockKeeper

    folder = house_folder(data)
    ledger, clock = ledger_of(folder), ClockKeeper(postgres_of(folder))
    config = folder.remembered().config
    followed = live.LiveLedger(ledger, clock, zone=folder.zone())
    live.watch(followed, title=f"Wangge, {config.name}")


def reset(data: Data = DATA, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
    """Forget everything that a house has kept (asks first)."""
    from wangge_local import removing

    folder = house_folder(data)
    removing.refuse_while_running(folder)
    if yes or confirmed(f"Remove everything that the house in {folder.root} has kept?"):
        say("removed" if removing.remove(folder) else "there was nothing")
    else:
        say("nothing was removed")


def check_config(
    config: Annotated[Path, typer.Argument(help="The configuration's folder.", exists=True, file_okay=False)],
    as_json: Json = False,
) -> None:
    """Say whether a configuration can be used, and if not, what to mend where."""
    from wangge_local import publish_shown

    raise typer.Exit(publish_shown.check(config, as_json=as_json))


def publish(
    config: Annotated[Path, typer.Argument(help="The configuration's folder.", exists=True, file_okay=False)],
    since: Annotated[
        datetime | None, typer.Option("--from", help="House time from which it is in force; absent: at once.")
    ] = None,
    data: Data = DATA,
    as_json: Json = False,
) -> None:
    """Publish a configuration to a house that runs; it takes effect without a restart."""
    from wangge_local import publish_shown

    publish_shown.publish_to(house_folder(data), config.expanduser().absolute(), since=since, as_json=as_json)


def clock_shown(context: typer.Context, data: Data = DATA, as_json: Json = False) -> None:
    """Say what time it is in the house."""
    if context.invoked_subcommand is None:
        clock_show(data, as_json)


def clock_show(data: Data = DATA, as_json: Json = False) -> None:
    """Say what time it is in the house, and when the next clock rings."""
    from wangge_local import clock_moving

    clock_moving.show(house_folder(data), as_json=as_json)


def clock_advance(
    by: Annotated[str, typer.Argument(help="A span of house time: 5d, 36h, 90m, 1d12h.")],
    data: Data = DATA,
    as_json: Json = False,
) -> None:
    """Move house time on (development only), through every instant at which a clock rings, in order."""
    from wangge_local import clock_moving

    clock_moving.move(house_folder(data), by, as_json=as_json)


def clock_explain(
    task: Annotated[str, typer.Argument(help="A task's id, or a case number for its main task.")],
    data: Data = DATA,
    as_json: Json = False,
) -> None:
    """Show how a deadline was worked out: limit, calendar, every stretch of time, every rung."""
    from wangge_local import clock_explained

    clock_explained.show(house_folder(data), task, as_json=as_json)
