"""Commands for those who keep a rulebook: draft one from the past, try it, compare two."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from wangge_local.cli_options import Json
from wangge_local.ground import GroundError

History = Annotated[
    Path,
    typer.Argument(help="A CSV of a city's requests, packed with gzip or not.", exists=True, dir_okay=False),
]
Folder = Annotated[Path, typer.Argument(help="A configuration's folder.", exists=True, file_okay=False)]
Mapping = Annotated[
    Path | None,
    typer.Option(help="How the columns are read; by default mapping.toml of the configuration."),
]
Since = Annotated[str | None, typer.Option(help="Only what was reported on this day or later: 2015-05-01.")]
Until = Annotated[str | None, typer.Option(help="Only what was reported before this day: 2015-05-01.")]


def add_to(commands: typer.Typer) -> None:
    """Give *commands* these."""
    rules = typer.Typer(help="A rulebook from a city's own past.", no_args_is_help=True)
    rules.command("draft")(draft)
    commands.add_typer(rules, name="rules")
    commands.command()(backtest)
    config = typer.Typer(help="Configurations side by side.", no_args_is_help=True)
    config.command("diff")(diff)
    commands.add_typer(config, name="config")


def draft(
    history: History,
    mapping: Annotated[
        Path,
        typer.Option(
            help="How the columns are read, and which name the family.", exists=True, dir_okay=False
        ),
    ],
    until: Until = None,
    out: Annotated[Path | None, typer.Option(help="A new file; by default it is printed.")] = None,
    rows: Annotated[int, typer.Option(min=1, help="Rows that a type or family needs for its rule.")] = 3,
    finer: Annotated[int, typer.Option(min=1, help="Rows that a condition finer than the type needs.")] = 10,
) -> None:
    """Draft a rulebook from a city's past, with what speaks for and against every rule, for you to edit."""
    from wangge_local import drafting, drafting_shown

    support = drafting.Support(rows, finer)
    raise typer.Exit(
        drafting_shown.draft(history, mapping, until=_day("until", until), out=out, support=support)
    )


def backtest(
    history: History,
    config: Annotated[Path, typer.Option(help="The configuration's folder.", exists=True, file_okay=False)],
    mapping: Mapping = None,
    since: Since = None,
    until: Until = None,
    as_json: Json = False,
) -> None:
    """Route a city's past by a configuration, and say how often it finds the unit that the city chose."""
    from wangge_local import backtest_shown

    raise typer.Exit(
        backtest_shown.backtest(
            history,
            config,
            mapping=mapping,
            since=_day("since", since),
            until=_day("until", until),
            as_json=as_json,
        )
    )


def diff(
    old: Folder,
    new: Folder,
    over: Annotated[
        Path,
        typer.Option(help="Incidents as incidents.accepted.v1 has them, a line each, or a CSV.", exists=True),
    ],
    mapping: Mapping = None,
    as_json: Json = False,
) -> None:
    """List which of the recorded incidents would change department, and sum up by the rules that decide."""
    from wangge_local import config_diff_shown

    raise typer.Exit(config_diff_shown.diff(old, new, over=over, mapping=mapping, as_json=as_json))


def _day(name: str, text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise GroundError(f"--{name} {text}: write a day as 2015-05-01") from None
